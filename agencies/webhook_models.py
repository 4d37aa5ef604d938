"""Who is told of events by requests, what is to be sent them, and how each attempt went."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from agencies.event_models import Event
from agencies.models import Agency, Membership, audited


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def free(self, *, at: datetime) -> Self:
        """In nobody's hands; who died with one in hand let it go by that."""
        return self.filter(Q(leased_until__isnull=True) | Q(leased_until__lt=at))


_STATE_OF_SENDING = [
    "position", "event_id", "failures", "quiet_until", "last_success_at", "failing_since", "lease",
    "leased_until",
]  # fmt: skip


@audited(exclude=["secret", "former_secret", *_STATE_OF_SENDING], ignored=_STATE_OF_SENDING)
class WebhookEndpoint(models.Model):
    """An address that gets the agency's events of some types."""

    class SwitchedOff(models.TextChoices):
        BY_HAND = "by_hand", "switched off by hand"
        FAILING = "failing", "nothing arrived for three days"
        GONE = "gone", "the receiver said that it is gone"

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="webhook_endpoints")
    url = models.URLField("address", max_length=2000)
    description = models.CharField(max_length=255, blank=True)
    # Names of types, client.* for all of one kind, or * for all that there are and will be.
    types = ArrayField(models.CharField(max_length=60))
    # Sealed, since a digest cannot sign; the former one signs as well until its time is over.
    secret = models.BinaryField(editable=False)
    former_secret = models.BinaryField(default=b"", editable=False)
    former_secret_until = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        Membership, models.SET_NULL, related_name="+", null=True, editable=False
    )
    switched_off = models.CharField(max_length=10, choices=SwitchedOff, blank=True, editable=False)
    switched_off_at = models.DateTimeField(null=True, editable=False)

    # Up to where the log was read for it; see agencies.events.Place.
    position = models.BigIntegerField(default=0, editable=False)
    event_id = models.BigIntegerField(default=0, editable=False)
    # Rounds in a row in which nothing arrived, since when, and until when it is left in peace.
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    quiet_until = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)
    # Whose turn it is to send: one worker's at a time.
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="webhook_endpoint_in_agency"),
            models.CheckConstraint(
                condition=Q(switched_off="", switched_off_at__isnull=True)
                | (~Q(switched_off="") & Q(switched_off_at__isnull=False)),
                name="webhook_switched_off_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.address

    @property
    def address(self) -> str:
        """For people: without its query, which may hold a secret."""
        return self.url.partition("?")[0][:200]

    @property
    def is_on(self) -> bool:
        return not self.switched_off

    def wants(self, type_name: str) -> bool:
        return bool({type_name, f"{type_name.partition('.')[0]}.*", "*"} & set(self.types))


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def pending(self) -> Self:
        return self.filter(state=WebhookDelivery.State.PENDING)

    def asked_for(self) -> Self:
        """Somebody wants one more attempt, whatever else is pending."""
        there = Q(event__isnull=True) | Exists(Event.objects.filter(pk=OuterRef("event")))
        return self.filter(there, resend_at__isnull=False).order_by("resend_at", "pk")

    def forgotten(self) -> Self:
        """What they tell of is no longer in the log, so that nothing is left to be sent."""
        lost = ~Exists(Event.objects.filter(pk=OuterRef("event")))
        return self.filter(lost, event__isnull=False)

    def due(self, *, at: datetime) -> Self:
        """The oldest first; none while an older one of the same thing or client is pending."""
        ready = self.pending().filter(next_attempt_at__lte=at)
        return ready.not_behind(WebhookDelivery.objects.pending()).order_by("pk")

    def untried(self) -> Self:
        """Pending, but for those that wait behind one that was refused or is under way."""
        tried = WebhookDelivery.objects.pending().filter(planned_attempts__gt=0)
        return self.pending().filter(planned_attempts=0).not_behind(tried)

    def not_behind(self, others: models.QuerySet["WebhookDelivery"]) -> Self:
        """Those without an older one of the same thing or client among the others."""
        older = others.filter(endpoint=OuterRef("endpoint"), pk__lt=OuterRef("pk"))
        of_thing = older.filter(kind=OuterRef("kind"), subject_id=OuterRef("subject_id"))
        of_client = older.filter(client_id=OuterRef("client_id"))
        return self.filter(~Exists(of_thing), ~Exists(of_client))


class WebhookDelivery(models.Model):
    """One event for one endpoint, from its first attempt to its last."""

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+", db_index=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, related_name="deliveries", db_index=False
    )
    # None for a ping, which tells of nothing. The log forgets events later than this table does.
    event = models.ForeignKey(
        Event,
        models.DO_NOTHING,
        related_name="+",
        null=True,
        db_constraint=False,
        db_index=False,
    )
    type = models.CharField(max_length=60)
    # As in the event: by these the order is kept.
    kind = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    client_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    attempt_count = models.PositiveIntegerField(default=0)
    # Of the attempts that keep to the plan, those that somebody asked for are none.
    planned_attempts = models.PositiveSmallIntegerField(default=0)
    # Since when it is tried, or could have been: what waits behind others does not wait for ever.
    counted_from = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(null=True)
    # Somebody asked for one more attempt.
    resend_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="webhook_delivery_in_agency"),
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhook_told_once"),
            models.CheckConstraint(
                condition=Q(state="pending", next_attempt_at__isnull=False, finished_at=None)
                | (~Q(state="pending") & Q(next_attempt_at=None, finished_at__isnull=False)),
                name="webhook_delivery_pending_or_finished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "kind", "subject_id", "id"],
                condition=Q(state="pending"),
                name="webhook_pending_by_thing",
            ),
            models.Index(
                fields=["endpoint", "client_id", "id"],
                condition=Q(state="pending"),
                name="webhook_pending_by_client",
            ),
            models.Index(
                fields=["endpoint", "resend_at"],
                condition=Q(resend_at__isnull=False),
                name="webhook_to_be_resent",
            ),
            models.Index(
                fields=["endpoint", "id"],
                condition=Q(state="pending"),
                name="webhook_pending_oldest",
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_newest"),
            models.Index(fields=["agency", "created_at"], name="webhook_delivery_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} to {self.endpoint}"


class WebhookAttempt(models.Model):
    """One request. Written before it is sent: without an end, whoever sent it died."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+", db_index=False)
    delivery = models.ForeignKey(
        WebhookDelivery, models.CASCADE, related_name="attempts", db_index=False
    )
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    # One word where no answer came, such as timeout; see agencies.posting.
    failure = models.CharField(max_length=20, blank=True)
    # What went wrong in a sentence, or the beginning of the answer.
    excerpt = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="webhook_attempt_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.delivery}"
