"""A client together with its people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from agencies.digests import digest_of, random_text
from agencies.errors import DomainError
from agencies.models import Agency, Membership, SecretDigest
from clients.creating import constraint_of, create_client
from clients.models import Client
from clients.sorting import set_tags
from contacts.keys import key_of
from contacts.models import Contact


class EmailTwice(DomainError):
    code = "email_twice"


@dataclass(frozen=True)
class Person:
    """Facts about somebody at a client; `password` is in clear and leaves here only hashed."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    job_title: str = ""
    custom_value1: str = ""
    custom_value2: str = ""
    custom_value3: str = ""
    custom_value4: str = ""
    receives_mail: bool = True
    is_primary: bool = False
    password: str = field(default="", repr=False)
    # Somebody the agency knew before, who is now made this client's.
    known_as: Contact | None = None


@transaction.atomic
def enroll(
    agency: Agency,
    *,
    by: Membership | None,
    people: Sequence[Person] = (),
    tags: Sequence[str] = (),
    **facts: Any,
) -> Client:
    """Create a client with its people and tags.

    Exactly one person becomes primary: the first who is marked, else the first. Without people a
    placeholder stands in, since every client has a contact. `facts` are create_client()'s.
    Raises what that raises, and EmailTwice.
    """
    client = create_client(agency, by=by, **facts)
    _refuse_repetition(people)
    ordered = sorted(people, key=lambda person: not person.is_primary)
    contacts = [
        _contact(client, person, is_primary=position == 0)
        for position, person in enumerate(ordered)
    ] or [_placeholder(client)]
    if not any(contact.receives_mail for contact in contacts):
        contacts[0].receives_mail = True
    _store(contacts)
    if tags:
        set_tags(client, tags)
    return client


def _refuse_repetition(people: Sequence[Person]) -> None:
    emails = [person.email.lower() for person in people if person.email]
    if len(set(emails)) < len(emails):
        raise _twice()


def _twice() -> EmailTwice:
    return EmailTwice("Two people of one client share an e-mail address.", field="email")


def _contact(client: Client, person: Person, *, is_primary: bool) -> Contact:
    facts = {name: value for name, value in vars(person).items() if name != "known_as"}
    facts["password"] = make_password(person.password) if person.password else ""
    contact = person.known_as or Contact(agency_id=client.agency_id, key_seed=random_text(32))
    for name, value in facts.items():
        # What is not said of somebody known before stays as it was.
        if value != "" or person.known_as is None:
            setattr(contact, name, value)
    contact.client = client
    contact.is_primary = is_primary
    return contact


def _placeholder(client: Client) -> Contact:
    return Contact(
        agency_id=client.agency_id,
        client=client,
        is_primary=True,
        is_placeholder=True,
        key_seed=random_text(40),
    )


def _store(contacts: list[Contact]) -> None:
    """Write new people at once and remember which agency their keys belong to."""
    new = [contact for contact in contacts if contact.pk is None]
    for contact in new:
        contact.key_digest = digest_of(key_of(contact.key_seed))
    SecretDigest.objects.bulk_create(
        SecretDigest(digest=contact.key_digest, agency_id=contact.agency_id) for contact in new
    )
    try:
        with transaction.atomic():
            Contact.objects.bulk_create(new)
    except IntegrityError as error:
        # Letters that Python lowers otherwise than PostgreSQL got past _refuse_repetition().
        if constraint_of(error) != "contact_email_once_per_client":
            raise
        raise _twice() from error
    for contact in contacts:
        if contact not in new:
            contact.save()
