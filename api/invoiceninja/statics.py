"""The fixed id tables that Invoice Ninja's clients carry with them, read both ways.

Ids are strings of digits on the wire. `statics.json` holds them: currencies, languages,
industries, sizes, and countries by their ISO 3166 number.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.numbers import get_currency_name, get_currency_symbol
from django_countries import countries

from agencies.money import digits

_TABLES = json.loads(Path(__file__).with_name("statics.json").read_text())


@dataclass(frozen=True)
class Table:
    by_id: dict[str, str]
    by_value: dict[str, str]

    def id_of(self, value: str) -> str:
        """Empty for what the table does not know."""
        return self.by_value.get(value, "")

    def value_of(self, static_id: str) -> str:
        return self.by_id.get(static_id, "")


def _table(name: str) -> Table:
    by_id = _TABLES[name]
    return Table(by_id, {value: static_id for static_id, value in by_id.items()})


COUNTRIES = _table("countries")
CURRENCIES = _table("currencies")
INDUSTRIES = _table("industries")
SIZES = _table("sizes")

_LOCALES = _TABLES["languages"]
_LANGUAGE_IDS = {locale.lower(): static_id for static_id, locale in _LOCALES.items()}


def language_id(tag: str) -> str:
    """`pt-BR` is 5, and so is `pt_BR`; `de-AT`, which is not in the table, is German."""
    locale = tag.replace("-", "_").lower()
    return _LANGUAGE_IDS.get(locale) or _LANGUAGE_IDS.get(locale.partition("_")[0], "")


def language_tag(static_id: str) -> str:
    return _LOCALES.get(static_id, "").replace("_", "-")


_UNUSED = ("banks", "date_formats", "datetime_formats", "gateways", "payment_types", "timezones")
_ENGLISH = Locale("en")


@cache
def tables() -> dict[str, list[dict[str, Any]]]:
    """All fixed tables as the original serves them; those that Foyer has no use for are empty."""
    return {name: [] for name in _UNUSED} | {
        "countries": [_country(*row) for row in COUNTRIES.by_id.items()],
        "currencies": [_currency(*row) for row in CURRENCIES.by_id.items()],
        "industries": [{"id": key, "name": name} for key, name in INDUSTRIES.by_id.items()],
        "languages": [_language(*row) for row in _LOCALES.items()],
        "sizes": [{"id": key, "name": name} for key, name in SIZES.by_id.items()],
    }


def _country(static_id: str, alpha2: str) -> dict[str, Any]:
    name = _ENGLISH.territories.get(alpha2, alpha2)
    return {
        "id": static_id,
        "name": name,
        "full_name": name,
        "iso_3166_2": alpha2,
        "iso_3166_3": countries.alpha3(alpha2),
    }


def _currency(static_id: str, code: str) -> dict[str, Any]:
    return {
        "id": static_id,
        "name": get_currency_name(code, locale=_ENGLISH),
        "symbol": get_currency_symbol(code, locale=_ENGLISH),
        "precision": digits(code),
        "thousand_separator": ",",
        "decimal_separator": ".",
        "code": code,
        "swap_currency_symbol": False,
        "exchange_rate": 1,
    }


def _language(static_id: str, locale: str) -> dict[str, Any]:
    name = Locale.parse(locale).get_display_name(_ENGLISH)
    return {"id": static_id, "name": name or locale, "locale": locale}
