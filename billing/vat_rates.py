"""The VAT rates of the European Union's member states, by the day they hold from.

Source: the Commission's "Taxes in Europe" database (TEDB), and for changes since the notice named
beside them. The table begins on BEGINS; what held then may be older. It tells a state's general
territory, and neither rates of regions (the Azores, Madeira, Greek islands, Corsica, …), nor
temporary ones for single goods, nor which goods a reduced rate is for. Laws published after UPDATED
are not in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

SOURCE = "European Commission, Taxes in Europe Database (TEDB)"
BEGINS = date(2024, 1, 1)
UPDATED = date(2026, 7, 1)


@dataclass(frozen=True)
class VatRates:
    """Percents. `country` is the ISO code, GR for Greece; `reduced` are in descending order.

    They hold from `since` at the latest.
    """

    country: str
    since: date
    standard: Decimal
    reduced: tuple[Decimal, ...]


# In time's order: the day, the standard rate, the reduced ones.
_TABLE: dict[str, list[tuple[date, str, str]]] = {
    "AT": [
        (BEGINS, "20", "13 10"),
        # Food of daily need; passed by parliament in 2026.
        (date(2026, 7, 1), "20", "13 10 4.9"),
    ],
    "BE": [(BEGINS, "21", "12 6")],
    "BG": [(BEGINS, "20", "9")],
    "CY": [(BEGINS, "19", "9 5 3")],
    "CZ": [(BEGINS, "21", "12")],
    "DE": [(BEGINS, "19", "7")],
    "DK": [(BEGINS, "25", "")],
    "EE": [
        (BEGINS, "22", "9 5"),
        # Lodging to 13 %, press to 9 %.
        (date(2025, 1, 1), "22", "13 9"),
        (date(2025, 7, 1), "24", "13 9"),
    ],
    "ES": [(BEGINS, "21", "10 4")],
    "FI": [
        (BEGINS, "24", "14 10"),
        (date(2024, 9, 1), "25.5", "14 10"),
        (date(2026, 1, 1), "25.5", "13.5 10"),
    ],
    "FR": [(BEGINS, "20", "10 5.5 2.1")],
    "GR": [(BEGINS, "24", "13 6")],
    "HR": [(BEGINS, "25", "13 5")],
    "HU": [(BEGINS, "27", "18 5")],
    "IE": [(BEGINS, "23", "13.5 9 4.8")],
    "IT": [(BEGINS, "22", "10 5 4")],
    "LT": [
        (BEGINS, "21", "9 5"),
        # Lodging, transport and culture to 12 %, books to 5 %.
        (date(2026, 1, 1), "21", "12 5"),
    ],
    "LU": [(BEGINS, "17", "14 8 3")],
    "LV": [(BEGINS, "21", "12 5")],
    # 12 % by Legal Notice 231 of 2023.
    "MT": [(BEGINS, "18", "12 7 5")],
    "NL": [(BEGINS, "21", "9")],
    "PL": [(BEGINS, "23", "8 5")],
    "PT": [(BEGINS, "23", "13 6")],
    "RO": [
        (BEGINS, "19", "9 5"),
        # Law 141/2025, Official Gazette 699 of 25 July 2025.
        (date(2025, 8, 1), "21", "11"),
    ],
    "SE": [(BEGINS, "25", "12 6")],
    "SI": [(BEGINS, "22", "9.5 5")],
    "SK": [
        (BEGINS, "20", "10 5"),
        # The Commission's notice "Recent VAT changes in certain EU Member States", 2025.
        (date(2025, 1, 1), "23", "19 5"),
    ],
}
MEMBER_STATES = frozenset(_TABLE)


def vat_rates(country: str, *, on: date) -> VatRates | None:
    """What holds there on that day; None outside the Union and before the table begins."""
    found = None
    for rates in every_rate(country):
        if rates.since <= on:
            found = rates
    return found


def every_rate(country: str) -> Iterator[VatRates]:
    """All that the table has of a country, in time's order."""
    for since, standard, reduced in _TABLE.get(country, ()):
        others = tuple(Decimal(rate) for rate in reduced.split())
        yield VatRates(country, since, Decimal(standard), others)
