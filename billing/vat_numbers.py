"""VAT numbers as people write them, and whether their form and check digits are right.

What stdnum knows of each country's numbers, asked without a network. A number that is well formed
may still belong to nobody: only VIES knows that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.util import clean, get_cc_module

from billing.vat_rates import MEMBER_STATES

# Greece's numbers begin with EL; those of Northern Ireland for trade with the Union with XI.
_PREFIXES = {"GR": "EL"}
_OF_THE_UNION = frozenset({*MEMBER_STATES, "EL", "XI"})


@dataclass(frozen=True)
class VatNumber:
    """`prefix` is as VIES has it (EL, XI), `number` the rest without blanks, dots and dashes."""

    prefix: str
    number: str
    is_well_formed: bool

    @property
    def is_of_the_union(self) -> bool:
        return self.prefix in _OF_THE_UNION

    def __str__(self) -> str:
        return f"{self.prefix}{self.number}"


def read_vat_number(text: str, *, country: str) -> VatNumber | None:
    """What the text says, where it lacks a prefix as a number of `country` (an ISO code).

    None where there is nothing to read, or where nobody here knows that country's numbers.
    """
    compact = "".join(c for c in clean(text).upper() if c.isascii() and c.isalnum())
    found = list(_readings(compact, country)) if compact else []
    for one in found:
        if one.is_well_formed:
            return one
    # What begins like a number of the Union is one that is wrong only where such are usual.
    if country and country not in MEMBER_STATES:
        found = [one for one in found if one.prefix == country]
    return found[0] if found else None


def _readings(compact: str, country: str) -> Iterator[VatNumber]:
    prefix = _PREFIXES.get(compact[:2], compact[:2])
    own = _PREFIXES.get(country, country)
    if prefix in _OF_THE_UNION:
        yield _read(eu_vat, prefix, compact[2:], checked=f"{prefix}{compact[2:]}")
    if country in MEMBER_STATES and prefix != own:
        yield _read(eu_vat, own, compact, checked=f"{own}{compact}")
    elif country and country not in MEMBER_STATES:
        module = get_cc_module(country.lower(), "vat")
        if module is not None:
            yield _read(module, country, compact.removeprefix(country), checked=compact)


def _read(module: Any, prefix: str, rest: str, *, checked: str) -> VatNumber:
    try:
        valid = module.validate(checked)
    except ValidationError:
        return VatNumber(prefix, rest, is_well_formed=False)
    # Some have their zeros filled up, such as Belgium's.
    return VatNumber(prefix, valid.removeprefix(prefix), is_well_formed=True)
