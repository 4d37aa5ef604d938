"""Two clients become one: everything but the people, who are merged by contacts.merging.

Call that module to merge and to undo; this one holds the parts that know no contacts.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F

from agencies.errors import DomainError
from agencies.models import Membership
from clients.departing import lock_clients
from clients.models import FIGURES, Client, ClientMerge, DepartedClient
from clients.owning import Key, keys_to, name_of, rows

# Foreign keys to a client that are not simply pointed at the survivor, with the reason.
EXEMPT = {
    "clients_clienttag.client_id": "A tag both have would be there twice; tags are united.",
}

Figures = dict[str, Decimal]

_TAKE_SNAPSHOT = """
UPDATE clients_clientmerge m
SET snapshot = to_jsonb(c) - ARRAY['people_text', 'search_text', 'sort_name']
FROM clients_client c WHERE m.id = %s AND c.id = %s
"""


class SameClient(DomainError):
    code = "same_client"


class DifferentCurrencies(DomainError):
    code = "different_currencies"


class SumsDiffer(DomainError):
    """A mistake of ours; the merge is rolled back."""

    code = "merge_sums_differ"


@dataclass(frozen=True)
class Reckoning:
    """What a merge moves. Amounts are in major units of `currency`, by the name of the figure."""

    currency: str
    # Rows that move, by "table.column"; tags that the survivor lacks among them.
    counts: dict[str, int]
    survivor: Figures
    merged: Figures

    @property
    def total(self) -> Figures:
        """What the survivor has afterwards."""
        return {name: self.survivor[name] + self.merged[name] for name in FIGURES}


def moving_keys() -> list[Key]:
    return [key for key in keys_to(Client) if name_of(key) not in EXEMPT]


def currency_of(client: Client) -> str:
    return client.currency or client.agency.currency


def lock_pair(survivor: Client, merged: Client) -> tuple[Client, Client]:
    """Hold both rows, fresh, so that whoever changes one comes before or after the merge.

    Raises SameClient and ClientGone.
    """
    _refuse_the_same(survivor, merged)
    first, second = lock_clients([survivor.pk, merged.pk])
    return first, second


def reckon(survivor: Client, merged: Client) -> Reckoning:
    """What would move and add up; changes nothing. Raises SameClient and DifferentCurrencies."""
    _refuse_the_same(survivor, merged)
    ours, theirs = currency_of(survivor), currency_of(merged)
    if ours != theirs:
        raise DifferentCurrencies(
            f"{survivor} is kept in {ours} and {merged} in {theirs}: their sums cannot be added."
        )
    counts = {name_of(key): rows(key.model, key.name, [merged.pk]).count() for key in moving_keys()}
    counts["clients_clienttag.client_id"] = _new_tags(survivor, merged).count()
    return Reckoning(
        currency=ours, counts=counts, survivor=_figures(survivor), merged=_figures(merged)
    )


def absorb(
    survivor: Client,
    merged: Client,
    *,
    by: Membership | None,
    at: datetime,
    contacts: list[dict[str, Any]],
) -> ClientMerge:
    """Move all rows and sums to the survivor, delete the other; returns the record for undo().

    Both must come from lock_pair(). `contacts` is kept in the record. Raises DifferentCurrencies,
    and SumsDiffer where the figures afterwards are not those before.
    """
    reckoning = reckon(survivor, merged)
    record = ClientMerge.objects.create(
        agency_id=survivor.agency_id,
        survivor=survivor,
        into_id=survivor.pk,
        merged_id=merged.pk,
        contacts=contacts,
        tags=list(merged.client_tags.values("id", "tag_id")),
        figures={name: str(amount) for name, amount in reckoning.merged.items()},
        merged_at=at,
        merged_by=by,
    )
    _execute(_TAKE_SNAPSHOT, [record.pk, merged.pk])
    record.moved = {name_of(key): _move(key, merged, survivor) for key in moving_keys()}
    record.save(update_fields=["moved"])
    _unite_tags(survivor, merged)
    _execute("DELETE FROM clients_client WHERE id = %s", [merged.pk])
    add_figures(survivor.pk, reckoning.merged, at=at)
    _bury(record)
    # A row that was forgotten still points at the deleted client: that is refused here.
    connection.check_constraints()
    if _figures(Client.objects.get(pk=survivor.pk)) != reckoning.total:
        raise SumsDiffer(f"Merging {merged} into {survivor} would change their sums.")
    return record


def _refuse_the_same(survivor: Client, merged: Client) -> None:
    if survivor.pk == merged.pk:
        raise SameClient("A client cannot be merged into itself. Choose two clients.")


def _figures(client: Client) -> Figures:
    return {name: getattr(client, name) for name in FIGURES}


def add_figures(client_id: int, figures: Figures, *, at: datetime) -> None:
    sums = {name: F(name) + amount for name, amount in figures.items()}
    Client.objects.filter(pk=client_id).update(**sums, updated_at=at)


def _move(key: Key, merged: Client, survivor: Client) -> list[int]:
    # The locked client keeps new rows out: their foreign keys wait for it.
    ours = rows(key.model, key.name, [merged.pk])
    moved = list(ours.order_by("pk").values_list("pk", flat=True))
    ours.update(**{key.name: survivor})
    return moved


def _new_tags(survivor: Client, merged: Client) -> Any:
    return merged.client_tags.exclude(tag__in=survivor.client_tags.values("tag"))


def _unite_tags(survivor: Client, merged: Client) -> None:
    _new_tags(survivor, merged).update(client=survivor)
    merged.client_tags.all().delete()


def _bury(record: ClientMerge) -> None:
    DepartedClient.objects.create(
        agency_id=record.agency_id,
        client_id=record.merged_id,
        kind=DepartedClient.Kind.MERGED,
        survivor=record.survivor,
        departed_at=record.merged_at,
        departed_by=record.merged_by,
    )


def _execute(sql: str, params: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
