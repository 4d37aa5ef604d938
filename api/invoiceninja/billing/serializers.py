"""Invoices and credits as the original's clients know them: the same whole object everywhere."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from agencies.models import Membership
from api.compiled import CompiledRows
from api.invoiceninja.fields import number, seconds
from api.invoiceninja.ids import encode
from api.invoiceninja.serializers import present_all
from billing.models import Credit, CreditLine, Invoice, InvoiceLine
from billing.totals import Priced, Rounding, reckon, spread
from clients.models import Client

# The original's numbers of where a document stands.
INVOICE_STATUSES = {
    Invoice.Status.DRAFT: "1",
    Invoice.Status.SENT: "2",
    Invoice.Status.PARTIAL: "3",
    Invoice.Status.PAID: "4",
    Invoice.Status.CANCELLED: "5",
    Invoice.Status.REVERSED: "6",
}
CREDIT_STATUSES = {
    Credit.Status.DRAFT: "1",
    Credit.Status.SENT: "2",
    Credit.Status.PARTIAL: "3",
    Credit.Status.APPLIED: "4",
}

_DOCUMENT = (
    "pk", "client", "created_by__user", "number", "currency", "issued_on", "reference", "discount",
    "discount_is_amount", "includes_tax", "rounding", "public_notes", "private_notes", "terms",
    "footer", "discount_total", "tax_total", "total", "balance", "status", "sent_at", "issued_at",
    "archived_at", "deleted_at", "created_at", "updated_at",
)  # fmt: skip
_LINE = (
    "product", "description", "quantity", "price", "discount", "discount_is_amount", "tax_name",
    "tax_rate", "amount",
)  # fmt: skip
_INVOICES = CompiledRows(
    Invoice.objects.order_by(),
    "pk",
    (*_DOCUMENT, "due_on", "project", "assigned_to__user", "cancelled"),
)
_CREDITS = CompiledRows(
    Credit.objects.order_by(), "pk", (*_DOCUMENT, "invoice", "applied", "refunded")
)
_INVOICE_LINES = CompiledRows(
    InvoiceLine.objects.order_by("position"), "invoice", ("invoice", *_LINE)
)
_CREDIT_LINES = CompiledRows(CreditLine.objects.order_by("position"), "credit", ("credit", *_LINE))

# Kept for the clients that expect them; nothing of ours stands behind them.
NO_CUSTOM = {f"custom_value{n}": "" for n in (1, 2, 3, 4)}
_NO_TAXES = {
    name: empty for n in (1, 2, 3) for name, empty in ((f"tax_name{n}", ""), (f"tax_rate{n}", 0))
}
_SURCHARGES: dict[str, Any] = {
    **{f"custom_surcharge{n}": 0 for n in (1, 2, 3, 4)},
    **{f"custom_surcharge_tax{n}": False for n in (1, 2, 3, 4)},
}


def present_invoices(invoices, *, agency, include=frozenset()) -> list[dict[str, Any]]:
    """The invoices of a queryset in its order, each with its lines; two queries for all.

    `include` may name `client`.
    """
    pks = list(invoices.values_list("pk", flat=True))
    rows = in_order(_INVOICES, pks)
    lines = _lines(_INVOICE_LINES, "invoice", pks)
    clients = clients_of(rows, agency=agency) if "client" in include else {}
    return [_invoice(row, lines[row["pk"]]) | with_client(row, clients) for row in rows]


def present_credits(credits_, *, agency, include=frozenset()) -> list[dict[str, Any]]:
    """As present_invoices()."""
    pks = list(credits_.values_list("pk", flat=True))
    rows = in_order(_CREDITS, pks)
    lines = _lines(_CREDIT_LINES, "credit", pks)
    clients = clients_of(rows, agency=agency) if "client" in include else {}
    return [_credit(row, lines[row["pk"]]) | with_client(row, clients) for row in rows]


def blank_invoice(*, by: Membership, on: date) -> dict[str, Any]:
    """An invoice that does not exist yet."""
    return _invoice(blank_row(_INVOICES, created_by__user=by.user_id, issued_on=on), [])


def blank_credit(*, by: Membership, on: date) -> dict[str, Any]:
    """A credit that does not exist yet."""
    return _credit(blank_row(_CREDITS, created_by__user=by.user_id, issued_on=on), [])


def blank_row(found: CompiledRows, **known: Any) -> dict[str, Any]:
    """What a record begins as, column by column; `known` is what is not its model's default."""
    begun = found.queryset.model()
    columns = dict.fromkeys(found.columns)
    for name in columns.keys() - {"pk", "created_at", "updated_at"}:
        if "__" not in name:
            columns[name] = getattr(begun, begun._meta.get_field(name).attname)
    return columns | known


def day(value: date | None) -> str:
    return value.isoformat() if value else ""


