"""`/v1/clients/:id/balances` and `/ledger`: what a client owes and has, and how it came to that."""

from datetime import date
from typing import Any

from django.db.models import Q
from rest_framework.response import Response

from agencies.money import to_minor
from api.native import errors
from api.native.billing_filters import Currencies, period
from api.native.departed import client_named
from api.native.fields import timestamp
from api.native.filters import Asked, If, Moment, prefixed
from api.native.ids import encode
from api.native.manners import NativeViewSet, RecordViewSet
from api.native.sorting import day, moment
from api.operators import ChoiceInFilter, OperatorFilter
from billing.models import Account, LedgerEntry
from clients.models import FIGURES

# Our columns by their keys on the wire.
_FIGURES = {("outstanding_balance" if one == "balance" else one): one for one in FIGURES}
_CHANGES = {"amount" if one == "balance" else one: one for one in FIGURES}
# What an entry is about, and how the ids of such things begin.
_DOCUMENTS = {"invoice": "inv", "payment": "pay", "credit": "credit"}
_COLUMNS = (
    "pk", "kind", *FIGURES, "balance_after", "account__currency", "account__merged_from", "refund",
    *(f"{one}{more}" for one in _DOCUMENTS for more in ("", "__number")), "on", "recorded_at",
    "note",
)  # fmt: skip


class BalanceViewSet(NativeViewSet):
    """One row for each currency that the client was ever billed or paid in."""

    subject = "invoices"

    def list(self, request, id):
        errors.refuse_unknown(request.query_params)
        client = client_named(request, id)
        accounts = Account.objects.filter(client=client, merged_from__isnull=True)
        rows = accounts.order_by("currency").values("currency", *FIGURES)
        shown = [
            {
                "currency": row["currency"],
                **{name: to_minor(row[ours], row["currency"]) for name, ours in _FIGURES.items()},
            }
            for row in rows
        ]
        return Response({"data": shown, "meta": {"total": len(shown), "limit": len(shown)}})


def present(row):
    currency = row["account__currency"]
    merged = row["account__merged_from"]
    return {
        "id": encode("entry", row["pk"]),
        "kind": row["kind"],
        "date": row["on"].isoformat(),
        "currency": currency,
        **{name: to_minor(row[ours], currency) for name, ours in _CHANGES.items()},
        "balance_after": to_minor(row["balance_after"], currency),
        **{one: _document(row, one) for one in _DOCUMENTS},
        "refund_id": row["refund"] and encode("refund", row["refund"]),
        "merged_from": merged and encode("client", merged),
        "note": row["note"] or None,
        "recorded_at": timestamp(row["recorded_at"]),
    }


def _document(row, name):
    """Its id and number; a draft that was deleted never had one."""
    pk = row[name]
    return pk and {"id": encode(_DOCUMENTS[name], pk), "number": row[f"{name}__number"] or None}


def _about(name):
    return Asked(prefixed(_DOCUMENTS[name]), lambda rows, pk: rows.filter(**{name: pk}))


_Period: Any = period("on")


class LedgerFilter(_Period):
    """`?currency=EUR&kind=payment_recorded&date=gte:2026-01-01`"""

    kind = ChoiceInFilter(choices=LedgerEntry.Kind.choices)
    currency = Currencies("account__currency")
    date = OperatorFilter(date, field_name="on")
    invoice_id = _about("invoice")
    payment_id = _about("payment")
    credit_id = _about("credit")
    merged = If(Q(account__merged_from__isnull=False))
    recorded_at = Moment("recorded_at")


class LedgerViewSet(RecordViewSet):
    subject = "invoices"
    kind = "entry"
    noun = "ledger entry"
    filters = LedgerFilter
    sorts = {"recorded_at": moment("recorded_at"), "date": day("on")}
    default_sort = "-recorded_at"

    def rows(self, records, *more):
        return records.values(*_COLUMNS, *more)

    def present(self, row):
        return present(row)

    def list(self, request, id):
        client = client_named(request, id)
        entries = LedgerEntry.objects.filter(account__client=client)
        return self.listed(entries, bound_to=encode("client", client.pk))
