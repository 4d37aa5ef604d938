"""Files that no row knows: left where a process was killed between writing the two."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.core.files.storage import default_storage
from django.db import connection, models

from agencies.models import Agency
from agencies.scope import acting_for
from clients.models import Document, RemovedRow

_log = structlog.get_logger("foyer.clients")

_AGE = timedelta(days=1)
# A kill leaves the files of a few requests. More of them, and more than there are files with a row,
# mean that this database is not the one that the files belong to.
_SUSPICIOUS = 1000
# Of sessions under our own login; no other writes documents.
_OLDEST_TRANSACTION = """
SELECT min(xact_start) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Folder:
    """Where files lie, by agency and client, and the columns of rows that know their paths."""

    name: str
    columns: Sequence[tuple[type[models.Model], str]]


DOCUMENTS = Folder("documents", ((Document, "file"),))


def sweep_orphans(folder: Folder = DOCUMENTS, *, at: datetime) -> int:
    """Delete the files of all agencies that are a day old and have no row; returns how many.

    The rows of a removed client count: it may be brought back. A transaction that is still running
    may yet bring the row: whatever was written since the oldest one began stays. Folders of
    agencies that this database does not know are left alone, for they may be another
    installation's.
    """
    before = min(at - _AGE, _oldest_transaction() or at)
    return sum(_sweep(folder, pk, before) for pk in Agency.objects.values_list("pk", flat=True))


def _oldest_transaction() -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_TRANSACTION)
        return cursor.fetchone()[0]


def _sweep(folder: Folder, agency_id: int, before: datetime) -> int:
    orphans: list[str] = []
    known = 0
    for paths in _by_client(f"{folder.name}/{agency_id}"):
        unknown = _without_row(folder, agency_id, paths)
        known += len(paths) - len(unknown)
        orphans += [path for path in unknown if _is_older(path, before)]
    if len(orphans) > max(known, _SUSPICIOUS):
        _log.error(
            "Too many files have no row; none was deleted. Is this the files' own database?",
            agency=agency_id,
            files=len(orphans),
        )
        return 0
    for path in orphans:
        default_storage.delete(path)
    return len(orphans)


def _by_client(folder: str) -> Iterator[list[str]]:
    """The paths of an agency's files, one client's after the other."""
    for client in _listed(folder)[0]:
        below = f"{folder}/{client}"
        yield [f"{below}/{name}" for name in _listed(below)[1]]


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """Folders and files in it; none where it is not there."""
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _without_row(folder: Folder, agency_id: int, paths: list[str]) -> set[str]:
    unknown = set(paths)
    with acting_for(agency_id, door="job"):
        for model, name in folder.columns:
            rows = model._default_manager.filter(**{f"{name}__in": paths})
            unknown.difference_update(rows.values_list(name, flat=True))
            aside = RemovedRow.objects.filter(
                table_name=model._meta.db_table, **{f"row__{name}__in": paths}
            )
            unknown.difference_update(aside.values_list(f"row__{name}", flat=True))
    return unknown


def _is_older(path: str, before: datetime) -> bool:
    try:
        return default_storage.get_modified_time(path) < before
    except FileNotFoundError:
        # Deleted by its own request in the meantime.
        return False
