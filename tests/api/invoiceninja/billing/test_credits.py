"""`/credits`: written, issued, used and taken back, and what it does to the client's figures."""

from decimal import Decimal

import pytest
from django.utils import timezone

from agencies.scope import acting_for
from api.invoiceninja.ids import encode
from billing.drafting import Item, draft_credit
from billing.models import Credit, LedgerEntry

ABSENT = {"message": "No query results for model [App\\Models\\Credit]."}


@pytest.fixture
def foreign(south, south_client):
    """The id of a credit of South's."""
    with acting_for(south.agency_id):
        lines = [Item(quantity=Decimal(1), price=Decimal(9))]
        credit = draft_credit(south_client, by=south, lines=lines, at=timezone.now())
    return encode(credit.pk)


@pytest.fixture
def given(call, client_id):
    """Makes a credit over one amount, sent unless said otherwise."""

    def given(amount, query="mark_sent=true", **facts):
        sent = {"client_id": client_id, "line_items": [{"cost": amount}]} | facts
        return call("post", f"credits?{query}", sent)

    return given


@pytest.fixture
def use(call, client_id):
    def use(credit, invoice, amount):
        sent = {
            "client_id": client_id,
            "invoices": [{"invoice_id": invoice["id"], "amount": amount}],
            "credits": [{"credit_id": credit["id"], "amount": amount}],
        }
        return call("post", "payments", sent)

    return use


def state(north):
    with acting_for(north.agency_id):
        return [list(model.objects.order_by("pk").values()) for model in (Credit, LedgerEntry)]


def test_a_credit_is_shown_in_the_originals_shape(given, billed, client_id):
    invoice = billed(200)
    line = {"quantity": 2, "cost": 50, "tax_name1": "VAT", "tax_rate1": 19}

    shown = given(
        0,
        invoice_id=invoice["id"],
        number="G-1",
        date="2026-03-10",
        po_number="PO 5",
        public_notes="Sorry.",
        line_items=[line],
    )

    assert (shown["amount"], shown["balance"], shown["total_taxes"]) == (119, 119, 19)
    assert (shown["status_id"], shown["entity_type"], shown["paid_to_date"]) == ("2", "credit", 0)
    assert (shown["invoice_id"], shown["client_id"]) == (invoice["id"], client_id)
    assert (shown["number"], shown["date"], shown["po_number"]) == ("G-1", "2026-03-10", "PO 5")
    assert shown["line_items"][0]["line_total"] == 100
    assert None not in shown.values()


def test_a_draft_is_no_money_and_a_sent_credit_is(call, given, figures, client_id):
    draft = given(30, "")
    before = figures(client_id)

    sent = call("put", f"credits/{draft['id']}?mark_sent=true", {})
    call("put", f"credits/{draft['id']}?mark_sent=true", {})

    assert (draft["status_id"], draft["number"], draft["balance"]) == ("1", "", 0)
    assert (sent["status_id"], sent["number"], sent["balance"]) == ("2", "CR-0001", 30)
    assert (before, figures(client_id)) == ((0, 0, 0, 0), (0, 0, 30, 0))


def test_a_credit_that_is_used_counts_as_paid(call, given, billed, use, figures, client_id):
    credit, invoice = given(30), billed(100)

    use(credit, invoice, 20)
    part = call("get", f"credits/{credit['id']}")
    after_part = figures(client_id)
    use(credit, invoice, 10)

    assert (part["status_id"], part["balance"], part["paid_to_date"]) == ("3", 10, 20)
    assert after_part == (80, 20, 10, 0)
    assert call("get", f"credits/{credit['id']}")["status_id"] == "4"
    assert figures(client_id) == (70, 30, 0, 0)


def test_deleting_and_restoring_leave_everything_as_it_was(
    call, given, billed, use, figures, client_id
):
    credit, invoice = given(30), billed(100)
    use(credit, invoice, 20)
    before = figures(client_id)

    deleted = call("delete", f"credits/{credit['id']}")
    without = figures(client_id)
    call("post", "credits/bulk", {"action": "restore", "ids": [credit["id"]]})

    assert (deleted["is_deleted"], deleted["balance"], deleted["paid_to_date"]) == (True, 0, 0)
    assert (before, without) == ((80, 20, 10, 0), (100, 0, 0, 0))
    assert figures(client_id) == before


