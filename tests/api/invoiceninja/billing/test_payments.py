"""`/payments` and `/payments/refund`: what money does to invoices and to the client's figures."""

import json
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from agencies.scope import acting_for
from api.invoiceninja.ids import decode, encode
from billing.drafting import Item, draft_credit, draft_invoice
from billing.issuing import issue, issue_credit
from billing.models import Credit, LedgerEntry, Payment
from billing.payments import record_payment

ABSENT = {"message": "No query results for model [App\\Models\\Payment]."}


@pytest.fixture
def foreign(south, south_client):
    """The id of a payment of South's."""
    with acting_for(south.agency_id):
        facts = {"on": date(2026, 3, 10), "by": south, "at": timezone.now()}
        return encode(record_payment(south_client, amount=Decimal(5), **facts).pk)


@pytest.fixture
def foreign_invoice(south, south_client):
    with acting_for(south.agency_id):
        facts = {"by": south, "at": timezone.now()}
        lines = [Item(quantity=Decimal(1), price=Decimal(9))]
        draft = draft_invoice(south_client, lines=lines, **facts)
        return encode(issue(draft, on=date(2026, 3, 10), at=timezone.now()).pk)


@pytest.fixture
def credited(north, north_client):
    """Issues a credit to North's client and returns its id."""

    def credited(amount, client=north_client):
        with acting_for(north.agency_id):
            facts = {"by": north, "at": timezone.now()}
            lines = [Item(quantity=Decimal(1), price=Decimal(amount))]
            draft = draft_credit(client, lines=lines, **facts)
            return encode(issue_credit(draft, on=date(2026, 3, 10), at=timezone.now()).pk)

    return credited


@pytest.fixture
def paid(call, client_id):
    def paid(amount, *shares, **facts):
        invoices = [{"invoice_id": invoice, "amount": part} for invoice, part in shares]
        sent = {"client_id": client_id, "amount": amount, "invoices": invoices}
        return call("post", "payments", sent | facts)

    return paid


def state(north):
    with acting_for(north.agency_id):
        return [
            list(model.objects.order_by("pk").values()) for model in (Payment, Credit, LedgerEntry)
        ]


# Recording.


@time_machine.travel("2026-03-10T12:00:00Z", tick=False)
def test_a_payment_is_shown_in_the_originals_shape(paid, billed, client_id):
    invoice = billed(100)

    shown = paid(
        120,
        (invoice["id"], "100.00"),
        date="2026-03-05",
        type_id=1,
        transaction_reference="TX 9",
        private_notes="By phone.",
        number="P-9",
        idempotency_key="bank-1",
    )

    assert {**shown, "id": "", "user_id": ""} == {
        "id": "",
        "user_id": "",
        "assigned_user_id": "",
        "amount": 120,
        "refunded": 0,
        "applied": 100,
        "transaction_reference": "TX 9",
        "date": "2026-03-05",
        "is_manual": True,
        "created_at": 1773144000,
        "updated_at": 1773144000,
        "archived_at": 0,
        "is_deleted": False,
        "type_id": "1",
        "invitation_id": "",
        "private_notes": "By phone.",
        "number": "P-9",
        "custom_value1": "",
        "custom_value2": "",
        "custom_value3": "",
        "custom_value4": "",
        "client_id": client_id,
        "client_contact_id": "",
        "company_gateway_id": "",
        "gateway_type_id": "",
        "status_id": "4",
        "project_id": "",
        "vendor_id": "",
        "currency_id": "3",
        "exchange_rate": 1,
        "exchange_currency_id": "",
        "idempotency_key": "bank-1",
        "paymentables": [
            {
                "id": invoice["id"],
                "invoice_id": invoice["id"],
                "credit_id": "",
                "amount": 100,
                "refunded": 0,
                "created_at": shown["paymentables"][0]["created_at"],
                "updated_at": shown["paymentables"][0]["updated_at"],
                "archived_at": 0,
            }
        ],
        "documents": [],
    }


def test_all_of_a_payment_is_paid_to_date_and_what_settles_nothing_is_on_account(
    paid, billed, figures, client_id
):
    billed(100)

    shown = paid(40)

    assert (shown["applied"], shown["paymentables"], shown["type_id"]) == (0, [], "1")
    assert figures(client_id) == (100, 40, 0, 40)


def test_a_payment_takes_what_it_settles_off_the_balance(call, paid, billed, figures, client_id):
    first, second = billed(100)["id"], billed(50)["id"]

    paid(130, (first, 100), (second, 20))

    assert call("get", f"invoices/{first}")["status_id"] == "4"
    assert call("get", f"invoices/{second}")["balance"] == 30
    assert figures(client_id) == (30, 130, 0, 10)


