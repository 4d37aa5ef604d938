"""The fixed id tables that Invoice Ninja's clients carry with them, read both ways.

Ids are strings of digits on the wire. `statics.json` holds them: currencies, languages,
industries, sizes, and countries by their ISO 3166 number.
"""

import json
from dataclasses import dataclass
from pathlib import Path

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
