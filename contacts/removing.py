"""Taking a client away with its people, and bringing it back where their addresses are still free.

A removed client's addresses are free for others at once, as Grow CRM has it.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Lower

from agencies.errors import DomainError
from agencies.models import Agency, Membership
from clients import removing
from clients.keeping import kept
from clients.models import Client, Removal
from contacts.addresses import EmailTaken, claim_email
from contacts.enrolling import fold_email
from contacts.mailing import withdraw
from contacts.models import Contact, Message, Suppression
from contacts.suppressing import is_suppressed


class AddressTaken(DomainError):
    """Somebody got the e-mail address of one of the removed client's people meanwhile."""

    code = "address_taken"


@transaction.atomic
def remove(client: Client, *, by: Membership | None, at: datetime) -> Removal:
    """Take the client away from everywhere at once; restore() brings it back. Raises ClientGone.

    Mails to its people that wait to be sent are withdrawn.
    """
    for message in Message.objects.waiting().filter(contact__client=client):
        withdraw(message, at=at)
    own = client.contacts.present().exclude(email="").values_list("email", flat=True)
    others = Contact.objects.present().filter(client__isnull=False).exclude(client=client)
    sharing = others.alias(lower=Lower("email")).filter(lower__in=map(fold_email, own))
    shared = {fold_email(email) for email in sharing.values_list("email", flat=True)}
    return removing.take_away(client, by=by, at=at, shared_emails=shared)


@transaction.atomic
def restore(removal: Removal, *, at: datetime) -> Client:
    """Put the client back as it was, for 30 days.

    Raises AddressTaken, and what clients.removing.bring_back() raises.
    """
    held = removing.lock_removal(removal)
    agency = Agency(pk=held.agency_id)
    # In one order, so that two at once never wait for each other.
    for email in sorted(_addresses(held)):
        if fold_email(email) not in held.shared_emails:
            _claim(agency, email)
    _drop_suppressed_again(held)
    return removing.bring_back(held, at=at)


def _claim(agency: Agency, email: str) -> None:
    try:
        claim_email(agency, email)
    except EmailTaken as taken:
        raise AddressTaken(
            f"{email} belongs to {taken.client} now. Give one of them another address, "
            "then restore this client again."
        ) from taken


def _drop_suppressed_again(removal: Removal) -> None:
    """Suppressions that somebody made anew meanwhile; there is one in force for each address."""
    for row in kept(removal, Suppression).filter(row__lifted_at=None):
        if is_suppressed(row.row["address"]):
            row.delete()


def _addresses(removal: Removal) -> Iterable[str]:
    people = kept(removal, Contact).filter(row__deleted_at=None).exclude(row__email="")
    return people.values_list("row__email", flat=True)
