"""What clients' people ask the agency to change."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agencies.models import Agency, Membership, audited
from clients.models import Client
from contacts.models import Contact


class DetailRequestQuerySet(models.QuerySet["DetailRequest"]):
    def open(self) -> Self:
        return self.filter(answered_at__isnull=True)


@audited()
class DetailRequest(models.Model):
    """Somebody asks for another address of their company; staff accept or decline."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="detail_requests")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    # The whole address wanted, by the names of Client's fields.
    fields = models.JSONField()

    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Membership, models.SET_NULL, related_name="+", null=True)
    accepted = models.BooleanField(null=True)

    objects = DetailRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "request of a client"
        verbose_name_plural = "requests of clients"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(answered_at__isnull=True),
                name="one_open_detail_request_per_contact",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, accepted__isnull=True)
                | Q(answered_at__isnull=False, accepted__isnull=False),
                name="detail_request_answered_wholly",
            ),
        ]

    def __str__(self) -> str:
        return f"Address of {self.client}, asked by {self.contact}"
