"""Merging two clients with their people, looking before, and taking it back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from agencies.digests import random_text, remember
from agencies.models import Membership
from clients.departing import find_clients
from clients.merging import Reckoning, absorb, lock_pair, reckon
from clients.models import Client, ClientMerge
from clients.unmerging import Undone, give_back
from contacts.keys import key_of
from contacts.models import Contact


@dataclass(frozen=True)
class Preview:
    """`dropped` are the contacts of either client that will be deleted, reversibly.

    `primary` is who will be the survivor's primary contact.
    """

    reckoning: Reckoning
    dropped: list[Contact]
    primary: Contact | None


@dataclass(frozen=True)
class _Plan:
    # The merged client's people, present ones only, the primary first.
    kept: list[Contact]
    dropped: list[Contact]
    # Stand-ins of the survivor, which real people replace.
    replaced: list[Contact]
    primary: Contact | None


def preview(survivor: Client, merged: Client) -> Preview:
    """What merge() would do now; changes nothing. Raises what merge() raises."""
    survivor, merged = find_clients([survivor.pk, merged.pk])
    reckoning = reckon(survivor, merged)
    plan = _plan(survivor, merged)
    return Preview(reckoning, [*plan.dropped, *plan.replaced], plan.primary)


@transaction.atomic
def merge(survivor: Client, merged: Client, *, by: Membership | None, at: datetime) -> ClientMerge:
    """Give everything of `merged` to `survivor` and delete it for good; returns the record.

    The survivor's own fields, settings, number and notes stay; sums and tags are added. Of the
    people those come along as non-primary whose e-mail the survivor does not know yet; the others
    are deleted, reversibly. Where the survivor has only a stand-in, real people replace it and one
    becomes primary. Archived and deleted clients can be merged too. The old id leads to the
    survivor from now on; see clients.departing. Rules of people follow Invoice Ninja v5.
    Raises SameClient, ClientGone and DifferentCurrencies.
    """
    survivor, merged = lock_pair(survivor, merged)
    plan = _plan(survivor, merged)
    former = _former([*plan.kept, *plan.dropped, *plan.replaced], kept=plan.kept)
    _delete([*plan.dropped, *plan.replaced], at=at)
    _among(plan.kept).update(is_primary=False, updated_at=at)
    record = absorb(survivor, merged, by=by, at=at, contacts=former)
    _settle(survivor, wanted=plan.primary, at=at)
    return record


@transaction.atomic
def undo(record: ClientMerge, *, at: datetime) -> Undone:
    """Take a merge back within 30 days: both clients stand as before, but for what came since.

    Raises AlreadyUndone, TooLateToUndo and SurvivorGone.
    """
    undone = give_back(record, at=at)
    former = [row["id"] for row in record.contacts]
    back = undone.client.contacts.filter(pk__in=former)
    back.update(is_primary=False, updated_at=at)
    _revive(back, record, at=at)
    _settle(undone.client, wanted=_former_primary(undone.client, record), at=at)
    if not undone.survivor.contacts.present().exists():
        _revive(undone.survivor.contacts.filter(pk__in=former), record, at=at)
    _settle(undone.survivor, wanted=_former_primary(undone.survivor, record), at=at)
    return undone


def _plan(survivor: Client, merged: Client) -> _Plan:
    here = list(survivor.contacts.present().primary_first())
    coming = list(merged.contacts.present().primary_first())
    if any(_is_somebody(contact) for contact in here):
        held = {contact.email.lower() for contact in here}
        kept = [c for c in coming if c.email.strip() and c.email.lower() not in held]
        replaced = []
    else:
        # Nobody there to win over them: whoever has a name, a phone or an address comes along.
        kept = [contact for contact in coming if _is_somebody(contact)]
        replaced = here if kept else []
    dropped = [contact for contact in coming if contact not in kept]
    staying = kept if replaced or not here else here
    return _Plan(kept, dropped, replaced, primary=staying[0] if staying else None)


def _is_somebody(contact: Contact) -> bool:
    return bool(contact.email.strip() or contact.full_name or contact.phone)


def _former(contacts: Iterable[Contact], *, kept: list[Contact]) -> list[dict[str, Any]]:
    return [{"id": c.pk, "is_primary": c.is_primary, "is_dropped": c not in kept} for c in contacts]


def _among(contacts: Iterable[Contact]) -> Any:
    return Contact.objects.filter(pk__in=[contact.pk for contact in contacts])


def _delete(contacts: Iterable[Contact], *, at: datetime) -> None:
    _among(contacts).update(deleted_at=at, is_primary=False, updated_at=at)


def _revive(contacts: Iterable[Contact], record: ClientMerge, *, at: datetime) -> None:
    """Those whom this merge deleted, unless somebody took their address at the client."""
    dropped = {row["id"] for row in record.contacts if row["is_dropped"]}
    for contact in contacts:
        dropped_here = contact.pk in dropped and contact.deleted_at == record.merged_at
        present = Contact.objects.filter(client=contact.client_id).present()
        if dropped_here and not (contact.email and present.with_email(contact.email).exists()):
            Contact.objects.filter(pk=contact.pk).update(deleted_at=None, updated_at=at)


def _former_primary(client: Client, record: ClientMerge) -> Contact | None:
    primaries = [row["id"] for row in record.contacts if row["is_primary"]]
    return client.contacts.present().filter(pk__in=primaries).first()


def _settle(client: Client, *, wanted: Contact | None, at: datetime) -> None:
    """See to it that exactly one contact is primary, and that there is one at all."""
    present = client.contacts.present().primary_first()
    first = present.first()
    if first is None:
        _stand_in(client)
    elif not first.is_primary:
        chosen = wanted or first
        client.contacts.filter(pk=chosen.pk).update(is_primary=True, updated_at=at)


def _stand_in(client: Client) -> None:
    seed = random_text(40)
    Contact.objects.create(
        agency_id=client.agency_id,
        client=client,
        is_primary=True,
        is_placeholder=True,
        key_seed=seed,
        key_digest=remember(key_of(seed), client.agency),
    )
