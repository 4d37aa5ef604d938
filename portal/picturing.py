"""A small picture of a year's money: bars as SVG, and the same figures as a table."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date

from billing.monthly import Month, by_month
from billing.speaking import Speaker
from billing.statement_shapes import Section

# In units of the picture, which are pixels on a small phone.
WIDTH, HEIGHT = 336, 132
_BOTTOM, _TOP = 112, 18
_BAR, _GAP = 9, 2


def picture_of(section: Section, voice: Speaker, *, on: date) -> dict[str, Any] | None:
    """Of a statement of billing.monthly.twelve_months(); None where nothing moved."""
    if not section.movements:
        return None
    months = by_month(section, on=on)
    highest = max(max(month.charged, month.settled) for month in months)
    currency = section.currency
    return {
        "currency": currency,
        "first": _named(months[0].first, voice, "LLLL y"),
        "last": _named(months[-1].first, voice, "LLLL y"),
        "charged": voice.money(section.charged, currency),
        "settled": voice.money(section.settled, currency),
        "highest": voice.money(highest, currency),
        "rows": [_row(month, currency, voice) for month in months],
        "bars": _bars(months, highest, voice),
    }


def _row(month: Month, currency: str, voice: Speaker) -> dict[str, Any]:
    return {
        "name": _named(month.first, voice, "LLL y"),
        "charged": voice.money(month.charged, currency),
        "settled": voice.money(month.settled, currency),
    }


def _bars(months: Sequence[Month], highest: Decimal, voice: Speaker) -> list[dict[str, Any]]:
    step = WIDTH // len(months)
    return [
        {
            "middle": str(place * step + step // 2),
            "name": _named(month.first, voice, "LLLLL"),
            "charged": _bar(place * step + step // 2 - _BAR - _GAP // 2, month.charged, highest),
            "settled": _bar(place * step + step // 2 + _GAP // 2, month.settled, highest),
        }
        for place, month in enumerate(months)
    ]


def _bar(left: int, amount: Decimal, highest: Decimal) -> dict[str, str] | None:
    """As texts, since a template would write numbers as the reader's language does."""
    if not amount:
        return None
    # What is there at all is seen.
    height = max(int((_BOTTOM - _TOP) * amount / highest), 1)
    return {"x": str(left), "y": str(_BOTTOM - height), "height": str(height)}


def _named(first: date, voice: Speaker, pattern: str) -> str:
    return format_date(first, pattern, locale=voice.locale)
