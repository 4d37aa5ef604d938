"""The proof's own eyes: a paper that says something else than the books is found out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from agencies.scope import acting_for
from billing.statement_shapes import StatementKind
from tests.billing.agreeing import agree_on_paper, agreed_books, agrees, statement_of

START, LAST = date(2026, 1, 1), date(2026, 12, 31)


@pytest.fixture
def stated(north, acme, billed):
    """An account with a paper of each kind to come."""
    with acting_for(north.agency_id):
        billed(acme, "19.99")
        billed(acme, "100")
        books, _ = agreed_books()[acme.pk]
        return [
            agrees(statement_of(acme, kind, start=START, end=LAST), acme, books)
            for kind in StatementKind
        ]


def test_papers_that_say_what_is_so_agree(stated):
    agree_on_paper(stated)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("figure", [0, 2, 3])
def test_one_cent_on_one_of_the_papers_is_found_out(stated, which, figure):
    sums = list(stated[which].books["EUR"])
    sums[figure] += Decimal("0.01")
    stated[which] = replace(stated[which], books={"EUR": tuple(sums)})

    with pytest.raises(AssertionError):
        agree_on_paper(stated)


@pytest.mark.parametrize("which", [0, 1])
def test_another_age_is_found_out(stated, which):
    ages = {"EUR": list(reversed(stated[which].ages["EUR"]))}
    stated[which] = replace(stated[which], ages=ages)

    with pytest.raises(AssertionError):
        agree_on_paper(stated)
