"""What each operation does to a client's figures, and that its undoing leaves nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from agencies.errors import DomainError
from agencies.scope import acting_for
from billing.applying import (
    MoreThanOpen,
    NotApplied,
    NotEnoughLeft,
    NotOpen,
    OtherClient,
    OtherCurrency,
    applied_to,
    apply,
    unapply,
)
from billing.cancelling import (
    cancel,
    delete_invoice,
    reopen,
    restore_invoice,
    reverse,
    undo_reversal,
)
from billing.crediting import credit_invoice, delete_credit, restore_credit
from billing.drafting import AlreadyIssued, draft_credit, draft_invoice, edit_document
from billing.holding import BadAmount
from billing.issuing import DueTooLate, ExceedsInvoice, NothingToIssue, issue, issue_credit
from billing.models import Account, LedgerEntry, Payment
from billing.payments import (
    AlreadyRecorded,
    PaymentDoesNotChange,
    delete_payment,
    edit_payment,
    record_payment,
    restore_payment,
)
from billing.refunding import RefundUndone, refund, undo_refund
from billing.releasing import MoneyUsedElsewhere
from billing.totals import spread
from contacts.enrolling import enroll
from tests.billing.conftest import DAY, NOW, figures, is_proved, item


def test_a_draft_is_not_owed_and_an_issued_invoice_is(acme, north):
    draft = draft_invoice(acme, by=north, lines=[item(100)], at=NOW)
    assert figures(acme) == (0, 0, 0, 0, 0)

    issued = issue(draft, on=DAY, at=NOW)

    assert (issued.number, issued.status, issued.balance) == ("INV-0001", "sent", 100)
    assert figures(acme) == (100, 0, 0, 0, 100)
    assert is_proved()


def test_a_payment_settles_the_oldest_first_and_the_rest_stays_on_account(acme, billed, paid):
    young = billed(acme, 50, due_on=DAY.replace(day=30))
    old = billed(acme, 100, due_on=DAY.replace(day=20))

    payment = paid(acme, 170)

    for invoice in (young, old):
        invoice.refresh_from_db()
        assert (invoice.status, invoice.balance) == ("paid", 0)
    assert payment.unapplied == 20
    assert figures(acme) == (0, 170, 0, 20, 150)
    assert is_proved()


def test_a_payment_in_parts(acme, billed, paid):
    invoice = billed(acme, 100)

    paid(acme, 30)

    invoice.refresh_from_db()
    assert (invoice.status, invoice.balance, invoice.paid) == ("partial", 70, 30)
    assert figures(acme) == (70, 30, 0, 0, 100)


def test_a_credit_given_for_an_invoice_settles_it(acme, billed, north):
    invoice = billed(acme, 100)

    credit = credit_invoice(invoice, on=DAY, by=north, at=NOW, amount=Decimal(40))
    assert figures(acme) == (100, 0, 40, 0, 100)
    apply(credit, [(invoice, Decimal(40))], on=DAY, at=NOW)

    credit.refresh_from_db()
    assert credit.status == "applied"
    assert figures(acme) == (60, 40, 0, 0, 100)
    assert is_proved()


def do_cancel(world):
    cancel(world["invoice"], on=DAY, at=NOW)
    return lambda: reopen(world["invoice"], at=NOW)


def do_reverse(world):
    reverse(world["invoice"], on=DAY, by=None, at=NOW)
    return lambda: undo_reversal(world["invoice"], at=NOW)


def do_delete_invoice(world):
    delete_invoice(world["invoice"], at=NOW)
    return lambda: restore_invoice(world["invoice"], at=NOW)


def do_delete_payment(world):
    delete_payment(world["payment"], at=NOW)
    return lambda: restore_payment(world["payment"], at=NOW)


def do_delete_credit(world):
    delete_credit(world["credit"], at=NOW)
    return lambda: restore_credit(world["credit"], at=NOW)


def do_refund(world):
    made = refund(world["payment"], amount=Decimal(45), on=DAY, by=None, at=NOW)
    return lambda: undo_refund(made, at=NOW)


def do_refund_credit(world):
    made = refund(world["credit"], amount=Decimal(15), on=DAY, by=None, at=NOW)
    return lambda: undo_refund(made, at=NOW)


def do_unapply(world):
    payment, invoice = world["payment"], world["invoice"]
    invoice.refresh_from_db()
    if invoice.cancelled_on:
        raise NotOpen("What comes off a cancelled invoice does not settle it again.")
    there = applied_to(payment, invoice)
    unapply(payment, invoice, at=NOW)
    return lambda: apply(payment, [(invoice, there)], on=DAY, at=NOW)


def do_apply(world):
    payment, other = world["payment"], world["other"]
    apply(payment, [(other, Decimal(10))], on=DAY, at=NOW)
    return lambda: unapply(payment, other, at=NOW, amount=Decimal(10))


DOINGS = [
    do_cancel, do_reverse, do_delete_invoice, do_delete_payment, do_delete_credit, do_refund,
    do_refund_credit, do_unapply, do_apply,
]  # fmt: skip


@pytest.fixture
def world(acme, billed, paid, north):
    """An invoice over 100, to which 40 were paid and 10 credited; another of 50; money left."""
    invoice, other = billed(acme, 100), billed(acme, 50)
    payment = paid(acme, 60, shares=[(invoice, Decimal(40))])
    credit = issue_credit(draft_credit(acme, by=north, lines=[item(20)], at=NOW), on=DAY, at=NOW)
    apply(credit, [(invoice, Decimal(10))], on=DAY, at=NOW)
    return {"client": acme, "invoice": invoice, "other": other, "payment": payment,
            "credit": credit}  # fmt: skip


def state(world):
    """Everything that is kept, but for moments."""
    rows = []
    for name, document in world.items():
        document.refresh_from_db()
        facts = {k: v for k, v in vars(document).items() if not k.startswith("_")}
        rows.append((name, {k: v for k, v in facts.items() if not k.endswith("_at")}))
    shares = [
        sorted(one.allocations.values_list("invoice", "on", "amount"))
        for one in (world["payment"], world["credit"])
    ]
    return rows, shares


@pytest.mark.parametrize("do", DOINGS, ids=lambda do: do.__name__)
def test_do_and_undo_leaves_nothing(world, do):
    before = state(world)

    undo = do(world)
    assert state(world) != before
    assert is_proved()
    undo()

    assert state(world) == before
    assert is_proved()


@pytest.mark.parametrize("second", DOINGS, ids=lambda do: do.__name__)
@pytest.mark.parametrize("first", DOINGS, ids=lambda do: do.__name__)
def test_two_doings_undone_in_reverse_leave_nothing(world, first, second):
    before = state(world)

    undo_first = first(world)
    try:
        with transaction.atomic():
            undo_second = second(world)
    except DomainError:
        # Refused, and so it changed nothing; the first is still undone.
        undo_second = lambda: None  # noqa: E731
    assert is_proved()
    undo_second()
    undo_first()

    assert state(world) == before
    assert is_proved()


def test_a_refund_reopens_what_it_had_settled(acme, billed, paid):
    invoice = billed(acme, 100)
    payment = paid(acme, 120)

    refund(payment, amount=Decimal(50), on=DAY, by=None, at=NOW)

    invoice.refresh_from_db()
    assert (invoice.balance, invoice.status) == (30, "partial")
    assert figures(acme) == (30, 70, 0, 0, 100)
    assert is_proved()


def test_more_than_was_paid_is_not_refunded(acme, billed, paid):
    billed(acme, 100)
    payment = paid(acme, 120)

    with pytest.raises(NotEnoughLeft):
        refund(payment, amount=Decimal("120.01"), on=DAY, by=None, at=NOW)

    assert figures(acme) == (0, 120, 0, 20, 100)


def test_a_refund_is_taken_back_once(acme, paid):
    made = refund(paid(acme, 10), amount=Decimal(10), on=DAY, by=None, at=NOW)
    undo_refund(made, at=NOW)

    with pytest.raises(RefundUndone):
        undo_refund(made, at=NOW)


def test_deleting_twice_is_deleting_once(world):
    for _ in range(2):
        delete_invoice(world["invoice"], at=NOW)
        delete_payment(world["payment"], at=NOW)
        delete_credit(world["credit"], at=NOW)

    assert figures(world["client"]) == (50, 0, 0, 0, 50)
    assert is_proved()


def test_a_restored_invoice_does_not_take_money_that_went_elsewhere(world):
    delete_invoice(world["invoice"], at=NOW)
    apply(world["payment"], [(world["other"], Decimal(50))], on=DAY, at=NOW)

    with pytest.raises(MoneyUsedElsewhere):
        restore_invoice(world["invoice"], at=NOW)

    assert is_proved()


def test_a_payment_is_recorded_once_by_its_external_reference(acme, paid):
    first = paid(acme, 10, external_reference="pi_1")

    with pytest.raises(AlreadyRecorded) as refusal:
        paid(acme, 10, external_reference="pi_1")

    assert refusal.value.payment == first
    assert figures(acme) == (0, 10, 0, 10, 0)


def test_money_of_another_currency_or_client_settles_nothing(acme, billed, paid, north):
    other = enroll(north.agency, by=north, name="Other")
    theirs, dollars = billed(other, 10), billed(acme, 10, currency="USD")
    payment = paid(acme, 10)

    with pytest.raises(OtherClient):
        apply(payment, [(theirs, Decimal(1))], on=DAY, at=NOW)
    with pytest.raises(OtherCurrency):
        apply(payment, [(dollars, Decimal(1))], on=DAY, at=NOW)
    assert is_proved()


def test_more_than_is_open_or_left_is_not_applied(acme, billed, paid):
    invoice = billed(acme, 10)
    payment = paid(acme, 20, shares=[])

    with pytest.raises(MoreThanOpen):
        apply(payment, [(invoice, Decimal(11))], on=DAY, at=NOW)
    with pytest.raises(NotEnoughLeft):
        apply(payment, [(billed(acme, 30), Decimal(21))], on=DAY, at=NOW)
    with pytest.raises(NotApplied):
        unapply(payment, invoice, at=NOW)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "Infinity", "1e12"])
def test_an_amount_that_is_none_is_refused(acme, paid, amount):
    with pytest.raises(BadAmount):
        paid(acme, amount)

    assert not Payment.objects.exists()


def test_two_currencies_are_never_added(acme, billed, paid):
    billed(acme, 100)
    billed(acme, 70, currency="USD")
    billed(acme, 500, currency="JPY")
    paid(acme, 20, currency="USD")

    assert figures(acme) == (100, 0, 0, 0, 100)
    accounts = dict(Account.objects.values_list("currency", "balance"))
    assert accounts == {"EUR": 100, "USD": 50, "JPY": 500}
    assert is_proved()


def test_a_client_that_changes_its_currency_shows_that_accounts_figures(acme, billed, north):
    billed(acme, 100)
    billed(acme, 70, currency="USD")

    acme.currency = "USD"
    acme.save(update_fields=["currency"])
    assert figures(acme)[0] == 70
    assert is_proved()

    acme.currency = ""
    acme.save(update_fields=["currency"])
    assert figures(acme)[0] == 100

    north.agency.currency = "USD"
    north.agency.save()
    assert figures(acme)[0] == 70
    assert is_proved()


def test_an_issued_invoice_does_not_change(acme, billed):
    invoice = billed(acme, 100)

    with pytest.raises(AlreadyIssued):
        edit_document(invoice, at=NOW, lines=[item(90)])
    with pytest.raises(AlreadyIssued):
        edit_document(invoice, at=NOW, public_notes="Other words.")
    with pytest.raises(AlreadyIssued):
        issue(invoice, on=DAY, at=NOW)
    assert edit_document(invoice, at=NOW, private_notes="Ours.").private_notes == "Ours."
    assert edit_document(invoice, at=NOW, lines=[item(100)]).total == 100


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_invoice SET total = 90 WHERE issued_at IS NOT NULL",
        "UPDATE billing_invoice SET buyer = '{}' WHERE issued_at IS NOT NULL",
        "UPDATE billing_invoice SET number = 'X' WHERE issued_at IS NOT NULL",
        "UPDATE billing_invoice SET issued_at = NULL, status = 'draft', balance = 0",
        "UPDATE billing_invoiceline SET price = 1",
        "DELETE FROM billing_invoiceline",
        "INSERT INTO billing_invoiceline (agency_id, invoice_id, position, product, description, "
        "quantity, price, discount, discount_is_amount, tax_name, tax_rate, amount) "
        "SELECT agency_id, id, 9, '', '', 1, 1, 0, false, '', 0, 1 FROM billing_invoice",
        "UPDATE billing_ledgerentry SET balance = 1",
        "DELETE FROM billing_ledgerentry",
    ],
)
def test_the_database_itself_refuses(acme, billed, statement):
    billed(acme, 100)

    with (
        pytest.raises(ProgrammingError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert is_proved()


def test_nothing_is_issued_without_a_line(acme, north):
    draft = draft_invoice(acme, by=north, lines=[], at=NOW)

    with pytest.raises(NothingToIssue):
        issue(draft, on=DAY, at=NOW)


def test_less_than_nothing_is_not_billed(acme, north):
    with pytest.raises(BadAmount):
        draft_invoice(acme, by=north, lines=[item(-5)], at=NOW)


def test_credits_of_an_invoice_never_exceed_it(acme, billed, north):
    invoice = billed(acme, lines=[item(10, tax_rate=Decimal(19), tax_name="VAT"),
                                  item("3.33", tax_rate=Decimal(7), tax_name="VAT")])  # fmt: skip

    for _ in range(2):
        credit_invoice(invoice, on=DAY, by=north, at=NOW, amount=Decimal("5.01"))
    last = credit_invoice(invoice, on=DAY, by=north, at=NOW)

    credits_ = list(invoice.corrections.all())
    assert sum(credit.total for credit in credits_) == invoice.total
    assert sum(credit.tax_total for credit in credits_) == invoice.tax_total
    assert last.total == invoice.total - Decimal("10.02")
    with pytest.raises(ExceedsInvoice):
        issue_credit(
            draft_credit(acme, by=north, lines=[item("0.01")], at=NOW, invoice=invoice),
            on=DAY, at=NOW,
        )  # fmt: skip
    assert is_proved()


def test_a_payments_amount_does_not_change(acme, paid):
    payment = paid(acme, 10)

    with pytest.raises(PaymentDoesNotChange):
        edit_payment(payment, at=NOW, amount=Decimal(20))
    assert edit_payment(payment, at=NOW, reference="RF18").reference == "RF18"


def test_entries_say_who_and_when_through_which_door(acme, billed, north):
    billed(acme, 100)

    entry = LedgerEntry.objects.get()

    assert (entry.balance, entry.balance_after, entry.on) == (100, 100, DAY)
    assert entry.door == "code"


def test_the_running_balance_of_several_entries_in_one_statement(acme, billed, paid):
    billed(acme, 10)
    billed(acme, 20)
    paid(acme, 30)

    assert list(LedgerEntry.objects.values_list("balance_after", flat=True)) == [10, 30, 30, 20, 0]


def test_a_number_is_never_given_twice(acme, billed, north):
    first = billed(acme, 10)
    delete_invoice(first, at=NOW)

    chosen = draft_invoice(acme, by=north, lines=[item(1)], at=NOW, number="INV-0002")
    third = billed(acme, 10)

    assert (first.number, chosen.number, third.number) == ("INV-0001", "INV-0002", "INV-0003")


@pytest.mark.django_db(transaction=True)
def test_a_rollback_gives_the_number_back(north):
    with acting_for(north.agency_id):
        client = enroll(north.agency, by=north, name="Acme")

    def bill(*, over):
        with acting_for(north.agency_id):
            draft = draft_invoice(client, by=None, lines=[item(1)], at=NOW)
            return issue(draft, on=DAY, at=NOW).number, 1 / over

    with pytest.raises(ZeroDivisionError):
        bill(over=0)

    assert bill(over=1)[0] == "INV-0001"


def test_money_keeps_coming_in_for_a_client_by_its_own_function_alone(acme, north):
    payment = record_payment(acme, amount=Decimal("0.01"), on=DAY, by=north, at=NOW)

    assert payment.number == "P-0001"


def test_a_refusal_says_how_much_there_is(acme, billed, paid):
    invoice = billed(acme, 40)
    payment = paid(acme, 100, shares=[])

    with pytest.raises(MoreThanOpen, match=r"Only 40\.00 EUR of INV-0001 is open\."):
        apply(payment, [(invoice, Decimal(41))], on=DAY, at=NOW)


def test_an_invoice_of_the_last_day_there_is_is_refused_clearly(acme, north):
    draft = draft_invoice(acme, by=north, lines=[item(1)], at=NOW)

    with pytest.raises(DueTooLate):
        issue(draft, on=DAY.replace(year=9999, month=12, day=31), at=NOW)


@pytest.mark.parametrize(("days", "due_on"), [(None, 24), (0, 10), (7, 17)])
def test_an_invoice_is_due_after_the_clients_days_or_the_agencys(acme, billed, days, due_on):
    acme.invoice_due_days = days
    acme.save(update_fields=["invoice_due_days"])

    assert billed(acme, 10).due_on == DAY.replace(day=due_on)


def test_half_of_the_smallest_coin_is_rounded_up(acme, billed):
    # 25% of 0.50 are 0.125, and 12.5% of 100 JPY are 12.5.
    euros = billed(acme, lines=[item("0.50", tax_rate=Decimal(25), tax_name="VAT")])
    yen = billed(acme, lines=[item(100, tax_rate=Decimal("12.5"), tax_name="VAT")], currency="JPY")

    assert (euros.tax_total, yen.tax_total) == (Decimal("0.13"), 13)


def test_a_payment_settles_what_is_due_first(acme, billed, paid):
    later = billed(acme, 100, due_on=DAY + timedelta(days=60))
    sooner = billed(acme, 100, due_on=DAY + timedelta(days=1))

    paid(acme, 130)

    for invoice in (sooner, later):
        invoice.refresh_from_db()
    assert (sooner.balance, later.balance) == (0, 70)


def test_what_is_taken_off_in_part_came_last(acme, billed, paid):
    invoice = billed(acme, 100)
    payment = paid(acme, 100, shares=[])
    for amount, on in ((30, DAY), (20, DAY + timedelta(days=10))):
        apply(payment, [(invoice, Decimal(amount))], on=on, at=NOW)

    unapply(payment, invoice, at=NOW, amount=Decimal(20))

    assert list(payment.allocations.values_list("on", "amount")) == [(DAY, 30)]


def test_what_is_spread_adds_up_to_what_there_was():
    assert spread(Decimal(100), [Decimal(1)] * 3, "EUR") == [
        Decimal("33.33"), Decimal("33.34"), Decimal("33.33"),
    ]  # fmt: skip


def test_a_refund_opens_what_was_settled_last(acme, billed, paid, north):
    first, second = billed(acme, 50), billed(acme, 50)
    payment = paid(acme, 100, shares=[])
    apply(payment, [(first, Decimal(50))], on=DAY, at=NOW)
    apply(payment, [(second, Decimal(50))], on=DAY + timedelta(days=1), at=NOW)

    refund(payment, amount=Decimal(20), on=DAY + timedelta(days=2), by=north, at=NOW)

    for invoice in (first, second):
        invoice.refresh_from_db()
    assert (first.balance, second.balance) == (0, 20)
