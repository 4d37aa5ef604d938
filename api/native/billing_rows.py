"""How invoices and credits look, from plain rows: amounts in minor units of their currency."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from agencies.money import digits, to_minor
from api.native.fields import timestamp
from api.native.ids import encode

Row = Mapping[str, Any]

_AMOUNTS = {
    "subtotal": "subtotal",
    "discount": "discount_total",
    "tax": "tax_total",
    "total": "total",
    "balance": "balance",
}
_MOMENTS = ("archived_at", "deleted_at", "created_at", "updated_at")
LISTED = (
    "pk", "number", "status", "client", "client__name", "issued_on", "currency", "reference",
    "issued_at", *_AMOUNTS.values(), *_MOMENTS,
)  # fmt: skip
WHOLE = (
    "includes_tax", "discount", "discount_is_amount", "taxes", "public_notes", "private_notes",
    "terms", "footer", "buyer", "seller", "sent_at",
)  # fmt: skip
_LINE = (
    "product", "description", "quantity", "price", "discount", "discount_is_amount", "tax_name",
    "tax_rate", "amount",
)  # fmt: skip


def minor(amount: Decimal, row: Row) -> int:
    return to_minor(amount, row["currency"])


def amounts(row: Row) -> dict[str, int]:
    return {theirs: minor(row[ours], row) for theirs, ours in _AMOUNTS.items()}


def moments(row: Row) -> dict[str, str | None]:
    return {name: timestamp(row[name]) for name in _MOMENTS}


def day(row: Row, column: str) -> str | None:
    return row[column] and row[column].isoformat()


def named(kind: str, row: Row, column: str) -> dict[str, str] | None:
    """The id and name of what `column` points at."""
    if row[column] is None:
        return None
    return {"id": encode(kind, row[column]), "name": row[f"{column}__name"]}


def exact(number: Decimal) -> str:
    """Decimal text without noughts at its end: 19, 7.5."""
    return f"{number.normalize():f}" if number else "0"


def unit_price(price: Decimal, currency: str) -> int | str:
    """In minor units; as text where there is a part of one."""
    minor = price.scaleb(digits(currency))
    return int(minor) if minor == minor.to_integral_value() else exact(minor)


def discount_of(row: Row, currency: str) -> dict[str, Any]:
    """In percent or as an amount; null is the one that it is not."""
    discount = row["discount"]
    if row["discount_is_amount"]:
        return {"discount_percent": None, "discount_amount": to_minor(discount, currency)}
    return {"discount_percent": exact(discount) if discount else None, "discount_amount": None}


def whole(row: Row, lines: Iterable[Row]) -> dict[str, Any]:
    """What one document shows beyond a list's item."""
    currency = row["currency"]
    return {
        "prices_include_tax": row["includes_tax"],
        **discount_of(row, currency),
        "taxes": [_tax(one, currency) for one in row["taxes"]],
        "lines": [_line(one, currency) for one in lines],
        "notes": row["public_notes"] or None,
        "internal_notes": row["private_notes"] or None,
        "terms": row["terms"] or None,
        "footer": row["footer"] or None,
        "buyer": _party(row["buyer"]),
        "seller": _party(row["seller"]),
        "issued_at": timestamp(row["issued_at"]),
        "sent_at": timestamp(row["sent_at"]),
    }


def lines_of(lines: Any) -> list[Row]:
    return list(lines.order_by("position", "pk").values(*_LINE))


def _line(row: Row, currency: str) -> dict[str, Any]:
    return {
        "product": row["product"] or None,
        "description": row["description"] or None,
        "quantity": exact(row["quantity"]),
        "unit_price": unit_price(row["price"], currency),
        **discount_of(row, currency),
        "tax_name": row["tax_name"] or None,
        "tax_rate": exact(row["tax_rate"]),
        "amount": to_minor(row["amount"], currency),
    }


def _tax(one: Mapping[str, str], currency: str) -> dict[str, Any]:
    return {
        "name": one["name"] or None,
        "rate": exact(Decimal(one["rate"])),
        "base": to_minor(Decimal(one["base"]), currency),
        "tax": to_minor(Decimal(one["tax"]), currency),
    }


def _party(kept: Mapping[str, Any]) -> dict[str, Any] | None:
    """As it was at the issue; a draft has none."""
    if not kept:
        return None
    texts = {name: kept[name] or None for name in ("name", "vat_id", "number", "email")}
    return texts | {"address": kept["address"]}
