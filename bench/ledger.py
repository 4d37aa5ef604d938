"""Appending to the ledger with eight writers: Foyer beside the usual ways, on one client and many.

    python -m bench.ledger [SECONDS]

Each writer is a process with a connection of its own that commits every entry. All ways are taken
in turn within one run; read the ratios, not the seconds. `lost` is how far the balance is from the
sum of its entries at the end. The baselines keep one figure behind no wall; Foyer keeps five, of
the account and of the client, by currency, and states its agency in every transaction.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from collections.abc import Callable, Iterator  # noqa: E402 - models need django.setup()
from contextlib import contextmanager  # noqa: E402
from datetime import date  # noqa: E402
from decimal import Decimal  # noqa: E402
from multiprocessing import get_context  # noqa: E402
from time import perf_counter  # noqa: E402

from django.db import connection, connections, models, transaction  # noqa: E402
from django.db.models import Sum  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from agencies.founding import create_agency  # noqa: E402
from agencies.models import Membership  # noqa: E402
from agencies.scope import acting_for  # noqa: E402
from billing import ledger  # noqa: E402
from billing.ledger import Change, Kind  # noqa: E402
from billing.models import Account, LedgerEntry  # noqa: E402
from contacts.enrolling import enroll  # noqa: E402

WRITERS = 8
ROUNDS = 3
ONE = Decimal(1)
TODAY = date(2026, 11, 21)
_RAW = """
WITH moved AS (
    UPDATE bench_naiveaccount SET balance = balance + 1 WHERE id = %s RETURNING id, balance)
INSERT INTO bench_naiveentry (account_id, amount, balance_after, "on", recorded_at)
SELECT id, 1, balance, %s, now() FROM moved
"""


class NaiveAccount(models.Model):
    balance = models.DecimalField(max_digits=20, decimal_places=6, default=0)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return f"account {self.pk}"


class NaiveEntry(models.Model):
    account = models.ForeignKey(NaiveAccount, models.PROTECT)
    amount = models.DecimalField(max_digits=20, decimal_places=6)
    balance_after = models.DecimalField(max_digits=20, decimal_places=6)
    on = models.DateField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return f"{self.amount} on {self.on}"


Append = Callable[[int], None]


def enter(account: NaiveAccount, balance: Decimal) -> None:
    NaiveEntry.objects.create(account=account, amount=ONE, balance_after=balance, on=TODAY)


@transaction.atomic
def with_lock(pk: int) -> None:
    """A row lock, and a statement each to read, to write and to append."""
    account = NaiveAccount.objects.select_for_update().get(pk=pk)
    account.balance += ONE
    account.save()
    enter(account, account.balance)


@transaction.atomic
def by_sum(pk: int) -> None:
    """No balance is kept: whoever wants it adds up all entries, as this does for its own."""
    NaiveAccount.objects.select_for_update().get(pk=pk)
    so_far = NaiveEntry.objects.filter(account=pk).aggregate(sum=Sum("amount"))["sum"]
    enter(NaiveAccount(pk=pk), (so_far or 0) + ONE)


def unlocked(pk: int) -> None:
    """Reads, adds, writes: what happens where nobody thought of two at a time."""
    account = NaiveAccount.objects.get(pk=pk)
    account.balance += ONE
    account.save()
    enter(account, account.balance)


def raw(pk: int) -> None:
    """One statement, without ORM, wall or second table."""
    with connection.cursor() as cursor:
        cursor.execute(_RAW, [pk, TODAY])


def foyer(agency: int) -> Append:
    entry = Change(Kind.INVOICE_ISSUED, on=TODAY, balance=ONE, total_billed=ONE)

    def append(pk: int) -> None:
        with acting_for(agency):
            ledger.append(pk, "EUR", [entry])

    return append


def write(append: Append, pk: int, seconds: float, made: "list[int]", place: int) -> None:
    began = perf_counter()
    while perf_counter() - began < seconds:
        append(pk)
        made[place] += 1


def per_second(append: Append, pks: list[int], seconds: float) -> float:
    """All writers together, on these accounts in turn."""
    connections.close_all()
    fork = get_context("fork")
    made = fork.Array("q", WRITERS, lock=False)
    writers = [
        fork.Process(target=write, args=(append, pks[n % len(pks)], seconds, made, n))
        for n in range(WRITERS)
    ]
    began = perf_counter()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    return sum(made) / (perf_counter() - began)


@contextmanager
def books() -> Iterator[tuple[Membership, list[int]]]:
    """A database of its own, dropped at the end: eight clients, and as many naive accounts."""
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        owner = create_agency(
            "Bench",
            slug="bench",
            owner_email="owner@bench.example",
            owner_password="bench-of-foyer-1",  # noqa: S106 - of a database dropped below
        )
        with acting_for(owner.agency_id):
            clients = [enroll(owner.agency, by=owner, name=f"Client {n}") for n in range(WRITERS)]
        with connection.schema_editor() as editor:
            editor.create_model(NaiveAccount)
            editor.create_model(NaiveEntry)
        yield owner, [one.pk for one in clients]
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def lost() -> Decimal:
    """How far naive balances are from the sum of their entries."""
    entered = NaiveEntry.objects.aggregate(sum=Sum("amount", default=0))["sum"]
    return Decimal(entered - NaiveAccount.objects.aggregate(sum=Sum("balance"))["sum"])


def lost_by_foyer(agency: int) -> Decimal:
    with acting_for(agency):
        entered = LedgerEntry.objects.aggregate(sum=Sum("balance"))["sum"]
        return Decimal(entered - Account.objects.aggregate(sum=Sum("balance"))["sum"])


def compare(ways: dict[str, Append], clients: list[int], agency: int, seconds: float) -> Table:
    table = Table("", "per second", "× row lock", "lost")
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    missing: dict[str, Decimal] = {}
    for _ in range(ROUNDS):
        for name, append in ways.items():
            if name == "Foyer":
                speeds[name].append(per_second(append, clients, seconds))
                missing[name] = lost_by_foyer(agency)
                continue
            accounts = [NaiveAccount.objects.create().pk for _ in clients]
            speeds[name].append(per_second(append, accounts, seconds))
            missing[name] = lost()
            NaiveEntry.objects.all().delete()
            NaiveAccount.objects.all().delete()
    middle = {name: sorted(found)[len(found) // 2] for name, found in speeds.items()}
    for name, speed in middle.items():
        gone = "–" if name == "SUM on read" else f"{missing[name]:.0f}"
        table.add_row(name, f"{speed:,.0f}", f"{speed / middle['row lock']:.2f}", gone)
    return table


def main(seconds: float) -> None:
    with books() as (owner, clients):
        ways = {
            "row lock": with_lock,
            "SUM on read": by_sum,
            "no lock": unlocked,
            "raw statement": raw,
            "Foyer": foyer(owner.agency_id),
        }
        for some in (clients[:1], clients):
            table = compare(ways, some, owner.agency_id, seconds)
            table.title = f"{WRITERS} writers, {len(some)} client{'s' if some[1:] else ''}"
            Console().print(table)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3)
