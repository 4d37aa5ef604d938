"""People at clients, and what is written to people."""

from typing import Self

from django.contrib.auth.hashers import is_password_usable
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils import timezone

from agencies.models import Agency, Membership, audited, check_language
from agencies.telling import ARCHIVED, DELETED, tell, tell_client
from clients import telling
from clients.models import Client
from contacts.search import KEEP_PEOPLE_TEXT

# A client's own address and number are those of its primary contact.
_PRIMARY = (
    "CASE WHEN {{row}}.is_primary AND {{row}}.deleted_at IS NULL THEN nullif({{row}}.{}, '') END"
)


class ContactQuerySet(models.QuerySet["Contact"]):
    def present(self) -> Self:
        return self.filter(deleted_at__isnull=True)

    def primary_first(self) -> Self:
        return self.order_by("-is_primary", "id")

    def with_email(self, email: str) -> Self:
        """Compared without case, as mail providers do."""
        return self.alias(email_lower=Lower("email")).filter(email_lower=Lower(Value(email)))


@audited(exclude=["password", "key_digest", "key_seed"])
class Contact(models.Model):
    """A person at a client, who may sign in to the portal. Exactly one per client is primary.

    Without a client it is somebody the agency knows who has not been made a client's yet.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="contacts")
    client = models.ForeignKey(
        Client, models.CASCADE, related_name="contacts", null=True, blank=True
    )
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=100, blank=True)
    # In which they read and are written to; empty means the client's.
    language = models.CharField(max_length=15, blank=True, validators=[check_language])
    job_title = models.CharField(max_length=255, blank=True)
    custom_value1 = models.TextField(blank=True)
    custom_value2 = models.TextField(blank=True)
    custom_value3 = models.TextField(blank=True)
    custom_value4 = models.TextField(blank=True)

    is_primary = models.BooleanField(default=False)
    # Stands in where a client was made without people (Invoice Ninja wants one at least).
    is_placeholder = models.BooleanField(default=False)
    is_locked = models.BooleanField(default=False)
    receives_mail = models.BooleanField("gets documents by mail", default=True)
    # Django's hash, empty until a password was set.
    password = models.CharField(max_length=255, blank=True, editable=False)
    # The stable portal key is computed from this and the installation's secret; see contacts.keys.
    key_seed = models.CharField(max_length=40, unique=True, editable=False)
    key_digest = models.CharField(max_length=64, unique=True, editable=False)

    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="contact_in_agency"),
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(is_primary=True, deleted_at__isnull=True),
                name="one_primary_contact",
            ),
            models.UniqueConstraint(
                "client",
                Lower("email"),
                condition=~Q(email="") & Q(deleted_at__isnull=True),
                name="contact_email_once_per_client",
            ),
            models.CheckConstraint(
                condition=Q(is_primary=False) | Q(client__isnull=False),
                name="primary_contact_has_client",
            ),
        ]
        indexes = [
            models.Index("agency", Lower("email"), name="contact_by_email"),
            models.Index(fields=["client", "-is_primary", "id"], name="contact_by_client"),
        ]
        triggers = [
            *KEEP_PEOPLE_TEXT,
            *tell(
                "contact",
                states=ARCHIVED | DELETED,
                moments={"last_seen_at": "seen"},
                hidden=["password", "key_seed", "key_digest"],
                created=telling.CAME,
                deleted=telling.WENT,
            ),
            *tell_client(email=_PRIMARY.format("email"), phone=_PRIMARY.format("phone")),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email or "No name"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def may_enter_portal(self) -> bool:
        """Neither gone nor locked, at a client whose people may come in."""
        allowed = self.deleted_at is None and not self.is_locked
        return allowed and self.client is not None and self.client.opens_portal()

    def has_password(self) -> bool:
        return bool(self.password) and is_password_usable(self.password)


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> Self:
        """To be sent, and in nobody's hands."""
        return self.filter(status=Message.Status.QUEUED, sending_since__isnull=True)

    def in_hand(self) -> Self:
        """Taken by a job that has not come back yet."""
        return self.filter(status=Message.Status.QUEUED, sending_since__isnull=False)


