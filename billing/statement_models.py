"""Statements that were made, and when further ones are due."""

import uuid
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from agencies.models import Agency, Membership, audited, check_language
from billing.statement_shapes import StatementKind
from clients.models import Client, Tag

_KINDS = [(kind.value, kind.value.replace("_", " ")) for kind in StatementKind]


class Options(models.Model):
    """What a statement shows. No figure depends on it."""

    kind = models.CharField(max_length=10, choices=_KINDS, default=StatementKind.ACTIVITY)
    payments = models.BooleanField("payments shown", default=True)
    credits = models.BooleanField("credits shown", default=True)
    ageing = models.BooleanField("ageing shown", default=True)
    language = models.CharField(max_length=15, blank=True, validators=[check_language])

    class Meta:
        abstract = True

    def options(self) -> dict[str, Any]:
        """As billing.statements.Wanted takes them."""
        return {
            "kind": StatementKind(self.kind),
            "payments": self.payments,
            "credits": self.credits,
            "ageing": self.ageing,
            "language": self.language,
        }


class ScheduleQuerySet(models.QuerySet["StatementSchedule"]):
    def due(self, *, on: Any) -> Self:
        return self.filter(paused_at__isnull=True, next_on__lte=on)


@audited(ignored=["next_on"])
class StatementSchedule(Options):
    """Statements that are mailed by themselves: to one client, or to all that carry a tag."""

    class Every(models.TextChoices):
        MONTH = "month"
        QUARTER = "quarter"

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="statement_schedules")
    client = models.ForeignKey(
        Client, models.CASCADE, related_name="statement_schedules", null=True, blank=True
    )
    tag = models.ForeignKey(
        Tag, models.CASCADE, related_name="statement_schedules", null=True, blank=True
    )
    every = models.CharField(max_length=7, choices=Every, default=Every.MONTH)
    # The first of a month: what is sent then is about the month or quarter that ended.
    next_on = models.DateField()
    paused_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="schedule_in_agency"),
            models.CheckConstraint(
                condition=Q(client__isnull=True, tag__isnull=False)
                | Q(client__isnull=False, tag__isnull=True),
                name="schedule_of_a_client_or_a_tag",
            ),
            models.CheckConstraint(condition=Q(next_on__day=1), name="schedule_on_the_first"),
        ]

    def __str__(self) -> str:
        return f"every {self.every} to {self.client or self.tag}"


class KeptStatement(Options):
    """A statement that was made: what was asked, when, and the digest of its figures."""

    class Status(models.TextChoices):
        ALL = "all"
        LIVE = "live"
        PAID = "paid"
        UNPAID = "unpaid"

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, models.PROTECT, related_name="statements")
    start = models.DateField()
    end = models.DateField()
    as_of = models.DateTimeField()
    status = models.CharField(max_length=6, choices=Status, default=Status.ALL)
    currency = models.CharField(max_length=3, blank=True)
    digest = models.CharField(max_length=64, editable=False)
    # Made by a schedule: once per client and period.
    schedule = models.ForeignKey(
        StatementSchedule, models.SET_NULL, related_name="statements", null=True
    )
    created_by = models.ForeignKey(Membership, models.SET_NULL, related_name="+", null=True)
    mailed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="statement_in_agency"),
            models.UniqueConstraint(
                fields=["schedule", "client", "start", "end"], name="scheduled_statement_once"
            ),
        ]
        indexes = [models.Index(fields=["agency", "client", "-id"], name="statement_of_client")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.client}, {self.start} to {self.end}"


class StatementBatch(models.Model):
    """Statements of several clients, asked for at once: merged into one PDF, or mailed to each.

    Kept for a day. A client that goes takes its batches along, by a trigger of the database.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    # What whoever asked asks for it by.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client_ids = ArrayField(models.BigIntegerField(), editable=False)
    start = models.DateField()
    end = models.DateField()
    # Of Wanted, as far as they are not those of a batch that nobody chose anything for.
    options = models.JSONField(default=dict, editable=False)
    is_mailed = models.BooleanField(default=False)
    created_by = models.ForeignKey(Membership, models.SET_NULL, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Those whose mail is queued: a worker that takes it up again leaves them alone.
    done_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    pdf = models.BinaryField(default=b"", editable=False)
    # How far it is, and how far it goes by the number of rows.
    pages_done = models.PositiveIntegerField(default=0, editable=False)
    pages_expected = models.PositiveIntegerField(default=0, editable=False)
    # Why there is none, for whoever asked.
    trouble = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="statement_batch_in_agency"),
        ]
        indexes = [models.Index(fields=["agency", "created_at"], name="statement_batch_by_age")]

    def __str__(self) -> str:
        return f"{len(self.client_ids)} statements to {self.end}"
