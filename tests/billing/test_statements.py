"""What a statement says, with numbers that a person can add up."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.applying import apply, unapply
from billing.cancelling import (
    cancel,
    delete_invoice,
    reopen,
    restore_invoice,
    reverse,
    undo_reversal,
)
from billing.crediting import credit_invoice
from billing.merging import merge
from billing.payments import delete_payment
from billing.refunding import refund
from billing.statement_shapes import Bucket, MovementKind, StatementKind
from billing.statements import Status, Wanted, build, this_year
from contacts.enrolling import enroll
from tests.billing.conftest import NOW


def day(month, day=1):
    return date(2026, month, day)


NEW_YEAR, YEARS_END = day(1), day(12, 31)


def stated(client, start=NEW_YEAR, end=YEARS_END, kind=StatementKind.ACTIVITY, **facts):
    as_of = facts.pop("as_of", None) or timezone.now() + timedelta(days=1)
    return build(client, Wanted(kind=kind, start=start, end=end, **facts), as_of=as_of)


@pytest.fixture
def year(acme, billed, paid, north):
    """January 100, February 200, paid 150 in March, 50 credited in April, 30 refunded in May."""
    first = billed(acme, 100, on=day(1, 10))
    second = billed(acme, 200, on=day(2, 10))
    payment = paid(acme, 150, on=day(3, 5))
    credit = credit_invoice(second, on=day(4, 1), by=north, at=NOW, amount=Decimal(50))
    apply(credit, [(second, Decimal(50))], on=day(4, 2), at=NOW)
    refund(payment, amount=Decimal(30), on=day(5, 1), by=north, at=NOW)
    return first, second, payment, credit


def lines(section):
    return [(m.on, str(m.kind), float(m.amount), float(m.balance)) for m in section.movements]


def test_every_movement_with_a_running_balance(acme, year):
    (section,) = stated(acme).sections

    assert lines(section) == [
        (day(1, 10), "invoice", 100, 100),
        (day(2, 10), "invoice", 200, 300),
        (day(3, 5), "payment", -100, 200),
        (day(3, 5), "payment", -50, 150),
        (day(4, 2), "credit", -50, 100),
        (day(5, 1), "refund", 30, 130),
    ]
    assert (section.opening, section.charged, section.settled, section.closing) == (
        0, 330, 200, 130,
    )  # fmt: skip
    acme.refresh_from_db()
    assert section.closing == acme.balance


def test_a_period_begins_with_what_was_owed_before(acme, year):
    (section,) = stated(acme, start=day(3), end=day(3, 31)).sections

    assert lines(section) == [
        (day(3, 5), "payment", -100, 200),
        (day(3, 5), "payment", -50, 150),
    ]
    assert (section.opening, section.closing) == (300, 150)


def test_open_items_with_their_age(acme, year):
    (section,) = stated(acme, kind=StatementKind.OPEN_ITEMS, end=day(5, 31)).sections

    (item,) = section.open_items
    assert (item.number, item.total, item.balance) == ("INV-0002", 200, 130)
    assert item.due_on == day(2, 24)
    assert (item.days_overdue, item.bucket) == (96, Bucket.DAYS_91_120)
    assert section.movements == ()
    assert section.ageing.amounts[Bucket.DAYS_91_120] == section.ageing.total == section.closing


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(-5, "current"), (0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"),
     (61, "61-90"), (90, "61-90"), (91, "91-120"), (120, "91-120"), (121, "over-120")],
)  # fmt: skip
def test_each_day_past_due_has_its_bucket(acme, billed, days, bucket):
    billed(acme, 10, on=day(1), due_on=day(1, 31))

    (section,) = stated(acme, end=day(1, 31) + timedelta(days=days)).sections

    assert {str(k) for k, v in section.ageing.amounts.items() if v} == {bucket}


def test_what_is_shown_changes_no_figure(acme, year):
    def figures(**facts):
        (one,) = stated(acme, **facts).sections
        return one.opening, one.charged, one.settled, one.closing, one.unapplied, one.credit_balance

    bare = stated(acme, payments=False, credits=False, ageing=False).sections[0]

    assert (bare.receipts, bare.credits, bare.ageing) == (None, None, None)
    assert figures() == figures(payments=False) == figures(credits=False) == figures(ageing=False)


def test_payments_and_credits_say_what_they_settled(acme, year, paid):
    paid(acme, 140, on=day(6))

    (section,) = stated(acme).sections

    first, second = section.receipts
    assert [(s.invoice_number, s.amount) for s in first.settled] == [
        ("INV-0001", 100), ("INV-0002", 20),
    ]  # fmt: skip
    assert (first.amount, first.refunded, first.unapplied) == (150, 30, 0)
    assert (second.amount, second.unapplied) == (140, 10)
    assert section.unapplied == 10
    (credit,) = section.credits
    assert (credit.total, credit.balance, credit.invoice_number) == (50, 0, "INV-0002")


def test_each_currency_has_a_section_of_its_own(acme, year, billed, paid):
    billed(acme, 70, on=day(6), currency="USD")
    billed(acme, 1500, on=day(6), currency="JPY")

    assert [(s.currency, s.closing) for s in stated(acme).sections] == [
        ("EUR", 130), ("JPY", 1500), ("USD", 70),
    ]  # fmt: skip
    assert [s.currency for s in stated(acme, currency="USD").sections] == ["USD"]


def test_what_was_deleted_was_never_there(acme, year):
    first, _, payment, _ = year
    delete_invoice(first, at=NOW)
    delete_payment(payment, at=NOW)

    (section,) = stated(acme).sections

    assert lines(section) == [
        (day(2, 10), "invoice", 200, 200),
        (day(4, 2), "credit", -50, 150),
    ]
    assert section.receipts == ()


def test_a_cancelled_invoice_shows_when_it_was_cancelled(acme, billed):
    invoice = billed(acme, 100, on=day(1, 10))
    cancel(invoice, on=day(2), at=NOW)

    (section,) = stated(acme).sections

    assert lines(section)[1] == (day(2), "cancellation", -100, 0)
    assert stated(acme, end=day(1, 31)).sections[0].closing == 100
    assert section.movements[1].kind is MovementKind.CANCELLATION


@pytest.fixture
def half_cancelled(acme, billed, paid):
    """100 in January, 40 paid in February, the rest cancelled in March."""
    invoice = billed(acme, 100, on=day(1, 10))
    payment = paid(acme, 40, on=day(2, 5))
    cancel(invoice, on=day(3, 1), at=NOW)
    return invoice, payment


def test_what_comes_off_a_cancelled_invoice_is_cancelled_as_well(acme, half_cancelled):
    invoice, payment = half_cancelled

    unapply(payment, invoice, at=NOW)

    (section,) = stated(acme).sections
    assert lines(section) == [
        (day(1, 10), "invoice", 100, 100),
        (day(3, 1), "cancellation", -100, 0),
    ]
    (receipt,) = section.receipts
    assert (receipt.amount, receipt.unapplied, receipt.settled) == (40, 40, ())


def test_what_is_refunded_of_a_cancelled_invoice_is_cancelled_on_that_day(
    acme, half_cancelled, north
):
    _, payment = half_cancelled

    refund(payment, amount=Decimal(40), on=day(4, 1), by=north, at=NOW)

    (section,) = stated(acme).sections
    assert lines(section)[2:] == [
        (day(3, 1), "cancellation", -60, 0),
        (day(4, 1), "refund", 40, 40),
        (day(4, 1), "cancellation", -40, 0),
    ]
    (march,) = stated(acme, end=day(3, 31)).sections
    (april,) = stated(acme, start=day(4)).sections
    assert march.closing == april.opening == april.closing == 0


def test_a_cancelled_invoice_that_is_opened_again_is_owed_less_what_was_paid(
    acme, half_cancelled, north
):
    invoice, payment = half_cancelled
    refund(payment, amount=Decimal(10), on=day(4, 1), by=north, at=NOW)

    reopen(invoice, at=NOW)

    (section,) = stated(acme).sections
    assert lines(section) == [
        (day(1, 10), "invoice", 100, 100),
        (day(2, 5), "payment", -40, 60),
        (day(4, 1), "refund", 10, 70),
    ]


def test_a_cancelled_invoice_that_is_deleted_and_restored_says_what_it_said(
    acme, half_cancelled, north
):
    invoice, payment = half_cancelled
    refund(payment, amount=Decimal(10), on=day(4, 1), by=north, at=NOW)
    before = stated(acme).sections

    delete_invoice(invoice, at=NOW)
    (without,) = stated(acme).sections
    restore_invoice(invoice, at=NOW)

    assert (without.movements, without.unapplied) == ((), 30)
    assert stated(acme).sections == before


def test_only_paid_or_only_unpaid_invoices(acme, year):
    paid_ones = stated(acme, status=Status.PAID).sections[0]
    unpaid = stated(acme, status=Status.UNPAID).sections[0]

    assert {m.invoice_number for m in paid_ones.movements} == {"INV-0001"}
    assert {m.invoice_number for m in unpaid.movements} == {"INV-0002"}
    assert (paid_ones.closing, unpaid.closing) == (0, 130)


@pytest.mark.parametrize("status", [Status.LIVE, Status.PAID, Status.UNPAID])
def test_what_was_taken_back_does_not_stand(acme, billed, paid, north, status):
    settled, owed = (billed(acme, price, on=day(1, 10)) for price in (10, 20))
    paid(acme, 10, on=day(1, 11), shares=[(settled, Decimal(10))])
    as_of = timezone.now()
    cancelled, reversed_ = (billed(acme, price, on=day(1, 12)) for price in (30, 40))
    cancel(cancelled, on=day(5), at=NOW)
    reverse(reversed_, on=day(5), by=north, at=NOW)

    # Also before the day on which they were.
    (section,) = stated(acme, end=day(2, 28), status=status).sections

    standing = {Status.LIVE: {settled, owed}, Status.PAID: {settled}, Status.UNPAID: {owed}}
    assert {m.invoice_number for m in section.movements} == {i.number for i in standing[status]}
    assert section.closing == (0 if status is Status.PAID else 20)
    assert stated(acme, end=day(2, 28), status=Status.ALL).sections[0].closing == 90
    reopen(cancelled, at=NOW)
    undo_reversal(reversed_, at=NOW)
    (section,) = stated(acme, end=day(2, 28), status=status).sections
    assert section.closing == (0 if status is Status.PAID else 90)
    # As it was, before any of it was recorded.
    (section,) = stated(acme, end=day(2, 28), status=status, as_of=as_of).sections
    assert section.closing == (0 if status is Status.PAID else 20)


def test_what_was_recorded_later_changes_no_earlier_statement(acme, year, paid, billed):
    as_of = timezone.now()
    before = stated(acme, as_of=as_of)

    delete_invoice(year[0], at=NOW)
    billed(acme, 999, on=day(1, 2))
    paid(acme, 50, on=day(2, 2))

    assert stated(acme, as_of=as_of) == before
    assert stated(acme) != before


def test_a_client_without_anything_has_one_empty_section(acme):
    (section,) = stated(acme).sections

    assert (section.currency, section.closing, section.movements) == ("EUR", 0, ())
    assert section.ageing.total == 0


def test_after_a_merge_both_histories_are_told(acme, year, billed, north):
    other = enroll(north.agency, by=north, name="Other")
    billed(other, 70, on=day(2, 1))

    merge(acme, other, by=north, at=NOW)

    (section,) = stated(acme).sections
    acme.refresh_from_db()
    assert section.closing == acme.balance == 200
    assert (day(2, 1), "invoice", 70, 170) in lines(section)


def test_a_period_that_ends_before_it_starts_is_empty(acme, year):
    (section,) = stated(acme, start=day(4), end=day(2, 15)).sections

    assert (section.movements, section.opening, section.closing) == ((), 300, 300)


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Pacific/Kiritimati"])
@pytest.mark.parametrize("on", [date(2026, 1, 31), date(2028, 2, 29), date(2026, 12, 31)])
def test_days_never_move_whatever_the_time_zone(acme, billed, north, zone, on):
    north.agency.time_zone = zone
    north.agency.save()
    with timezone.override(zone):
        billed(acme, 10, on=on)
        (section,) = stated(acme, start=on, end=on).sections

    assert lines(section) == [(on, "invoice", 10, 10)]


def test_this_year_to_date():
    assert this_year(on=date(2028, 2, 29)) == (date(2028, 1, 1), date(2028, 2, 29))


@pytest.mark.parametrize(
    ("language", "country"),
    [("de", "Österreich"), ("de-AT", "Österreich"), ("pt_BR", "Áustria"), ("en", "Austria"),
     ("tlh", "Austria")],
)  # fmt: skip
def test_countries_are_named_in_the_statements_language(acme, language, country):
    acme.country = "AT"
    acme.save(update_fields=["country"])

    assert stated(acme, language=language).buyer.address == (country,)
