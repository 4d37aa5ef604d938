"""One person at a client: added, changed, removed. Everybody else stays as they are.

An address is nobody else's in the agency, as claim_email() says.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from agencies.digests import random_text
from agencies.errors import DomainError
from agencies.models import Agency
from clients.editing import lock_client
from clients.models import Client
from contacts.addresses import claim_email, hold_email
from contacts.enrolling import fold_email, refusing_same_address, stands_in, store_new
from contacts.models import Contact


class ContactIsPrimary(DomainError):
    code = "contact_is_primary"


@transaction.atomic
def add_contact(client: Client, **facts: Any) -> Contact:
    """Make a person the client's; returns the contact. `facts` are fields of Contact.

    Somebody with this address whom the agency knew without a client is made this client's. The
    first real person becomes primary, in place of the stand-in. Raises EmailTaken and
    ClientIsDeleted.
    """
    agency, email = Agency(pk=client.agency_id), facts.get("email", "")
    if email:
        hold_email(agency, email)
    client = lock_client(client)
    known = claim_email(agency, email) if email else None
    return _join(client, known, facts)


@transaction.atomic
def add_colleague(client: Client, **facts: Any) -> Contact:
    """The same where somebody at the client names the person, who must learn of nobody else.

    So an address that others in the agency have is no obstacle: one person may be a contact of
    several clients. Raises EmailTwice where the client has it already, and ClientIsDeleted.
    """
    return _join(lock_client(client), None, facts)


def _join(client: Client, known: Contact | None, facts: Mapping[str, Any]) -> Contact:
    contact = known or Contact(agency_id=client.agency_id, key_seed=random_text(32))
    contact.client = client
    for name, value in facts.items():
        setattr(contact, name, value)
    now = timezone.now()
    if not client.contacts.present().filter(is_placeholder=False).exists():
        _remove(client.contacts.present(), at=now)
        contact.is_primary = contact.receives_mail = True
    with refusing_same_address():
        _store(contact)
    _touch(client, at=now)
    return contact


@transaction.atomic
def edit_contact(contact: Contact, **facts: Any) -> Contact:
    """Change the given facts, which are fields of Contact; returns the contact as it is now.

    Who stood in becomes a person by it. Raises EmailTaken, EmailTwice and ClientIsDeleted.
    """
    agency, email = Agency(pk=contact.agency_id), facts.get("email", "")
    if email:
        hold_email(agency, email)
    contact = _locked(contact)
    if email and fold_email(email) != fold_email(contact.email):
        claim_email(agency, email)
    for name, value in facts.items():
        setattr(contact, name, value)
    contact.is_placeholder = contact.is_placeholder and stands_in(contact)
    with refusing_same_address():
        contact.save(update_fields=[*facts, "is_placeholder", "updated_at"])
    _touch(contact.client, at=contact.updated_at)
    return contact


def edit_primary(client: Client, **facts: Any) -> Contact:
    """The same for the client's primary contact, who is made where there is none."""
    primary = client.contacts.present().primary_first().first()
    return edit_contact(primary, **facts) if primary else add_contact(client, **facts)


@transaction.atomic
def remove_contact(contact: Contact, *, at: datetime) -> None:
    """Take away, reversibly: the portal closes to this person.

    The primary contact stays, since a client is reached by it. Raises ContactIsPrimary and
    ClientIsDeleted.
    """
    contact = _locked(contact)
    if contact.is_primary:
        raise ContactIsPrimary("Make somebody else the primary contact first.")
    _remove(Contact.objects.filter(pk=contact.pk), at=at)
    _touch(contact.client, at=at)


def _locked(contact: Contact) -> Contact:
    """Held with its client, the client first, so that two changes never wait for each other."""
    client = lock_client(contact.client) if contact.client else None
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    contact.client = client
    return contact


def _store(contact: Contact) -> None:
    if contact.pk is None:
        store_new([contact])
    else:
        contact.save()


def _remove(contacts: Any, *, at: datetime) -> None:
    contacts.update(deleted_at=at, is_primary=False, updated_at=at)


def _touch(client: Client | None, *, at: datetime) -> None:
    if client is not None:
        Client.objects.filter(pk=client.pk).update(updated_at=at)