def test_without_an_amount_it_is_what_the_invoices_take(paid, billed, figures, client_id):
    shown = paid(None, (billed(100)["id"], 60))

    assert shown["amount"] == 60
    assert figures(client_id) == (40, 60, 0, 0)


def test_a_draft_that_is_paid_is_issued(call, paid, billed, figures, client_id):
    draft = billed(100, "")["id"]

    paid(100, (draft, 100))

    assert call("get", f"invoices/{draft}")["status_id"] == "4"
    assert figures(client_id) == (0, 100, 0, 0)


def test_credits_settle_first_and_money_the_rest(call, paid, billed, credited, figures, client_id):
    first, second, credit = billed(50)["id"], billed(50)["id"], credited(60)

    shown = paid(40, (first, 50), (second, 50), credits=[{"credit_id": credit, "amount": 60}])

    assert (shown["amount"], shown["applied"]) == (40, 40)
    assert [row["invoice_id"] for row in shown["paymentables"]] == [second]
    assert call("get", f"invoices/{second}")["status_id"] == "4"
    # Both the money and the credit count as paid.
    assert figures(client_id) == (0, 100, 0, 0)


def test_credits_alone_settle_an_invoice_and_no_payment_is_made(
    north, paid, billed, credited, figures, client_id
):
    invoice, credit = billed(50)["id"], credited(60)

    shown = paid(0, (invoice, 50), credits=[{"credit_id": credit, "amount": 50}])

    assert (shown["id"], shown["amount"], shown["client_id"]) == ("", 0, client_id)
    assert figures(client_id) == (0, 50, 10, 0)
    with acting_for(north.agency_id):
        assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_id": "WjnegYbwZ1"}, "client_id"),
        ({"amount": "much"}, "amount"),
        ({"amount": -5}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": 1.005}, "amount"),
        ({"date": "yesterday"}, "date"),
        ({"type_id": "99"}, "type_id"),
        ({"type_id": "Cash"}, "type_id"),
        ({"number": "x" * 61}, "number"),
        ({"invoices": "all"}, "invoices"),
        ({"invoices": [{"amount": 5}]}, "invoices.0.invoice_id"),
        ({"invoices": [{"invoice_id": "WjnegYbwZ1", "amount": 5}]}, "invoices.0.invoice_id"),
        ({"invoices": [{"invoice_id": "{invoice}"}]}, "invoices.0.amount"),
        ({"invoices": [{"invoice_id": "{invoice}", "amount": 5}] * 2}, "invoices.0.invoice_id"),
        ({"invoices": [{"invoice_id": "{invoice}", "amount": 11}]}, "invoices"),
        ({"amount": 60, "invoices": [{"invoice_id": "{invoice}", "amount": 51}]}, "amount"),
        ({"credits": [{"credit_id": "WjnegYbwZ1", "amount": 5}]}, "credits.0.credit_id"),
        ({"credits": [{"credit_id": "{credit}", "amount": 5}]}, "credits"),
        (
            {
                "invoices": [{"invoice_id": "{invoice}", "amount": 20}],
                "credits": [{"credit_id": "{credit}", "amount": 20}],
            },
            "amount",
        ),
        ({"custom_value1": "x"}, "custom_value1"),
        ({"email_receipt": True}, "email_receipt"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    errors, north, billed, credited, client_id, sent, path
):

    names = {"{invoice}": billed(50)["id"], "{credit}": credited(15)}
    text = json.dumps({"client_id": client_id, "amount": 10} | sent)
    for name, record_id in names.items():
        text = text.replace(name, record_id)
    before = state(north)

    assert path in errors("post", "payments", json.loads(text))

    assert state(north) == before


def test_nothing_of_a_stranger_is_paid(errors, foreign_invoice, client_id, south_client):
    share = [{"invoice_id": foreign_invoice, "amount": 5}]

    ours = errors("post", "payments", {"client_id": client_id, "amount": 5, "invoices": share})
    theirs = errors("post", "payments", {"client_id": encode(south_client.pk), "amount": 5})

    assert list(ours) == ["invoices.0.invoice_id"]
    assert list(theirs) == ["client_id"]


def test_nothing_of_another_client_is_paid(errors, billed, credited, create, client_id):
    other = create(name="Other")
    invoice = billed(9, client_id=other["id"])["id"]

    refused = errors(
        "post",
        "payments",
        {
            "client_id": client_id,
            "amount": 5,
            "invoices": [{"invoice_id": invoice, "amount": 5}],
        },
    )

    assert list(refused) == ["invoices.0.invoice_id"]


def test_a_payment_is_reported_once(errors, paid, figures, client_id):
    paid(10, idempotency_key="bank-1")

    refused = errors(
        "post", "payments", {"client_id": client_id, "amount": 10, "idempotency_key": "bank-1"}
    )

    assert list(refused) == ["idempotency_key"]
    assert figures(client_id) == (0, 10, 0, 10)


def test_sent_again_with_its_key_it_is_one_payment(north, ninja, client_id, figures):
    door, sent = ninja(north), {"client_id": client_id, "amount": 5}

    answers = [
        door.post("/api/v1/payments", sent, headers={"Idempotency-Key": "one"}) for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert figures(client_id) == (0, 5, 0, 5)


# Changing.


def test_how_it_was_paid_may_change_and_the_rest_stays(call, paid):
    made = paid(10, type_id="2", transaction_reference="TX 1")

    shown = call("put", f"payments/{made['id']}", {"type_id": "5", "private_notes": "Visa"})

    # Cards are one way to pay here.
    assert (shown["type_id"], shown["private_notes"]) == ("12", "Visa")
    assert (shown["transaction_reference"], shown["amount"]) == ("TX 1", 10)


def test_what_was_read_may_be_sent_back_whole(call, north, paid, billed):
    made = paid(30.1, (billed(20)["id"], 20), transaction_reference=" x ")
    before = state(north)

    shown = call("put", f"payments/{made['id']}", made)

    assert (shown, state(north)) == (made, before)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"amount": 11}, "amount"),
        ({"date": "2020-01-01"}, "date"),
        ({"number": "P-77"}, "number"),
    ],
    ids=str,
)
def test_amount_and_day_do_not_change(errors, north, paid, change, path):
    made = paid(10)
    before = state(north)

    assert list(errors("put", f"payments/{made['id']}", change)) == [path]
    assert state(north) == before


