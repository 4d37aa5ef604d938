"""Random lives of clients: whatever is done, in whichever order, every figure agrees."""

import os
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agencies.errors import DomainError
from agencies.founding import create_agency
from agencies.money import digits
from agencies.scope import acting_for
from billing import cancelling, crediting, merging, payments, refunding
from billing.applying import apply, unapply
from billing.drafting import Item, draft_credit, draft_invoice
from billing.issuing import issue, issue_credit
from billing.models import Account, BillingSettings, Credit, Invoice, Payment, Refund
from billing.statement_shapes import StatementKind
from billing.statements import Wanted, build
from billing.totals import Rounding
from billing.verifying import differences_of
from clients.models import Client, ClientMerge
from contacts.enrolling import enroll

CURRENCIES = ("EUR", "USD", "JPY", "KWD")
FAR = date(2100, 1, 1)
START = date(2026, 1, 1)

prices = st.decimals("0", "2000", places=3, allow_nan=False)
amounts = st.decimals("0.001", "3000", places=3, allow_nan=False)
days = st.integers(0, 400).map(lambda n: START + timedelta(days=n))
rates = st.sampled_from(["0", "7", "19", "5.5", "8.875"]).map(Decimal)
lines = st.lists(
    st.builds(
        Item,
        quantity=st.decimals("0.001", "20", places=3),
        price=prices,
        discount=st.sampled_from(["0", "0", "10", "33.333"]).map(Decimal),
        tax_rate=rates,
        tax_name=st.just("VAT"),
    ),
    min_size=1,
    max_size=4,
)
which = st.integers(0, 10**6)
currencies = st.sampled_from(CURRENCIES)


def one_of(queryset, n):
    """One row of these, or none at all: then the step is not taken."""
    ids = list(queryset.order_by("pk").values_list("pk", flat=True))
    assume(ids)
    return queryset.get(pk=ids[n % len(ids)])


def rounded(amount, currency):
    exact = amount.quantize(Decimal(1).scaleb(-digits(currency)))
    assume(exact > 0)
    return exact