@audited(
    exclude=["content", "message_digest", "provider_digest"],
    ignored=["attempts", "next_attempt_at", "sending_since"],
)
class Message(models.Model):
    """One mail to one recipient, and how far it came. Nothing is accepted that no server took."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        ACCEPTED = "accepted"
        DELIVERED = "delivered"
        BOUNCED = "bounced"
        COMPLAINED = "complained"
        FAILED = "failed"

    class Reason(models.TextChoices):
        """Why it did not arrive; `detail` has the other side's own words."""

        NO_ADDRESS = "no_address", "No address that mail can be sent to"
        SUPPRESSED = "suppressed", "The address is suppressed"
        REFUSED = "refused", "Refused by the mail server"
        UNREACHABLE = "unreachable", "The mail server could not be reached for days"
        # Nobody knows whether the server took it: a person decides whether to send it again.
        OUTCOME_UNKNOWN = "outcome_unknown", "Nobody knows whether it was taken"
        UNREADABLE = "unreadable", "Its content cannot be read any more"
        WITHDRAWN = "withdrawn", "Withdrawn before it was sent"
        BOUNCED = "bounced", "Sent back"
        COMPLAINED = "complained", "Reported as spam"

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    # None where it went to somebody who is no contact, such as a member.
    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="messages", null=True, blank=True
    )
    # What it is about, in one word: invite, welcome, …
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=255, blank=True)
    address = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=255)
    # Sealed, since it may carry a secret link; emptied once a server has taken the message.
    content = models.BinaryField(default=b"", editable=False)
    # The same at every attempt, so that a recipient's server can tell a repetition.
    message_id = models.CharField(max_length=320, editable=False)
    message_digest = models.CharField(max_length=64, unique=True, editable=False)
    # What the provider calls it, where it has a name of its own.
    provider_id = models.CharField(max_length=255, blank=True, editable=False)
    provider_digest = models.CharField(max_length=64, blank=True, editable=False)

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    # Taken by a job: whoever finds it so never sends it too.
    sending_since = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    # When it failed, came back or was complained about.
    failed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="message_in_agency"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "accepted", "delivered"], reason="")
                | Q(status__in=["bounced", "complained", "failed"]) & ~Q(reason=""),
                name="message_has_a_reason_when_it_failed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency", "next_attempt_at"],
                condition=Q(status="queued"),
                name="message_queued",
            ),
            models.Index(fields=["contact", "-id"], name="message_by_contact"),
        ]

    def __str__(self) -> str:
        return self.subject

    def can_be_sent_again(self) -> bool:
        stopped = self.status in (self.Status.FAILED, self.Status.BOUNCED)
        return stopped and bool(self.content)


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def in_force(self) -> Self:
        return self.filter(lifted_at__isnull=True)

    def of(self, address: str) -> Self:
        return self.alias(lower=Lower("address")).filter(lower=Lower(Value(address)))


@audited()
class Suppression(models.Model):
    """An address the agency sends nothing to, until staff lift it."""

    class Cause(models.TextChoices):
        BOUNCE = "bounce", "Mail came back for good"
        COMPLAINT = "complaint", "The recipient reported spam"
        OPT_OUT = "opt_out", "The recipient wants no more mail"
        BY_HAND = "by_hand", "Entered by staff"

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    # Whose address it was: removing the person removes this trace too.
    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="suppressions", null=True, blank=True
    )
    address = models.CharField(max_length=320)
    cause = models.CharField(max_length=10, choices=Cause)
    detail = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    lifted_at = models.DateTimeField(null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(
        Membership, models.SET_NULL, related_name="+", null=True, editable=False
    )

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        # Not unique: a removed client that comes back brings its own along.
        indexes = [
            models.Index(
                "agency",
                Lower("address"),
                condition=Q(lifted_at__isnull=True),
                name="suppression_by_address",
            ),
        ]

    def __str__(self) -> str:
        return self.address
