"""`expand=contacts,projects`: related records inside of each one, at one query for each name."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import PermissionDenied

from agencies.models import Agency
from api.native.errors import BadParameter

PARAMETER = "expand"
# At most so many inside of one record; a list of its own shows them all.
MOST = 100


@dataclass(frozen=True)
class Expansion:
    """`load` finds for these primary keys what is shown; `empty` stands where nothing is found."""

    load: Callable[[Collection[int], Agency], Mapping[int, Any]]
    empty: Callable[[], Any] = list
    # Needed besides what the endpoint asks for.
    scope: str = ""


def names_of(query: Mapping[str, str], known: Mapping[str, Expansion], key: Any) -> list[str]:
    """What is to be expanded. Raises BadParameter and PermissionDenied."""
    text = query.get(PARAMETER)
    names = [] if text is None else text.split(",")
    if not set(names) <= known.keys():
        raise BadParameter(PARAMETER, f"Expand one or more of {', '.join(known)}.")
    for name in names:
        if known[name].scope and not key.may(known[name].scope):
            raise PermissionDenied(f"To expand {name} a key needs the scope {known[name].scope}.")
    return names


def expand(
    shown: list[dict[str, Any]],
    pks: list[int],
    names: list[str],
    known: Mapping[str, Expansion],
    agency: Agency,
) -> None:
    """Add to each one of `shown`, whose primary keys are `pks` in the same order."""
    for name in names:
        found = known[name].load(pks, agency)
        for record, pk in zip(shown, pks, strict=True):
            record[name] = found[pk] if pk in found else known[name].empty()
