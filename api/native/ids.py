"""Prefixed ids such as `client_Xk3f9`: encodings of the primary key, not secrets."""

import random
import string
from functools import cache

from sqids import Sqids

_LARGEST = 2**63 - 1


@cache
def _codec(prefix: str) -> Sqids:
    """Each prefix has its own alphabet, so that ids of one kind never read like another's."""
    letters = list(string.ascii_letters + string.digits)
    random.Random(prefix).shuffle(letters)  # noqa: S311 (an encoding, fixed for ever)
    return Sqids(alphabet="".join(letters), min_length=8)


def encode(prefix: str, pk: int) -> str:
    return f"{prefix}_{_codec(prefix).encode([pk])}"


def decode(prefix: str, value: str) -> int | None:
    """The primary key, or None for anything that encode() would not have made."""
    head, _, tail = value.partition("_")
    if head != prefix or not tail.isascii() or not tail.isalnum() or len(tail) > 40:
        return None
    numbers = _codec(prefix).decode(tail)
    valid = len(numbers) == 1 and numbers[0] <= _LARGEST and encode(prefix, numbers[0]) == value
    return numbers[0] if valid else None
