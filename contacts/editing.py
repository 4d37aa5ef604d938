"""How the people at a client change: the list that is given is the whole list."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from agencies.errors import DomainError
from clients.editing import edit_client, lock_client
from clients.models import Client
from contacts.enrolling import (
    Person,
    appoint,
    fold_email,
    placeholder,
    refuse_repetition,
    refusing_same_address,
    stands_in,
    store_new,
)
from contacts.models import Contact
from contacts.passwords import hashed, is_mask

_STORED = [fact.name for fact in fields(Person) if fact.name != "known_as"] + ["is_placeholder"]
# Invoice Ninja gives nobody a password whose address is shorter than any address can be.
_SHORTEST_EMAIL = 4


class NoSuchPerson(DomainError):
    """Gone, at another client, or never there."""

    code = "no_such_person"


@dataclass(frozen=True)
class PersonChange:
    """What is said of one person: `facts` by the names of Person's fields, a password in clear.

    `contact` is the primary key of somebody the client has. For any other, for None, and where a
    key comes a second time, a new person is made.
    """

    contact: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)


@transaction.atomic
def edit_with_people(
    client: Client, people: Sequence[PersonChange] | None = None, **facts: Any
) -> Client:
    """edit_client() and, unless `people` is None, revise_people() as one change of the client.

    Returns the client as it is now. Raises what those two raise.
    """
    client = edit_client(client, **facts)
    if people is not None:
        _revise(client, people, at=client.updated_at)
    return client


def drops_somebody(client: Client, people: Sequence[PersonChange]) -> bool:
    """Whether revise_people() would take away a person; who merely stands in is none."""
    named = [change.contact for change in people if change.contact is not None]
    present = client.contacts.present().filter(is_placeholder=False)
    return present.exclude(pk__in=named).exists()


@transaction.atomic
def revise_people(client: Client, people: Sequence[PersonChange]) -> list[Contact]:
    """Make `people` the client's people; returns them, the primary one first.

    Those who are not named go. Of somebody named only the facts given change; a password that is
    empty or a mask stays as it was. The first marked as primary becomes so, else the first named.
    Without people a placeholder stands in. Follows Invoice Ninja's `contacts` of a PUT. Raises
    ClientIsDeleted, ClientGone, EmailTwice and WeakPassword.
    """
    # Whoever revises the same client waits here, so that two lists never become a mixture.
    client, now = lock_client(client), timezone.now()
    contacts = _revise(client, people, at=now)
    Client.objects.filter(pk=client.pk).update(updated_at=now)
    return contacts


def _revise(client: Client, people: Sequence[PersonChange], *, at: datetime) -> list[Contact]:
    present: dict[int | None, Contact] = {
        contact.pk: contact for contact in client.contacts.present()
    }
    before = {contact.pk: _state(contact) for contact in present.values()}
    contacts = [
        _changed(present.pop(change.contact, _new(client)), change.facts) for change in people
    ]
    refuse_repetition([contact.email for contact in contacts])
    contacts.sort(key=lambda contact: not contact.is_primary)
    contacts = contacts or [_new(client)]
    appoint(contacts)

    # In this order, so that an address or the first place is free before it is taken.
    _remove(present.values(), at=at)
    with refusing_same_address():
        _update([contact for contact in contacts if contact.pk], before, at=at)
        store_new([contact for contact in contacts if contact.pk is None])
    return contacts


@transaction.atomic
def make_primary(client: Client, contact_id: int, *, at: datetime) -> Contact:
    """Make somebody of the client's people its primary contact, in place of whoever is.

    Asked twice, it changes nothing. Raises NoSuchPerson, ClientGone and ClientIsDeleted.
    """
    client = lock_client(client)
    people = client.contacts.present()
    chosen = people.filter(pk=contact_id).first()
    if chosen is None:
        raise NoSuchPerson("The client has no such person. Choose another.", field="contact")
    if not chosen.is_primary:
        # In this order, since there is one at most at any time.
        people.filter(is_primary=True).update(is_primary=False, updated_at=at)
        people.filter(pk=chosen.pk).update(is_primary=True, updated_at=at)
        Client.objects.filter(pk=client.pk).update(updated_at=at)
        chosen.refresh_from_db()
    return chosen


def _state(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in _STORED}


def _new(client: Client) -> Contact:
    return placeholder(client, letters=32)


def _changed(contact: Contact, facts: Mapping[str, Any]) -> Contact:
    # Who was primary says nothing about who is to be.
    facts = {"is_primary": False, **facts}
    password = facts.pop("password", "")
    for name, value in facts.items():
        setattr(contact, name, value)
    if password and not is_mask(password) and len(contact.email) >= _SHORTEST_EMAIL:
        contact.password = hashed(password)
    # Who was given an address, even an empty one, was written down by somebody.
    if "email" in facts or not stands_in(contact):
        contact.is_placeholder = False
    return contact


def _remove(gone: Collection[Contact], *, at: datetime) -> None:
    if gone:
        rows = Contact.objects.filter(pk__in=[contact.pk for contact in gone])
        rows.update(deleted_at=at, updated_at=at, is_primary=False)


def _update(
    contacts: Sequence[Contact], before: Mapping[int, dict[str, Any]], *, at: datetime
) -> None:
    changed = [contact for contact in contacts if _state(contact) != before[contact.pk]]
    _make_room(changed, before)
    for contact in changed:
        contact.updated_at = at
    if changed:
        Contact.objects.bulk_update(changed, [*_STORED, "updated_at"])


def _make_room(changed: Sequence[Contact], before: Mapping[int, dict[str, Any]]) -> None:
    """Let go of what another of them is about to take: the database checks row by row."""
    takers = {fold_email(contact.email): contact.pk for contact in changed if contact.email}
    holders = [
        contact.pk
        for contact in changed
        if takers.get(fold_email(before[contact.pk]["email"]), contact.pk) != contact.pk
        or (before[contact.pk]["is_primary"] and not contact.is_primary)
    ]
    if holders:
        Contact.objects.filter(pk__in=holders).update(email="", is_primary=False)
