"""`include=ledger`: what changed what a client owes, in the currency the client is kept in."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from api.invoiceninja.fields import number, seconds
from api.invoiceninja.ids import encode
from billing.models import LedgerEntry

_Kind = LedgerEntry.Kind
# The original's type of activity, and whose the entry is.
ACTIVITIES: dict[str, tuple[int, str]] = {
    _Kind.INVOICE_ISSUED: (53, "invoice"),
    _Kind.INVOICE_CANCELLED: (59, "invoice"),
    _Kind.INVOICE_REOPENED: (5, "invoice"),
    _Kind.INVOICE_DELETED: (9, "invoice"),
    _Kind.INVOICE_RESTORED: (25, "invoice"),
    _Kind.PAYMENT_RECORDED: (10, "payment"),
    _Kind.PAYMENT_APPLIED: (11, "payment"),
    _Kind.PAYMENT_UNAPPLIED: (11, "payment"),
    _Kind.PAYMENT_REFUNDED: (40, "payment"),
    _Kind.PAYMENT_DELETED: (13, "payment"),
    _Kind.PAYMENT_RESTORED: (27, "payment"),
    _Kind.CREDIT_ISSUED: (14, "credit"),
    _Kind.CREDIT_APPLIED: (15, "credit"),
    _Kind.CREDIT_UNAPPLIED: (15, "credit"),
    _Kind.CREDIT_REFUNDED: (15, "credit"),
    _Kind.CREDIT_DELETED: (17, "credit"),
    _Kind.CREDIT_RESTORED: (28, "credit"),
    _Kind.REFUND_UNDONE: (11, "payment"),
    _Kind.TRANSFERRED: (61, ""),
}
_COLUMNS = (
    "account__client", "account__currency", "kind", "balance", "invoice", "payment", "credit",
    "note", "recorded_at",
)  # fmt: skip


def ledger_of(currencies: Mapping[int, str]) -> dict[int, list[dict[str, Any]]]:
    """By client, newest first, in one query; given each client's currency.

    Those of clients merged into it are among them: together they run to what is owed.
    """
    entries = LedgerEntry.objects.filter(account__client__in=list(currencies)).order_by("pk")
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    owed: dict[int, Decimal] = defaultdict(Decimal)
    for entry in entries.values(*_COLUMNS):
        client = entry["account__client"]
        if entry["account__currency"] == currencies[client]:
            owed[client] += entry["balance"]
            rows[client].append(_row(entry, owed[client]))
    return {client: rows[client][::-1] for client in currencies}


def _row(entry: dict[str, Any], owed: Decimal) -> dict[str, Any]:
    activity, owner = ACTIVITIES[entry["kind"]]
    if owner == "payment" and entry["payment"] is None:
        # A refund of a credit that was taken back.
        owner = "credit"
    at = seconds(entry["recorded_at"])
    return {
        # Without an owner the key is no more than its end, as in the original.
        f"{owner}_id": encode(entry[owner]) if owner else "",
        "notes": entry["note"],
        "balance": number(owed),
        "adjustment": number(entry["balance"]),
        "activity_id": activity,
        "created_at": at,
        "updated_at": at,
        "archived_at": 0,
    }
