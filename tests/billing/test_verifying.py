"""verify names each figure that is not what it has to be, and changes none."""

import pgtrigger
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from billing.models import LedgerEntry, Verification
from billing.tasks import verify_figures
from billing.verifying import differences_of, verify_one


@pytest.fixture
def damaged(acme, billed, paid):
    """Runs a statement past all that keeps figures right, as a bug would."""
    billed(acme, 100)
    paid(acme, 30)

    def damaged(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)
        return [(one.what, one.figure) for one in differences_of()]

    return damaged


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE clients_client SET balance = 71", ("client", "balance")),
        ("UPDATE clients_client SET total_billed = 0", ("client", "total_billed")),
        ("UPDATE billing_account SET balance = 71", ("account", "balance by its ledger")),
        ("UPDATE billing_account SET paid_to_date = 1", ("account", "paid_to_date by its ledger")),
        ("UPDATE billing_invoice SET balance = 71", ("invoice", "balance")),
        ("UPDATE billing_invoice SET balance = 71", ("invoice", "balance by its ledger")),
        ("UPDATE billing_payment SET applied = 29", ("payment", "applied")),
        ("UPDATE billing_payment SET refunded = 0.01, amount = 31", ("payment", "refunded")),
        ("DELETE FROM billing_allocation", ("payment", "applied")),
        ("UPDATE billing_allocation SET amount = 31", ("invoice", "balance")),
    ],
)  # fmt: skip
def test_each_damage_is_named(damaged, statement, found):
    assert found in damaged(statement)


def test_a_removed_entry_is_noticed(acme, billed, paid):
    billed(acme, 100)
    with pgtrigger.ignore("billing.LedgerEntry:append_only"):
        LedgerEntry.objects.all()._raw_delete("default")

    names = [(one.what, one.figure) for one in differences_of()]

    assert ("account", "balance by its ledger") in names
    assert ("invoice", "balance by its ledger") in names


def test_the_command_says_what_is_wrong_and_fails(north, acme, billed, capsys):
    billed(acme, 100)
    call_command("verify", "--agency", "north")
    assert "north: 1 clients, 1 ledger entries, 0 differences." in capsys.readouterr().out
    acme.__class__.objects.update(balance=99)

    with pytest.raises(CommandError) as refusal:
        call_command("verify")

    assert refusal.value.returncode == 1
    told = capsys.readouterr().out
    assert f"north: client {acme.pk}: balance is 99.000000 and should be 100.000000." in told


def test_the_command_refuses_an_agency_that_is_not_there(north):
    with pytest.raises(CommandError, match="There is no agency nowhere"):
        call_command("verify", "--agency", "nowhere")


def test_the_nights_job_keeps_what_it_found(north, acme, billed):
    billed(acme, 100)

    verify_figures(int(timezone.now().timestamp()))

    kept = Verification.objects.get()
    assert (kept.differences, kept.clients, kept.entries) == ([], 1, 1)


def test_looking_changes_nothing(north, acme, billed):
    billed(acme, 100)
    before = list(LedgerEntry.objects.values())

    verify_one(north.agency, at=timezone.now())

    assert list(LedgerEntry.objects.values()) == before
