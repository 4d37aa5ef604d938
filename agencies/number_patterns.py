"""What a pattern of client numbers may say: `C-{year}-{counter:4}`.

Its words come in two spellings: Foyer's own, and Invoice Ninja's with a dollar sign, so that a
pattern moves house with its agency. Invoice Ninja's counters are padded to the agency's width.
"""

import re
from collections.abc import Callable

from django.core.exceptions import ValidationError

_WORD = re.compile(
    r"""\{ (?:
        (?P<counter> counter (?: :(?P<width>[1-9]) )? | \$(?:client_|group_)?counter )
        | (?P<dated> year | \$year | \$date:(?P<format>[^{}]+) )
        | \$ (?P<fact> user_id | client_id_number | client_custom[1-4] )
    ) \}""",
    re.VERBOSE,
)
EXAMPLES = "C-{year}-{counter:4} or {$date:ym}/{$client_id_number}"


def check_pattern(pattern: str) -> None:
    """Raise ValidationError for a pattern that cannot tell one client from the next."""
    rest = _WORD.sub("", pattern)
    if "{" in rest or "}" in rest:
        raise ValidationError(f"A word in braces is unknown. Write {EXAMPLES}.")
    words = [match.groupdict() for match in _WORD.finditer(pattern)]
    if sum(bool(word["counter"]) for word in words) > 1:
        raise ValidationError("Use the counter once.")
    if not any(word["counter"] or (word["fact"] or "").startswith("client_") for word in words):
        raise ValidationError(f"The counter is missing. Write {EXAMPLES}.")


def is_dated(pattern: str) -> bool:
    return any(match["dated"] for match in _WORD.finditer(pattern))


def numbers_of(
    pattern: str, *, padding: int, fact: Callable[[str], str], date: Callable[[str], str]
) -> Callable[[int], str]:
    """What makes a number of a counter.

    `fact` tells of the client by `user_id`, `client_id_number` and `client_custom1` to `4`; `date`
    writes the day in a format of PHP's. Both are asked once, and only for what the pattern says.
    """

    def written(text: str) -> str:
        return _WORD.sub(word, text)

    def word(match: re.Match[str]) -> str:
        return fact(match["fact"]) if match["fact"] else date(match["format"] or "Y")

    counter = next((match for match in _WORD.finditer(pattern) if match["counter"]), None)
    if counter is None:
        whole = written(pattern)
        return lambda _: whole
    before, after = written(pattern[: counter.start()]), written(pattern[counter.end() :])
    is_ours = counter["counter"].startswith("counter")
    width = int(counter["width"] or 0) if is_ours else padding
    return lambda number: f"{before}{number:0{width}}{after}"
