"""Dates, amounts and words as a language writes them. Source of the formats: CLDR, by Babel."""

import re
import unicodedata
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import NumberPattern, format_currency, get_currency_name

from agencies.money import digits, rounded
from billing.words import Words, words_in

# Between a code of letters and a digit, where Babel leaves out the space that CLDR has there.
_TOUCHING = re.compile(r"(?<=[^\W\d_])(?=-?\d)|(?<=\d)(?=[^\W\d_])")


@dataclass(frozen=True)
class Speaker:
    """Writes for one reader. Amounts are in major units, and are rounded before Babel sees them."""

    locale: Locale
    words: Words

    @property
    def direction(self) -> str:
        return "rtl" if self.words.right_to_left else "ltr"

    def direction_of(self, text: str) -> str:
        """ltr or rtl where the text runs against the document, else empty: by its first letter."""
        strong = (unicodedata.bidirectional(character) for character in text)
        first = next((kind for kind in strong if kind in ("L", "R", "AL")), "")
        runs = {"L": "ltr", "R": "rtl", "AL": "rtl"}.get(first, self.direction)
        return runs if runs != self.direction else ""

    def date(self, day: date | None) -> str:
        return format_date(day, "medium", locale=self.locale) if day else ""

    def moment(self, moment: datetime) -> str:
        """As the clock of the moment's own time zone shows it."""
        hour = format_time(moment, "short", tzinfo=moment.tzinfo, locale=self.locale)
        return f"{self.date(moment.date())}, {hour} {moment.tzname() or ''}".strip()

    def amount(self, amount: Decimal, currency: str) -> str:
        """The bare number with all of the currency's digits, for columns headed by its name."""
        return _pattern(self.locale, digits(currency)).apply(rounded(amount, currency), self.locale)

    def money(self, amount: Decimal, currency: str) -> str:
        shown = format_currency(rounded(amount, currency), currency, locale=self.locale)
        return _TOUCHING.sub("\u00a0", shown)

    def number(self, number: Decimal) -> str:
        """A quantity: without zeros at its end."""
        return self._exact(number, least=0, most=6)

    def price(self, price: Decimal, currency: str) -> str:
        """For one: with the digits of the currency, and more where it has more."""
        return self._exact(price, least=digits(currency), most=6)

    def percent(self, rate: Decimal) -> str:
        """19 as 19%."""
        return _percent_pattern(self.locale).apply(rate / 100, self.locale)

    def currency(self, currency: str) -> str:
        return get_currency_name(currency, locale=self.locale)

    def _exact(self, number: Decimal, *, least: int, most: int) -> str:
        exact = number.quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP)
        return _pattern(self.locale, least, most).apply(exact, self.locale)


@cache
def speaker(tag: str) -> Speaker:
    """The speaker of a tag such as de or pt-BR. An unknown language is written as English."""
    try:
        locale = Locale.parse(tag.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        locale = Locale("en")
    return Speaker(locale, words_in(tag))


@cache
def _pattern(locale: Locale, least: int, most: int | None = None) -> NumberPattern:
    pattern = copy(locale.decimal_formats[None])
    pattern.frac_prec = (least, least if most is None else most)
    return pattern


@cache
def _percent_pattern(locale: Locale) -> NumberPattern:
    pattern = copy(locale.percent_formats[None])
    pattern.frac_prec = (0, 4)
    return pattern
