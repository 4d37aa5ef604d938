"""`sort=name|desc`, and `sort=name&sort_dir=asc` as documented: by every column there is."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Case,
    DecimalField,
    Expression,
    F,
    Func,
    IntegerField,
    OrderBy,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Collate, NullIf

from api.invoiceninja.statics import COUNTRIES, INDUSTRIES, SIZES, Table
from clients.folding import Fold

_NEVER = Value(datetime.fromtimestamp(0, UTC))


def text(field: str) -> Expression:
    """Without regard to case and accents, the same on every server."""
    return Collate(Fold(field), "C")


def or_zero(field: str) -> Expression:
    return Coalesce(F(field), 0)


def _by_id(table: Table, value: str | Expression) -> Expression:
    """By the number that stands on the wire, not by the word that is stored."""
    return by_place([table.by_id[static_id] for static_id in sorted(table.by_id, key=int)], value)


def by_place(ordered: list[str], value: str | Expression) -> Expression:
    """By where the word stands in the list; before all of them what is not in it."""
    position = Func(
        Value(ordered, output_field=ArrayField(TextField())),
        Cast(value, TextField()),
        function="array_position",
        output_field=IntegerField(),
    )
    return Coalesce(position, 0)


def digits(field: str) -> Expression:
    """C-10 comes after C-9."""
    kept = Func(F(field), Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace")
    number = NullIf(kept, Value(""), output_field=TextField())
    # As many digits as the column has letters.
    whole: DecimalField = DecimalField(max_digits=100, decimal_places=0)
    return Coalesce(Cast(number, whole), Value(0, output_field=whole))


_SAME = (
    "balance", "paid_to_date", "payment_balance", "credit_balance", "created_at", "updated_at",
    "has_valid_vat_number", "is_tax_exempt",
)  # fmt: skip
_TEXTS = (
    "website", "private_notes", "public_notes", "address1", "address2", "phone", "city", "state",
    "postal_code", "custom_value1", "custom_value2", "custom_value3", "custom_value4",
    "shipping_address1", "shipping_address2", "shipping_city", "shipping_state",
    "shipping_postal_code", "vat_number", "id_number", "routing_id", "classification",
)  # fmt: skip
STATE = {
    "is_deleted": Q(deleted_at__isnull=False),
    "archived_at": Coalesce("deleted_at", "archived_at", _NEVER),
}
# A client without a country shows the agency's.
_COUNTRY = Coalesce(NullIf("country", Value("")), "agency__country", output_field=TextField())

CLIENT_COLUMNS: dict[str, Any] = {
    **{name: F(name) for name in _SAME},
    **{name: text(name) for name in _TEXTS},
    **STATE,
    "id": F("pk"),
    "user_id": or_zero("created_by__user"),
    "assigned_user_id": or_zero("assigned_to__user"),
    "group_settings_id": or_zero("group"),
    "name": F("sort_name"),
    "display_name": F("sort_name"),
    "number": digits("number"),
    "client_hash": F("public_hash"),
    "last_login": Coalesce("portal_last_seen_at", _NEVER),
    "size_id": _by_id(SIZES, "size"),
    "industry_id": _by_id(INDUSTRIES, "industry"),
    "country_id": _by_id(COUNTRIES, _COUNTRY),
    "shipping_country_id": _by_id(COUNTRIES, "shipping_country"),
}
GROUP_COLUMNS: dict[str, Any] = {
    **STATE,
    "id": F("pk"),
    "name": text("name"),
    "created_at": F("created_at"),
    "updated_at": F("updated_at"),
}

DOCUMENT_COLUMNS: dict[str, Any] = {
    **{name: F(name) for name in ("size", "width", "height", "created_at", "updated_at")},
    "id": F("pk"),
    "name": text("name"),
    "type": F("extension"),
    "is_public": F("is_shared"),
}


def in_order(
    queryset: QuerySet, sent: dict[str, Any], columns: dict[str, Any], *, first: int | None = None
) -> QuerySet:
    """As asked, the oldest first otherwise; the id breaks every tie. `first` goes before all."""
    column, falling = _asked(sent)
    order: list[Any] = []
    if first is not None:
        order.append(Case(When(pk=first, then=0), default=1))
    if column in columns:
        queryset = queryset.alias(sort_key=columns[column])
        order.append(OrderBy(F("sort_key"), descending=falling))
    return queryset.order_by(*order, OrderBy(F("pk"), descending=falling and column in columns))


def _asked(sent: dict[str, Any]) -> tuple[str, bool]:
    """The column, empty for none, and whether it falls. Whatever is not `asc` falls."""
    sort, direction = sent.get("sort"), sent.get("sort_dir")
    parts = sort.split("|") if isinstance(sort, str) else []
    if len(parts) == 1 and isinstance(direction, str):
        parts.append(direction)
    return (parts[0], parts[1] != "asc") if len(parts) == 2 else ("", False)
