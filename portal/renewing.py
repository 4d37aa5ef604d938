"""Somebody with a link that works no more asks for another. Nobody learns whether it was sent."""

from datetime import datetime, timedelta

from agencies.digests import agency_of, digest_of
from agencies.errors import DomainError
from agencies.models import Agency
from agencies.scope import acting_for
from clients.editing import hold_client
from contacts.enrolling import fold_email
from contacts.models import Contact
from portal.inviting import LENGTH, invite
from portal.models import Invite

# To one person, however many of the old links are tried.
PAUSE = timedelta(minutes=10)
PER_DAY = 5


def renew(secret: str, *, agency: Agency, at: datetime) -> Invite | None:
    """Mail a fresh invitation to whom this link was once sent; None where that may not be.

    It opens what the newest one of theirs opened, for as long, and goes to the address on file.
    Whoever was taken back, has another address now, is gone, locked or suspended gets nothing,
    nor does anybody twice within PAUSE. The caller must answer alike in either case.
    """
    if len(secret) != LENGTH or agency_of(secret) != agency:
        return None
    try:
        with acting_for(agency.pk, door="portal"):
            return _renew(digest_of(secret), at=at)
    except DomainError:
        # A portal that is off, a suppressed address: staff see why, a stranger does not.
        return None


def _renew(digest: str, *, at: datetime) -> Invite | None:
    asked = Invite.objects.filter(digest=digest).first()
    if asked is None:
        return None
    # Several who ask at once wait here for each other.
    client = hold_client(asked.client_id)
    contact = Contact.objects.select_related("client").get(pk=asked.contact_id)
    newest = contact.invites.order_by("-id")[0]
    named = list(newest.named_projects.values_list("project_id", flat=True))
    # An invitation whose projects are gone does not open all the others.
    opens_something = newest.opens_all_projects or bool(named)
    if not opens_something or not _may_be_renewed(asked, newest, contact, at=at):
        return None
    return invite(
        client,
        by=None,
        contact=contact,
        projects=named,
        message=newest.message,
        expires_at=at + (newest.expires_at - newest.sent_at),
        asked_by=newest.asked_by,
        at=at,
    )


def _may_be_renewed(asked: Invite, newest: Invite, contact: Contact, *, at: datetime) -> bool:
    """The newest link tells whether staff, or a new address, took the invitation back."""
    address = fold_email(contact.email)
    return (
        newest.revoked_at is None
        and newest.client_id == newest.opens_client_id == asked.opens_client_id
        and contact.client_id == newest.client_id
        and contact.may_enter_portal()
        and address == fold_email(newest.address) == fold_email(asked.address)
        and newest.sent_at <= at - PAUSE
        and contact.invites.filter(sent_at__gt=at - timedelta(days=1)).count() < PER_DAY
    )
