"""Section 13 of the contract, line by line, with its numbers; and the ledger that tells of them.

Figures are balance, paid_to_date, credit_balance, payment_balance, as `/clients` shows them.
"""

import pytest
from django.utils import timezone

from agencies.scope import acting_for
from api.invoiceninja.ids import decode
from billing.merging import merge
from clients.models import Client


@pytest.fixture
def act(call):
    """Does something to one record in bulk."""

    def act(kind, action, record):
        return call("post", f"{kind}/bulk", {"action": action, "ids": [record["id"]]})[0]

    return act


@pytest.fixture
def pay(call, client_id):
    def pay(amount, **shares):
        sent = {"client_id": client_id, "amount": amount} | shares
        return call("post", "payments", sent)

    return pay


def share(invoice, amount):
    return [{"invoice_id": invoice["id"], "amount": amount}]


def test_balance_is_what_is_open_of_sent_invoices(call, act, billed, pay, figures, client_id):
    told = []

    def tell():
        told.append(figures(client_id)[0])

    draft = billed(1000, "")
    tell()  # Drafts do not count.
    first, second = billed(100), billed(50)
    tell()  # Sent.
    payment = pay(30, invoices=share(first, 30))
    tell()  # Paid in part.
    call(
        "post", "payments/refund", {"id": payment["id"], "amount": 10, "invoices": share(first, 10)}
    )
    tell()  # Refunded.
    act("invoices", "archive", first)
    tell()  # Archiving changes nothing.
    act("invoices", "cancel", second)
    tell()  # Cancelled.
    act("invoices", "delete", first)
    tell()  # Deleted.
    act("invoices", "restore", first)
    tell()  # Restored.
    act("invoices", "mark_sent", draft)
    tell()

    assert told == [0, 150, 120, 130, 130, 80, 0, 80, 1080]


def test_paid_to_date_is_all_money_and_credits_used(call, act, billed, pay, figures, client_id):
    told = []

    def tell():
        told.append(figures(client_id)[1])

    invoice = billed(100)
    payment = pay(80, invoices=share(invoice, 50))
    tell()  # The unapplied part as well.
    credit = call(
        "post", "credits?mark_sent=true", {"client_id": client_id, "line_items": [{"cost": 40}]}
    )
    tell()  # A credit alone is no payment.
    used = [{"credit_id": credit["id"], "amount": 20}]
    pay(0, invoices=share(invoice, 20), credits=used)
    tell()  # A credit that is applied.
    call("post", "payments/refund", {"id": payment["id"], "amount": 10})
    tell()  # Refunded.
    act("payments", "archive", payment)
    tell()  # Archiving changes nothing.
    act("payments", "delete", payment)
    tell()  # Deleted.
    act("payments", "restore", payment)
    tell()

    assert told == [80, 80, 100, 90, 90, 20, 90]


def test_credit_balance_is_what_is_left_of_sent_credits(call, act, billed, pay, figures, client_id):
    told = []

    def tell():
        told.append(figures(client_id)[2])

    credit = call("post", "credits", {"client_id": client_id, "line_items": [{"cost": 40}]})
    tell()  # A draft.
    call("put", f"credits/{credit['id']}", {"line_items": [{"cost": 45}]})
    act("credits", "mark_sent", credit)
    tell()  # Sent, as it was edited before.
    used = [{"credit_id": credit["id"], "amount": 15}]
    pay(0, invoices=share(billed(100), 15), credits=used)
    tell()  # Applied.
    act("credits", "archive", credit)
    tell()  # Archiving changes nothing.
    act("credits", "delete", credit)
    tell()
    act("credits", "restore", credit)
    tell()

    assert told == [0, 45, 30, 30, 0, 30]


def test_payment_balance_is_what_is_on_account(call, act, billed, pay, figures, client_id):
    told = []

    def tell():
        told.append(figures(client_id)[3])

    invoice = billed(100)
    payment = pay(150, invoices=share(invoice, 60))
    tell()
    call("put", f"payments/{payment['id']}", {"invoices": share(invoice, 30)})
    tell()  # Applied later.
    call("post", "payments/refund", {"id": payment["id"], "amount": 20})
    tell()  # Refunded from it.
    act("invoices", "delete", invoice)
    tell()  # What had settled it is free.
    act("invoices", "restore", invoice)
    act("payments", "delete", payment)
    tell()
    act("payments", "restore", payment)
    tell()

    assert told == [90, 60, 40, 130, 0, 40]


