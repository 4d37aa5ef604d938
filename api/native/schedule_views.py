"""`/v1/statement_schedules`: statements that are mailed by themselves."""

from datetime import date

from django.db.models import Q
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.response import Response

from api.native import errors, inputs
from api.native.fields import timestamp
from api.native.filters import If, Moment, Same, SameClient
from api.native.ids import encode
from api.native.manners import RecordViewSet
from api.native.sorting import day, moment
from api.native.statement_views import Language
from api.operators import ChoiceInFilter, OperatorFilter
from billing.days import day_in
from billing.models import StatementSchedule
from billing.planning import plan, replan
from billing.statement_shapes import StatementKind
from clients.models import Tag

_COLUMNS = (
    "pk", "client", "client__name", "tag", "tag__title", "every", "kind", "payments", "credits",
    "ageing", "language", "next_on", "paused_at", "created_at",
)  # fmt: skip
_KINDS = [(kind.value, kind.value) for kind in StatementKind]
# Columns and arguments by their keys on the wire.
_FACTS = {
    "every": "every",
    "kind": "kind",
    "show_payments": "payments",
    "show_credits": "credits",
    "show_ageing": "ageing",
    "language": "language",
    "next_date": "next_on",
    "paused": "paused",
}


class ScheduleFacts(serializers.Serializer):
    every = serializers.ChoiceField(choices=StatementSchedule.Every.choices, required=False)
    kind = serializers.ChoiceField(choices=_KINDS, required=False)
    show_payments = inputs.Flag()
    show_credits = inputs.Flag()
    show_ageing = inputs.Flag()
    language = Language()
    next_date = inputs.Day()

    def facts(self) -> dict:
        sent = self.validated_data
        facts = {ours: sent[theirs] for theirs, ours in _FACTS.items() if theirs in sent}
        if "language" in facts:
            facts["language"] = facts["language"] or ""
        return facts


class ScheduleChange(ScheduleFacts):
    paused = inputs.Flag()


class ScheduleInput(ScheduleFacts):
    """For a client, or for all that carry a tag."""

    client_id = inputs.ClientReference(required=False, allow_null=True)
    tag_id = inputs.Reference("tag", Tag.objects.all(), required=False, allow_null=True)

    def facts(self) -> dict:
        sent = self.validated_data
        return {
            **super().facts(),
            "client": sent.get("client_id"),
            "tag": sent.get("tag_id"),
        }


class ScheduleFilter(filters.FilterSet):
    client_id = SameClient()
    tag_id = Same("tag", "tag")
    every = ChoiceInFilter(choices=StatementSchedule.Every.choices)
    kind = ChoiceInFilter(choices=_KINDS)
    paused = If(Q(paused_at__isnull=False))
    next_date = OperatorFilter(date, field_name="next_on")
    created_at = Moment("created_at")


class ScheduleViewSet(RecordViewSet):
    subject = "invoices"
    kind, noun = "sched", "statement schedule"
    filters = ScheduleFilter
    sorts = {"created_at": moment("created_at"), "next_date": day("next_on")}

    @property
    def today(self):
        return day_in(self.agency, timezone.now())

    def records(self):
        return StatementSchedule.objects.filter(client__deleted_at__isnull=True)

    def rows(self, records, *more):
        return records.values(*_COLUMNS, *more)

    def present(self, row):
        client, tag = row["client"], row["tag"]
        return {
            "id": encode("sched", row["pk"]),
            "client": client and {"id": encode("client", client), "name": row["client__name"]},
            "tag": tag and {"id": encode("tag", tag), "name": row["tag__title"]},
            "every": row["every"],
            "kind": row["kind"],
            "show_payments": row["payments"],
            "show_credits": row["credits"],
            "show_ageing": row["ageing"],
            "language": row["language"] or None,
            "next_date": row["next_on"].isoformat(),
            "paused_at": timestamp(row["paused_at"]),
            "created_at": timestamp(row["created_at"]),
        }

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(ScheduleInput)
        made = plan(self.agency, on=self.today, at=timezone.now(), **body.facts())
        return self.made(made.pk)

    def partial_update(self, request, id):
        body = self.read(ScheduleChange, partial=True)
        schedule = self.held(id)
        self.refuse_stale(schedule.pk)
        if body.facts():
            replan(schedule, on=self.today, at=timezone.now(), **body.facts())
        return self.one(schedule.pk)

    def destroy(self, request, id):
        """What was sent stays; nothing more is."""
        schedule = self.held(id)
        self.refuse_stale(schedule.pk)
        pk = schedule.pk
        schedule.delete()
        return Response({"id": encode("sched", pk), "deleted": True})
