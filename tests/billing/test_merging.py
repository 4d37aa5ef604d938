"""Merging clients with their money, and parting them again."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.applying import apply, unapply
from billing.merging import MoneyIsMixed, merge, undo
from billing.models import Account, LedgerEntry
from billing.statement_shapes import StatementKind
from billing.statements import Wanted, build
from clients.models import Client
from contacts.enrolling import enroll
from tests.billing.conftest import DAY, NOW, figures, is_proved


@pytest.fixture
def other(north, acme):
    return enroll(north.agency, by=north, name="Other")


def test_what_is_owed_and_on_account_goes_to_the_survivor(acme, other, billed, paid, north):
    billed(acme, 100)
    theirs = billed(other, 70)
    billed(other, 30, currency="USD")
    paid(other, 80)
    entries = dict(LedgerEntry.objects.values_list("id", "account"))

    merge(acme, other, by=north, at=NOW)

    assert figures(acme) == (100, 80, 0, 10, 170)
    assert dict(acme.accounts.filter(merged_from=None).values_list("currency", "balance")) == {
        "EUR": 100, "USD": 30,
    }  # fmt: skip
    theirs.refresh_from_db()
    assert theirs.client == acme
    assert entries.items() <= dict(LedgerEntry.objects.values_list("id", "account")).items()
    assert is_proved()


def test_money_after_a_merge_settles_what_came_with_it(acme, other, billed, paid, north):
    theirs = billed(other, 70)
    merge(acme, other, by=north, at=NOW)

    paid(acme, 70)

    theirs.refresh_from_db()
    assert theirs.status == "paid"
    assert figures(acme) == (0, 70, 0, 0, 70)
    assert is_proved()


def test_parting_gives_everybody_their_own_back(acme, other, billed, paid, north):
    billed(acme, 100)
    billed(other, 70)
    payment = paid(other, 50, shares=[])
    before = figures(acme), figures(other)

    record = merge(acme, other, by=north, at=NOW)
    undo(record, at=NOW)

    back = Client.objects.get(pk=other.pk)
    assert (figures(acme), figures(back)) == before
    payment.refresh_from_db()
    assert payment.client == back
    assert not Account.objects.filter(merged_from__isnull=False).exists()
    assert is_proved()


def test_what_was_done_to_its_documents_meanwhile_goes_back_with_them(
    acme, other, billed, paid, north
):
    invoice = billed(other, 70)
    payment = paid(other, 50, shares=[])
    record = merge(acme, other, by=north, at=NOW)
    apply(payment, [(invoice, Decimal(20))], on=DAY, at=NOW)

    undo(record, at=NOW)

    assert figures(Client.objects.get(pk=other.pk)) == (50, 50, 0, 30, 70)
    assert figures(acme) == (0, 0, 0, 0, 0)
    assert is_proved()


def test_clients_whose_money_is_mixed_are_not_parted(acme, other, billed, paid, north):
    billed(other, 70)
    record = merge(acme, other, by=north, at=NOW)
    paid(acme, 10)

    with pytest.raises(MoneyIsMixed):
        undo(record, at=NOW)


def test_a_chain_of_merges_is_undone_link_by_link(acme, other, billed, north):
    third = enroll(north.agency, by=north, name="Third")
    for client, amount in ((acme, 1), (other, 20), (third, 300)):
        billed(client, amount)

    first = merge(other, third, by=north, at=NOW)
    second = merge(acme, other, by=north, at=NOW)
    assert figures(acme)[0] == 321
    assert is_proved()
    undo(second, at=NOW)
    assert is_proved()
    first.refresh_from_db()
    undo(first, at=NOW)

    assert [float(c.balance) for c in Client.objects.order_by("pk")] == [1, 20, 300]
    assert is_proved()


def test_a_payment_that_settled_the_others_invoice_meanwhile_is_told_to_its_own_client_alone(
    acme, other, billed, paid, north
):
    invoice = billed(other, 70)
    record = merge(acme, other, by=north, at=NOW)
    payment = paid(acme, 70)
    unapply(payment, invoice, at=NOW)
    undo(record, at=NOW)

    def receipts(client):
        wanted = Wanted(kind=StatementKind.ACTIVITY, start=DAY, end=DAY)
        as_of = timezone.now() + timedelta(days=1)
        (section,) = build(client, wanted, as_of=as_of).sections
        return [(one.number, one.unapplied) for one in section.receipts]

    assert receipts(Client.objects.get(pk=other.pk)) == []
    assert receipts(acme) == [(payment.number, 70)]
