"""Triggers that write down what changed, whichever way it changed.

A model lists them in its Meta: `triggers = tell("project", states=ARCHIVED)`. They run once a
statement, in the transaction of the change: bulk SQL is seen too, and nothing is told that was
rolled back. What they write is read by agencies.events.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pgtrigger
from django.db import models

# What happens to each kind of thing: {"client": ["archived", "created", …]}.
VERBS: dict[str, list[str]] = {}

# Columns that hold since when something is so, and what setting and clearing them is called.
ARCHIVED = {"archived_at": ("archived", "restored")}
DELETED = {"deleted_at": ("deleted", "restored")}

# Nobody need be told when nothing else changed.
_SILENT = frozenset({"id", "agency_id", "created_at", "updated_at"})

# What was created in this transaction was not updated as well. What happened to a thing twice is
# told once, at its later place, with all that changed.
_TELL = """
INSERT INTO agencies_event AS known
    (agency_id, batch_id, type, subject_id, client_id, survivor_id, changed)
SELECT told.agency_id, (SELECT agencies_event_batch()), told.type, told.subject_id,
    told.client_id, told.survivor_id, told.changed
FROM ({told}) told
WHERE NOT EXISTS (
    SELECT FROM agencies_event created
    WHERE created.batch_id = (SELECT agencies_open_event_batch())
    AND created.type LIKE '%.created'
    AND replace(created.type, '.created', '.updated') = told.type
    AND created.subject_id = told.subject_id
)
ORDER BY told.subject_id, told.place
ON CONFLICT (batch_id, type, subject_id) DO UPDATE SET
    id = EXCLUDED.id,
    changed = ARRAY(SELECT DISTINCT unnest(known.changed || EXCLUDED.changed) ORDER BY 1);
RETURN NULL;
"""

_WHOLE_ROW = """
SELECT r.agency_id, '{kind}.' || {verb} AS type, r.id AS subject_id, {client} AS client_id,
    {survivor} AS survivor_id, ARRAY[]::text[] AS changed, 1 AS place
FROM {rows} r
"""

# A full join cannot be done by loops: plans outlive the statement they were made for, and one made
# for a single row would compare each of 10,000 rows with each.
_BOTH_ROWS = "old_rows o FULL JOIN new_rows n ON n.id = o.id"

_CHANGED_ROW = """
SELECT n.agency_id, '{kind}.' || verb.name AS type, n.id AS subject_id, {client} AS client_id,
    NULL::bigint AS survivor_id,
    CASE verb.name WHEN 'updated' THEN found.changed ELSE ARRAY[]::text[] END AS changed, verb.place
FROM {rows}
CROSS JOIN LATERAL (SELECT array_remove(ARRAY[{changed}]::text[], NULL) AS changed) found
CROSS JOIN LATERAL unnest(ARRAY[{verbs}]::text[]) WITH ORDINALITY AS verb (name, place)
WHERE verb.name IS NOT NULL
"""

_TOUCHED = "SELECT {row}.client_id, ARRAY[{facts}]::text[] AS changed FROM {rows}"

# A row that moves from one client to another touches both.
_MOVED = f"""
SELECT n.client_id, ARRAY[{{stayed}}]::text[] AS changed
FROM {_BOTH_ROWS} WHERE o.client_id IS NOT DISTINCT FROM n.client_id
UNION ALL
SELECT n.client_id, ARRAY[{{came}}]::text[]
FROM {_BOTH_ROWS} WHERE o.client_id IS DISTINCT FROM n.client_id
UNION ALL
SELECT o.client_id, ARRAY[{{went}}]::text[]
FROM {_BOTH_ROWS} WHERE o.client_id IS DISTINCT FROM n.client_id
"""  # noqa: S608 (nothing in it comes from a caller)

# The client may have gone in the same statement or before it, and was told of then.
_CLIENT_CHANGED = """
SELECT c.agency_id, 'client.updated' AS type, c.id AS subject_id, c.id AS client_id,
    NULL::bigint AS survivor_id, array_agg(DISTINCT shown.name ORDER BY shown.name) AS changed,
    1 AS place
