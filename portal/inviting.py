"""Invitations: a link by mail that lets one contact into a client's portal, once."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from agencies.digests import agency_of, digest_of, random_text, remember
from agencies.errors import DomainError
from agencies.models import Agency, Membership
from agencies.scope import acting_for
from clients.editing import hold_client, lock_client
from clients.models import Client, Project
from contacts.enrolling import fold_email
from contacts.mailing import deliverable, queue_message, withdraw
from contacts.models import Contact, Message
from portal.letters import invitation
from portal.models import Invite, InviteProject, PortalSession

LASTS = timedelta(days=7)
LONGEST_MESSAGE = 5000
# Letters and digits that carry 256 random bits.
LENGTH = 43
_LARGEST_ID = 2**63


class PortalIsOff(DomainError):
    code = "portal_is_off"


class ClientIsSuspended(DomainError):
    code = "client_is_suspended"


class ContactIsLocked(DomainError):
    code = "contact_is_locked"


class UnknownContact(DomainError):
    """Not at this client, or nowhere at all."""

    code = "unknown_contact"


class UnknownProject(DomainError):
    """Not of this client, of another agency, or nowhere at all: nobody is told which."""

    code = "unknown_project"

    def __init__(self) -> None:
        super().__init__("One of these projects does not exist.", field="projects")


class CannotBeMailed(DomainError):
    """`reason` is a Message.Reason."""

    code = "cannot_be_mailed"

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message, field="email")
        self.reason = reason


class ExpiryPassed(DomainError):
    code = "expiry_passed"


class MessageTooLong(DomainError):
    code = "message_too_long"


class AlreadyAccepted(DomainError):
    code = "already_accepted"


class InviteUnusable(DomainError):
    """Unknown, used, expired, taken back, or its client or contact is gone: one answer for all."""

    code = "invite_unusable"


@transaction.atomic
def invite(
    client: Client,
    *,
    by: Membership | None,
    contact: Contact | None = None,
    projects: Collection[int] = (),
    message: str = "",
    expires_at: datetime | None = None,
    asked_by: Contact | None = None,
    quietly: bool = False,
    at: datetime,
) -> Invite:
    """Queue a mail with a fresh link; the contact's older unused link opens nothing any more.

    Goes to the primary contact unless another of the client's is named. `projects` are primary
    keys; none means all the client has. Without `expires_at` the link lasts 7 days. `asked_by` is
    a colleague. Done `quietly` a suppressed address is no obstacle: the mail is logged as failed,
    which staff see and who invites does not. Raises
    ClientGone, ClientIsDeleted, ClientIsSuspended, PortalIsOff, UnknownContact, ContactIsLocked,
    CannotBeMailed, UnknownProject, ExpiryPassed and MessageTooLong; then nothing is sent.
    """
    client = lock_client(client)
    _refuse_closed(client)
    person = _person(client, contact, quietly=quietly)
    named = _projects(client, projects)
    expires_at = expires_at or at + LASTS
    if expires_at <= at:
        raise ExpiryPassed("Choose a moment in the future.", field="expires_at")
    if len(message) > LONGEST_MESSAGE:
        raise MessageTooLong(f"Write at most {LONGEST_MESSAGE} characters.", field="message")

    for older in Invite.objects.unused().filter(contact=person):
        take_back(older, at=at)
    secret = random_text(LENGTH)
    made = Invite.objects.create(
        agency_id=client.agency_id,
        client=client,
        contact=person,
        invited_by=by,
        asked_by=asked_by,
        opens_client_id=client.pk,
        address=person.email,
        digest=remember(secret, client.agency),
        message=message,
        opens_all_projects=not named,
        sent_at=at,
        expires_at=expires_at,
    )
    InviteProject.objects.bulk_create(
        InviteProject(agency_id=client.agency_id, invite=made, project=project) for project in named
    )
    made.mail = _send(made, secret, named)
    made.save(update_fields=["mail"])
    Client.objects.filter(pk=client.pk).update(invited_at=at, updated_at=at)
    return made


@transaction.atomic
def resend(former: Invite, *, by: Membership | None, quietly: bool = False, at: datetime) -> Invite:
    """Invite the same contact anew, to the same projects and for as long as the first time.

    Goes to the address they have now; for `quietly` see invite(). Raises AlreadyAccepted and what
    invite() raises.
    """
    client = hold_client(former.client_id)
    former = Invite.objects.select_related("contact", "asked_by").get(pk=former.pk)
    if former.accepted_at:
        raise AlreadyAccepted("This invitation was accepted. Invite the person anew.")
    named = list(former.named_projects.values_list("project_id", flat=True))
    if not former.opens_all_projects and not named:
        raise UnknownProject
    return invite(
        client,
        by=by,
        contact=former.contact,
        projects=named,
        message=former.message,
        expires_at=at + (former.expires_at - former.sent_at),
        asked_by=former.asked_by,
        quietly=quietly,
        at=at,
    )


@transaction.atomic
def revoke(standing: Invite, *, at: datetime) -> None:
    """The link opens nothing any more, and what was accepted by it is taken back.

    Without another standing invitation the client has no access to the portal. Twice is once.
    """
    client = hold_client(standing.client_id)
    held = Invite.objects.select_for_update().get(pk=standing.pk)
    if held.revoked_at is None:
        take_back(held, at=at)
        _end_sessions(held.contact_id, at=at)
    if client.invited_at and not client.invites.standing().exists():
        Client.objects.filter(pk=client.pk).update(invited_at=None, updated_at=at)


def _end_sessions(contact_id: int, *, at: datetime) -> None:
    """For good: a later invitation lets nobody in who did not accept it."""
    held = Invite.objects.standing().filter(contact_id=contact_id, accepted_at__isnull=False)
    if not held.exists():
        open_ones = PortalSession.objects.filter(contact_id=contact_id, ended_at__isnull=True)
        open_ones.update(ended_at=at)


def find(secret: str, *, agency: Agency, at: datetime) -> Invite | None:
    """The invitation of that agency which this secret opens now; changes nothing."""
    if len(secret) != LENGTH or agency_of(secret) != agency:
        return None
    with acting_for(agency.pk, door="portal"):
        invites = Invite.objects.select_related("agency", "client", "contact")
        found = invites.filter(digest=digest_of(secret)).first()
        return found if found and _is_usable(found, at=at) else None


def accept(secret: str, *, agency: Agency, at: datetime) -> Invite:
    """Use the invitation up and note that its contact was here. Raises InviteUnusable.

    Of several at once only one succeeds. Signing in is up to the caller.
    """
    found = find(secret, agency=agency, at=at)
    if found is None:
        raise InviteUnusable("This link does not work any more.")
    with acting_for(agency.pk, door="portal"):
        # The client first, as everybody does who invites, suspends, merges or removes.
        client = Client.objects.select_for_update(no_key=True).filter(pk=found.client_id).first()
        people = Contact.objects.select_for_update(no_key=True).filter(pk=found.contact_id)
        contact = people.first()
        held = Invite.objects.select_for_update().filter(pk=found.pk).first()
        if held is None or client is None or contact is None:
            raise InviteUnusable("This link does not work any more.")
        held.agency, held.client, held.contact = agency, client, contact
        if held.client_id != found.client_id or not _is_usable(held, at=at):
            raise InviteUnusable("This link does not work any more.")
        Invite.objects.filter(pk=held.pk).update(accepted_at=at)
        Contact.objects.filter(pk=contact.pk).update(last_seen_at=at)
        Client.objects.filter(pk=client.pk).update(
            portal_last_seen_at=at, invited_at=client.invited_at or at
        )
    held.accepted_at = at
    return held


def _refuse_closed(client: Client) -> None:
    if not client.agency.portal_enabled:
        raise PortalIsOff("The client portal is switched off. Switch it on to invite somebody.")
    if client.suspended_at:
        raise ClientIsSuspended("This client is suspended. Lift the suspension to invite it.")


def _person(client: Client, wanted: Contact | None, *, quietly: bool) -> Contact:
    present = client.contacts.present()
    one = present.filter(pk=wanted.pk) if wanted else present.filter(is_primary=True)
    person = one.select_for_update(no_key=True).first()
    if person is None:
        raise UnknownContact("This client has no such contact.", field="contact")
    if person.is_locked:
        raise ContactIsLocked("This contact is locked. Unlock it to invite it.", field="contact")
    reason = deliverable(person.email)
    if reason == Message.Reason.SUPPRESSED and quietly:
        return person
    if reason == Message.Reason.SUPPRESSED:
        raise CannotBeMailed(
            "Nothing is sent to this address, since mail to it came back or was complained about. "
            "Lift that first.",
            reason=reason,
        )
    if reason:
        raise CannotBeMailed("This contact has no address to send mail to.", reason=reason)
    return person


def _projects(client: Client, wanted: Collection[int]) -> list[Project]:
    ids = {pk for pk in wanted if 0 < pk < _LARGEST_ID}
    found = list(Project.objects.filter(client=client, pk__in=ids).order_by("id"))
    if len(found) != len(set(wanted)):
        raise UnknownProject
    return found


def take_back(held: Invite, *, at: datetime) -> None:
    Invite.objects.filter(pk=held.pk).update(revoked_at=at)
    if held.mail:
        withdraw(held.mail, at=at)


def _send(made: Invite, secret: str, named: Collection[Project]) -> Message:
    letter = invitation(made, secret, named)
    return queue_message(
        to=made.contact,
        kind="invite",
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
    )


def _is_usable(held: Invite, *, at: datetime) -> bool:
    """Asked anew at the button: meanwhile anything may have happened to client and contact."""
    contact, client = held.contact, held.client
    return (
        held.status(at=at) == Invite.Status.OPEN
        and held.agency.portal_enabled
        and contact.client_id == client.pk
        and contact.may_enter_portal()
        and fold_email(contact.email) == fold_email(held.address)
    )
