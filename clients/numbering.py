"""Client numbers: by the agency's pattern, without gaps, never given twice."""

import re
from datetime import date

from agencies.models import Agency
from clients.models import Client, Removal

_TOKEN = re.compile(r"\{(?:counter(?::(?P<width>[1-9]))?|(?P<year>year))\}")
_AT_ONCE = 100


def lock(agency: Agency) -> Agency:
    """Hold the agency's numbers until the transaction ends; others who number wait."""
    return Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)


def take_number(agency: Agency, *, on: date) -> str:
    """The next free number. `agency` must come from lock(); a rollback gives the number back.

    Numbers that were chosen by hand, those of deleted and removed clients included, are stepped
    over.
    """
    counter = agency.client_number_counter
    while True:
        candidates = [
            render(agency.client_number_pattern, counter + i, on) for i in range(_AT_ONCE)
        ]
        taken = {
            *Client.objects.filter(number__in=candidates).values_list("number", flat=True),
            *Removal.objects.filter(number__in=candidates).values_list("number", flat=True),
        }
        free = next((i for i, number in enumerate(candidates) if number not in taken), None)
        if free is not None:
            break
        counter += _AT_ONCE
    Agency.objects.filter(pk=agency.pk).update(client_number_counter=counter + free + 1)
    return candidates[free]


def render(pattern: str, counter: int, on: date) -> str:
    """`C-{year}-{counter:4}` and 7 make C-2026-0007."""

    def token(match: re.Match[str]) -> str:
        return str(on.year) if match["year"] else str(counter).zfill(int(match["width"] or 0))

    return _TOKEN.sub(token, pattern)
