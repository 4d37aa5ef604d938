"""Taking a merge back: everything but the people, whom contacts.merging sees to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from agencies.errors import DomainError
from agencies.models import Agency
from clients import numbering
from clients.departing import ClientGone, lock_clients
from clients.merging import add_figures, moving_keys
from clients.models import Client, ClientMerge, ClientTag, DepartedClient, Tag
from clients.owning import name_of, rows
from clients.sorting import default_category

WITHIN = timedelta(days=30)

_READ_SNAPSHOT = """
SELECT row.* FROM clients_clientmerge m, jsonb_populate_record(NULL::clients_client, m.snapshot) row
WHERE m.id = %s
"""


class AlreadyUndone(DomainError):
    code = "merge_already_undone"


class TooLateToUndo(DomainError):
    code = "too_late_to_undo"


class SurvivorGone(DomainError):
    """The survivor was itself merged into another client or purged."""

    code = "survivor_gone"


@dataclass(frozen=True)
class Undone:
    """`client` is the merged one, back again.

    `changed` says what others had taken meanwhile, by field with the former value: `number` (the
    client has the next free one) and `id_number` (now empty).
    """

    client: Client
    survivor: Client
    changed: dict[str, str]


def give_back(record: ClientMerge, *, at: datetime) -> Undone:
    """Bring the merged client back with its old id, the rows that came with it, and its sums.

    Rows moved back are those that the merge moved and that are still the survivor's; what came
    later stays. What was billed or paid on them meanwhile changed the survivor's sums and stays
    there. Raises AlreadyUndone, TooLateToUndo and SurvivorGone.
    """
    agency = numbering.lock(Agency.objects.get(pk=record.agency_id))
    survivor = _lock_survivor(record)
    record.refresh_from_db()
    _refuse_undo(record, at)
    client, changed = _restore(record, agency, at=at)
    DepartedClient.objects.filter(client_id=client.pk).delete()
    for key in moving_keys():
        moved = record.moved.get(name_of(key), [])
        still_there = rows(key.model, "pk", moved).filter(**{key.name: survivor})
        still_there.update(**{key.name: client})
    _part_tags(record, client)
    added = {name: Decimal(amount) for name, amount in record.figures.items()}
    add_figures(survivor.pk, {name: -amount for name, amount in added.items()}, at=at)
    record.undone_at = at
    record.save(update_fields=["undone_at"])
    return Undone(client=client, survivor=Client.objects.get(pk=survivor.pk), changed=changed)


def _part_tags(record: ClientMerge, client: Client) -> None:
    """The client's own set as it was, under the old ids; tags deleted meanwhile stay away."""
    ours = {row["id"]: row["tag_id"] for row in record.tags}
    ClientTag.objects.filter(pk__in=ours, client=record.survivor_id).update(client=client)
    there = set(ClientTag.objects.filter(pk__in=ours).values_list("pk", flat=True))
    tags = set(Tag.objects.filter(pk__in=ours.values()).values_list("pk", flat=True))
    ClientTag.objects.bulk_create(
        ClientTag(pk=pk, agency_id=record.agency_id, client=client, tag_id=tag_id)
        for pk, tag_id in ours.items()
        if pk not in there and tag_id in tags
    )


def _lock_survivor(record: ClientMerge) -> Client:
    try:
        (survivor,) = lock_clients([record.into_id])
    except ClientGone as gone:
        raise SurvivorGone(
            "The client that survived this merge was itself merged or purged. "
            "Undo the later merge first."
        ) from gone
    return survivor


def _refuse_undo(record: ClientMerge, at: datetime) -> None:
    if record.undone_at is not None:
        raise AlreadyUndone("This merge was undone before.")
    if at - record.merged_at > WITHIN:
        raise TooLateToUndo(f"A merge can be undone for {WITHIN.days} days.")


def _restore(record: ClientMerge, agency: Agency, *, at: datetime) -> tuple[Client, dict[str, str]]:
    """Insert the merged row again; returns it with the former values that others hold now."""
    client = Client.objects.raw(_READ_SNAPSHOT, [record.pk])[0]
    _fill_gaps(client, known=record.snapshot)
    changed: dict[str, str] = {}
    if Client.objects.filter(number=client.number).exists():
        changed["number"] = client.number
        client.number = numbering.take_number(agency, client, at=at)
    if client.id_number and Client.objects.filter(id_number=client.id_number).exists():
        changed["id_number"] = client.id_number
        client.id_number = ""
    client.updated_at = at
    client.save(force_insert=True)
    return client, changed


def _fill_gaps(client: Client, *, known: Collection[str]) -> None:
    """Columns added since the merge get their default; parents deleted since, none."""
    for field in Client._meta.concrete_fields:
        if field.column not in known and not field.generated:
            setattr(client, field.attname, field.get_default())
        parent: Any = field.related_model
        pk = getattr(client, field.attname, None)
        if parent and pk and not rows(parent, "pk", [pk]).exists():
            setattr(client, field.attname, None)
    if client.category_id is None:
        client.category = default_category(client.agency)
