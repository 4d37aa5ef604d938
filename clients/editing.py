"""How the facts about a client change. Its people are revised by contacts.editing."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from agencies.errors import DomainError
from agencies.models import Agency
from clients import numbering
from clients.creating import refuse_reserved, refusing_twins
from clients.departing import ClientGone
from clients.models import Client
from clients.sorting import set_tags


class ClientIsDeleted(DomainError):
    code = "client_is_deleted"


def hold_client(client_id: int) -> Client:
    """The client as it is now, deleted or not, held until the transaction ends.

    Whoever is also going to number it locks the agency's numbers first. Raises ClientGone.
    """
    held = Client.objects.select_for_update(no_key=True).filter(pk=client_id).first()
    if held is None:
        raise ClientGone(f"Client {client_id} was removed meanwhile.")
    return held


def lock_client(client: Client) -> Client:
    """The same, to edit it. Raises ClientIsDeleted and ClientGone."""
    locked = hold_client(client.pk)
    if locked.deleted_at is not None:
        raise ClientIsDeleted("This client is deleted. Restore it to edit it.")
    return locked


@transaction.atomic
def edit_client(client: Client, **facts: Any) -> Client:
    """Change the given facts, which are fields of Client; returns the client as it is now.

    An empty `number` takes the next one of the agency's pattern. `settings` are merged into those
    the client has, by merged_settings(). Raises ClientGone, ClientIsDeleted, NumberTaken,
    NumberTooLong and IdNumberTaken.
    """
    # The agency first, as everybody does who numbers: two orders would be a deadlock.
    renumbered = facts.get("number") == ""
    agency = numbering.lock(Agency(pk=client.agency_id)) if renumbered else None
    locked = lock_client(client)
    if not renumbered and facts.get("number", locked.number) != locked.number:
        refuse_reserved(facts["number"])
    if "settings" in facts:
        facts["settings"] = merged_settings(locked.settings, facts["settings"])
    facts["updated_at"] = now = timezone.now()
    for name, value in facts.items():
        setattr(locked, name, value)
    if agency:
        locked.number = numbering.take_number(agency, locked, at=now)
    with refusing_twins():
        locked.save(update_fields=facts.keys())
    return locked


@transaction.atomic
def retag(client: Client, titles: Iterable[str], *, at: datetime) -> bool:
    """Give a client these tags and no others; see set_tags(). Raises ClientGone, ClientIsDeleted.

    Whoever does so at the same time waits. Asked twice, it changes nothing.
    """
    client = lock_client(client)
    changed = set_tags(client, titles)
    if changed:
        Client.objects.filter(pk=client.pk).update(updated_at=at)
    return changed


def merged_settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with each name of `new` set; names that `new` does not mention stay as they were.

    Currency and language are no settings here: they are fields of the client.
    """
    return {**old, **new}
