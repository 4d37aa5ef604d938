"""The table of VAT rates, and what VAT numbers look like."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.vat_numbers import read_vat_number
from billing.vat_rates import BEGINS, MEMBER_STATES, UPDATED, every_rate, vat_rates

# Every change that the table knows: the day before, the day, and standard and reduced rates.
CHANGES = [
    ("FI", date(2024, 9, 1), ("24", "14 10"), ("25.5", "14 10")),
    ("FI", date(2026, 1, 1), ("25.5", "14 10"), ("25.5", "13.5 10")),
    ("SK", date(2025, 1, 1), ("20", "10 5"), ("23", "19 5")),
    ("EE", date(2025, 1, 1), ("22", "9 5"), ("22", "13 9")),
    ("EE", date(2025, 7, 1), ("22", "13 9"), ("24", "13 9")),
    ("RO", date(2025, 8, 1), ("19", "9 5"), ("21", "11")),
    ("LT", date(2026, 1, 1), ("21", "9 5"), ("21", "12 5")),
    ("AT", date(2026, 7, 1), ("20", "13 10"), ("20", "13 10 4.9")),
]


def of(rates):
    return str(rates.standard), " ".join(map(str, rates.reduced))


@pytest.mark.parametrize(("country", "day", "before", "after"), CHANGES)
def test_a_change_holds_from_its_day_on(country, day, before, after):
    eve = date.fromordinal(day.toordinal() - 1)

    assert of(vat_rates(country, on=eve)) == before
    assert of(vat_rates(country, on=day)) == after
    assert vat_rates(country, on=day).since == day


def test_no_change_of_the_table_is_left_unproved():
    told = {(r.country, r.since) for c in MEMBER_STATES for r in every_rate(c) if r.since != BEGINS}

    assert told == {(country, day) for country, day, *_ in CHANGES}
    assert max(day for _, day, *_ in CHANGES) <= UPDATED


def test_every_member_state_has_lawful_rates_from_the_beginning():
    assert len(MEMBER_STATES) == 27
    for country in MEMBER_STATES:
        days = [rates.since for rates in every_rate(country)]
        assert days[0] == BEGINS
        assert days == sorted(set(days))
        for rates in every_rate(country):
            # The directive's floor, and the highest there is.
            assert Decimal(15) <= rates.standard <= Decimal(27)
            assert list(rates.reduced) == sorted(set(rates.reduced), reverse=True)
            assert all(0 < rate < rates.standard for rate in rates.reduced)


@pytest.mark.parametrize(
    ("country", "on"),
    [("DE", date(2023, 12, 31)), ("US", BEGINS), ("", BEGINS), ("EL", BEGINS), ("GB", BEGINS)],
)
def test_what_the_table_does_not_know_it_does_not_answer(country, on):
    assert vat_rates(country, on=on) is None


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("DE 136.695.976", "DE", "DE136695976"),
        ("de136695976", "DE", "DE136695976"),
        ("136-695-976", "DE", "DE136695976"),
        ("EL 094259216", "GR", "EL094259216"),
        ("GR094259216", "GR", "EL094259216"),
        ("094259216", "GR", "EL094259216"),
        ("XI 980 7806 84", "GB", "XI980780684"),
        ("980 7806 84", "GB", "GB980780684"),
        ("BE697449992", "BE", "BE0697449992"),
        ("ATU 57194903", "AT", "ATU57194903"),
        ("FR 61 954 506 077", "FR", "FR61954506077"),
        ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA"),
        # Registered in another state, or in one while at home outside the Union.
        ("ES54362315K", "DE", "ES54362315K"),
        ("DE136695976", "US", "DE136695976"),
        ("DE136695976", "", "DE136695976"),
    ],
)
def test_a_number_is_read_as_people_write_it(text, country, number):
    read = read_vat_number(text, country=country)

    assert (str(read), read.is_well_formed) == (number, True)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("DE136695977", "DE"),
        ("136695977", "DE"),
        ("DE", "DE"),
        ("EL094259217", "GR"),
        ("XI980780685", "GB"),
        ("CHE-107.787.578 IVA", "CH"),
        ("DE136695977", ""),
    ],
)
def test_a_wrong_check_digit_is_noticed(text, country):
    assert read_vat_number(text, country=country).is_well_formed is False


@pytest.mark.parametrize(
    ("text", "country"),
    [("", "DE"), (" .- ", "DE"), ("12-3456789", "US"), ("SE1", "US"), ("5", "")],
)
def test_where_nobody_knows_the_numbers_nothing_is_said(text, country):
    assert read_vat_number(text, country=country) is None


@pytest.mark.parametrize(
    ("text", "country", "told"), [("EL094259216", "GR", True), ("CHE107787577IVA", "CH", False)]
)
def test_a_number_knows_whether_it_is_of_the_union(text, country, told):
    assert read_vat_number(text, country=country).is_of_the_union is told


@given(st.text(max_size=30), st.sampled_from(["", "DE", "GR", "FR", "GB", "CH", "US", "IN", "BR"]))
def test_whatever_is_written_there_is_an_answer(text, country):
    read = read_vat_number(text, country=country)

    assert read is None or str(read).isascii()
