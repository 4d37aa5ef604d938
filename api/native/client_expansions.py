"""What a client can be expanded by, besides what Nextoria Hub shows of one."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db.models import QuerySet, Window
from django.db.models.functions import RowNumber

from agencies.models import Agency
from api.native import client_details, contact_views, project_views
from api.native.expanding import MOST, Expansion
from api.native.ids import encode
from clients.arrays import any_of
from clients.models import Client, ClientTag, CustomField, Project

Pks = Collection[int]


def _first_of_each(records: QuerySet[Any], pks: Pks, *order: str) -> QuerySet[Any]:
    """At most MOST rows of each client."""
    place = Window(RowNumber(), partition_by="client", order_by=order)
    return records.filter(any_of("client", pks)).annotate(place=place).filter(place__lte=MOST)


def _by_client(
    rows: QuerySet[Any], present: Callable[[dict[str, Any]], Any]
) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row["client"], []).append(present(row))
    return found


def _contacts(pks: Pks, agency: Agency) -> Mapping[int, Any]:
    people = _first_of_each(contact_views.people(), pks, "-is_primary", "pk")
    rows = contact_views.rows(people).order_by("-is_primary", "pk")
    return _by_client(rows, contact_views.present)


def _projects(pks: Pks, agency: Agency) -> Mapping[int, Any]:
    """Those that were not put aside, the newest first."""
    current = Project.objects.filter(archived_at__isnull=True)
    rows = project_views.rows(_first_of_each(current, pks, "-pk")).order_by("-pk")
    return _by_client(rows, project_views.present)


def _tags(pks: Pks, agency: Agency) -> Mapping[int, Any]:
    rows = ClientTag.objects.filter(any_of("client", pks)).order_by("pk")
    return _by_client(rows.values("client", "tag__title"), lambda row: row["tag__title"])


def _categories(pks: Pks, agency: Agency) -> Mapping[int, Any]:
    return _named(pks, "category")


def _groups(pks: Pks, agency: Agency) -> Mapping[int, Any]:
    return _named(pks, "group")


def _named(pks: Pks, kind: str) -> dict[int, Any]:
    rows = _clients(pks).filter(**{f"{kind}__isnull": False}).values("pk", kind, f"{kind}__name")
    return {
        row["pk"]: {"id": encode(kind, row[kind]), "name": row[f"{kind}__name"]} for row in rows
    }


def _custom_fields(pks: Pks, agency: Agency) -> Mapping[int, Any]:
    """Every field that is asked for now, null where the client has no value."""
    active = CustomField.objects.filter(archived_at__isnull=True)
    names = list(active.values_list("name", flat=True))
    stored = _clients(pks).values_list("pk", "custom_fields")
    return {pk: {name: values.get(name) for name in names} for pk, values in stored}


def _details(pks: Pks, agency: Agency) -> Mapping[int, Any]:
    rows = _clients(pks).values("pk", *client_details.COLUMNS)
    return {row["pk"]: client_details.present(row, agency) for row in rows}


def _clients(pks: Pks) -> QuerySet[Client]:
    return Client.objects.filter(any_of("pk", pks)).order_by()


EXPANSIONS = {
    "contacts": Expansion(_contacts),
    "projects": Expansion(_projects, scope="projects:read"),
    "tags": Expansion(_tags),
    "category": Expansion(_categories),
    "group": Expansion(_groups, empty=lambda: None),
    "custom_fields": Expansion(_custom_fields, empty=dict),
    "details": Expansion(_details),
}