def test_bulk_sends_archives_and_deletes(call, given, figures, client_id):
    ids = [given(10, "")["id"], given(20)["id"]]

    sent = call("post", "credits/bulk", {"action": "mark_sent", "ids": ids})
    archived = call("post", "credits/bulk", {"action": "archive", "ids": ids})
    there = figures(client_id)
    deleted = call("post", "credits/bulk", {"action": "delete", "ids": ids})

    assert [row["status_id"] for row in sent] == ["2", "2"]
    assert all(row["archived_at"] and not row["is_deleted"] for row in archived)
    assert all(row["is_deleted"] for row in deleted)
    assert (there, figures(client_id)) == ((0, 0, 30, 0), (0, 0, 0, 0))


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_id": "WjnegYbwZ1"}, "client_id"),
        ({"invoice_id": "WjnegYbwZ1"}, "invoice_id"),
        ({"line_items": [{"cost": "x"}]}, "line_items.0.cost"),
        ({"line_items": [{"cost": -5}]}, "line_items"),
        ({"line_items": [{"cost": 5, "tax_rate2": 5}]}, "line_items.0.tax_rate2"),
        ({"tax_rate1": 19}, "tax_rate1"),
        ({"date": "soon"}, "date"),
        ({"mark_sent": True, "line_items": []}, "line_items"),
        ({"paid": True}, "paid"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_nothing_is_kept(errors, north, client_id, sent, path):
    usual = {"client_id": client_id, "line_items": [{"cost": 5}]}

    assert path in errors("post", "credits", usual | sent)
    with acting_for(north.agency_id):
        assert not Credit.objects.exists()


def test_credits_never_exceed_the_invoice_they_correct(errors, given, billed, client_id):
    invoice = billed(100)["id"]
    given(60, invoice_id=invoice)

    refused = errors(
        "post",
        "credits?mark_sent=true",
        {"client_id": client_id, "invoice_id": invoice, "line_items": [{"cost": 41}]},
    )

    assert list(refused) == ["line_items"]


def test_another_clients_invoice_is_not_corrected(errors, billed, create):
    other = create(name="Other")
    sent = {"client_id": other["id"], "invoice_id": billed(5)["id"], "line_items": [{"cost": 1}]}

    assert list(errors("post", "credits", sent)) == ["invoice_id"]


def test_a_draft_changes_and_an_issued_credit_does_not(call, errors, north, given):
    draft = given(10, "")
    changed = call("patch", f"credits/{draft['id']}", {"line_items": [{"cost": 7}], "terms": "x"})
    made = given(10)
    before = state(north)

    for change, path in (
        ({"public_notes": "Other"}, "public_notes"),
        ({"line_items": [{"cost": 11}]}, "line_items"),
        ({"number": "G-2"}, "number"),
    ):
        assert list(errors("put", f"credits/{made['id']}", change)) == [path]

    assert (changed["amount"], changed["terms"], state(north)) == (7, "x", before)


@pytest.mark.parametrize("query", ["", "mark_sent=true"])
def test_what_was_read_may_be_sent_back_whole(call, north, given, billed, query):
    made = given(10.1, query, invoice_id=billed(100)["id"], po_number=" x ")
    before = state(north)

    shown = call("put", f"credits/{made['id']}", made)

    assert (shown, state(north)) == (made, before)


def test_a_credit_that_was_used_up_elsewhere_is_not_used_again(errors, given, billed, client_id):
    credit, invoice = given(5), billed(100)
    sent = {
        "client_id": client_id,
        "invoices": [{"invoice_id": invoice["id"], "amount": 6}],
        "credits": [{"credit_id": credit["id"], "amount": 6}],
    }

    assert list(errors("post", "payments", sent)) == ["amount"]


def test_a_strangers_credit_and_none_are_told_alike(call, errors, given, foreign):
    for record_id in (foreign, "WjnegYbwZ1", "nonsense"):
        for verb in ("get", "put", "delete"):
            assert call(verb, f"credits/{record_id}", status=400) == ABSENT
    ids = [given(5)["id"], foreign]
    refused = errors("post", "credits/bulk", {"action": "archive", "ids": ids})
    assert refused == {"ids": ["The selected ids is invalid."]}


def test_filters(call, given, create, client_id):
    other = create(name="Bolt")
    given(1, "", number="D")
    given(2, number="S", private_notes="Ask Ann.", po_number="PO77")
    given(3, number="B", client_id=other["id"])
    call("delete", f"credits/{given(4, number='X')['id']}")

    found = {
        query: "".join(row["number"] for row in call("get", f"credits?{query}"))
        for query in (
            "", "client_status=draft", "client_status=sent,partial", "number=b",
            f"client_id={client_id}", "filter=po77", "filter=bolt", "private_notes=ann",
            "is_deleted=true", "status=active", "sort=amount%7Cdesc", "created_at=9999999999",
            "per_page=1&page=3",
        )
    }  # fmt: skip

    assert found == {
        "": "DSBX",
        "client_status=draft": "D",
        "client_status=sent,partial": "SBX",
        "number=b": "B",
        f"client_id={client_id}": "DSX",
        "filter=po77": "S",
        "filter=bolt": "B",
        "private_notes=ann": "S",
        "is_deleted=true": "X",
        "status=active": "DSB",
        "sort=amount%7Cdesc": "XBSD",
        "created_at=9999999999": "",
        "per_page=1&page=3": "B",
    }


def test_every_column_sorts_and_the_client_comes_along(call, given):
    made = given(10)

    for column in made:
        assert len(call("get", f"credits?sort={column}%7Casc")) == 1
    (listed,) = call("get", "credits?include=client")
    assert listed["client"]["credit_balance"] == 10


def test_a_list_is_as_many_queries_however_many_rows(
    north, ninja, given, django_assert_num_queries
):
    door = ninja(north)
    door.get("/api/v1/credits")
    for _ in range(2):
        given(5)
        with django_assert_num_queries(15):
            assert door.get("/api/v1/credits").status_code == 200


def test_sent_again_with_its_key_it_is_one_credit(north, ninja, client_id, figures):
    sent = {"client_id": client_id, "line_items": [{"cost": 5}], "mark_sent": True}
    door = ninja(north)

    answers = [
        door.post("/api/v1/credits", sent, headers={"Idempotency-Key": "one"}) for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert figures(client_id) == (0, 0, 5, 0)