class Life(RuleBasedStateMachine):
    """Two clients of an agency, and everything billing can do to them."""

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.owner = create_agency(
            "Lives", slug="lives", owner_email="l@lives.example", owner_password="correct horse 9"
        )
        self.scope = acting_for(self.owner.agency_id)
        self.scope.__enter__()

    def teardown(self):
        self.scope.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize()
    def clients(self):
        for name in ("Ann", "Bob"):
            enroll(self.owner.agency, by=self.owner, name=name)

    def attempt(self, step, *args, **facts):
        """What the domain refuses changes nothing; the invariants below see to that."""
        try:
            with transaction.atomic():
                return step(*args, at=timezone.now(), **facts)
        except DomainError:
            return None

    def client(self, n):
        return one_of(Client.objects.all(), n)

    @rule(
        n=which, lines=lines, on=days, currency=currencies, inclusive=st.booleans(),
        rounding=st.sampled_from(Rounding),
    )  # fmt: skip
    def invoice(self, n, lines, on, currency, inclusive, rounding):
        BillingSettings.objects.update(rounding=rounding)
        draft = self.attempt(
            draft_invoice, self.client(n), by=None, lines=lines, currency=currency,
            includes_tax=inclusive, issued_on=on,
        )  # fmt: skip
        if draft:
            self.attempt(issue, draft, on=on)

    @rule(n=which, lines=lines, on=days, currency=currencies)
    def credit(self, n, lines, on, currency):
        facts = {"by": None, "lines": lines, "currency": currency}
        draft = self.attempt(draft_credit, self.client(n), **facts)
        if draft:
            self.attempt(issue_credit, draft, on=on)

    @rule(n=which, amount=amounts, on=days)
    def correct(self, n, amount, on):
        invoice = one_of(Invoice.objects.all(), n)
        part = rounded(amount, invoice.currency)
        self.attempt(crediting.credit_invoice, invoice, on=on, by=None, amount=part)

    @rule(n=which, amount=amounts, on=days, currency=currencies)
    def pay(self, n, amount, on, currency):
        part = rounded(amount, currency)
        self.attempt(
            payments.record_payment, self.client(n), amount=part, on=on, by=None, currency=currency
        )

    @rule(n=which, m=which, amount=amounts, on=days, of_credit=st.booleans())
    def use(self, n, m, amount, on, of_credit):
        source = one_of((Credit if of_credit else Payment).objects.all(), n)
        invoice = one_of(Invoice.objects.filter(client=source.client), m)
        self.attempt(apply, source, [(invoice, rounded(amount, source.currency))], on=on)

    @rule(n=which, m=which, of_credit=st.booleans())
    def take_off(self, n, m, of_credit):
        source = one_of((Credit if of_credit else Payment).objects.all(), n)
        allocation = one_of(source.allocations.all(), m)
        self.attempt(unapply, source, allocation.invoice)

    @rule(n=which, amount=amounts, on=days, of_credit=st.booleans())
    def pay_back(self, n, amount, on, of_credit):
        source = one_of((Credit if of_credit else Payment).objects.all(), n)
        part = rounded(amount, source.currency)
        self.attempt(refunding.refund, source, amount=part, on=on, by=None)

    @rule(n=which)
    def undo_refund(self, n):
        self.attempt(refunding.undo_refund, one_of(Refund.objects.all(), n))

    @rule(n=which, on=days, step=st.sampled_from(["cancel", "reopen", "reverse", "undo_reversal"]))
    def undo_or_do(self, n, on, step):
        facts = {"cancel": {"on": on}, "reverse": {"on": on, "by": None}}.get(step, {})
        self.attempt(getattr(cancelling, step), one_of(Invoice.objects.all(), n), **facts)

    @rule(n=which, step=st.sampled_from(["delete_invoice", "restore_invoice", "archive_invoice"]))
    def put_invoice(self, n, step):
        self.attempt(getattr(cancelling, step), one_of(Invoice.objects.all(), n))

    @rule(n=which, step=st.sampled_from(["delete_payment", "restore_payment", "archive_payment"]))
    def put_payment(self, n, step):
        self.attempt(getattr(payments, step), one_of(Payment.objects.all(), n))

    @rule(n=which, step=st.sampled_from(["delete_credit", "restore_credit", "archive_credit"]))
    def put_credit(self, n, step):
        self.attempt(getattr(crediting, step), one_of(Credit.objects.all(), n))

    @precondition(lambda self: Client.objects.count() == 2)
    @rule()
    def merge(self):
        ann, bob = Client.objects.order_by("pk")
        self.attempt(merging.merge, ann, bob, by=None)

    @precondition(lambda self: Client.objects.count() == 1)
    @rule()
    def part(self):
        record = ClientMerge.objects.filter(undone_at=None).first()
        self.attempt(merging.undo, record)

    @invariant()
    def every_figure_agrees(self):
        assert [str(one) for one in differences_of()] == []
        as_of = timezone.now() + timedelta(days=1)
        for client in Client.objects.all():
            kept = dict(client.accounts.filter(merged_from=None).values_list("currency", "balance"))
            for kind in StatementKind:
                stated = build(client, Wanted(kind=kind, start=START, end=FAR), as_of=as_of)
                for section in stated.sections:
                    account = Account.objects.filter(
                        client=client, currency=section.currency, merged_from=None
                    ).first()
                    assert section.closing == kept.get(section.currency, 0)
                    assert section.opening + section.charged - section.settled == section.closing
                    assert sum(one.balance for one in section.open_items) == section.closing
                    assert section.ageing.total == section.closing
                    assert section.unapplied == (account.payment_balance if account else 0)
                    assert section.credit_balance == (account.credit_balance if account else 0)


# The suite lives a few lives; FOYER_PROOF_RUNS=2000 is the long run of CONTRIBUTING.md.
LIVES = int(os.environ.get("FOYER_PROOF_RUNS", "12"))
RUNS = settings(
    max_examples=LIVES, stateful_step_count=20, deadline=None, derandomize=LIVES < 100,
    database=None, print_blob=True, suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.django_db
def test_in_any_life_every_figure_agrees():
    run_state_machine_as_test(Life, settings=RUNS)
