"""Random lives of clients: whatever is done, in whichever order, every figure agrees.

After each step what is kept of both clients is held against their ledger and their documents; of
each whose books moved a statement is made, and CSV, page, words of the mail and PDF read back. The
PDFs of all steps are printed as one file when the life ends, which takes half the time. Then
a statement is mailed as well, and the mail and the PDF within it read back; and once on the way
where chance asks for it. Everything that `verify` looks at is looked at when a life ends.
"""

import os
import sys
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
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
from agencies.money import rounded
from agencies.scope import acting_for
from billing import cancelling, crediting, merging, payments, refunding
from billing.applying import apply, left_of, unapply
from billing.drafting import Item, draft_credit, draft_invoice
from billing.issuing import issue, issue_credit
from billing.models import (
    Account,
    Allocation,
    BillingSettings,
    Credit,
    Invoice,
    LedgerEntry,
    Payment,
    Refund,
)
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import is_the_same
from billing.totals import Rounding, smallest
from billing.verifying import differences_of
from clients import lifecycle
from clients.models import Client, ClientMerge
from contacts.enrolling import Person, enroll
from tests.billing.agreeing import (
    agree_on_paper,
    agreed_books,
    agrees,
    agrees_by_mail,
    statement_of,
)
from tests.billing.telling import CURRENCIES

START = date(2026, 1, 1)
LAST = START + timedelta(days=400)

prices = st.decimals("0", "2000", places=3, allow_nan=False)
amounts = st.decimals("0.001", "3000", places=3, allow_nan=False)
# How much of what there is: one unit more than all of it is too much, or stays on account.
parts = st.one_of(st.sampled_from(["all", "all", "half", "unit", "more"]), amounts)
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
kinds = st.sampled_from(StatementKind)

# What can be taken back, and how.
THERE_AND_BACK = {
    "cancel": (Invoice, cancelling.cancel, cancelling.reopen),
    "reverse": (Invoice, cancelling.reverse, cancelling.undo_reversal),
    "delete_invoice": (Invoice, cancelling.delete_invoice, cancelling.restore_invoice),
    "delete_payment": (Payment, payments.delete_payment, payments.restore_payment),
    "delete_credit": (Credit, crediting.delete_credit, crediting.restore_credit),
}


def one_of(queryset, n, *, likely=None):
    """One of these by chance; three times of four one of the `likely` ones, if there is any."""
    chosen = queryset
    if likely and n % 4 and queryset.filter(**likely).exists():
        chosen = queryset.filter(**likely)
    return chosen.order_by("pk")[n % chosen.count()]


def part_of(whole, part, currency):
    unit = smallest(currency)
    named = {"all": whole, "half": rounded(whole / 2, currency), "unit": unit, "more": whole + unit}
    exact = named[part] if isinstance(part, str) else rounded(part, currency)
    return max(exact, unit)


def has(model):
    """Only once there is one; what was made stays, deleted or not."""
    return precondition(lambda self: model in self.made)


