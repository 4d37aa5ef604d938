"""What lines add up to. Pure arithmetic, in Decimal, rounded half up to the currency's digits.

A line's amount is rounded first, so that the amounts people read add up to the subtotal. A discount
on the whole document is spread over the lines by their amounts, since each bears its own tax; the
last of them takes what rounding leaves. Tax is rounded per line or once per rate, as the agency
says; within prices that include it, it is what is taken out of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agencies.money import digits, rounded

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)


class Rounding(StrEnum):
    PER_LINE = "line"
    PER_DOCUMENT = "document"


@dataclass(frozen=True)
class Priced:
    """A line before it is reckoned: `price` is for one, `tax_rate` in percent.

    `discount` is in percent of quantity × price, or an amount where `discount_is_amount`.
    """

    quantity: Decimal
    price: Decimal
    discount: Decimal = _ZERO
    discount_is_amount: bool = False
    tax_rate: Decimal = _ZERO
    tax_name: str = ""


@dataclass(frozen=True)
class TaxSum:
    """Of one rate and name: `base` without the tax, and the tax."""

    name: str
    rate: Decimal
    base: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Totals:
    """total = subtotal - discount + tax, or subtotal - discount where prices include the tax."""

    # Of each line, after its own discount and before the document's.
    amounts: tuple[Decimal, ...]
    subtotal: Decimal
    discount: Decimal
    taxes: tuple[TaxSum, ...]
    total: Decimal

    @property
    def tax(self) -> Decimal:
        return sum((one.tax for one in self.taxes), _ZERO)


def reckon(
    lines: Sequence[Priced],
    *,
    currency: str,
    discount: Decimal = _ZERO,
    discount_is_amount: bool = False,
    includes_tax: bool = False,
    rounding: Rounding = Rounding.PER_DOCUMENT,
) -> Totals:
    """Add up; `discount` is that of the whole document, in percent or as an amount."""
    amounts = tuple(_amount(line, currency) for line in lines)
    subtotal = sum(amounts, _ZERO)
    off = rounded(discount if discount_is_amount else subtotal * discount / _HUNDRED, currency)
    shares = spread(off, amounts, currency)
    parts = [
        (line, amount - share) for line, amount, share in zip(lines, amounts, shares, strict=True)
    ]
    taxes = tuple(_taxes(parts, currency, includes_tax, rounding))
    added = _ZERO if includes_tax else sum((one.tax for one in taxes), _ZERO)
    return Totals(amounts, subtotal, off, taxes, subtotal - off + added)


def spread(amount: Decimal, over: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Divide `amount` in proportion, each part rounded, all parts together exactly `amount`."""
    whole = sum(over, _ZERO)
    if not whole:
        return [_ZERO] * len(over)
    parts, given, so_far = [], _ZERO, _ZERO
    for one in over:
        so_far += one
        up_to_here = rounded(amount * so_far / whole, currency)
        parts.append(up_to_here - given)
        given = up_to_here
    return parts


def smallest(currency: str) -> Decimal:
    """The currency's smallest unit in major ones: 0.01 for EUR."""
    return Decimal(1).scaleb(-digits(currency))


def _amount(line: Priced, currency: str) -> Decimal:
    gross = line.quantity * line.price
    off = line.discount if line.discount_is_amount else gross * line.discount / _HUNDRED
    return rounded(gross - off, currency)


def _taxes(
    parts: Iterable[tuple[Priced, Decimal]], currency: str, includes_tax: bool, rounding: Rounding
) -> Iterable[TaxSum]:
    grouped: dict[tuple[str, Decimal], list[Decimal]] = {}
    for line, amount in parts:
        if line.tax_rate or line.tax_name:
            grouped.setdefault((line.tax_name, line.tax_rate), []).append(amount)
    for (name, rate), amounts in grouped.items():
        singly = amounts if rounding is Rounding.PER_LINE else [sum(amounts, _ZERO)]
        tax = sum((rounded(_tax(one, rate, includes_tax), currency) for one in singly), _ZERO)
        base = sum(amounts, _ZERO) - (tax if includes_tax else _ZERO)
        yield TaxSum(name, rate, base, tax)


def _tax(amount: Decimal, rate: Decimal, includes_tax: bool) -> Decimal:
    return amount * rate / (_HUNDRED + rate if includes_tax else _HUNDRED)
