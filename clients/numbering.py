"""Client numbers: by the agency's pattern, without gaps, never given twice."""

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from agencies.digests import random_text
from agencies.errors import DomainError
from agencies.models import Agency
from agencies.number_patterns import numbers_of
from clients.models import Client, ClientGroup, Removal
from clients.php_dates import written

# Invoice Ninja tries as often before it makes a number unique by chance.
_TRIES = 100
# What a pattern calls the client's facts.
_FIELDS = {"client_id_number": "id_number"} | {
    f"client_custom{n}": f"custom_value{n}" for n in (1, 2, 3, 4)
}
_LONGEST: int = Client._meta.get_field("number").max_length or 0


class NumberTooLong(DomainError):
    code = "number_too_long"


def lock(agency: Agency) -> Agency:
    """Hold the agency's numbers until the transaction ends; others who number wait."""
    return Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)


def take_number(agency: Agency, client: Client, *, at: datetime) -> str:
    """The next free number for `client`, stored or not, whose facts may be part of it.

    `agency` must come from lock(); a rollback gives the number back. The counter is that of the
    client's group where it has one of its own. Numbers that were chosen by hand, those of deleted
    and removed clients included, are stepped over; where a hundred in a row are taken, five random
    letters are appended. Raises NumberTooLong.
    """
    at = at.astimezone(ZoneInfo(agency.time_zone))
    _restart(agency, on=at.date())
    group = _counting_group(client)
    holder = group or agency
    number_of = numbers_of(
        agency.client_number_pattern,
        padding=agency.client_number_padding,
        fact=lambda name: _fact(client, name),
        date=lambda format_: written(format_, at),
    )
    first = holder.client_number_counter or 0
    candidates = [number_of(first + n) for n in range(_TRIES)]
    taken = _taken(candidates)
    free = next((n for n, number in enumerate(candidates) if number and number not in taken), None)
    holder.client_number_counter = first + (_TRIES if free is None else free + 1)
    if group:
        group.save(update_fields=["client_number_counter"])
    agency.save(update_fields=["client_number_counter", "client_number_counted_on"])
    return _fitting(candidates[free] if free is not None else f"{candidates[-1]}_{random_text(5)}")


def _restart(agency: Agency, *, on: date) -> None:
    """Begin to count at 1 again in every new period, if the agency wants that."""
    last = agency.client_number_counted_on
    if last and agency.number_period(last) != agency.number_period(on):
        agency.client_number_counter = 1
        own = ClientGroup.objects.filter(client_number_counter__isnull=False)
        own.update(client_number_counter=1)
    agency.client_number_counted_on = on


def _counting_group(client: Client) -> ClientGroup | None:
    """The client's group, held, if it counts by itself."""
    if client.group_id is None:
        return None
    groups = ClientGroup.objects.select_for_update(no_key=True)
    counting = groups.filter(client_number_counter__isnull=False, deleted_at__isnull=True)
    return counting.filter(pk=client.group_id).first()


def _fact(client: Client, name: str) -> str:
    if name == "user_id":
        by = client.created_by
        return f"{by.user_id if by else 0:02}"
    # A number is one line.
    return " ".join(getattr(client, _FIELDS[name]).split())


def _taken(numbers: Collection[str]) -> set[str]:
    wanted = set(numbers)
    return {
        *Client.objects.filter(number__in=wanted).values_list("number", flat=True),
        *Removal.objects.filter(number__in=wanted).values_list("number", flat=True),
    }


def _fitting(number: str) -> str:
    if len(number) > _LONGEST:
        raise NumberTooLong(
            f"The number {number[:40]}… is longer than {_LONGEST} characters. Give the client a "
            "shorter one, or shorten the agency's pattern.",
            field="number",
        )
    return number
