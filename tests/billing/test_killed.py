"""A process that dies within a step, at any of its statements: as if the step was never begun."""

import os
import signal
from decimal import Decimal
from multiprocessing import get_context

import pytest
from django.db import connection, connections

from agencies.scope import acting_for
from billing.applying import apply
from billing.cancelling import reverse
from billing.crediting import credit_invoice
from billing.drafting import draft_invoice
from billing.issuing import issue
from billing.merging import merge
from billing.models import Account, Allocation, Credit, Invoice, LedgerEntry, Payment, Refund
from billing.payments import record_payment
from billing.refunding import refund
from billing.verifying import differences_of
from clients.models import FIGURES, Client
from contacts.enrolling import enroll
from tests.billing.conftest import DAY, NOW, item

pytestmark = pytest.mark.django_db(transaction=True)

# What a statement begins with that changes something.
WRITES = ("INSERT", "UPDATE", "DELETE", "\nWITH")


def recording():
    client = Client.objects.get(name="Acme")
    return lambda: record_payment(client, amount=Decimal(150), on=DAY, by=None, at=NOW)


def applying():
    credit = Credit.objects.get()
    invoices = Invoice.objects.open().filter(client=credit.client)
    shares = [(invoice, Decimal(10)) for invoice in invoices]
    return lambda: apply(credit, shares, on=DAY, at=NOW)


def refunding():
    payment = Payment.objects.get()
    return lambda: refund(payment, amount=Decimal(40), on=DAY, by=None, at=NOW)


def reversing():
    paid = Payment.objects.get().allocations.get().invoice
    return lambda: reverse(paid, on=DAY, by=None, at=NOW)


def merging():
    acme, other = Client.objects.order_by("pk")
    return lambda: merge(acme, other, by=None, at=NOW)


@pytest.fixture
def books(north):
    """Acme owes 260 of 300, and has a credit of 50; the other client owes 70."""
    with acting_for(north.agency_id):
        acme, other = (enroll(north.agency, by=north, name=name) for name in ("Acme", "Other"))
        issued = []
        for client, price in ((acme, 100), (acme, 200), (other, 70)):
            draft = draft_invoice(client, by=north, lines=[item(price)], at=NOW)
            issued.append(issue(draft, on=DAY, at=NOW))
        record_payment(acme, amount=Decimal(40), on=DAY, by=north, at=NOW)
        credit_invoice(issued[1], on=DAY, by=north, at=NOW, amount=Decimal(50))


def everything(north):
    """All that the steps could have left behind; proved as well."""
    with acting_for(north.agency_id):
        assert [str(one) for one in differences_of()] == []
        counts = [model.objects.count() for model in (Client, LedgerEntry, Allocation, Refund)]
        open_ones = list(Invoice.objects.order_by("pk").values_list("client", "balance", "status"))
        return counts, open_ones, list(Account.objects.order_by("pk").values_list(*FIGURES))


def dies(north, prepare, at):
    """Run the step in a process of its own, killed at its `at`th write; False where it has fewer.

    The last place to die is after everything is written, before it is committed.
    """

    def live():
        reached = 0

        def reach():
            nonlocal reached
            reached += 1
            if reached == at:
                os.kill(os.getpid(), signal.SIGKILL)

        def watch(execute, sql, params, many, context):
            if str(sql).startswith(WRITES):
                reach()
            return execute(sql, params, many, context)

        with acting_for(north.agency_id):
            step = prepare()
            with connection.execute_wrapper(watch):
                step()
            reach()

    # What is open here must not be spoken into from there.
    connections.close_all()
    process = get_context("fork").Process(target=live)
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


@pytest.mark.parametrize("prepare", [recording, applying, refunding, reversing, merging])
def test_a_step_whose_process_is_killed_never_began(north, books, prepare):
    before = everything(north)

    deaths = 0
    while dies(north, prepare, deaths + 1):
        deaths += 1
        assert everything(north) == before

    assert deaths > 4
    assert everything(north) != before
