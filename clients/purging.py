"""Removing a client for good, with everything that tells of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pgtrigger
import structlog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import Storage
from django.db import DEFAULT_DB_ALIAS, models, transaction

from agencies import webhooks
from agencies.models import Agency, Membership
from agencies.scope import acting_for
from clients import keeping
from clients.models import Client, ClientMerge, DepartedClient, Removal
from clients.owning import Ids, belongings, rows, trail_of
from clients.removing import WITHIN, lock_removal, take_away

_log = structlog.get_logger("foyer.clients")


@transaction.atomic
def purge(client: Client, *, by: Membership | None, at: datetime) -> DepartedClient:
    """Delete all rows and files of the client at once; see discard(). Raises ClientGone."""
    return discard(take_away(client, by=by, at=at), by=by, at=at)


@transaction.atomic
def discard(removal: Removal, *, by: Membership | None, at: datetime) -> DepartedClient:
    """Forget a removed client; returns the tombstone that is left.

    Goes with it: whatever belongs to it over any number of tables, the audit trail and admin log of
    these rows, the records of clients merged into it, and what receivers of webhooks answered.
    Files leave the storage after the commit; a rollback leaves them all. Answers that were stored
    for repetitions of a request may still quote the client: they are swept within a day by their
    own job. Raises RemovalGone.
    """
    removal = lock_removal(removal)
    names = [removal.client_id, *_merged_into(removal)]
    doomed = belongings(names)
    for model, ids in keeping.kept_rows(removal).items():
        doomed.setdefault(model, set()).update(ids)
    files = list(_files(removal))

    keeping.put_back_table(removal, DepartedClient)
    tombstones = DepartedClient.objects.filter(client_id__in=names)
    tombstones.update(
        kind=DepartedClient.Kind.PURGED, survivor=None, departed_at=at, departed_by=by
    )
    ClientMerge.objects.filter(merged_id__in=names).delete()
    removal.delete()
    webhooks.forget_replies(names)
    for model, ids in doomed.items():
        _forget_trail(model, ids)
        _forget_log(model, ids)
    transaction.on_commit(lambda: _remove(files))
    return DepartedClient.objects.create(
        agency_id=removal.agency_id,
        client_id=removal.client_id,
        kind=DepartedClient.Kind.PURGED,
        departed_at=at,
        departed_by=by,
    )


def discard_overdue(*, at: datetime) -> int:
    """Forget every agency's clients that cannot be brought back any more; returns how many.

    Each in a transaction of its own: one that fails keeps none of the others. All failures are
    raised together at the end.
    """
    failures: list[Exception] = []
    discarded = 0
    for agency_id in Agency.objects.values_list("pk", flat=True):
        with acting_for(agency_id, door="job"):
            overdue = list(Removal.objects.filter(removed_at__lt=at - WITHIN))
        for removal in overdue:
            try:
                with acting_for(agency_id, door="job"):
                    discard(removal, by=None, at=at)
                discarded += 1
            except Exception as error:  # noqa: BLE001 - any; raised below.
                failures.append(error)
    if failures:
        raise ExceptionGroup("Some removed clients could not be purged.", failures)
    return discarded


def _merged_into(removal: Removal) -> list[int]:
    tombstones = keeping.kept(removal, DepartedClient)
    return list(tombstones.values_list("row__client_id", flat=True))


def _files(removal: Removal) -> Iterator[tuple[Storage, str]]:
    for model in keeping.kept_rows(removal):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                names = keeping.kept(removal, model).values_list(f"row__{field.column}", flat=True)
                yield from ((field.storage, name) for name in names if name)


def _forget_trail(model: type[models.Model], ids: Ids) -> None:
    trail: Any = trail_of(model)
    if trail is not None:
        # Append-only for everybody else; exactly these rows have to go.
        with pgtrigger.ignore(f"{trail._meta.label}:append_only"):
            rows(trail, "pgh_obj", ids)._raw_delete(DEFAULT_DB_ALIAS)


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
