"""Taking a client away from everywhere at once, so that staff can bring it back for a while.

Not a mark that every query would have to heed: all its rows leave their tables, and lie aside as
clients.keeping writes them. So no list, search, sum or link can show what it forgot to leave out.
contacts.removing is the door to these; this module knows no people.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, models, transaction

from agencies.errors import DomainError
from agencies.models import Agency, Membership, SecretDigest
from clients import keeping, numbering
from clients.creating import constraint_of, refusing_twins
from clients.departing import lock_clients
from clients.keeping import Model, Rows
from clients.models import Category, Client, DepartedClient, Removal
from clients.owning import Key, belongings, keys_to, name_of, rows
from clients.sorting import default_category

WITHIN = timedelta(days=30)


class RemovalGone(DomainError):
    """Brought back or purged meanwhile."""

    code = "removal_gone"


class TooLateToBringBack(DomainError):
    code = "too_late_to_bring_back"


class CannotBringBack(DomainError):
    """Something that only one may have was given to another meanwhile."""

    code = "cannot_bring_back"


@transaction.atomic
def take_away(
    client: Client, *, by: Membership | None, at: datetime, shared_emails: Collection[str] = ()
) -> Removal:
    """Lay aside every row of the client, and forget its secrets; works from any state.

    Files stay where they are; nothing leads to them. The number stays taken. Raises ClientGone.
    """
    (client,) = lock_clients([client.pk])
    removal = Removal.objects.create(
        agency_id=client.agency_id,
        client_id=client.pk,
        name=client.name,
        number=client.number,
        shared_emails=list(shared_emails),
        removed_at=at,
        removed_by=by,
    )
    doomed = _doomed(client)
    for model, ids in doomed.items():
        keeping.keep(removal, model, ids)
    removal.pointers = {name_of(key): _let_go(key, doomed) for key in _loose_keys(doomed)}
    removal.save(update_fields=["pointers"])
    with keeping.thawed(doomed):
        for model, ids in doomed.items():
            # One plain statement: Django's own delete would stop at what it protects.
            rows(model, "pk", ids)._raw_delete(DEFAULT_DB_ALIAS)
    # Nothing may be left hanging: the foreign keys are asked now, not at the commit.
    connection.check_constraints()
    return removal


def bring_back(removal: Removal, *, at: datetime) -> Client:
    """Put the client back as it was, with its old ids, its people, files and links.

    What was deleted meanwhile and was not the client's own, such as a tag, is missing; where its
    category is gone, it gets the default one. Raises RemovalGone, TooLateToBringBack, NumberTaken,
    IdNumberTaken and CannotBringBack.
    """
    agency = numbering.lock(Agency(pk=removal.agency_id))
    removal = lock_removal(removal)
    if at - removal.removed_at > WITHIN:
        raise TooLateToBringBack(f"A removed client can be brought back for {WITHIN.days} days.")
    with _refusing_collisions(), refusing_twins():
        keeping.put_back(
            removal,
            adopt=lambda key: default_category(agency).pk if _is_category(key) else None,
        )
        connection.check_constraints()
    for key in _loose_keys(keeping.kept_rows(removal)):
        _tie_again(key, removal.pointers.get(name_of(key), []))
    client_id = removal.client_id
    removal.delete()
    # Whoever looks for changes since a moment has to find it.
    Client.objects.filter(pk=client_id).update(updated_at=at)
    return Client.objects.get(pk=client_id)


def lock_removal(removal: Removal) -> Removal:
    """The same, held until the transaction ends. Raises RemovalGone."""
    held = Removal.objects.select_for_update().filter(pk=removal.pk).first()
    if held is None:
        raise RemovalGone("This client was brought back or purged meanwhile.")
    return held


@contextmanager
def _refusing_collisions() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise CannotBringBack(
            "Something of this client is somebody else's by now, and there can be only one: "
            f"{constraint_of(error)}. Change it there, then bring this client back again."
        ) from error


def _doomed(client: Client) -> Rows:
    """All that is the client's, what leads to it, and the digests that its secrets are found by."""
    doomed: Rows = belongings([client.pk])
    led = DepartedClient.objects.filter(survivor=client).values_list("pk", flat=True)
    doomed[DepartedClient] = set(led)
    # By a convention of the house, columns named `…digest` may lead from a secret to its row.
    digests = {
        digest
        for model, ids in doomed.items()
        for field in model._meta.concrete_fields
        if field.name.endswith("digest")
        for digest in rows(model, "pk", ids).values_list(field.name, flat=True)
    }
    doomed[SecretDigest] = set(
        rows(SecretDigest, "digest", digests).values_list("digest", flat=True)
    )
    return doomed


def _loose_keys(tables: Iterable[Model]) -> list[Key]:
    """Keys of rows that can do without what they point at."""
    return [
        key
        for model in tables
        for key in keys_to(model)
        if key.remote_field.on_delete is models.SET_NULL
    ]


def _let_go(key: Key, doomed: Rows) -> list[tuple[int, int]]:
    """Rows of others let go of the client's; returns them with what they pointed at."""
    pointing = rows(key.model, key.name, doomed[key.remote_field.model])
    own = doomed.get(key.model, set())
    pairs = [pair for pair in pointing.values_list("pk", key.attname) if pair[0] not in own]
    rows(key.model, "pk", [pk for pk, _ in pairs]).update(**{key.name: None})
    return pairs


def _tie_again(key: Key, pairs: list[tuple[int, int]]) -> None:
    """Unless they point at something else by now."""
    for pk, former in pairs:
        loose = rows(key.model, "pk", [pk]).filter(**{key.name: None})
        loose.update(**{key.attname: former})


def _is_category(key: Key) -> bool:
    return key.related_model is Category
