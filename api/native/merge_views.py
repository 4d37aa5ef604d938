"""Merging clients: looking before, merging, and taking it back for thirty days."""

from typing import Any

from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.response import Response

from agencies.money import to_minor
from api.native import contact_views, etags, inputs
from api.native.fields import member, member_columns, timestamp
from api.native.filters import If, Moment, SameClient
from api.native.ids import encode
from api.native.manners import RecordViewSet
from api.native.sorting import moment
from api.native.views import ClientViewSet
from billing.merging import merge, preview, undo
from clients.departing import lock_clients
from clients.models import Client, ClientMerge
from clients.unmerging import WITHIN
from contacts.merging import Preview
from contacts.models import Contact

# What moves, in the words of this API.
_MOVES = {
    "contacts": "contacts_contact.client_id",
    "documents": "clients_document.client_id",
    "invites": "portal_invite.client_id",
    "projects": "clients_project.client_id",
    "tags": "clients_clienttag.client_id",
}
_SUMS = {"outstanding_balance": "balance", "total_billed": "total_billed"}
_COLUMNS = (
    "pk", "survivor", "survivor__name", "merged_id", "name", "merged_at", "undone_at",
    *member_columns("merged_by"),
)  # fmt: skip


def rows(merges, *more):
    return merges.annotate(name=F("snapshot__name")).values(*_COLUMNS, *more)


def present(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": encode("merge", row["pk"]),
        "survivor": {"id": encode("client", row["survivor"]), "name": row["survivor__name"]},
        "merged": {"id": encode("client", row["merged_id"]), "name": row["name"]},
        "merged_at": timestamp(row["merged_at"]),
        "merged_by": member(row, "merged_by"),
        "undo_until": timestamp(row["merged_at"] + WITHIN),
        "undone_at": timestamp(row["undone_at"]),
    }


class MergeInput(serializers.Serializer):
    """The client that is to be no more."""

    client_id = inputs.ClientReference()


class ClientMergeViewSet(ClientViewSet):
    """The client in the path stays; the one in the body goes."""

    deleting_actions = frozenset({"merge"})
    expansions = {}

    def merge_preview(self, request, id):
        merged = self.read(MergeInput).validated_data["client_id"]
        survivor = self.found(id)
        self.refuse_stale(survivor.pk)
        return Response(_looked_at(survivor, merged, preview(survivor, merged)))

    def merge(self, request, id):
        merged = self.read(MergeInput).validated_data["client_id"]
        survivor = self.found(id)
        # Before the tag is compared; in the order of ids, as everybody who merges does.
        lock_clients([survivor.pk, merged.pk])
        self.refuse_stale(survivor.pk)
        record = merge(survivor, merged, by=request.auth.member, at=timezone.now())
        shown = present(rows(ClientMerge.objects.filter(pk=record.pk)).get())
        headers = {
            "ETag": etags.tag_of(shown),
            "Location": reverse("native:merge", args=[shown["id"]]),
        }
        return Response(shown, 201, headers=headers)


def _looked_at(survivor: Client, merged: Client, seen: Preview) -> dict[str, Any]:
    reckoning = seen.reckoning
    dropped = Contact.objects.filter(pk__in=[contact.pk for contact in seen.dropped])
    removed = contact_views.rows(dropped.filter(is_placeholder=False)).order_by("pk")
    return {
        "survivor": _named(survivor),
        "merged": _named(merged),
        "currency": reckoning.currency,
        "moves": {word: reckoning.counts.get(key, 0) for word, key in _MOVES.items()},
        **{
            word: to_minor(reckoning.total[figure], reckoning.currency)
            for word, figure in _SUMS.items()
        },
        "primary_contact_id": seen.primary and encode("contact", seen.primary.pk),
        "removed_contacts": [contact_views.present(row) for row in removed],
    }


def _named(client: Client) -> dict[str, str]:
    return {"id": encode("client", client.pk), "name": client.name}


class MergeFilter(filters.FilterSet):
    """`?client_id=client_…&undone=false`"""

    client_id = SameClient("survivor")
    undone = If(Q(undone_at__isnull=False))
    merged_at = Moment("merged_at")


class MergeViewSet(RecordViewSet):
    subject = "clients"
    # By whom it was done, by them it is undone.
    deleting_actions = frozenset({"undo"})
    kind = noun = "merge"
    filters = MergeFilter
    sorts = {"merged_at": moment("merged_at")}
    default_sort = "-merged_at"

    def records(self):
        return ClientMerge.objects.filter(survivor__deleted_at__isnull=True)

    def rows(self, records, *more):
        return rows(records, *more)

    def present(self, row):
        return present(row)

    def undo(self, request, id):
        record = self.found(id)
        self.refuse_stale(record.pk)
        undone = undo(record, at=timezone.now())
        return Response(
            {
                "merge": self.shown(record.pk),
                "restored": _named(undone.client),
                "survivor": _named(undone.survivor),
                # What others had taken meanwhile, with its former value.
                "changed": undone.changed,
            }
        )
