"""Rows laid aside as PostgreSQL wrote them, and put back into their tables."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeAlias

import pgtrigger
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from psycopg import sql

from clients.models import Removal, RemovedRow
from clients.owning import Ids, Key, rows

Model: TypeAlias = type[models.Model]
Rows: TypeAlias = dict[Model, Ids]
# Of a row that cannot be without its parent, which was deleted meanwhile: the id of another parent,
# or None to leave the row out, as if it had been deleted with the parent.
Adopt: TypeAlias = Callable[[Key], int | None]

_KEEP = sql.SQL("""
INSERT INTO clients_removedrow (agency_id, removal_id, table_name, row)
SELECT %s, %s, %s, to_jsonb(x) FROM {table} x WHERE {pk} = ANY(%s)
""")
_PUT_BACK = sql.SQL("""
INSERT INTO {table} ({columns})
SELECT {values}
FROM clients_removedrow k, jsonb_populate_record(NULL::{table}, %s::jsonb || k.row) r
WHERE k.removal_id = %s AND k.table_name = %s
""")
# In SQL: read into Python and written back, a row's numbers would be rounded.
_REPOINT = """
UPDATE clients_removedrow SET row = row || jsonb_build_object(%s::text, %s::bigint)
WHERE removal_id = %s AND table_name = %s AND row ->> %s = ANY(%s)
"""
_KNOWN_COLUMNS = """
SELECT DISTINCT jsonb_object_keys(row) FROM clients_removedrow
WHERE removal_id = %s AND table_name = %s
"""


def keep(removal: Removal, model: Model, ids: Ids) -> None:
    """Copy the rows; the caller deletes them."""
    table, pk = model._meta.db_table, model._meta.pk.column
    statement = _KEEP.format(table=sql.Identifier(table), pk=sql.Identifier(pk))
    with connection.cursor() as cursor:
        cursor.execute(statement, [removal.agency_id, removal.pk, table, list(ids)])


def kept(removal: Removal, model: Model) -> models.QuerySet[RemovedRow]:
    return RemovedRow.objects.filter(removal=removal, table_name=model._meta.db_table)


def kept_rows(removal: Removal) -> Rows:
    """Primary keys of everything that was kept, by table."""
    tables = set(RemovedRow.objects.filter(removal=removal).values_list("table_name", flat=True))
    found = [model for model in apps.get_models() if model._meta.db_table in tables]
    return {model: set(_values(removal, model, model._meta.pk.column)) for model in found}


def put_back(removal: Removal, *, adopt: Adopt) -> None:
    """Insert every kept row again, under its old key. Foreign keys are asked at the commit.

    Where a parent is gone, a key that may be NULL becomes so; `adopt` decides about the others.
    """
    _mend(removal, adopt)
    tables = kept_rows(removal)
    with thawed(tables):
        for model in tables:
            put_back_table(removal, model)


@contextmanager
def thawed(tables: Iterable[Model]) -> Iterator[None]:
    """Within it, rows of these tables that never change may be laid aside and put back.

    By a convention of the house, triggers that keep rows as they are have one of two names.
    """
    keepers = [
        f"{model._meta.label}:{trigger.name}"
        for model in tables
        for trigger in getattr(model._meta, "triggers", [])
        if trigger.name in ("append_only", "frozen")
    ]
    # A savepoint within: after an error the setting could not be taken back otherwise.
    with pgtrigger.ignore(*keepers) if keepers else nullcontext(), transaction.atomic():
        yield


def put_back_table(removal: Removal, model: Model) -> None:
    table = model._meta.db_table
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    statement = _PUT_BACK.format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(sql.Identifier(field.column) for field in fields),
        values=sql.SQL(", ").join(_value(field) for field in fields),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [_defaults(removal, fields, table), removal.pk, table])


def _value(field: models.Field) -> sql.Composable:
    value: sql.Composable = sql.Identifier("r", field.column)
    if isinstance(field, models.JSONField) and not field.null:
        # A JSON null cannot be told from an absent value once the row itself is JSON.
        value = sql.SQL("coalesce({}, 'null')").format(value)
    return value


def _defaults(removal: Removal, fields: list[models.Field], table: str) -> str:
    """Of columns that the table got since the rows were kept."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_COLUMNS, [removal.pk, table])
        known = {row[0] for row in cursor.fetchall()}
    values = {f.column: f.get_default() for f in fields if f.column not in known}
    return json.dumps(values, cls=DjangoJSONEncoder)


def _mend(removal: Removal, adopt: Adopt) -> None:
    """Until nothing changes: a row that is left out may have been another's parent."""
    keys = [
        field
        for model in kept_rows(removal)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
    ]
    while any(_mend_key(removal, key, adopt) for key in keys):
        pass


def _mend_key(removal: Removal, key: Key, adopt: Adopt) -> bool:
    """Whether rows had to be left out, since their parent is gone."""
    parent, target = key.target_field.model, key.target_field
    pointed = set(_values(removal, key.model, key.column)) - {None}
    living = rows(parent, target.name, pointed).values_list(target.name, flat=True)
    gone = pointed.difference(living, _values(removal, parent, target.column))
    if not gone:
        return False
    other = None if key.null else adopt(key)
    if other is None and not key.null:
        orphans = kept(removal, key.model).filter(**{f"row__{key.column}__in": list(gone)})
        return orphans.delete()[0] > 0
    table, values = key.model._meta.db_table, [str(value) for value in gone]
    with connection.cursor() as cursor:
        cursor.execute(_REPOINT, [key.column, other, removal.pk, table, key.column, values])
    return False


def _values(removal: Removal, model: Model, column: str) -> models.QuerySet[Any]:
    return kept(removal, model).values_list(f"row__{column}", flat=True)
