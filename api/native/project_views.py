"""`/v1/projects`, and those of one client."""

from datetime import date

from django.db.models import Q
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers

from agencies.money import from_minor, to_minor
from api.native import errors, inputs
from api.native.departed import client_named
from api.native.fields import member, member_columns, timestamp
from api.native.filters import Amount, Archived, If, Moment, Same, SameClient, Search, Since
from api.native.ids import encode
from api.native.manners import RecordViewSet
from api.native.sorting import amount, day, moment, text
from api.operators import ChoiceInFilter, OperatorFilter
from clients.models import Project
from clients.projects import archive_project, create_project, edit_project, restore_project

_COLUMNS = (
    "pk", "name", "description", "status", "starts_on", "ends_on", "budget", "currency",
    "client", "client__name", *member_columns("lead"), "is_shared", "archived_at", "created_at",
    "updated_at",
)  # fmt: skip


_FACTS = {
    "name": "name",
    "description": "description",
    "status": "status",
    "start_date": "starts_on",
    "end_date": "ends_on",
    "currency": "currency",
    "team_lead_id": "lead",
    "shared": "is_shared",
}


def rows(projects, *more):
    return projects.values(*_COLUMNS, *more)


def present(row: dict) -> dict:
    budget = row["budget"]
    return {
        "id": encode("proj", row["pk"]),
        "name": row["name"],
        "description": row["description"] or None,
        "status": row["status"],
        "start_date": row["starts_on"] and row["starts_on"].isoformat(),
        "end_date": row["ends_on"] and row["ends_on"].isoformat(),
        "budget": None if budget is None else to_minor(budget, row["currency"]),
        # Nextoria Hub's own keys; Foyer keeps neither hours nor tasks.
        "budget_spent": None,
        "currency": row["currency"],
        "client": {"id": encode("client", row["client"]), "name": row["client__name"]},
        "team_lead": member(row, "lead"),
        "task_count": 0,
        "completed_task_count": 0,
        "shared": row["is_shared"],
        "archived_at": timestamp(row["archived_at"]),
        "created_at": timestamp(row["created_at"]),
        "updated_at": timestamp(row["updated_at"]),
    }


class ProjectChange(serializers.Serializer):
    name = inputs.Name(255)
    description = inputs.Text(10_000)
    status = serializers.ChoiceField(choices=Project.Status.choices, required=False)
    start_date = inputs.Day()
    end_date = inputs.Day()
    budget = inputs.Amount()
    currency = inputs.Currency()
    team_lead_id = inputs.MemberReference()
    shared = inputs.Flag()

    def facts(self, *, currency: str) -> dict:
        """The domain's names for what was sent; `currency` is what the budget is in else."""
        sent = self.validated_data
        facts = {ours: sent[theirs] for theirs, ours in _FACTS.items() if theirs in sent}
        if "description" in facts:
            facts["description"] = facts["description"] or ""
        if "budget" in sent:
            budget, unit = sent["budget"], facts.get("currency", currency)
            facts["budget"] = None if budget is None else from_minor(budget, unit)
        return facts


class ProjectInput(ProjectChange):
    client_id = inputs.ClientReference()


class ProjectFilter(filters.FilterSet):
    """`?status=planning,review&end_date=lt:2026-07-01&client_id=client_…`"""

    q = Search("name", "description")
    status = ChoiceInFilter(choices=Project.Status.choices)
    client_id = SameClient()
    team_lead_id = Same("user", "lead")
    shared = If(Q(is_shared=True))
    archived = Archived()
    budget = Amount("budget")
    start_date = OperatorFilter(date, field_name="starts_on")
    end_date = OperatorFilter(date, field_name="ends_on")
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")
    updated_since = Since("updated_at")


class ProjectViewSet(RecordViewSet):
    subject = "projects"
    kind, noun = "proj", "project"
    # DELETE archives.
    deleting_actions = frozenset()
    filters = ProjectFilter
    sorts = {
        "name": text("name"),
        "created_at": moment("created_at"),
        "updated_at": moment("updated_at"),
        "start_date": day("starts_on"),
        "end_date": day("ends_on"),
        "budget": amount("budget"),
    }

    def records(self):
        return Project.objects.filter(client__deleted_at__isnull=True)

    def rows(self, records, *more):
        return rows(records, *more)

    def present(self, row):
        return present(row)

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(ProjectInput)
        client = body.validated_data["client_id"]
        facts = body.facts(currency=client.currency or self.agency.currency)
        return self.made(create_project(client, **facts).pk)

    def partial_update(self, request, id):
        body = self.read(ProjectChange, partial=True)
        project = self.held(id)
        self.refuse_stale(project.pk)
        facts = body.facts(currency=project.currency)
        if facts:
            edit_project(project, **facts)
        return self.one(project.pk)

    def archive(self, request, id):
        return self._put(id, archive_project)

    def restore(self, request, id):
        return self._put(id, restore_project)

    def destroy(self, request, id):
        """Archives, as Nextoria Hub's does: nothing of a project is lost by accident."""
        return self._put(id, archive_project)

    def _put(self, id, change):
        project = self.held(id)
        self.refuse_stale(project.pk)
        change(project, at=timezone.now())
        return self.one(project.pk)


class ClientProjectViewSet(ProjectViewSet):
    """The projects of one client."""

    def list(self, request, id):
        client = client_named(request, id)
        projects = self.records().filter(client=client)
        return self.listed(projects, bound_to=encode("client", client.pk))
