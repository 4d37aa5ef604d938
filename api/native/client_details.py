"""`details` of a client: what Foyer keeps beyond Nextoria Hub's fourteen keys, read and written."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from agencies.models import Agency, check_currency, check_language
from agencies.money import to_minor
from api.native import inputs
from api.native.addresses import SHIPPING, Address, address_of, facts_of
from api.native.fields import timestamp
from api.native.ids import encode

# Our columns by the keys on the wire. An empty text is null.
_TEXTS = {
    "id_number": "id_number",
    "vat_number": "vat_number",
    "classification": "classification",
    "industry": "industry",
    "size": "size",
    "website": "website",
    "phone": "phone",
    "description": "public_notes",
    "currency": "currency",
    "language": "language",
}
_OTHERS = {
    "number": "number",
    "payment_terms_days": "invoice_due_days",
    "tax_exempt": "is_tax_exempt",
    "assigned_to_id": "assigned_to",
}
_SUMS = ("paid_to_date", "credit_balance", "payment_balance")

COLUMNS = (
    "archived_at", "suspended_at", *_TEXTS.values(), *_OTHERS.values(), *SHIPPING.values(), *_SUMS,
)  # fmt: skip


def present(row: dict[str, Any], agency: Agency) -> dict[str, Any]:
    currency = row["currency"] or agency.currency
    return {
        "number": row["number"],
        **{theirs: row[ours] or None for theirs, ours in _TEXTS.items()},
        "shipping_address": address_of(row, SHIPPING),
        "payment_terms_days": row["invoice_due_days"],
        "tax_exempt": row["is_tax_exempt"],
        "assigned_to_id": row["assigned_to"] and encode("user", row["assigned_to"]),
        **{name: to_minor(row[name], currency) for name in _SUMS},
        "archived_at": timestamp(row["archived_at"]),
        "suspended_at": timestamp(row["suspended_at"]),
    }


class _Checked(inputs.Text):
    """A text that one of the domain's validators accepts."""

    def __init__(self, length: int, check: Any) -> None:
        super().__init__(length)
        self.check = check

    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        try:
            if value:
                self.check(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages, "unknown") from error
        return value


class DetailsInput(serializers.Serializer):
    """Only what is sent changes; sums and states are ignored."""

    number = inputs.Name(100, required=False)
    id_number = inputs.Text(100)
    vat_number = inputs.Text(100)
    classification = inputs.Text(30)
    industry = inputs.Text(100)
    size = inputs.Text(30)
    website = inputs.Text(500)
    phone = inputs.Text(100)
    description = inputs.Text(10_000)
    currency = _Checked(3, check_currency)
    language = _Checked(15, check_language)
    shipping_address = Address()
    payment_terms_days = inputs.Whole(0, 3650, allow_null=True)
    tax_exempt = inputs.Flag()
    assigned_to_id = inputs.MemberReference()


def facts(sent: dict[str, Any]) -> dict[str, Any]:
    """The domain's names for what DetailsInput read."""
    texts = {ours: sent[theirs] or "" for theirs, ours in _TEXTS.items() if theirs in sent}
    others = {ours: sent[theirs] for theirs, ours in _OTHERS.items() if theirs in sent}
    shipping = facts_of(sent["shipping_address"], SHIPPING) if "shipping_address" in sent else {}
    return texts | others | shipping
