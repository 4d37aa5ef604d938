"""The people of a client as one of them sees them: who is in, and who is let in.

Nothing here tells whether an address is known elsewhere in the agency, or that nothing is sent to
it: an invitation to whomever looks the same to the person who sends it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from agencies.errors import DomainError
from clients.editing import lock_client
from clients.models import Client
from contacts.changing import add_colleague
from contacts.models import Contact
from portal.access_models import PortalSession
from portal.inviting import invite, resend, revoke
from portal.models import Invite, InviteQuerySet
from portal.rights import Right, chosen_by_agency, give_rights

# Mails that a client's people have sent in a day: all of them, and to one mailbox.
PER_DAY = 20
PER_PERSON = 3
LONGEST_MESSAGE = 1000


class Standing(StrEnum):
    IN = "in"
    INVITED = "invited"
    EXPIRED = "expired"
    OUT = "out"


@dataclass(frozen=True)
class Colleague:
    """`since` is when they came in, were invited, or when the invitation ran out."""

    contact: Contact
    standing: Standing
    since: datetime | None


class IsIn(DomainError):
    code = "is_in"


class TooManyInvitations(DomainError):
    code = "too_many_invitations"


class RightNotHeld(DomainError):
    code = "right_not_held"


class MayNotTakeAway(DomainError):
    code = "may_not_take_away"


class NothingToSend(DomainError):
    code = "nothing_to_send"


def colleagues(client: Client, *, at: datetime) -> list[Colleague]:
    """Everybody the client has, the primary contact first."""
    people = client.contacts.present().filter(is_placeholder=False).primary_first()
    standing: dict[int, list[Invite]] = {}
    for one in Invite.objects.standing().filter(client=client):
        standing.setdefault(one.contact_id, []).append(one)
    return [_colleague(person, standing.get(person.pk, []), at=at) for person in people]


def find(client: Client, contact_id: int) -> Contact | None:
    people = client.contacts.present().filter(is_placeholder=False)
    return people.select_related("client__agency").filter(pk=contact_id).first()


@transaction.atomic
def invite_colleague(
    inviter: Contact,
    *,
    held: frozenset[Right],
    email: str,
    first_name: str,
    last_name: str,
    message: str,
    rights: frozenset[Right],
    at: datetime,
) -> Invite:
    """Invite somebody to all that the client has, with these of the `held` rights.

    Who is no contact yet becomes one, and gets no documents by mail. Of somebody the client has,
    the name stays, and so do the rights that the agency chose. Raises RightNotHeld, IsIn,
    TooManyInvitations and what portal.inviting.invite() raises.
    """
    client = lock_client(_client(inviter))
    if not rights <= held:
        raise RightNotHeld("Nobody gives rights that they have not.", field="rights")
    people = client.contacts.present().filter(is_placeholder=False)
    person = people.with_email(email).first()
    _refuse_too_many(client, email, at=at)
    if person is None:
        person = add_colleague(
            client, email=email, first_name=first_name, last_name=last_name, receives_mail=False
        )
    elif _standing(person).filter(accepted_at__isnull=False).exists():
        raise IsIn("This person has access already.", field="email")
    if not person.is_primary and not chosen_by_agency(person):
        give_rights(person, rights, by=inviter)
    return invite(
        client, by=None, contact=person, message=message, asked_by=inviter, quietly=True, at=at
    )


@transaction.atomic
def send_anew(colleague: Contact, *, at: datetime) -> Invite:
    """A fresh link in place of the unused one. Raises NothingToSend and as invite_colleague()."""
    client = lock_client(_client(colleague))
    unused = _standing(colleague).unused().first()
    if unused is None:
        raise NothingToSend("This person has no invitation that is still unused.")
    _refuse_too_many(client, colleague.email, at=at)
    return resend(unused, by=None, quietly=True, at=at)


@transaction.atomic
def take_back(colleague: Contact, *, at: datetime) -> None:
    """End invitations that nobody has accepted. Raises MayNotTakeAway."""
    if colleague.is_primary:
        raise MayNotTakeAway("The client is reached by its primary contact.")
    for unused in _standing(colleague).unused():
        revoke(unused, at=at)


@transaction.atomic
def take_away(colleague: Contact, *, by: Contact, at: datetime) -> None:
    """End all access of somebody, who stays a contact. Raises MayNotTakeAway.

    It is for the primary contact alone, who in turn keeps what the agency gave.
    """
    if not by.is_primary or colleague.is_primary:
        raise MayNotTakeAway("Only the primary contact takes away a colleague's access.")
    for standing in _standing(colleague):
        revoke(standing, at=at)
    # Else an old browser would be in again with the next invitation.
    PortalSession.objects.filter(contact=colleague, ended_at__isnull=True).update(ended_at=at)


def _colleague(person: Contact, standing: list[Invite], *, at: datetime) -> Colleague:
    accepted = [one.accepted_at for one in standing if one.accepted_at]
    if accepted:
        return Colleague(person, Standing.IN, min(accepted))
    if not standing:
        return Colleague(person, Standing.OUT, None)
    newest = standing[0]
    if newest.expires_at <= at:
        return Colleague(person, Standing.EXPIRED, newest.expires_at)
    return Colleague(person, Standing.INVITED, newest.sent_at)


def _standing(colleague: Contact) -> InviteQuerySet:
    return Invite.objects.standing().filter(contact=colleague)


def _client(contact: Contact) -> Client:
    if contact.client is None:
        raise MayNotTakeAway("This person is at no client.")
    return contact.client


def _refuse_too_many(client: Client, email: str, *, at: datetime) -> None:
    """Asked with the client locked, so that several at once are counted one after the other."""
    by_people = Invite.objects.filter(
        client=client, invited_by__isnull=True, sent_at__gt=at - timedelta(days=1)
    )
    to_them = by_people.filter(address__iexact=email)
    if by_people.count() >= PER_DAY or to_them.count() >= PER_PERSON:
        raise TooManyInvitations("That is enough for today.")
