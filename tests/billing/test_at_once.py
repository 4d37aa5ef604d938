"""Many at the same moment, and sessions that die: real threads, real connections, real commits."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from time import sleep

import pytest
from django.db import OperationalError, connection

from agencies.errors import DomainError
from agencies.scope import acting_for
from billing.applying import apply
from billing.crediting import credit_invoice
from billing.drafting import draft_invoice
from billing.issuing import issue
from billing.models import Account, LedgerEntry, Payment
from billing.numbering import DocumentNumberTaken
from billing.payments import record_payment
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import again, make
from billing.verifying import differences_of
from contacts.enrolling import enroll
from tests.billing.conftest import DAY, NOW, item

pytestmark = pytest.mark.django_db(transaction=True)
EIGHT = 8


@pytest.fixture
def acme(north):
    with acting_for(north.agency_id):
        return enroll(north.agency, by=north, name="Acme")


@pytest.fixture
def invoice(north, acme):
    with acting_for(north.agency_id):
        draft = draft_invoice(acme, by=north, lines=[item(1000)], at=NOW)
        return issue(draft, on=DAY, at=NOW)


@pytest.fixture
def at_once(north):
    """Runs `step(n)` for each n in a thread with a connection and a transaction of its own."""

    def at_once(step, count):
        def one(n):
            try:
                with acting_for(north.agency_id):
                    return step(n)
            except DomainError as refusal:
                return refusal
            finally:
                connection.close()

        with ThreadPoolExecutor(EIGHT) as pool:
            return list(pool.map(one, range(count)))

    return at_once


def pay(client, amount, **facts):
    return record_payment(client, amount=Decimal(amount), on=DAY, by=None, at=NOW, **facts)


def proved(north):
    with acting_for(north.agency_id):
        return [str(one) for one in differences_of()] == []


def test_two_hundred_payments_on_one_client(north, acme, invoice, at_once):
    made = at_once(lambda n: pay(acme, 10), 200)

    assert all(isinstance(one, Payment) for one in made)
    with acting_for(north.agency_id):
        account = Account.objects.get()
        assert (account.balance, account.paid_to_date, account.payment_balance) == (0, 2000, 1000)
        assert len({one.number for one in Payment.objects.all()}) == 200
    assert proved(north)


def test_fifty_reports_of_one_payment_are_one_payment(north, acme, invoice, at_once):
    made = at_once(lambda n: pay(acme, 10, external_reference="pi_1"), 50)

    assert sum(isinstance(one, Payment) for one in made) == 1
    assert {getattr(one, "code", "made") for one in made} == {"made", "already_recorded"}
    with acting_for(north.agency_id):
        assert Account.objects.get().balance == 990
    assert proved(north)


def test_one_payment_reported_for_two_clients_is_recorded_once(north, acme, at_once):
    with acting_for(north.agency_id):
        clients = [acme, enroll(north.agency, by=north, name="Other")]
    together = Barrier(2)

    def report(n):
        together.wait(10)
        return pay(clients[n], 10, external_reference="pi_1")

    made = at_once(report, 2)

    assert sorted(getattr(one, "code", "made") for one in made) == ["already_recorded", "made"]
    assert proved(north)


def test_a_credit_is_used_once_however_many_use_it(north, acme, invoice, at_once):
    with acting_for(north.agency_id):
        credit = credit_invoice(invoice, on=DAY, by=north, at=NOW, amount=Decimal(600))
    together = Barrier(2)

    def use(n):
        together.wait(10)
        return apply(credit, [(invoice, Decimal(600))], on=DAY, at=NOW)

    made = at_once(use, 2)

    assert sorted(getattr(one, "code", "used") for one in made) == ["not_enough_left", "used"]
    with acting_for(north.agency_id):
        account = Account.objects.get()
        assert (account.balance, account.credit_balance) == (400, 0)
    assert proved(north)


def test_a_session_that_dies_before_the_commit_leaves_nothing(north, acme, invoice):
    def die_within():
        with acting_for(north.agency_id):
            pay(acme, 10)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(OperationalError):
        die_within()
    connection.close()

    with acting_for(north.agency_id):
        assert not Payment.objects.exists()
        assert LedgerEntry.objects.count() == 1
    assert proved(north)


def test_drafts_issued_at_once_are_numbered_without_a_gap(north, acme, at_once):
    def bill(n):
        draft = draft_invoice(acme, by=None, lines=[item(1)], at=NOW)
        return issue(draft, on=DAY, at=NOW).number

    numbers = at_once(bill, 40)

    assert sorted(numbers) == [f"INV-{n:04}" for n in range(1, 41)]
    assert proved(north)


@pytest.mark.parametrize("kind", ["invoice", "payment"])
def test_who_chooses_a_number_that_is_being_given_waits_and_is_refused(
    north, acme, invoice, at_once, kind
):
    with acting_for(north.agency_id):
        other = enroll(north.agency, by=north, name="Other")

    def number(client):
        if kind == "payment":
            return pay(client, 1, number="2026-7")
        return draft_invoice(client, by=None, lines=[item(1)], at=NOW, number="2026-7")

    with ThreadPoolExecutor(1) as pool:
        with acting_for(north.agency_id):
            number(acme)
            late = pool.submit(at_once, lambda n: number(other), 1)
            wait_until_somebody_waits()
        (answer,) = late.result(timeout=30)

    assert isinstance(answer, DocumentNumberTaken)


def test_payments_that_settle_the_same_invoices_in_any_order_wait_in_no_circle(
    north, acme, invoice, at_once
):
    with acting_for(north.agency_id):
        other = issue(draft_invoice(acme, by=north, lines=[item(1000)], at=NOW), on=DAY, at=NOW)
        payments = [pay(acme, 2, shares=[]) for _ in range(40)]
    there = [(invoice, Decimal(1)), (other, Decimal(1))]

    made = at_once(lambda n: apply(payments[n], there[:: (-1) ** n], on=DAY, at=NOW), 40)

    assert [one.applied for one in made] == [2] * 40
    with acting_for(north.agency_id):
        assert Account.objects.get().balance == 1920
    assert proved(north)


def test_a_statement_waits_for_money_that_is_being_recorded(north, acme, invoice, at_once):
    wanted = Wanted(kind=StatementKind.ACTIVITY, start=DAY, end=DAY)

    with ThreadPoolExecutor(1) as pool:
        with acting_for(north.agency_id):
            pay(acme, 10)
            late = pool.submit(at_once, lambda n: again(make(acme, wanted, by=None)), 1)
            wait_until_somebody_waits()
        (statement,) = late.result(timeout=30)

    assert statement.sections[0].closing == 990


def wait_until_somebody_waits():
    waiting = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    for _ in range(600):
        with connection.cursor() as cursor:
            # Of this transaction's own statistics: what was seen before is not seen again.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        sleep(0.05)
    pytest.fail("Nobody waits.")
