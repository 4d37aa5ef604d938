"""The last twelve months by month: what a statement of activity says, cut into pieces."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.applying import apply
from billing.cancelling import cancel
from billing.crediting import credit_invoice
from billing.monthly import by_month, twelve_months
from billing.refunding import refund
from billing.statement_shapes import StatementKind
from billing.statements import Wanted, build
from tests.billing.conftest import NOW

TODAY = date(2026, 5, 20)


def sections(client, wanted):
    return build(client, wanted, as_of=timezone.now() + timedelta(days=1)).sections


def figures(section):
    return {
        (one.first.year, one.first.month): (float(one.charged), float(one.settled))
        for one in by_month(section, on=TODAY)
        if one.charged or one.settled
    }


@pytest.fixture
def year(acme, billed, paid, north):
    """As in test_statements.py, with an invoice before the twelve months and one after today."""
    billed(acme, 1000, on=date(2025, 5, 31))
    first = billed(acme, 100, on=date(2025, 6, 1))
    second = billed(acme, 200, on=date(2026, 2, 10))
    payment = paid(
        acme, 150, on=date(2026, 3, 5), shares=[(first, Decimal(100)), (second, Decimal(50))]
    )
    credit = credit_invoice(second, on=date(2026, 4, 1), by=north, at=NOW, amount=Decimal(50))
    apply(credit, [(second, Decimal(50))], on=date(2026, 4, 2), at=NOW)
    refund(payment, amount=Decimal(30), on=date(2026, 5, 20), by=north, at=NOW)
    billed(acme, 7777, on=date(2026, 5, 21))


def test_each_month_has_what_was_invoiced_and_settled_in_it(acme, year):
    (section,) = sections(acme, twelve_months(on=TODAY))

    assert figures(section) == {
        (2025, 6): (100, 0),
        (2026, 2): (200, 0),
        (2026, 3): (0, 150),
        (2026, 4): (0, 50),
        # What was paid back is owed again.
        (2026, 5): (30, 0),
    }
    assert [one.first for one in by_month(section, on=TODAY)][::11] == [
        date(2025, 6, 1),
        date(2026, 5, 1),
    ]


def test_the_months_add_up_to_the_statement_of_the_same_period(acme, year):
    (section,) = sections(acme, twelve_months(on=TODAY))
    period = Wanted(StatementKind.ACTIVITY, date(2025, 6, 1), TODAY)
    (stated,) = sections(acme, period)

    months = by_month(section, on=TODAY)

    assert sum(one.charged for one in months) == stated.charged > 0
    assert sum(one.settled for one in months) == stated.settled > 0


def test_currencies_have_months_of_their_own(acme, year, billed):
    billed(acme, 70, on=date(2026, 1, 1), currency="USD")

    euros, dollars = sections(acme, twelve_months(on=TODAY))

    assert (2026, 1) not in figures(euros)
    assert figures(dollars) == {(2026, 1): (70, 0)}


def test_what_was_cancelled_is_in_no_month(acme, billed):
    gone = billed(acme, 100, on=date(2026, 1, 10))
    cancel(gone, on=date(2026, 3, 1), at=NOW)

    (section,) = sections(acme, twelve_months(on=TODAY))

    assert figures(section) == {}


@pytest.mark.parametrize(
    ("on", "start"),
    [
        (date(2026, 1, 31), date(2025, 2, 1)),
        (date(2024, 2, 29), date(2023, 3, 1)),
        (date(2026, 12, 1), date(2026, 1, 1)),
    ],
)
def test_twelve_months_begin_with_the_first_of_one(on, start):
    assert (twelve_months(on=on).start, twelve_months(on=on).end) == (start, on)
