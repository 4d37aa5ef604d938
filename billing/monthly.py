"""What was invoiced and settled in each month, as a statement of activity has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.statement_shapes import Movement, Section, StatementKind
from billing.statements import Status, Wanted

MONTHS = 12


@dataclass(frozen=True)
class Month:
    """Amounts in major units of the section's currency, and none below zero.

    `charged` is what was invoiced or, after a refund, is owed anew; `settled` what was paid,
    credited or cancelled.
    """

    first: date
    charged: Decimal
    settled: Decimal


def twelve_months(*, on: date) -> Wanted:
    """The statement to build for by_month(): of this month up to `on`, and of eleven before."""
    start = _months_back(on.replace(day=1), MONTHS - 1)
    return Wanted(StatementKind.ACTIVITY, start, on, status=Status.LIVE, payments=False)


def by_month(section: Section, *, on: date) -> tuple[Month, ...]:
    """The twelve months up to `on`, the oldest first, of a statement of twelve_months().

    They add up to the section's own `charged` and `settled`.
    """
    firsts = [_months_back(on.replace(day=1), back) for back in range(MONTHS - 1, -1, -1)]
    return tuple(_month(first, section.movements) for first in firsts)


def _month(first: date, movements: Sequence[Movement]) -> Month:
    amounts = [one.amount for one in movements if one.on.replace(day=1) == first]
    return Month(
        first=first,
        charged=sum((amount for amount in amounts if amount > 0), Decimal(0)),
        settled=-sum((amount for amount in amounts if amount < 0), Decimal(0)),
    )


def _months_back(first: date, months: int) -> date:
    """The first day of the month so many months before."""
    years, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return date(years, month + 1, 1)
