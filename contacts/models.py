"""People at clients."""

from typing import Self

from django.contrib.auth.hashers import is_password_usable
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils import timezone

from agencies.models import Agency, audited
from clients.models import Client
from contacts.search import KEEP_PEOPLE_TEXT


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
        triggers = KEEP_PEOPLE_TEXT

    def __str__(self) -> str:
        return self.full_name or self.email or "No name"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def has_password(self) -> bool:
        return bool(self.password) and is_password_usable(self.password)
