"""A client together with its people."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from agencies.digests import digest_of, random_text
from agencies.errors import DomainError
from agencies.models import Agency, Membership, SecretDigest
from clients.creating import constraint_of, create_client
from clients.models import Client
from clients.sorting import set_tags
from contacts.keys import key_of
from contacts.models import Contact
from contacts.passwords import hashed


class EmailTwice(DomainError):
    """`positions` are the places of those with one address among the people given, from 0.

    Empty where only the database found the addresses alike.
    """

    code = "email_twice"

    def __init__(self, positions: Sequence[int]) -> None:
        super().__init__("Two people of one client share an e-mail address.", field="email")
        self.positions = positions


# What tells who somebody is, or anything about them.
_TOLD = (
    "first_name", "last_name", "email", "phone", "job_title", "custom_value1", "custom_value2",
    "custom_value3", "custom_value4",
)  # fmt: skip


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
    Raises what that raises, EmailTwice and WeakPassword.
    """
    client = create_client(agency, by=by, **facts)
    refuse_repetition([person.email for person in people])
    contacts = [
        _contact(client, person) for person in sorted(people, key=lambda one: not one.is_primary)
    ] or [placeholder(client, letters=40)]
    appoint(contacts)
    known = [contact for contact in contacts if contact.pk is not None]
    with refusing_same_address():
        store_new([contact for contact in contacts if contact.pk is None])
        for contact in known:
            contact.save()
    if tags:
        set_tags(client, tags)
    return client


def refuse_repetition(emails: Sequence[str]) -> None:
    """Raise EmailTwice where two of them are one; empty ones are none."""
    folded = [fold_email(email) for email in emails]
    doubled = [n for n, email in enumerate(folded) if email and folded.count(email) > 1]
    if doubled:
        raise EmailTwice(doubled)


def fold_email(email: str) -> str:
    """Letter by letter, as PostgreSQL lowers; Python alone makes two letters of a Turkish İ."""
    return "".join("i" if letter == "İ" else letter.lower() for letter in email)


def appoint(contacts: Sequence[Contact]) -> None:
    """The first becomes the client's primary contact, and gets mail where nobody else does."""
    for contact in contacts:
        contact.is_primary = contact is contacts[0]
    if not any(contact.receives_mail for contact in contacts):
        contacts[0].receives_mail = True


@contextmanager
def refusing_same_address() -> Iterator[None]:
    """Around a write of people: raises EmailTwice where the database objects to an address.

    So it does to letters that it lowers otherwise than refuse_repetition(), as servers may.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint_of(error) != "contact_email_once_per_client":
            raise
        raise EmailTwice([]) from error


def placeholder(client: Client, *, letters: int) -> Contact:
    """Stands in where a client has no people; `letters` is the length of its portal key."""
    return Contact(
        agency_id=client.agency_id,
        client=client,
        is_placeholder=True,
        key_seed=random_text(letters),
    )


def stands_in(contact: Contact) -> bool:
    """Whether nothing is known of the person."""
    return not any(getattr(contact, name) for name in _TOLD)


def store_new(contacts: Sequence[Contact]) -> None:
    """Write new people at once and remember which agency their keys belong to."""
    for contact in contacts:
        contact.key_digest = digest_of(key_of(contact.key_seed))
    SecretDigest.objects.bulk_create(
        SecretDigest(digest=contact.key_digest, agency_id=contact.agency_id) for contact in contacts
    )
    Contact.objects.bulk_create(contacts)


def _contact(client: Client, person: Person) -> Contact:
    facts = {name: value for name, value in vars(person).items() if name != "known_as"}
    facts["password"] = hashed(person.password) if person.password else ""
    contact = person.known_as or Contact(agency_id=client.agency_id, key_seed=random_text(32))
    for name, value in facts.items():
        # What is not said of somebody known before stays as it was.
        if value != "" or person.known_as is None:
            setattr(contact, name, value)
    contact.client = client
    contact.is_placeholder = stands_in(contact)
    return contact
