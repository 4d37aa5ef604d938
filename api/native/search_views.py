"""`/v1/search`: clients, people and projects by a few words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat
from django_filters import rest_framework as filters
from rest_framework.response import Response

from api.native import errors
from api.native.contact_views import people
from api.native.filters import Asked, Search, checked, words
from api.native.ids import encode
from api.native.manners import NativeViewSet
from api.native.pagination import limit_of
from api.native.sorting import text
from api.operators import ChoiceInFilter
from clients.models import Client, ClientQuerySet, Project


@dataclass(frozen=True)
class Kind:
    """What is searched, how, and what is shown of what is found."""

    scope: str
    records: Callable[[], QuerySet[Any]]
    narrow: Callable[[QuerySet[Any], str], QuerySet[Any]]
    order: Any
    columns: tuple[str, ...]
    present: Callable[[Mapping[str, Any]], dict[str, Any]]


def _client(row: Mapping[str, Any]) -> dict[str, Any]:
    id = encode("client", row["pk"])
    return {"type": "client", "id": id, "name": row["name"], "client": None}


def _contact(row: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{row['first_name']} {row['last_name']}".strip() or row["email"] or row["phone"]
    id = encode("contact", row["pk"])
    return {"type": "contact", "id": id, "name": name, "client": _of(row)}


def _project(row: Mapping[str, Any]) -> dict[str, Any]:
    id = encode("proj", row["pk"])
    return {"type": "project", "id": id, "name": row["name"], "client": _of(row)}


def _of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["client"] is None:
        return None
    return {"id": encode("client", row["client"]), "name": row["client__name"]}


def _by(*columns: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    return Search(*columns).narrow


KINDS: dict[str, Kind] = {
    "client": Kind(
        "clients:read",
        lambda: Client.objects.existing(),
        lambda clients, sought: cast(ClientQuerySet, clients).matching(sought),
        F("sort_name"),
        ("pk", "name"),
        _client,
    ),
    "contact": Kind(
        "clients:read",
        people,
        _by("first_name", "last_name", "email", "phone"),
        text(Concat(F("first_name"), Value(" "), F("last_name"))).expression,
        ("pk", "first_name", "last_name", "email", "phone", "client", "client__name"),
        _contact,
    ),
    "project": Kind(
        "projects:read",
        lambda: Project.objects.filter(client__deleted_at__isnull=True),
        _by("name", "description"),
        text("name").expression,
        ("pk", "name", "client", "client__name"),
        _project,
    ),
}


class SearchFilter(filters.FilterSet):
    q = Asked(words, lambda rows, sought: rows)
    types = ChoiceInFilter(choices=[(kind, kind) for kind in KINDS])


class SearchViewSet(NativeViewSet):
    """Clients first, then people, then projects, each by name; only what the key may read."""

    subject = "clients"
    filters = SearchFilter

    def list(self, request):
        query = request.query_params
        errors.refuse_unknown(query, known={"limit", *SearchFilter.base_filters})
        asked = checked(SearchFilter, Client.objects.none(), request).form.cleaned_data
        if asked["q"] is None:
            raise errors.BadParameter("q", "Give the words to search for.")
        limit, shown, total = limit_of(query.get("limit")), [], 0
        for kind in self._kinds(asked["types"]):
            found = kind.narrow(kind.records(), asked["q"])
            total += found.count()
            rows = found.order_by(kind.order, "pk").values(*kind.columns)
            shown += [kind.present(row) for row in rows[: limit - len(shown)]]
        return Response({"data": shown, "meta": {"total": total, "limit": limit}})

    def _kinds(self, names):
        key = self.request.auth.key
        return [
            kind
            for name, kind in KINDS.items()
            if key.may(kind.scope) and (names is None or name in names)
        ]