def test_a_payment_stays_its_clients(errors, paid, create):
    made = paid(10)

    assert "client_id" in errors(
        "put", f"payments/{made['id']}", {"client_id": create(name="Other")["id"]}
    )


def test_what_is_on_account_settles_invoices_later(call, paid, billed, figures, client_id):
    made = paid(100)
    invoice = billed(80)["id"]

    shown = call(
        "put", f"payments/{made['id']}", {"invoices": [{"invoice_id": invoice, "amount": 80}]}
    )

    assert (shown["applied"], shown["paymentables"][0]["amount"]) == (80, 80)
    assert figures(client_id) == (0, 100, 0, 20)


def test_no_more_than_is_on_account_settles_invoices(errors, paid, billed):
    made, invoice = paid(10), billed(80)["id"]
    share = [{"invoice_id": invoice, "amount": 11}]

    assert list(errors("put", f"payments/{made['id']}", {"invoices": share})) == ["amount"]


# Taking back.


def test_deleting_and_restoring_leave_everything_as_it_was(call, paid, billed, figures, client_id):
    invoice = billed(100)["id"]
    made = paid(70, (invoice, 60))
    before = figures(client_id)

    deleted = call("delete", f"payments/{made['id']}")
    without = figures(client_id)
    call("post", "payments/bulk", {"action": "restore", "ids": [made["id"]]})

    assert (deleted["is_deleted"], deleted["applied"], deleted["paymentables"]) == (True, 0, [])
    assert (before, without) == ((40, 70, 0, 10), (100, 0, 0, 0))
    assert figures(client_id) == before
    restored = call("get", f"payments/{made['id']}")
    assert (restored["applied"], restored["is_deleted"]) == (60, False)


def test_a_refund_is_owed_again(call, paid, billed, figures, client_id):
    invoice = billed(100)["id"]
    made = paid(100, (invoice, 100))

    part = call(
        "post",
        "payments/refund",
        {"id": made["id"], "amount": 30, "invoices": [{"invoice_id": invoice, "amount": 30}]},
    )
    after_part = figures(client_id)
    whole = call("post", "payments/refund", {"id": made["id"], "amount": 70})

    assert (part["status_id"], part["refunded"], part["applied"]) == ("5", 30, 70)
    row = part["paymentables"][0]
    assert (row["invoice_id"], row["amount"], row["refunded"]) == (invoice, 100, 30)
    assert after_part == (30, 70, 0, 0)
    assert (whole["status_id"], whole["refunded"], whole["applied"]) == ("6", 100, 0)
    assert figures(client_id) == (100, 0, 0, 0)
    assert call("get", f"invoices/{invoice}")["status_id"] == "2"


