"""Keys to the portal. Each opens one thing, ends, and can be taken back."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, Membership, audited
from clients.models import Client, Project
from contacts.models import Contact, Message
from portal.access_models import AddressChange as AddressChange
from portal.access_models import PersonRights as PersonRights
from portal.access_models import PortalSession as PortalSession
from portal.access_models import SignInLink as SignInLink
from portal.access_models import WrongTries as WrongTries
from portal.detail_models import DetailRequest as DetailRequest
from portal.factor_models import Passkey as Passkey
from portal.factor_models import SecondFactors as SecondFactors
from portal.file_models import PortalUpload as PortalUpload
from portal.link_models import DocumentLink as DocumentLink


class InviteQuerySet(models.QuerySet["Invite"]):
    def unused(self) -> Self:
        """Neither accepted nor taken back; it may have expired."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def standing(self) -> Self:
        """Not taken back, of somebody who is still there and may enter, at the same client.

        PostgreSQL asks the same whenever people change: see 0004_access_follows_people.
        """
        return self.filter(
            revoked_at__isnull=True,
            opens_client_id=F("client_id"),
            contact__client_id=F("client_id"),
            contact__deleted_at__isnull=True,
            contact__is_locked=False,
        )


@audited(exclude=["digest"])
class Invite(models.Model):
    """A link in a mail that lets one contact into a client's portal, once."""

    class Status(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        EXPIRED = "expired"
        REVOKED = "revoked"

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="invites")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="invites")
    invited_by = models.ForeignKey(Membership, models.SET_NULL, related_name="+", null=True)
    # Else a colleague, in the portal.
    asked_by = models.ForeignKey(Contact, models.SET_NULL, related_name="+", null=True)
    # A merge gives the row to the survivor; the link was never meant to open that one's portal.
    opens_client_id = models.BigIntegerField(editable=False)
    # Where it was sent: somebody with another address is somebody else.
    address = models.CharField(max_length=320)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    message = models.TextField(blank=True)
    # Else those named alone, even when none of them is left.
    opens_all_projects = models.BooleanField(default=True)
    projects: models.ManyToManyField = models.ManyToManyField(
        Project, through="InviteProject", related_name="+"
    )
    mail = models.ForeignKey(Message, models.SET_NULL, related_name="+", null=True)

    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InviteQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="invite_in_agency"),
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_unused_invite_per_contact",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("sent_at")), name="invite_expires_after_sending"
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation of {self.address}"

    def status(self, *, at: datetime) -> Status:
        if self.revoked_at or self.client_id != self.opens_client_id:
            return self.Status.REVOKED
        if self.accepted_at:
            return self.Status.ACCEPTED
        return self.Status.OPEN if at < self.expires_at else self.Status.EXPIRED

    def opened_projects(self) -> models.QuerySet[Project]:
        """Exactly what it lets its contact see, of what the client has now."""
        projects = Project.objects.filter(client_id=self.opens_client_id)
        if self.opens_all_projects:
            return projects
        return projects.filter(pk__in=self.named_projects.values("project"))


class InviteProject(models.Model):
    """A project that an invitation names."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    invite = models.ForeignKey(Invite, models.CASCADE, related_name="named_projects")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["invite", "project"], name="project_once_per_invite"),
        ]

    def __str__(self) -> str:
        return f"{self.project} in {self.invite}"