def test_none_of_them_is_settable(call, billed, figures, client_id):
    billed(100)
    forged = dict.fromkeys(("balance", "paid_to_date", "credit_balance", "payment_balance"), 5)

    call("put", f"clients/{client_id}", forged)

    assert figures(client_id) == (100, 0, 0, 0)


def test_the_ledger_tells_each_change_newest_first(call, act, billed, pay, client_id):
    invoice = billed(100)
    payment = pay(80, invoices=share(invoice, 50))
    call(
        "post",
        "payments/refund",
        {"id": payment["id"], "amount": 10, "invoices": share(invoice, 10)},
    )
    act("invoices", "cancel", invoice)

    (listed,) = call("get", "clients?include=ledger")
    alone = call("get", f"clients/{client_id}?include=ledger")

    assert listed["ledger"] == alone["ledger"]
    by_invoice, by_payment = {"invoice_id": invoice["id"]}, {"payment_id": payment["id"]}
    told = [
        {name: value for name, value in row.items() if name not in ("created_at", "updated_at")}
        for row in alone["ledger"]
    ]
    assert told == [
        {**owner, "notes": "", "balance": balance, "adjustment": change, "activity_id": activity}
        | {"archived_at": 0}
        for owner, balance, change, activity in (
            (by_invoice, 0, -60, 59),
            (by_payment, 60, 0, 40),
            (by_payment, 60, 10, 11),
            (by_payment, 50, -50, 11),
            (by_payment, 100, 0, 10),
            (by_invoice, 100, 100, 53),
        )
    ]
    assert all(row["created_at"] == row["updated_at"] > 0 for row in alone["ledger"])
    assert sum(row["adjustment"] for row in alone["ledger"]) == alone["balance"]


def test_every_kind_of_entry_has_its_place(call, act, billed, pay, figures, client_id):
    invoice = billed(100)
    credit = call(
        "post", "credits?mark_sent=true", {"client_id": client_id, "line_items": [{"cost": 40}]}
    )
    payment = pay(
        30, invoices=share(invoice, 50), credits=[{"credit_id": credit["id"], "amount": 20}]
    )
    for kind, record in (("payments", payment), ("credits", credit), ("invoices", invoice)):
        act(kind, "delete", record)
        act(kind, "restore", record)

    ledger = call("get", f"clients/{client_id}?include=ledger")["ledger"]

    assert {row["activity_id"] for row in ledger} == {
        9, 10, 11, 13, 14, 15, 17, 25, 27, 28, 53
    }  # fmt: skip
    assert ledger[0]["balance"] == figures(client_id)[0] == 50


def test_a_merge_moves_the_ledger_and_it_runs_on(call, north, billed, create, client_id):
    other = create(name="Other", settings={"currency_id": "3"})
    billed(100)
    billed(30, client_id=other["id"])
    with acting_for(north.agency_id):
        survivor, merged = (
            Client.objects.get(pk=decode(record["id"])) for record in ({"id": client_id}, other)
        )
        merge(survivor, merged, by=north, at=timezone.now())

    shown = call("get", f"clients/{client_id}?include=ledger")

    moved = [row for row in shown["ledger"] if row.get("_id") == ""]
    assert [(row["adjustment"], row["activity_id"]) for row in moved] == [(30, 61), (-30, 61)]
    assert moved[0]["notes"].startswith("Merged client")
    assert shown["ledger"][0]["balance"] == shown["balance"] == 130


def test_the_ledgers_of_a_list_are_one_query(
    north, ninja, billed, create, django_assert_num_queries
):
    door = ninja(north)
    door.get("/api/v1/clients")
    counts = []
    for _ in range(2):
        billed(10, client_id=create(name="Another")["id"])
        with django_assert_num_queries(17):
            counts.append(len(door.get("/api/v1/clients?include=ledger").json()["data"]))

    assert counts == [2, 3]
