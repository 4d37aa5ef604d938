"""The client as Nextoria Hub's clients know it."""

from django.db.models import Count, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from rest_framework import serializers

from agencies.money import to_minor
from api.native import client_details, inputs
from api.native.addresses import BILLING, Address, address_of, facts_of
from api.native.fields import timestamp
from api.native.ids import encode
from clients.custom_values import check_custom_values
from clients.models import Category, ClientGroup, CustomField, Project
from clients.sorting import default_category

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
        "address": address_of(row, BILLING),
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


class ClientInput(serializers.Serializer):
    """Unknown and computed keys are ignored; null empties what may be empty.

    The first six are Nextoria Hub's, the others Foyer's own.
    """

    name = serializers.CharField(max_length=255)
    email = serializers.EmailField(max_length=254)
    company = serializers.CharField(
        max_length=255, required=False, allow_blank=True, allow_null=True
    )
    phone = serializers.CharField(max_length=50, required=False, allow_blank=True, allow_null=True)
    notes = serializers.CharField(
        max_length=10_000, required=False, allow_blank=True, allow_null=True
    )
    address = Address()
    tags = inputs.Titles(required=False)
    category_id = inputs.Reference(
        "category", Category.objects.all(), required=False, allow_null=True
    )
    group_id = inputs.Reference(
        "group",
        ClientGroup.objects.filter(deleted_at__isnull=True),
        required=False,
        allow_null=True,
    )
    custom_fields = serializers.DictField(required=False)
    details = client_details.DetailsInput(required=False)

    def facts(self) -> dict:
        """The domain's names for what was sent about the client itself; the rest is left alone."""
        sent = self.validated_data
        facts = {ours: sent[theirs] or "" for theirs, ours in _FACTS.items() if theirs in sent}
        if "address" in sent:
            facts |= facts_of(sent["address"], BILLING)
        if "category_id" in sent:
            # A client is never without one.
            facts["category"] = sent["category_id"] or default_category(self.context["agency"])
        if "group_id" in sent:
            facts["group"] = sent["group_id"]
        return facts | client_details.facts(sent.get("details", {}))

    def custom_values(self, *, stored: dict) -> dict:
        """The values to store, if any were sent. A field that is required needs one by then."""
        sent = self.validated_data.get("custom_fields")
        if sent is None:
            return {}
        active = CustomField.objects.filter(archived_at__isnull=True)
        required = dict(active.values_list("name", "is_required"))
        unknown = [name for name in sent if name not in required]
        if unknown:
            failure = {unknown[0]: ["There is no such field."]}
            raise serializers.ValidationError({"custom_fields": failure}, "unknown")
        kept = {name: value for name, value in stored.items() if required.get(name)}
        return {"custom_fields": check_custom_values(kept | sent, stored=stored)}

    def of_person(self) -> dict:
        """What was sent about the primary contact."""
        sent = self.validated_data
        return {name: sent[name] or "" for name in ("email", "phone") if name in sent}
