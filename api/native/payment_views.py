"""`/v1/payments`: money received, and which invoices it settles."""

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from rest_framework import serializers

from agencies.money import from_minor, to_minor
from api.native import errors, inputs
from api.native.billing_filters import Currencies, Deleted, period
from api.native.billing_rows import moments, named
from api.native.fields import member, member_columns
from api.native.filters import (
    Amount,
    Asked,
    If,
    Moment,
    SameClient,
    Search,
    Since,
    prefixed,
    words,
)
from api.native.ids import encode
from api.native.settling import (
    MOST,
    UNAPPLIED,
    ShareInput,
    SourceViewSet,
    applications,
    refunds,
    shares_of,
)
from api.native.sorting import amount, day, moment, text
from api.operators import ChoiceInFilter, OperatorFilter
from billing.models import Allocation, Payment
from billing.payments import (
    archive_payment,
    delete_payment,
    edit_payment,
    record_payment,
    restore_payment,
)
from clients.merging import currency_of

_LISTED = (
    "pk", "number", "client", "client__name", "currency", "amount", "applied", "refunded", "method",
    "reference", "external_reference", "paid_on", "archived_at", "deleted_at", "created_at",
    "updated_at",
)  # fmt: skip
_WHOLE = (*_LISTED, "private_notes", *member_columns("created_by"))
# Columns by their keys on the wire.
_TEXTS = {
    "number": "number",
    "reference": "reference",
    "external_reference": "external_reference",
    "internal_notes": "private_notes",
}


def present_in_list(row):
    currency = row["currency"]
    unapplied = row["amount"] - row["applied"] - row["refunded"]
    sums = {name: to_minor(row[name], currency) for name in ("amount", "applied", "refunded")}
    return {
        "id": encode("pay", row["pk"]),
        "number": row["number"],
        "client": named("client", row, "client"),
        "payment_date": row["paid_on"].isoformat(),
        "currency": currency,
        **sums,
        "unapplied": 0 if row["deleted_at"] else to_minor(unapplied, currency),
        "method": row["method"],
        "reference": row["reference"] or None,
        "external_reference": row["external_reference"] or None,
        **moments(row),
    }


def present(row):
    own = {"payment": row["pk"]}
    return {
        **present_in_list(row),
        "internal_notes": row["private_notes"] or None,
        "recorded_by": member(row, "created_by"),
        "invoices": applications(own, row["currency"]),
        "refunds": refunds(own),
    }


class PaymentChange(serializers.Serializer):
    """Amount, day and references may be sent as they are, and are refused where they change."""

    amount = inputs.Sum()
    payment_date = inputs.CalendarDay()
    method = serializers.ChoiceField(choices=Payment.Method.choices, required=False)
    reference = inputs.Text(191)
    external_reference = inputs.Text(191)
    number = inputs.Text(60)
    internal_notes = inputs.Text(10_000)

    def facts(self, *, currency: str) -> dict:
        sent = self.validated_data
        facts = {ours: sent[theirs] or "" for theirs, ours in _TEXTS.items() if theirs in sent}
        if "method" in sent:
            facts["method"] = sent["method"]
        if "amount" in sent:
            facts["amount"] = from_minor(sent["amount"], currency)
        return facts


class PaymentInput(PaymentChange):
    client_id = inputs.ClientReference()
    currency = inputs.Currency()
    # Without them it is the oldest first; an empty list leaves all of it on account.
    invoices = inputs.Several(ShareInput(), MOST)


class Unapplied(Amount):
    def filter(self, qs, value):
        return qs if value is None else super().filter(qs.alias(unapplied=UNAPPLIED), value)


def _settling(payments, invoice):
    shares = Allocation.objects.filter(payment=OuterRef("pk"), invoice=invoice)
    return payments.filter(Exists(shares))


_Period: Any = period("paid_on")


class PaymentFilter(_Period):
    """`?client_id=client_…&unapplied=gt:0&from=2026-01-01`"""

    q = Search("number", "reference", "external_reference", "client__name")
    client_id = SameClient()
    invoice_id = Asked(prefixed("inv"), _settling)
    external_reference = Asked(words, lambda rows, told: rows.filter(external_reference=told))
    method = ChoiceInFilter(choices=Payment.Method.choices)
    currency = Currencies()
    amount = Amount("amount")
    unapplied = Unapplied("unapplied")
    payment_date = OperatorFilter(date, field_name="paid_on")
    archived = If(Q(archived_at__isnull=False))
    deleted = Deleted()
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")
    updated_since = Since("updated_at")


class PaymentViewSet(SourceViewSet):
    kind, noun = "pay", "payment"
    model = Payment
    filters = PaymentFilter
    sorts = {
        "created_at": moment("created_at"),
        "updated_at": moment("updated_at"),
        "payment_date": day("paid_on"),
        "amount": amount("amount"),
        "number": text("number"),
    }

    def rows(self, records, *more):
        return records.values(*(_LISTED if self.action == "list" else _WHOLE), *more)

    def present(self, row):
        return present(row)

    def present_in_list(self, row):
        return present_in_list(row)

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(PaymentInput)
        sent = body.validated_data
        client = sent["client_id"]
        currency = sent.get("currency") or currency_of(client)
        facts = body.facts(currency=currency)
        if "invoices" in sent:
            facts["shares"] = shares_of(sent["invoices"], left=facts["amount"], currency=currency)
        payment = record_payment(
            client,
            on=sent.get("payment_date") or self.today,
            by=request.auth.member,
            at=timezone.now(),
            currency=currency,
            **facts,
        )
        return self.made(payment.pk)

    def partial_update(self, request, id):
        body = self.read(PaymentChange, partial=True)
        payment = self.held(id)
        self.refuse_stale(payment.pk)
        facts = body.facts(currency=payment.currency)
        if "payment_date" in body.validated_data:
            facts["paid_on"] = body.validated_data["payment_date"]
        if facts:
            edit_payment(payment, at=timezone.now(), **facts)
        return self.one(payment.pk)

    def destroy(self, request, id):
        return self._deleted(id, delete_payment)

    def archive(self, request, id):
        return self._put(id, archive_payment)


class PaymentRestoreViewSet(PaymentViewSet):
    """Finds what is deleted too."""

    def records(self):
        return self.all_records()

    def restore(self, request, id):
        return self._put(id, restore_payment)
