"""The client as Grow CRM's clients know it."""

from collections import defaultdict
from typing import Any

from django.db.models import FilteredRelation, Q
from rest_framework import serializers

from api.growcrm.countries import name_of
from api.growcrm.fields import (
    Choice,
    Country,
    Email,
    ExistingCategory,
    LaravelField,
    RowId,
    Text,
    Titles,
    WholeNumber,
    timestamp,
)
from clients.models import ClientTag

_COLUMNS = (
    "pk", "name", "public_notes", "suspended_at", "phone", "website", "vat_number",
    "category_id", "category__name", "owner__id", "owner__first_name", "owner__last_name",
    "address1", "city", "state", "postal_code", "country", "invoice_due_days",
    "shipping_address1", "shipping_city", "shipping_state", "shipping_postal_code",
    "shipping_country", "created_at", "updated_at",
)  # fmt: skip


def present_all(clients) -> list[dict]:
    """Whole clients in two queries: chosen columns with category and owner, then all tags."""
    primary = FilteredRelation(
        "contacts", condition=Q(contacts__is_primary=True, contacts__deleted_at__isnull=True)
    )
    rows = list(clients.annotate(owner=primary).values(*_COLUMNS))
    tags = _titles([row["pk"] for row in rows])
    return [_present(row, tags[row["pk"]]) for row in rows]


def _titles(clients: list[int]) -> dict[int, list[str]]:
    titles = defaultdict(list)
    links = ClientTag.objects.filter(client__in=clients).order_by("pk")
    for client, title in links.values_list("client", "tag__title"):
        titles[client].append(title)
    return titles


def _present(row: dict, tags: list[str]) -> dict:
    owner = f"{row['owner__first_name'] or ''} {row['owner__last_name'] or ''}".strip()
    return {
        "id": row["pk"],
        "company_name": row["name"],
        "description": row["public_notes"] or None,
        "status": "suspended" if row["suspended_at"] else "active",
        "phone": row["phone"] or None,
        "website": row["website"] or None,
        "vat": row["vat_number"] or None,
        "category": {"id": row["category_id"], "name": row["category__name"]},
        "owner": {"id": row["owner__id"], "name": owner or row["name"]},
        "billing": _address(row) | {"invoice_due_days": _days(row)},
        "shipping": _address(row, "shipping_"),
        "dates": {
            "created": timestamp(row["created_at"]),
            "updated": timestamp(row["updated_at"]),
        },
        "tags": tags,
    }


def _address(row: dict, kind: str = "") -> dict:
    return {
        "street": row[f"{kind}address1"] or None,
        "city": row[f"{kind}city"] or None,
        "state": row[f"{kind}state"] or None,
        "zip": row[f"{kind}postal_code"] or None,
        "country": name_of(row[f"{kind}country"]),
    }


def _days(row: dict) -> str | None:
    """A string, though it is sent as a number: so Grow CRM answers."""
    return None if row["invoice_due_days"] is None else str(row["invoice_due_days"])


_OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}


class WelcomeMail(LaravelField):
    """`yes` asks for the welcome mail; anything else does not."""

    def to_internal_value(self, data):
        return data == "yes"


# The domain's names for what is said of the client itself.
_FACTS = {
    "client_company_name": "name",
    "client_categoryid": "category",
    "client_description": "public_notes",
    "client_phone": "phone",
    "client_website": "website",
    "client_vat": "vat_number",
    "client_billing_street": "address1",
    "client_billing_city": "city",
    "client_billing_state": "state",
    "client_billing_zip": "postal_code",
    "client_billing_country": "country",
    "client_billing_invoice_due_days": "invoice_due_days",
}


class ClientInput(serializers.Serializer):
    """What is said of a client, its strings trimmed; unknown keys are ignored."""

    client_company_name = Text(**_OPTIONAL)
    client_categoryid = ExistingCategory(**_OPTIONAL)
    client_description = Text(most=10_000, **_OPTIONAL)
    client_phone = Text(most=100, **_OPTIONAL)
    client_website = Text(**_OPTIONAL)
    client_vat = Text(most=100, **_OPTIONAL)
    client_billing_street = Text(**_OPTIONAL)
    client_billing_city = Text(**_OPTIONAL)
    client_billing_state = Text(**_OPTIONAL)
    client_billing_zip = Text(most=50, **_OPTIONAL)
    client_billing_country = Country(**_OPTIONAL)
    client_billing_invoice_due_days = WholeNumber(least=0, most=3650, **_OPTIONAL)

    def facts(self) -> dict:
        """Only what was sent; what was sent empty is empty."""
        sent = self.validated_data
        return {fact: sent[name] for name, fact in _FACTS.items() if name in sent}


class NewClient(ClientInput):
    """With the person who becomes its account owner."""

    first_name = Text()
    last_name = Text()
    email = Email(most=254)
    tags = Titles(**_OPTIONAL)
    send_email = WelcomeMail(**_OPTIONAL)

    def validate(self, sent):
        """Without a company name the person's is taken, which may be too long for one."""
        name = sent.get("client_company_name") or f"{sent['first_name']} {sent['last_name']}"
        if len(name) > 255:
            text = "The client company name field must not be greater than 255 characters."
            raise serializers.ValidationError({"client_company_name": [text]})
        return sent | {"client_company_name": name}

    def titles(self) -> list[str]:
        return self.validated_data.get("tags") or []


class ClientChange(ClientInput):
    client_company_name = Text()


class TagsInput(serializers.Serializer):
    tags = Titles(
        error_messages={
            "required": "The {attribute} field must be present.",
            "null": "The {attribute} field must be an array.",
        }
    )


class StatusInput(serializers.Serializer):
    status = Choice(["active", "suspended"])


class OwnerInput(serializers.Serializer):
    owner = RowId()
