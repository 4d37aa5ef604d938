"""Clients that are gone for good, and what still answers for them."""

from collections.abc import Iterable, Sequence

from agencies.errors import DomainError
from clients.models import Client, DepartedClient


class ClientGone(DomainError):
    """Purged or merged meanwhile, or never there."""

    code = "client_gone"


def departure_of(client_id: int) -> DepartedClient | None:
    """The tombstone of a purged or merged client; None for one that lives or never lived."""
    return DepartedClient.objects.filter(client_id=client_id).first()


def survivor_of(client_id: int) -> int | None:
    """The id of who answers for a merged client, at the end of a chain of merges; else None."""
    departed = departure_of(client_id)
    return departed.survivor_id if departed else None


def find_clients(ids: Sequence[int]) -> list[Client]:
    """These clients as they are now, in this order. Raises ClientGone."""
    return _in_order(ids, Client.objects.filter(pk__in=ids))


def lock_clients(ids: Sequence[int]) -> list[Client]:
    """The same, and nobody else changes them until the transaction ends.

    PostgreSQL takes the locks in the order of ids, so that two callers never wait for each other.
    Whoever also locks the agency's numbers does that first. Raises ClientGone.
    """
    rows = Client.objects.filter(pk__in=ids).order_by("pk")
    return _in_order(ids, rows.select_for_update())


def _in_order(ids: Sequence[int], rows: Iterable[Client]) -> list[Client]:
    found = {client.pk: client for client in rows}
    gone = [pk for pk in ids if pk not in found]
    if gone:
        raise ClientGone(f"Client {gone[0]} does not exist any more. Look for its survivor.")
    return [found[pk] for pk in ids]
