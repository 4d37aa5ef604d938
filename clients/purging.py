"""Removing a client for good, with everything that tells of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pgtrigger
import structlog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import Storage
from django.db import DEFAULT_DB_ALIAS, connection, models, transaction

from agencies.models import Membership, SecretDigest
from clients.departing import lock_clients
from clients.models import Client, ClientMerge, DepartedClient
from clients.owning import Ids, belongings, keys_to, rows, trail_of

_log = structlog.get_logger("foyer.clients")

Rows = dict[type[models.Model], Ids]


@transaction.atomic
def purge(client: Client, *, by: Membership | None, at: datetime) -> DepartedClient:
    """Delete all rows and files of the client; returns the tombstone that is left.

    Goes with it: whatever belongs to it over any number of tables, the audit trail and admin log of
    these rows, the digests of their secrets, and the records of clients merged into it. Files leave
    the storage after the commit; a rollback leaves them all. Answers that were stored for
    repetitions of a request may still quote the client: they are swept within a day by their own
    job. Works from any state. Raises ClientGone.
    """
    (client,) = lock_clients([client.pk])
    tombstones = DepartedClient.objects.filter(survivor=client)
    names = [client.pk, *tombstones.values_list("client_id", flat=True)]
    doomed = belongings(names)
    files = list(_files(doomed))

    _forget_secrets(doomed)
    ClientMerge.objects.filter(merged_id__in=names).delete()
    tombstones.update(kind=DepartedClient.Kind.PURGED, survivor=None)
    for model, ids in doomed.items():
        # One plain statement: Django's own delete would stop at what it protects.
        rows(model, "pk", ids)._raw_delete(DEFAULT_DB_ALIAS)
    _let_go(doomed)
    _forget_trail(doomed)
    # Nothing may be left hanging: the foreign keys are asked now, not at the commit.
    connection.check_constraints()
    transaction.on_commit(lambda: _remove(files))
    return DepartedClient.objects.create(
        agency_id=client.agency_id,
        client_id=client.pk,
        kind=DepartedClient.Kind.PURGED,
        departed_at=at,
        departed_by=by,
    )


def _files(doomed: Rows) -> Iterator[tuple[Storage, str]]:
    for model, ids in doomed.items():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                names = rows(model, "pk", ids).values_list(field.name, flat=True)
                yield from ((field.storage, name) for name in names if name)


def _forget_secrets(doomed: Rows) -> None:
    """By a convention of the house, columns named `…digest` may lead from a secret to its row."""
    for model, ids in doomed.items():
        for field in model._meta.concrete_fields:
            if field.name.endswith("digest"):
                digests = rows(model, "pk", ids).values(field.name)
                SecretDigest.objects.filter(digest__in=digests).delete()


def _let_go(doomed: Rows) -> None:
    """Rows of others that point at deleted ones and may do without."""
    for model, ids in doomed.items():
        for key in keys_to(model):
            if key.remote_field.on_delete is models.SET_NULL:
                rows(key.model, key.name, ids).update(**{key.name: None})


def _forget_trail(doomed: Rows) -> None:
    for model, ids in doomed.items():
        trail: Any = trail_of(model)
        if trail is not None:
            # Append-only for everybody else; exactly these rows have to go.
            with pgtrigger.ignore(f"{trail._meta.label}:append_only"):
                rows(trail, "pgh_obj", ids)._raw_delete(DEFAULT_DB_ALIAS)
        _forget_log(model, ids)


def _forget_log(model: type[models.Model], ids: Ids) -> None:
    """The admin's log repeats the names of what was edited."""
    kind = ContentType.objects.get_for_model(model)
    LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in ids]).delete()


def _remove(files: list[tuple[Storage, str]]) -> None:
    """Storages do not mind a missing file; what they cannot delete is told, and the rest goes."""
    for storage, name in files:
        try:
            storage.delete(name)
        except Exception:  # noqa: BLE001 - any storage, any error; the rows are gone already.
            _log.exception("A purged client's file could not be deleted; do it by hand.", file=name)