def in_order(found: CompiledRows, pks: list[int]) -> list[dict[str, Any]]:
    rows = {row["pk"]: row for row in found.where(pks)}
    return [rows[pk] for pk in pks]


def _lines(found: CompiledRows, owner: str, pks: list[int]) -> dict[int, list[dict[str, Any]]]:
    lines = defaultdict(list)
    for row in found.where(pks):
        lines[row[owner]].append(row)
    return lines


def clients_of(rows: list[dict[str, Any]], *, agency) -> dict[int, dict[str, Any]]:
    found = Client.objects.filter(pk__in={row["client"] for row in rows}).order_by("pk")
    shown = present_all(found, agency=agency)
    return dict(zip(found.values_list("pk", flat=True), shown, strict=True)) if shown else {}


def with_client(row: dict[str, Any], clients: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {"client": clients[row["client"]]} if clients else {}


def _invoice(row: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    is_owed = row["issued_at"] and not row["deleted_at"]
    paid = row["total"] - row["balance"] - row["cancelled"] if is_owed else Decimal(0)
    return {
        **_document(row, lines, status_id=INVOICE_STATUSES[row["status"]]),
        "entity_type": "invoice",
        "project_id": encode(row["project"]),
        "assigned_user_id": encode(row["assigned_to__user"]),
        "due_date": day(row["due_on"]),
        "paid_to_date": number(paid),
        "recurring_id": "",
        "subscription_id": "",
        "auto_bill_enabled": False,
    }


def _credit(row: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        **_document(row, lines, status_id=CREDIT_STATUSES[row["status"]]),
        "entity_type": "credit",
        "project_id": "",
        "assigned_user_id": "",
        "invoice_id": encode(row["invoice"]),
        "due_date": "",
        "paid_to_date": number(row["applied"] + row["refunded"]),
    }


def _document(
    row: dict[str, Any], lines: list[dict[str, Any]], *, status_id: str
) -> dict[str, Any]:
    return {
        "id": encode(row["pk"]),
        "user_id": encode(row["created_by__user"]),
        "amount": number(row["total"]),
        "balance": number(row["balance"]),
        "client_id": encode(row["client"]),
        "vendor_id": "",
        "status_id": status_id,
        "design_id": "",
        "created_at": seconds(row["created_at"]),
        "updated_at": seconds(row["updated_at"]),
        "archived_at": seconds(row["deleted_at"] or row["archived_at"]),
        "is_deleted": row["deleted_at"] is not None,
        "number": row["number"],
        "discount": number(row["discount"]),
        "po_number": row["reference"],
        "date": day(row["issued_on"]),
        "last_sent_date": day(row["sent_at"].date()) if row["sent_at"] else "",
        "next_send_date": "",
        "terms": row["terms"],
        "public_notes": row["public_notes"],
        "private_notes": row["private_notes"],
        "uses_inclusive_taxes": row["includes_tax"],
        **_NO_TAXES,
        "total_taxes": number(row["tax_total"]),
        "is_amount_discount": row["discount_is_amount"],
        "footer": row["footer"],
        "partial": 0,
        "partial_due_date": "",
        **NO_CUSTOM,
        "has_tasks": False,
        "has_expenses": False,
        **_SURCHARGES,
        "exchange_rate": 1,
        "line_items": _line_items(row, lines),
        "invitations": [],
        "documents": [],
    }


def _line_items(row: dict[str, Any], lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with its tax, after its share of the document's discount."""
    amounts = [line["amount"] for line in lines]
    shares = spread(row["discount_total"], amounts, row["currency"])
    return [
        _line(row, line, place, amount - share)
        for place, (line, amount, share) in enumerate(zip(lines, amounts, shares, strict=True))
    ]


def _line(row: dict[str, Any], line: dict[str, Any], place: int, taxed: Decimal) -> dict[str, Any]:
    alone = Priced(Decimal(1), taxed, tax_rate=line["tax_rate"], tax_name=line["tax_name"])
    totals = reckon(
        [alone],
        currency=row["currency"],
        includes_tax=row["includes_tax"],
        rounding=Rounding.PER_LINE,
    )
    return {
        "quantity": number(line["quantity"]),
        "cost": number(line["price"]),
        "product_key": line["product"],
        "product_cost": 0,
        "notes": line["description"],
        "discount": number(line["discount"]),
        "is_amount_discount": line["discount_is_amount"],
        **_NO_TAXES,
        "tax_name1": line["tax_name"],
        "tax_rate1": number(line["tax_rate"]),
        "sort_id": str(place),
        "line_total": number(line["amount"]),
        "gross_line_total": number(totals.total),
        "tax_amount": number(totals.tax),
        "date": "",
        **NO_CUSTOM,
        "type_id": "1",
        "tax_id": "1",
    }
