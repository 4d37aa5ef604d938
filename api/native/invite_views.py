"""`POST /v1/clients/:id/invite` and `/v1/invites`: who was let into the portal, and how far."""

from datetime import UTC, datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.response import Response

from api.native import inputs
from api.native.fields import timestamp
from api.native.filters import Moment, Same, SameClient, Search
from api.native.ids import decode, encode
from api.native.manners import RecordViewSet
from api.native.sorting import moment
from api.native.views import ClientViewSet
from api.operators import ChoiceInFilter
from contacts.models import Contact
from portal.branding import portal_url
from portal.inviting import LONGEST_MESSAGE, invite, resend, revoke
from portal.models import Invite, InviteProject

# No link is meant to last longer, and every calendar can still write the day.
_LONGEST = timedelta(days=3653)
# Names no project, as every id does that is none.
_NOTHING = 0
_MOST_PROJECTS = 1000

_TAKEN_BACK = Q(revoked_at__isnull=False) | ~Q(client_id=F("opens_client_id"))
_COLUMNS = (
    "pk", "client", "client__name", "opens_client_id", "contact", "contact__first_name",
    "contact__last_name", "address", "message", "opens_all_projects", "opened", "mail__status",
    "sent_at", "expires_at", "accepted_at", "revoked_at",
)  # fmt: skip


class Expiry(serializers.Field):
    """A moment to come; without a zone it is UTC."""

    default_error_messages = {
        "invalid": "Give a moment such as 2026-06-01T00:00:00Z.",
        "too_late": "Choose a moment within ten years.",
    }

    def to_internal_value(self, data):
        try:
            read = datetime.fromisoformat(data)
            moment = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            self.fail("invalid")
        if moment > timezone.now() + _LONGEST:
            self.fail("too_late")
        return moment


class InviteInput(serializers.Serializer):
    project_ids = serializers.ListField(
        child=serializers.CharField(), max_length=_MOST_PROJECTS, required=False, allow_null=True
    )
    message = inputs.Text(LONGEST_MESSAGE)
    expires_at = Expiry(required=False, allow_null=True)
    contact_id = inputs.Reference(
        "contact", Contact.objects.present(), required=False, allow_null=True
    )

    def facts(self) -> dict:
        sent = self.validated_data
        return {
            "projects": [decode("proj", id) or _NOTHING for id in sent.get("project_ids") or []],
            "message": sent.get("message") or "",
            "expires_at": sent.get("expires_at"),
            "contact": sent.get("contact_id"),
        }


class ClientInviteViewSet(ClientViewSet):
    def invite(self, request, id):
        body = self.read(InviteInput)
        client = self.held(id)
        self.refuse_stale(client.pk)
        made = invite(client, by=request.auth.member, at=timezone.now(), **body.facts())
        return Response(
            {
                "invited": True,
                "invite_sent_at": timestamp(made.sent_at),
                # The root of the portal; the secret link is in the mail alone.
                "portal_url": portal_url(self.agency).rstrip("/"),
            }
        )


def _now(status: str) -> Q:
    now = timezone.now()
    unused = ~_TAKEN_BACK & Q(accepted_at__isnull=True)
    return {
        Invite.Status.REVOKED: _TAKEN_BACK,
        Invite.Status.ACCEPTED: ~_TAKEN_BACK & Q(accepted_at__isnull=False),
        Invite.Status.OPEN: unused & Q(expires_at__gt=now),
        Invite.Status.EXPIRED: unused & Q(expires_at__lte=now),
    }[Invite.Status(status)]


class StatusFilter(ChoiceInFilter):
    def __init__(self):
        super().__init__(choices=Invite.Status.choices)

    def filter(self, qs, value):
        wanted = Q()
        for status in value or ():
            wanted |= _now(status)
        return qs.filter(wanted)


class InviteFilter(filters.FilterSet):
    """`?status=open&client_id=client_…&expires_at=lt:2026-07-01`"""

    q = Search("address", "contact__first_name", "contact__last_name")
    status = StatusFilter()
    client_id = SameClient()
    contact_id = Same("contact", "contact")
    sent_at = Moment("sent_at")
    expires_at = Moment("expires_at")
    accepted_at = Moment("accepted_at")


class InviteViewSet(RecordViewSet):
    subject = "clients"
    kind = noun = "invite"
    filters = InviteFilter
    sorts = {"sent_at": moment("sent_at"), "expires_at": moment("expires_at")}
    default_sort = "-sent_at"

    def records(self):
        return Invite.objects.filter(client__deleted_at__isnull=True)

    def rows(self, records, *more):
        named = InviteProject.objects.filter(invite=OuterRef("pk")).values("project")
        return records.annotate(opened=ArraySubquery(named)).values(*_COLUMNS, *more)

    def present(self, row):
        name = f"{row['contact__first_name']} {row['contact__last_name']}".strip()
        return {
            "id": encode("invite", row["pk"]),
            "client": {"id": encode("client", row["client"]), "name": row["client__name"]},
            "contact": {"id": encode("contact", row["contact"]), "name": name or row["address"]},
            "email": row["address"],
            "status": _status(row),
            "mail_status": row["mail__status"],
            "message": row["message"] or None,
            # null: all that the client has.
            "project_ids": None
            if row["opens_all_projects"]
            else [encode("proj", pk) for pk in row["opened"]],
            "sent_at": timestamp(row["sent_at"]),
            "expires_at": timestamp(row["expires_at"]),
            "accepted_at": timestamp(row["accepted_at"]),
            "revoked_at": timestamp(row["revoked_at"]),
        }

    def revoke(self, request, id):
        held = self.held(id)
        self.refuse_stale(held.pk)
        revoke(held, at=timezone.now())
        return self.one(held.pk)

    def resend(self, request, id):
        """Another invitation with another link; the one before opens nothing any more."""
        held = self.held(id)
        self.refuse_stale(held.pk)
        return self.made(resend(held, by=request.auth.member, at=timezone.now()).pk)


def _status(row: dict) -> str:
    """As Invite.status() has it."""
    facts = ("opens_client_id", "expires_at", "accepted_at", "revoked_at")
    invitation = Invite(client_id=row["client"], **{name: row[name] for name in facts})
    return invitation.status(at=timezone.now()).value
