"""Changes to many clients at once, in a handful of statements whatever their number."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from agencies.errors import DomainError
from clients.arrays import any_of
from clients.models import Client, ClientGroup, ClientQuerySet

COLUMNS = frozenset(
    {
        "public_notes",
        "industry",
        "size",
        "country",
        "custom_value1",
        "custom_value2",
        "custom_value3",
        "custom_value4",
    }
)
# What PostgreSQL can hold as an id; anything beyond is unknown without asking.
_LARGEST = 2**63 - 1


class UnknownClients(DomainError):
    """`ids` are those that are no clients of the agency."""

    code = "unknown_clients"

    def __init__(self, ids: list[int]) -> None:
        some = ", ".join(str(pk) for pk in ids[:10])
        super().__init__(f"No clients have these ids: {some}. Nothing was changed.", field="ids")
        self.ids = ids


class ColumnNotAllowed(DomainError):
    code = "column_not_allowed"


class ValueNotAllowed(DomainError):
    code = "value_not_allowed"


def chosen(ids: Sequence[int]) -> ClientQuerySet:
    """The clients with these ids, archived and deleted ones included; all or nothing.

    Holds them until the transaction ends, in the order of ids: of two bulks with the same clients
    one waits, and neither waits for ever. Raises UnknownClients.
    """
    possible = [pk for pk in ids if -_LARGEST <= pk <= _LARGEST]
    clients = Client.objects.filter(any_of("pk", possible))
    held = clients.order_by("pk").select_for_update(no_key=True)
    unknown = sorted(set(ids).difference(held.values_list("pk", flat=True)))
    if unknown:
        raise UnknownClients(unknown)
    return clients


def assign_group(clients: ClientQuerySet, group: ClientGroup | None, *, at: datetime) -> int:
    """File the clients under `group`, or under none; returns how many changed."""
    return clients.exclude(group=group).update(group=group, updated_at=at)


def set_column(clients: ClientQuerySet, column: str, value: str, *, at: datetime) -> int:
    """Give all clients one value in a field of COLUMNS; returns how many changed.

    Empty text clears it; a country is an ISO 3166 alpha-2 code. Raises ColumnNotAllowed, and
    ValueNotAllowed where the field cannot hold the value.
    """
    if column not in COLUMNS:
        allowed = ", ".join(sorted(COLUMNS))
        raise ColumnNotAllowed(f"{column} is not for many at once. Use {allowed}.", field="column")
    field: Any = Client._meta.get_field(column)
    try:
        cleaned = field.clean(value, None)
    except ValidationError as error:
        raise ValueNotAllowed(" ".join(error.messages), field=column) from error
    return clients.exclude(**{column: cleaned}).update(**{column: cleaned}, updated_at=at)