FROM ({touched}) touched
CROSS JOIN LATERAL unnest(touched.changed) AS shown (name)
JOIN clients_client c ON c.id = touched.client_id
WHERE shown.name IS NOT NULL
GROUP BY c.agency_id, c.id
"""


class Teller(pgtrigger.Trigger):
    """Tells, after each statement that wrote rows, what `told_of(model)` selects from them."""

    level = pgtrigger.Statement
    when = pgtrigger.After

    def __init__(
        self,
        name: str,
        operation: pgtrigger.Operation,
        told_of: Callable[[type[models.Model]], str],
    ) -> None:
        self.told_of = told_of
        super().__init__(
            name=name,
            operation=operation,
            referencing=pgtrigger.Referencing(
                old=None if operation is pgtrigger.Insert else "old_rows",
                new=None if operation is pgtrigger.Delete else "new_rows",
            ),
        )

    def get_func(self, model: Any) -> str:
        return _TELL.format(told=self.told_of(model))


def tell(
    kind: str,
    *,
    client: str | None = "client_id",
    states: Mapping[str, tuple[str, str]] = {},
    moments: Mapping[str, str] = {},
    hidden: Sequence[str] = (),
    created: str = "'created'",
    deleted: str = "",
    survivor: str = "NULL::bigint",
    more_verbs: Sequence[str] = (),
) -> list[pgtrigger.Trigger]:
    """Triggers of a table whose rows are things of this kind.

    `client` is the column that names the client a thing belongs to. `states` are columns such as
    ARCHIVED; `moments` columns whose every change has a verb of its own; `hidden` columns are
    shown to nobody. `created`, `deleted` and `survivor` are SQL about a row `r` that came or went,
    and `more_verbs` what they may say beyond the usual.
    """
    gone = "purged" if "deleted_at" in states else "deleted"
    verbs = _verbs(states, moments)
    VERBS[kind] = sorted({"created", gone, *verbs, *more_verbs})

    def whole_row(rows: str, verb: str, survivor: str) -> Callable[[type[models.Model]], str]:
        owner = f"r.{client}" if client else "NULL::bigint"
        return lambda model: _WHOLE_ROW.format(
            kind=kind, rows=rows, verb=verb, client=owner, survivor=survivor
        )

    def changed_row(model: type[models.Model]) -> str:
        silent = {*_SILENT, *hidden, *states, *moments}
        changes = [
            f"CASE WHEN o.{column} IS DISTINCT FROM n.{column} THEN '{column}' END"
            for column in _columns(model)
            if column not in silent
        ]
        return _CHANGED_ROW.format(
            kind=kind,
            rows=_BOTH_ROWS,
            client=f"n.{client}" if client else "NULL::bigint",
            changed=", ".join(changes),
            verbs=", ".join(f"CASE WHEN {when} THEN '{verb}' END" for verb, when in verbs.items()),
        )

    return [
        Teller("tell_insert", pgtrigger.Insert, whole_row("new_rows", created, "NULL::bigint")),
        Teller("tell_update", pgtrigger.Update, changed_row),
        Teller(
            "tell_delete", pgtrigger.Delete, whole_row("old_rows", deleted or f"'{gone}'", survivor)
        ),
    ]


def tell_client(**shown: str) -> list[pgtrigger.Trigger]:
    """Triggers of a table from whose rows a client's own facts are made, beside its own row.

    By the fact's name, SQL for what one row adds to it, NULL for nothing:
    `tell_client(tags="{row}.tag_id")`.
    """

    def facts(before: str, after: str) -> str:
        return ", ".join(
            f"CASE WHEN {_of(before, sql)} IS DISTINCT FROM {_of(after, sql)} THEN '{name}' END"
            for name, sql in shown.items()
        )

    came, went, stayed = facts("", "n"), facts("o", ""), facts("o", "n")
    touched = [
        ("insert", pgtrigger.Insert, _TOUCHED.format(row="n", facts=came, rows="new_rows n")),
        ("update", pgtrigger.Update, _MOVED.format(came=came, went=went, stayed=stayed)),
        ("delete", pgtrigger.Delete, _TOUCHED.format(row="o", facts=went, rows="old_rows o")),
    ]
    return [
        Teller(f"tell_client_{name}", operation, _always(_CLIENT_CHANGED.format(touched=sql)))
        for name, operation, sql in touched
    ]


def _always(sql: str) -> Callable[[type[models.Model]], str]:
    return lambda model: sql


def _of(row: str, sql: str) -> str:
    return f"({sql.format(row=row)})" if row else "NULL"


def _verbs(states: Mapping[str, tuple[str, str]], moments: Mapping[str, str]) -> dict[str, str]:
    """When each verb is true of a changed row, in the order of telling."""
    when: dict[str, list[str]] = {"updated": ["cardinality(found.changed) > 0"]}
    for column, (is_set, is_cleared) in states.items():
        when.setdefault(is_set, []).append(f"o.{column} IS NULL AND n.{column} IS NOT NULL")
        when.setdefault(is_cleared, []).append(f"o.{column} IS NOT NULL AND n.{column} IS NULL")
    for column, verb in moments.items():
        when.setdefault(verb, []).append(f"o.{column} IS DISTINCT FROM n.{column}")
    return {
        verb: " OR ".join(f"({one})" for one in conditions) for verb, conditions in when.items()
    }


def _columns(model: type[models.Model]) -> list[str]:
    """Stored by the application itself; what PostgreSQL derives follows from them."""
    return [field.column for field in model._meta.local_concrete_fields if not field.generated]
