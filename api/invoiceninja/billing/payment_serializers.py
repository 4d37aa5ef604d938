"""Payments as the original's clients know them."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from agencies.models import Membership
from api.compiled import CompiledRows
from api.invoiceninja.billing.payment_types import PAYMENT_TYPES
from api.invoiceninja.billing.serializers import (
    NO_CUSTOM,
    blank_row,
    clients_of,
    day,
    in_order,
    with_client,
)
from api.invoiceninja.fields import number, seconds
from api.invoiceninja.ids import encode
from api.invoiceninja.statics import CURRENCIES
from billing.models import Allocation, Payment, Refund

COMPLETED, PARTIALLY_REFUNDED, REFUNDED = "4", "5", "6"

_PAYMENTS = CompiledRows(
    Payment.objects.order_by(),
    "pk",
    (
        "pk", "client", "created_by__user", "number", "currency", "amount", "applied", "refunded",
        "method", "reference", "external_reference", "paid_on", "private_notes", "archived_at",
        "deleted_at", "created_at", "updated_at",
    ),
)  # fmt: skip
_SHARES = CompiledRows(
    Allocation.objects.order_by("pk"), "payment", ("payment", "invoice", "amount", "created_at")
)
_REFUNDS = CompiledRows(
    Refund.objects.filter(undone_at=None).order_by("pk"),
    "payment",
    ("payment", "released", "created_at"),
)


def present_payments(payments, *, agency, include=frozenset()) -> list[dict[str, Any]]:
    """The payments of a queryset in its order, with what they settle; three queries for all.

    `include` may name `client`.
    """
    pks = list(payments.values_list("pk", flat=True))
    rows = in_order(_PAYMENTS, pks)
    settled = _paymentables(pks)
    clients = clients_of(rows, agency=agency) if "client" in include else {}
    return [_payment(row, settled[row["pk"]]) | with_client(row, clients) for row in rows]


def present_credited(client, *, on, sent) -> dict[str, Any]:
    """What is answered where credits alone paid: no payment was made, so it has no id."""
    row = dict.fromkeys(_PAYMENTS.columns, "") | {
        "pk": None,
        "client": client.pk,
        "created_by__user": None,
        **dict.fromkeys(("amount", "applied", "refunded"), Decimal(0)),
        **dict.fromkeys(("archived_at", "deleted_at", "created_at", "updated_at")),
        "paid_on": on,
        **sent,
    }
    return _payment(row, [])


def blank_payment(*, by: Membership, on: date) -> dict[str, Any]:
    """A payment that does not exist yet."""
    nothing = dict.fromkeys(("amount", "applied", "refunded"), Decimal(0))
    return _payment(blank_row(_PAYMENTS, created_by__user=by.user_id, paid_on=on, **nothing), [])


def _paymentables(pks: list[int]) -> dict[int, list[dict[str, Any]]]:
    """By payment: one for each invoice, with what was paid back of it."""
    there: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    for row in _SHARES.where(pks):
        _add(there[row["payment"]], row["invoice"], row["amount"], row["created_at"])
    for row in _REFUNDS.where(pks):
        for one in row["released"]:
            back = Decimal(one["amount"])
            _add(there[row["payment"]], one["invoice"], back, row["created_at"], refunded=back)
    shown: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for payment, shares in there.items():
        shown[payment] = [_paymentable(invoice, share) for invoice, share in shares.items()]
    return shown


def _add(shares, invoice: int, amount: Decimal, at, *, refunded: Decimal = Decimal(0)) -> None:
    share = shares.setdefault(
        invoice, {"amount": Decimal(0), "refunded": Decimal(0), "first": at, "last": at}
    )
    share["amount"] += amount
    share["refunded"] += refunded
    share["first"], share["last"] = min(share["first"], at), max(share["last"], at)


def _paymentable(invoice: int, share: dict[str, Any]) -> dict[str, Any]:
    return {
        # One of a payment to an invoice: the invoice's id tells which.
        "id": encode(invoice),
        "invoice_id": encode(invoice),
        "credit_id": "",
        "amount": number(share["amount"]),
        "refunded": number(share["refunded"]),
        "created_at": seconds(share["first"]),
        "updated_at": seconds(share["last"]),
        "archived_at": 0,
    }


def _payment(row: dict[str, Any], paymentables: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": encode(row["pk"]),
        "user_id": encode(row["created_by__user"]),
        "assigned_user_id": "",
        "amount": number(row["amount"]),
        "refunded": number(row["refunded"]),
        "applied": number(row["applied"]),
        "transaction_reference": row["reference"],
        "date": day(row["paid_on"]),
        "is_manual": True,
        "created_at": seconds(row["created_at"]),
        "updated_at": seconds(row["updated_at"]),
        "archived_at": seconds(row["deleted_at"] or row["archived_at"]),
        "is_deleted": row["deleted_at"] is not None,
        "type_id": PAYMENT_TYPES.id_of(row["method"]),
        "invitation_id": "",
        "private_notes": row["private_notes"],
        "number": row["number"],
        **NO_CUSTOM,
        "client_id": encode(row["client"]),
        "client_contact_id": "",
        "company_gateway_id": "",
        "gateway_type_id": "",
        "status_id": _status(row),
        "project_id": "",
        "vendor_id": "",
        "currency_id": CURRENCIES.id_of(row["currency"]),
        "exchange_rate": 1,
        "exchange_currency_id": "",
        "idempotency_key": row["external_reference"],
        "paymentables": paymentables,
        "documents": [],
    }


def _status(row: dict[str, Any]) -> str:
    if not row["refunded"]:
        return COMPLETED
    return REFUNDED if row["refunded"] >= row["amount"] else PARTIALLY_REFUNDED
