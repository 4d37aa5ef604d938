"""The client as Nextoria Hub's clients know it."""

from django.db.models import Count, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from rest_framework import serializers

from agencies.money import to_minor
from api.native.fields import CountryCode, timestamp
from api.native.ids import encode
from clients.models import Project

# The ten keys of a list item; a single client has all fourteen.
LIST_KEYS = (
    "id", "name", "email", "company", "portal_access", "portal_last_seen", "total_billed",
    "outstanding_balance", "active_projects", "created_at",
)  # fmt: skip

_COLUMNS = (
    "pk", "name", "legal_name", "owner__email", "owner__phone", "private_notes",
    "address1", "address2", "city", "state", "postal_code", "country", "currency",
    "invited_at", "suspended_at", "portal_last_seen_at", "total_billed", "balance",
    "running_projects", "created_at", "updated_at",
)  # fmt: skip

# Our names for theirs.
_FACTS = {"name": "name", "company": "legal_name", "notes": "private_notes"}
_ADDRESS = {
    "line1": "address1",
    "line2": "address2",
    "city": "city",
    "state": "state",
    "postal_code": "postal_code",
    "country": "country",
}


def running_projects() -> Coalesce:
    """How many projects of the client are neither completed nor archived."""
    running = Project.objects.running().filter(client=OuterRef("pk")).order_by()
    counted = running.values("client").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def rows(clients, *more):
    """Chosen columns as dicts, one query: the client, its primary contact, its project count."""
    primary = FilteredRelation(
        "contacts", condition=Q(contacts__is_primary=True, contacts__deleted_at__isnull=True)
    )
    return clients.annotate(owner=primary, running_projects=running_projects()).values(
        *_COLUMNS, *more
    )


def present(row: dict, *, agency) -> dict:
    currency = row["currency"] or agency.currency
    return {
        "id": encode("client", row["pk"]),
        "name": row["name"],
        "email": row["owner__email"] or "",
        "company": row["legal_name"] or None,
        "phone": row["owner__phone"] or None,
        "address": _address(row),
        "notes": row["private_notes"] or None,
        "portal_access": bool(row["invited_at"] and not row["suspended_at"]),
        "portal_last_seen": timestamp(row["portal_last_seen_at"]),
        "total_billed": to_minor(row["total_billed"], currency),
        "outstanding_balance": to_minor(row["balance"], currency),
        "active_projects": row["running_projects"],
        "created_at": timestamp(row["created_at"]),
        "updated_at": timestamp(row["updated_at"]),
    }


def present_in_list(row: dict, *, agency) -> dict:
    whole = present(row, agency=agency)
    return {key: whole[key] for key in LIST_KEYS}


def _address(row: dict) -> dict | None:
    parts = {theirs: row[ours] for theirs, ours in _ADDRESS.items()}
    if not any(parts.values()):
        return None
    if not parts["line2"]:
        del parts["line2"]
    return parts


class AddressInput(serializers.Serializer):
    line1 = serializers.CharField(max_length=255)
    line2 = serializers.CharField(max_length=255, required=False, allow_blank=True, allow_null=True)
    city = serializers.CharField(max_length=255)
    state = serializers.CharField(max_length=255, required=False, allow_blank=True)
    postal_code = serializers.CharField(max_length=50, required=False, allow_blank=True)
    country = CountryCode()


class Address(serializers.Field):
    """Always whole, even where only some keys of a client are sent."""

    def to_internal_value(self, data):
        address = AddressInput(data=data)
        address.is_valid(raise_exception=True)
        return address.validated_data


class ClientInput(serializers.Serializer):
    """Unknown and computed keys are ignored; null empties what may be empty."""

    name = serializers.CharField(max_length=255)
    email = serializers.EmailField(max_length=254)
    company = serializers.CharField(
        max_length=255, required=False, allow_blank=True, allow_null=True
    )
    phone = serializers.CharField(max_length=50, required=False, allow_blank=True, allow_null=True)
    notes = serializers.CharField(
        max_length=10_000, required=False, allow_blank=True, allow_null=True
    )
    address = Address(required=False, allow_null=True)

    def facts(self) -> dict:
        """The domain's names for what was sent about the client itself; the rest is left alone."""
        sent = self.validated_data
        facts = {ours: sent[theirs] or "" for theirs, ours in _FACTS.items() if theirs in sent}
        if "address" in sent:
            # Replaced whole, never merged.
            address = sent["address"] or {}
            facts |= {ours: address.get(theirs) or "" for theirs, ours in _ADDRESS.items()}
        return facts

    def of_person(self) -> dict:
        """What was sent about the primary contact."""
        sent = self.validated_data
        return {name: sent[name] or "" for name in ("email", "phone") if name in sent}