def test_a_refund_of_what_is_on_account_opens_no_invoice(call, paid, billed, figures, client_id):
    made = paid(100, (billed(60)["id"], 60))

    call("post", "payments/refund", {"id": made["id"], "amount": 40, "date": "2099-01-01"})

    assert figures(client_id) == (0, 60, 0, 0)


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"id": None}, "id"),
        ({"id": "WjnegYbwZ1"}, "id"),
        ({"id": "{foreign}"}, "id"),
        ({"amount": 0}, "amount"),
        ({"amount": 101}, "amount"),
        ({"amount": "all"}, "amount"),
        ({"date": "2001-01-01"}, "date"),
        ({"date": 5}, "date"),
        ({"invoices": [{"invoice_id": "{invoice}", "amount": 61}]}, "invoices"),
        ({"amount": 70, "invoices": [{"invoice_id": "{invoice}", "amount": 61}]}, "amount"),
        ({"invoices": [{"invoice_id": "WjnegYbwZ1", "amount": 5}]}, "invoices.0.invoice_id"),
        ({"gateway_refund": "true"}, "gateway_refund"),
    ],
    ids=str,
)
def test_a_refund_that_is_wrong(errors, north, paid, billed, foreign, sent, path):

    invoice = billed(60)["id"]
    made = paid(100, (invoice, 60))
    text = json.dumps({"id": made["id"], "amount": 50} | sent)
    text = text.replace("{invoice}", invoice).replace("{foreign}", foreign)
    before = state(north)

    assert path in errors("post", "payments/refund", json.loads(text))
    assert state(north) == before


# Reading.


def test_a_strangers_payment_and_none_are_told_alike(call, foreign):
    for record_id in (foreign, "WjnegYbwZ1", "nonsense"):
        for verb in ("get", "put", "delete"):
            assert call(verb, f"payments/{record_id}", status=400) == ABSENT


def test_a_strangers_payment_is_in_no_bulk(errors, paid, foreign):
    ids = [paid(10)["id"], foreign]

    refused = errors("post", "payments/bulk", {"action": "delete", "ids": ids})

    assert refused == {"ids": ["The selected ids is invalid."]}


def test_staff_may_record_and_not_delete(north, join, ninja, paid, client_id):
    made = paid(10)
    staff = ninja(join(north, "staff"))

    recorded = staff.post("/api/v1/payments", {"client_id": client_id, "amount": 1})
    alone = staff.delete(f"/api/v1/payments/{made['id']}")
    many = staff.post("/api/v1/payments/bulk", {"action": "delete", "ids": [made["id"]]})

    assert (recorded.status_code, alone.status_code, many.status_code) == (200, 401, 401)


def test_filters(call, paid, billed, create, client_id):
    other = create(name="Bolt")
    invoice = billed(5)["id"]
    paid(5, (invoice, 5), number="A", date="2026-01-01")
    paid(6, number="B", transaction_reference="TX77", private_notes="Ask Ann.")
    paid(7, number="C", client_id=other["id"])
    partly, whole = paid(8, number="D")["id"], paid(9, number="E")["id"]
    call("post", "payments/refund", {"id": partly, "amount": 1})
    call("post", "payments/refund", {"id": whole, "amount": 9})
    call("delete", f"payments/{call('get', 'payments?number=C')[0]['id']}")

    def numbers(query):
        return "".join(row["number"] for row in call("get", f"payments?{query}"))

    found = {
        query: numbers(query)
        for query in (
            "", "number=a", f"client_id={client_id}", "filter=tx77", "filter=bolt",
            "filter=2026-01-01", "private_notes=ann", "is_deleted=true", "status=active",
            "client_status=completed", "client_status=partially_refunded,refunded",
            "client_status=partially_unapplied", "client_status=all", "sort=amount%7Cdesc",
            "created_at=9999999999", "per_page=2&page=2",
        )
    }  # fmt: skip
    assert found == {
        "": "ABCDE",
        "number=a": "A",
        f"client_id={client_id}": "ABDE",
        "filter=tx77": "B",
        "filter=bolt": "C",
        "filter=2026-01-01": "A",
        "private_notes=ann": "B",
        "is_deleted=true": "C",
        "status=active": "ABDE",
        "client_status=completed": "ABC",
        "client_status=partially_refunded,refunded": "DE",
        "client_status=partially_unapplied": "BD",
        "client_status=all": "ABCDE",
        "sort=amount%7Cdesc": "EDCBA",
        "created_at=9999999999": "",
        "per_page=2&page=2": "CD",
    }


def test_every_column_sorts_and_the_client_comes_along(call, paid, client_id):
    made = paid(10)

    for column in made:
        assert len(call("get", f"payments?sort={column}%7Casc")) == 1
    (listed,) = call("get", "payments?include=client")
    assert listed["client"]["payment_balance"] == 10
    assert decode(listed["client"]["id"]) == decode(client_id)


def test_a_list_is_as_many_queries_however_many_rows(
    north, ninja, paid, billed, django_assert_num_queries
):
    door = ninja(north)
    door.get("/api/v1/payments")
    for _ in range(2):
        paid(5, (billed(5)["id"], 5))
        with django_assert_num_queries(16):
            assert door.get("/api/v1/payments").status_code == 200
