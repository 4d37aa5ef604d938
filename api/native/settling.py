"""What payments and credits do alike: they settle invoices, and are refunded."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from agencies.money import from_minor, to_minor
from api.native import inputs, refund_rows
from api.native.ids import encode
from api.native.manners import RecordViewSet
from billing.applying import Share, apply, left_of, oldest_first, unapply
from billing.days import day_in
from billing.models import Allocation, Invoice, Refund
from billing.refunding import refund

# Invoices in one body.
MOST = 200
_APPLIED = ("invoice", "invoice__number", "amount", "on")


def _of_invoice() -> inputs.Reference:
    return inputs.Reference("inv", Invoice.objects.existing(), noun="invoice")


class ShareInput(serializers.Serializer):
    """Without an amount it is as much as is left, or as is open."""

    invoice_id = _of_invoice()
    amount = inputs.Sum(required=False)


class ApplyInput(serializers.Serializer):
    """Without invoices it is the oldest first."""

    invoices = inputs.Several(ShareInput(), MOST)
    date = inputs.CalendarDay()


class UnapplyInput(serializers.Serializer):
    invoice_id = _of_invoice()
    amount = inputs.Sum(required=False)


class RefundShareInput(serializers.Serializer):
    invoice_id = _of_invoice()
    amount = inputs.Sum()


class RefundInput(serializers.Serializer):
    """Without invoices it is taken from what is on account, then from those settled last."""

    amount = inputs.Sum()
    refund_date = inputs.CalendarDay()
    reference = inputs.Text(191)
    note = inputs.Text(10_000)
    invoices = inputs.Several(RefundShareInput(), MOST)


def shares_of(sent: Sequence[dict[str, Any]], *, left: Decimal, currency: str) -> list[Share]:
    """The invoices and amounts of a body, in major units of `currency`."""
    shares = []
    for one in sent:
        invoice, amount = one["invoice_id"], one.get("amount")
        part = min(left, invoice.balance) if amount is None else from_minor(amount, currency)
        shares.append((invoice, part))
        left -= part
    return shares


def applications(source: dict[str, int], currency: str) -> list[dict[str, Any]]:
    """What a payment or credit settles, the oldest first."""
    rows = Allocation.objects.filter(**source).order_by("on", "pk").values(*_APPLIED)
    return [
        {
            "invoice": {"id": encode("inv", row["invoice"]), "number": row["invoice__number"]},
            "amount": to_minor(row["amount"], currency),
            "date": row["on"].isoformat(),
        }
        for row in rows
    ]


def refunds(source: dict[str, int]) -> list[dict[str, Any]]:
    found = refund_rows.rows(Refund.objects.filter(**source)).order_by("pk")
    return [refund_rows.present(row) for row in found]


class SourceViewSet(RecordViewSet):
    """A payment or a credit; `model` is which."""

    subject = "invoices"
    model: Any

    @property
    def today(self):
        return day_in(self.agency, timezone.now())

    def records(self):
        return self.all_records().filter(deleted_at__isnull=True)

    def all_records(self):
        """Those that were deleted as well; not those of a deleted client."""
        return self.model.objects.filter(client__deleted_at__isnull=True)

    def list(self, request):
        # The filter by what is deleted decides which ones are there.
        return self.listed(self.all_records())

    def apply(self, request, id):
        body = self.read(ApplyInput)
        source = self.held(id)
        self.refuse_stale(source.pk)
        left, sent = left_of(source), body.validated_data.get("invoices")
        shares = (
            oldest_first(source.client_id, source.currency, left)
            if sent is None
            else shares_of(sent, left=left, currency=source.currency)
        )
        on = body.validated_data.get("date") or self.today
        apply(source, shares, on=on, at=timezone.now())
        return self.one(source.pk)

    def unapply(self, request, id):
        sent = self.read(UnapplyInput).validated_data
        source = self.held(id)
        self.refuse_stale(source.pk)
        amount = sent.get("amount")
        part = None if amount is None else from_minor(amount, source.currency)
        unapply(source, sent["invoice_id"], amount=part, at=timezone.now())
        return self.one(source.pk)

    def refund(self, request, id):
        sent = self.read(RefundInput).validated_data
        source = self.held(id)
        self.refuse_stale(source.pk)
        shares = sent.get("invoices")
        made = refund(
            source,
            amount=from_minor(sent["amount"], source.currency),
            on=sent.get("refund_date") or self.today,
            by=request.auth.member,
            at=timezone.now(),
            shares=shares and shares_of(shares, left=left_of(source), currency=source.currency),
            reference=sent.get("reference") or "",
            note=sent.get("note") or "",
        )
        return refund_rows.answer(made.pk)

    def _put(self, id, change, **facts):
        return self.one(self._changed(id, change, **facts).pk)

    def _changed(self, id, change, **facts):
        record = self.held(id)
        self.refuse_stale(record.pk)
        change(record, at=timezone.now(), **facts)
        return record

    def _deleted(self, id, delete):
        record = self._changed(id, delete)
        return Response({"id": encode(self.kind, record.pk), "deleted": True})


UNAPPLIED = F("amount") - F("applied") - F("refunded")
