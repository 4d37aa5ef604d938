"""Which rows are a client's, found by walking the schema: no later table can be forgotten."""

from collections.abc import Collection
from typing import Any, TypeAlias

from django.db import models
from pghistory.models import Event

from clients.arrays import any_of
from clients.models import Client

# Foreign keys as fields of the table that carries them.
Key: TypeAlias = "models.ForeignKey[Any, Any]"
Ids: TypeAlias = set[Any]

# Keys to a client's rows whose own rows outlive it, by "table.column", with the reason. A key that
# may become NULL leaves its row in place too; a test asks that such a row is owned otherwise.
OUTLIVES = {
    "clients_departedclient.survivor_id": "A tombstone names nobody and must go on answering.",
}


def name_of(key: Key) -> str:
    return f"{key.model._meta.db_table}.{key.column}"


def keys_to(model: type[models.Model]) -> list[Key]:
    """Every foreign key that points at the table, hidden ones too; the audit trail's are none."""
    relations = model._meta.get_fields(include_hidden=True)
    return [
        relation.field
        for relation in relations
        if isinstance(relation, models.ManyToOneRel) and not issubclass(relation.field.model, Event)
    ]


def trail_of(model: type[models.Model]) -> type[models.Model] | None:
    """The event table that the audit triggers of this table write to."""
    return getattr(model, "pgh_event_model", None)


def rows(model: type[models.Model], field: str, ids: Collection[Any]) -> models.QuerySet[Any]:
    """Rows of the table whose `field` is one of `ids`, whatever the default manager hides."""
    return model._base_manager.filter(any_of(field, ids))


def belongings(client_ids: Collection[int]) -> dict[type[models.Model], Ids]:
    """Primary keys of all rows that are these clients', over any number of steps, by table.

    A row is owned by what it cannot be without: its key cascades, protects or restricts. Rows that
    were the client's when they were deleted are among them, since the trail still tells of them.
    """
    found: dict[type[models.Model], Ids] = {Client: set(client_ids)}
    waiting: list[tuple[type[models.Model], Ids]] = [(Client, set(client_ids))]
    while waiting:
        model, ids = waiting.pop()
        for key in keys_to(model):
            if _owns(key):
                new = _children(key, ids) - found.setdefault(key.model, set())
                found[key.model] |= new
                waiting += [(key.model, new)] if new else []
    return found


def _owns(key: Key) -> bool:
    return key.remote_field.on_delete is not models.SET_NULL and name_of(key) not in OUTLIVES


def _children(key: Key, ids: Ids) -> Ids:
    living = rows(key.model, key.name, ids).values_list("pk", flat=True)
    return set(living) | _gone_children(key, ids)


def _gone_children(key: Key, ids: Ids) -> Ids:
    trail = trail_of(key.model)
    if trail is None or key.name not in {field.name for field in trail._meta.fields}:
        return set()
    deletions = rows(trail, key.name, ids).filter(pgh_label="delete")
    gone = set(deletions.values_list("pgh_obj_id", flat=True))
    # Undoing a merge brings rows back under their old keys, maybe at another client.
    return gone.difference(rows(key.model, "pk", gone).values_list("pk", flat=True))
