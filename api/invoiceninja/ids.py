"""Hashids of at least ten letters and digits: encodings of the primary key, not secrets."""

from functools import cache, lru_cache

from django.conf import settings
from hashids import Hashids

_LARGEST = 2**63 - 1


@cache
def _codec(salt: str) -> Hashids:
    return Hashids(salt=salt, min_length=10)


def encode(pk: int | None) -> str:
    """Empty for nothing: this dialect knows no null."""
    return "" if pk is None else _encoded(settings.FOYER_NINJA_SALT, pk)


# A list repeats the ids of the same few people.
@lru_cache(maxsize=1024)
def _encoded(salt: str, pk: int) -> str:
    return _codec(salt).encode(pk)


def decode(value: str) -> int | None:
    """The primary key, or None for anything that encode() would not have made."""
    if not 10 <= len(value) <= 40:
        return None
    numbers = _codec(settings.FOYER_NINJA_SALT).decode(value)
    return numbers[0] if len(numbers) == 1 and numbers[0] <= _LARGEST else None
