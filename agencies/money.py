"""Currencies as CLDR knows them: codes and digits."""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_precision, list_currencies


@cache
def currency_codes() -> frozenset[str]:
    """ISO 4217 codes, three capital letters each."""
    return frozenset(code for code in list_currencies() if len(code) == 3)


@cache
def digits(currency: str) -> int:
    """Decimal places of a currency: 2 for EUR, 0 for JPY, 3 for KWD. Source: CLDR."""
    return get_currency_precision(currency)


@cache
def codes_by_digits() -> dict[int, tuple[str, ...]]:
    """The codes of all currencies, grouped by their decimal places."""
    grouped: dict[int, tuple[str, ...]] = {}
    for code in sorted(currency_codes()):
        grouped[digits(code)] = (*grouped.get(digits(code), ()), code)
    return grouped


def rounded(amount: Decimal, currency: str) -> Decimal:
    """`amount` in major units, half up at the currency's own digits."""
    return amount.quantize(Decimal(1).scaleb(-digits(currency)), rounding=ROUND_HALF_UP)


def to_minor(amount: Decimal, currency: str) -> int:
    """Major units to the currency's smallest: 12.34 EUR is 1234, 12 JPY is 12."""
    return int(rounded(amount, currency).scaleb(digits(currency)))


def from_minor(amount: int, currency: str) -> Decimal:
    """The currency's smallest units to major ones: 1234 in EUR is 12.34."""
    return Decimal(amount).scaleb(-digits(currency))


@cache
def currency_of(country: str) -> str:
    """The current legal tender of an ISO 3166 alpha-2 country, or empty. Source: CLDR."""
    rows = get_global("territory_currencies").get(country, [])
    return next((code for code, _start, end, tender in rows if end is None and tender), "")