class Life(RuleBasedStateMachine):
    """Two clients of an agency, and everything billing can do to them."""

    def __init__(self, owner):
        super().__init__()
        self.owner = owner
        # What was done in a life is rolled back at its end.
        self.scope = acting_for(owner.agency_id)
        self.scope.__enter__()
        self.made = set()
        self.seen = {}
        # To be printed when the life ends.
        self.stated = []
        self.kept = []
        self.mailed = False
        for name in ("Ann", "Bob"):
            person = Person(email=f"{name}@lives.example")
            enroll(owner.agency, by=owner, name=name, people=[person])

    def attempt(self, step, *args, **facts):
        """What the domain refuses changes nothing; the invariants below see to that."""
        try:
            with transaction.atomic():
                done = step(*args, at=timezone.now(), **facts)
        except DomainError:
            return None
        self.made.add(type(done))
        return done

    def client(self, n):
        return one_of(Client.objects.all(), n)

    def invoice_of(self, n):
        return one_of(Invoice.objects.all(), n, likely={"balance__gt": 0})

    def source(self, n, of_credit):
        if of_credit and Credit in self.made:
            return one_of(Credit.objects.all(), n, likely={"balance__gt": 0})
        return one_of(Payment.objects.all(), n, likely={"deleted_at": None})

    def owed(self, client, currency):
        account = Account.objects.filter(client=client, currency=currency, merged_from=None)
        return sum(account.values_list("balance", flat=True), Decimal(0))

    @initialize(lines=lines, on=days, currency=currencies, part=parts)
    def a_first_invoice_and_payment(self, lines, on, currency, part):
        self.invoice(0, lines, on, currency, False, Rounding.PER_DOCUMENT)
        self.pay(0, part, on, currency)

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

    @has(Invoice)
    @rule(n=which, part=parts, on=days)
    def correct(self, n, part, on):
        invoice = self.invoice_of(n)
        amount = part_of(invoice.total, part, invoice.currency)
        self.attempt(crediting.credit_invoice, invoice, on=on, by=None, amount=amount)

    @rule(n=which, part=parts, on=days, currency=currencies)
    def pay(self, n, part, on, currency):
        client = self.client(n)
        amount = part_of(self.owed(client, currency), part, currency)
        self.attempt(
            payments.record_payment, client, amount=amount, on=on, by=None, currency=currency
        )

    @has(Invoice)
    @rule(n=which, extra=amounts, on=days)
    def over_pay(self, n, extra, on):
        invoice = self.invoice_of(n)
        code = invoice.currency
        amount = self.owed(invoice.client, code) + max(rounded(extra, code), smallest(code))
        facts = {"amount": amount, "on": on, "by": None, "currency": code}
        self.attempt(payments.record_payment, invoice.client, **facts)
        assert self.owed(invoice.client, code) == 0

    @has(Payment)
    @rule(n=which, m=which, part=parts, on=days, of_credit=st.booleans())
    def use(self, n, m, part, on, of_credit):
        source = self.source(n, of_credit)
        theirs = Invoice.objects.filter(client=source.client)
        if theirs.exists():
            wanted = {"balance__gt": 0, "currency": source.currency}
            invoice = one_of(theirs, m, likely=wanted)
            amount = part_of(min(left_of(source), invoice.balance), part, source.currency)
            self.attempt(apply, source, [(invoice, amount)], on=on)

    @has(Payment)
    @rule(n=which, m=which, part=st.none() | parts, of_credit=st.booleans())
    def take_off(self, n, m, part, of_credit):
        source = self.source(n, of_credit)
        if source.allocations.exists():
            share = one_of(source.allocations.all(), m)
            amount = part and part_of(share.amount, part, source.currency)
            self.attempt(unapply, source, share.invoice, amount=amount)

    @has(Payment)
    @rule(n=which, part=parts, on=days, of_credit=st.booleans())
    def pay_back(self, n, part, on, of_credit):
        source = self.source(n, of_credit)
        amount = part_of(left_of(source) + source.applied, part, source.currency)
        self.attempt(refunding.refund, source, amount=amount, on=on, by=None)

    @has(Refund)
    @rule(n=which)
    def undo_refund(self, n):
        made = one_of(Refund.objects.all(), n, likely={"undone_at": None})
        self.attempt(refunding.undo_refund, made)

    @has(Invoice)
    @rule(n=which, on=days, step=st.sampled_from(["cancel", "reopen", "reverse", "undo_reversal"]))
    def undo_or_do(self, n, on, step):
        facts = {"cancel": {"on": on}, "reverse": {"on": on, "by": None}}.get(step, {})
        self.attempt(getattr(cancelling, step), one_of(Invoice.objects.all(), n), **facts)

    @has(Invoice)
    @rule(n=which, step=st.sampled_from(["delete_invoice", "restore_invoice", "archive_invoice"]))
    def put_invoice(self, n, step):
        self.attempt(getattr(cancelling, step), one_of(Invoice.objects.all(), n))

    @has(Payment)
    @rule(n=which, step=st.sampled_from(["delete_payment", "restore_payment", "archive_payment"]))
    def put_payment(self, n, step):
        self.attempt(getattr(payments, step), one_of(Payment.objects.all(), n))

    @has(Credit)
    @rule(n=which, step=st.sampled_from(["delete_credit", "restore_credit", "archive_credit"]))
    def put_credit(self, n, step):
        self.attempt(getattr(crediting, step), one_of(Credit.objects.all(), n))

    @rule(n=which, step=st.sampled_from(["archive", "delete", "restore"]))
    def put_client(self, n, step):
        chosen = Client.objects.filter(pk=self.client(n).pk)
        self.attempt(getattr(lifecycle, step), chosen)

    @has(Invoice)
    @rule(n=which, on=days, step=st.sampled_from(sorted(THERE_AND_BACK)))
    def there_and_back(self, n, on, step):
        """What is done and taken back at once leaves everything as it was."""
        model, there, back = THERE_AND_BACK[step]
        if model not in self.made:
            return
        document = one_of(model.objects.all(), n, likely={"deleted_at": None})
        before = self.everything()
        facts = {"cancel": {"on": on}, "reverse": {"on": on, "by": None}}.get(step, {})
        if not document.deleted_at and self.attempt(there, document, **facts):
            back(document, at=timezone.now())
            assert self.everything() == before

    @has(Payment)
    @rule(n=which, part=parts, on=days, of_credit=st.booleans())
    def refund_and_back(self, n, part, on, of_credit):
        source = self.source(n, of_credit)
        before = self.everything()
        amount = part_of(left_of(source) + source.applied, part, source.currency)
        made = self.attempt(refunding.refund, source, amount=amount, on=on, by=None)
        if made:
            refunding.undo_refund(made, at=timezone.now())
            assert self.everything() == before

    @precondition(lambda self: Client.objects.count() == 2)
    @rule(n=which, at_once=st.booleans())
    def merge(self, n, at_once):
        pair = list(Client.objects.order_by("pk"))
        before = self.everything()
        record = self.attempt(merging.merge, pair[n % 2], pair[1 - n % 2], by=None)
        if record:
            # Whose statement it was, both have a share in it now.
            self.kept.clear()
        if record and at_once:
            merging.undo(record, at=timezone.now())
            assert self.everything() == before

    @precondition(lambda self: Client.objects.count() == 1)
    @rule()
    def part(self):
        self.kept.clear()
        record = ClientMerge.objects.filter(undone_at=None).first()
        self.attempt(merging.undo, record)

    @precondition(lambda self: not self.mailed)
    @rule(n=which, kind=kinds)
    def mail_one(self, n, kind):
        self.mailed = True
        self.is_told_by_mail(self.client(n), kind)

    def everything(self):
        """All that a person could see of both clients, but for what is put aside."""
        documents = [
            sorted(model.objects.filter(**living).values_list(*columns), key=str)
            for model, living, columns in (
                (Invoice, {"deleted_at": None}, ("pk", "client", "status", "balance", "cancelled")),
                (Payment, {"deleted_at": None}, ("pk", "client", "applied", "refunded")),
                (Credit, {"deleted_at": None}, ("pk", "client", "status", "balance", "applied")),
                (Allocation, {}, ("payment", "credit", "invoice", "on", "amount")),
            )
        ]
        return documents, list(self.look().values())

    def look(self):
        """By client: books and what is stated of them, which have to agree with all else."""
        clients = {one.pk: one for one in Client.objects.order_by("pk")}
        states = agreed_books()
        for pk, (books, last) in states.items():
            if pk not in self.seen or self.seen[pk][:2] != (books, last):
                stated = statement_of(clients[pk], StatementKind.ACTIVITY, start=START, end=LAST)
                self.stated.append(agrees(stated, clients[pk], books))
                self.seen[pk] = (books, last, stated.sections)
        return {pk: (states[pk][0], self.seen[pk][2]) for pk in sorted(states)}

    @invariant()
    def every_figure_agrees(self):
        self.look()

    def is_told_by_mail(self, client, kind):
        wanted = Wanted(kind=kind, start=START, end=LAST)
        self.kept.append(agrees_by_mail(client, wanted, self.look()[client.pk][0]))

    def teardown(self):
        try:
            # Not where a step has failed already: that is what is to be told.
            if sys.exc_info()[0] is None:
                self.ends()
        finally:
            transaction.set_rollback(True)
            self.scope.__exit__(None, None, None)

    def ends(self):
        assert [str(one) for one in differences_of()] == []
        assert [one for one in self.kept if not is_the_same(one)] == []
        clients = list(Client.objects.order_by("pk"))
        for client in clients:
            books, _ = self.look()[client.pk]
            stated = statement_of(client, StatementKind.OPEN_ITEMS, start=START, end=LAST)
            self.stated.append(agrees(stated, client, books))
        agree_on_paper(self.stated)
        entries = LedgerEntry.objects.count()
        self.is_told_by_mail(clients[entries % len(clients)], list(StatementKind)[entries // 2 % 2])


# The suite lives a few lives; FOYER_PROOF_RUNS=2000 is the long run of CONTRIBUTING.md.
LIVES = int(os.environ.get("FOYER_PROOF_RUNS", "12"))
RUNS = settings(
    max_examples=LIVES, stateful_step_count=20, deadline=None, derandomize=LIVES < 100,
    database=None, print_blob=True, suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_in_any_life_every_figure_agrees(north):
    run_state_machine_as_test(lambda: Life(north), settings=RUNS)
