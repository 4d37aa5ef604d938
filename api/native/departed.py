"""Ids of clients that were merged answer for their survivors; of purged ones, for a year, with 410.

Whoever stored an id while the client lived is led on, whichever endpoint is asked.
"""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import iri_to_uri

from api.native import errors
from api.native.ids import decode, encode
from clients.departing import departure_of
from clients.models import Client, DepartedClient

_TOLD_FOR = timedelta(days=365)


def client_named(request, client_id: str) -> Client:
    """Raises NotFound, Moved and Gone."""
    pk = decode("client", client_id)
    if pk is None:
        raise errors.not_found("client")
    client = Client.objects.existing().filter(pk=pk).first()
    if client is None:
        raise missing_client(request, pk)
    return client


def missing_client(request, pk: int) -> Exception:
    """What to raise where no client has the key: Moved, Gone or NotFound."""
    departed = departure_of(pk)
    if departed is None:
        return errors.not_found("client")
    if departed.survivor_id and Client.objects.existing().filter(pk=departed.survivor_id).exists():
        return _moved(request, pk, departed.survivor_id)
    purged = departed.kind == DepartedClient.Kind.PURGED
    if purged and timezone.now() - departed.departed_at < _TOLD_FOR:
        return errors.Gone("client")
    return errors.not_found("client")


def _moved(request, pk: int, survivor: int) -> errors.Moved:
    """The same address with the survivor's id in it; redirects of type 308 keep the method."""
    old, new = encode("client", pk), encode("client", survivor)
    match = request.resolver_match
    path = reverse(match.view_name, kwargs={**match.kwargs, "id": new})
    query = request.META.get("QUERY_STRING", "")
    location = path + (f"?{iri_to_uri(query)}" if query else "")
    return errors.Moved(location, f"{old} was merged into {new}.")


def resolved(pk: int) -> int:
    """The key of who answers for this client today, which mostly is the client itself."""
    departed = departure_of(pk)
    return departed.survivor_id or pk if departed else pk
