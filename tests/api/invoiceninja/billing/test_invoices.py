"""`/invoices`: written, issued, paid and taken back, and what it does to the client's figures."""

from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone
from django.utils.timezone import localdate

from agencies.scope import acting_for
from api.invoiceninja.ids import decode, encode
from billing.drafting import Item, draft_invoice
from billing.models import Invoice, LedgerEntry
from clients.models import Client

ABSENT = {"message": "No query results for model [App\\Models\\Invoice]."}


@pytest.fixture
def foreign(south, south_client):
    """The id of an invoice of South's."""
    with acting_for(south.agency_id):
        lines = [Item(quantity=Decimal(1), price=Decimal(9))]
        invoice = draft_invoice(south_client, by=south, lines=lines, at=timezone.now())
    return encode(invoice.pk)


def state(north):
    with acting_for(north.agency_id):
        return [list(model.objects.order_by("pk").values()) for model in (Invoice, LedgerEntry)] + [
            list(Client.objects.order_by("pk").values("balance", "paid_to_date"))
        ]


# Writing.


@time_machine.travel("2026-03-10T12:00:00Z", tick=False)
def test_an_invoice_is_shown_in_the_originals_shape(call, client_id):
    sent = {
        "client_id": client_id,
        "number": "F-7",
        "po_number": "PO 5",
        "date": "2026-03-01",
        "due_date": "2026-03-20",
        "discount": 10,
        "public_notes": "Thank you.",
        "private_notes": "Ask Ann.",
        "terms": "14 days",
        "footer": "IBAN",
        "line_items": [
            {
                "quantity": 2,
                "cost": "50.00",
                "product_key": "HOUR",
                "notes": "Design",
                "tax_name1": "VAT",
                "tax_rate1": 19,
            },
            {"quantity": 0.5, "cost": 100, "discount": 20},
        ],
    }

    shown = call("post", "invoices", sent)

    # 100.00 and 50.00 less 20 % are 140.00; less 10 % 126.00; 19 % of 90.00 are 17.10.
    assert (shown["amount"], shown["balance"], shown["total_taxes"]) == (143.1, 0, 17.1)
    assert {name: shown[name] for name in sent if name != "line_items"} == {
        **{name: value for name, value in sent.items() if name != "line_items"},
    }
    assert (shown["status_id"], shown["entity_type"], shown["is_deleted"]) == (
        "1",
        "invoice",
        False,
    )
    assert (shown["created_at"], shown["archived_at"]) == (1773144000, 0)
    assert [
        (line["quantity"], line["cost"], line["line_total"], line["tax_amount"])
        for line in shown["line_items"]
    ] == [(2, 50, 100, 17.1), (0.5, 100, 40, 0)]
    first = shown["line_items"][0]
    assert (first["gross_line_total"], first["tax_name1"], first["tax_rate1"]) == (107.1, "VAT", 19)
    assert (first["tax_rate2"], first["sort_id"], first["type_id"]) == (0, "0", "1")
    assert None not in shown.values()


def test_prices_that_include_their_tax(call, client_id):
    line = {"quantity": 1, "cost": 119, "tax_name1": "VAT", "tax_rate1": 19}

    shown = call(
        "post",
        "invoices",
        {"client_id": client_id, "uses_inclusive_taxes": True, "line_items": [line]},
    )

    assert (shown["amount"], shown["total_taxes"]) == (119, 19)
    assert shown["line_items"][0]["gross_line_total"] == 119


def test_discounts_as_amounts(call, client_id):
    lines = [
        {"quantity": 1, "cost": 100, "discount": 10},
        {"quantity": 1, "cost": 100, "discount": 10, "is_amount_discount": False},
    ]
    sent = {"client_id": client_id, "is_amount_discount": 1, "discount": 5, "line_items": lines}

    shown = call("post", "invoices", sent)

    assert [line["line_total"] for line in shown["line_items"]] == [90, 90]
    assert [line["is_amount_discount"] for line in shown["line_items"]] == [True, False]
    assert shown["amount"] == 175


def test_a_draft_has_the_agencys_day_and_no_number_until_it_is_sent(call, client_id, north):
    with acting_for(north.agency_id):
        north.agency.time_zone = "Pacific/Kiritimati"
        north.agency.save()
    line = {"cost": 5}

    with time_machine.travel("2026-03-10T12:00:00Z", tick=False):
        draft = call("post", "invoices", {"client_id": client_id, "line_items": [line]})
        sent = call("put", f"invoices/{draft['id']}?mark_sent=true", {})

    assert (draft["number"], draft["date"], draft["status_id"]) == ("", "2026-03-11", "1")
    assert (sent["number"], sent["status_id"], sent["due_date"]) == ("INV-0001", "2", "2026-03-25")


def test_a_form_with_brackets_is_an_invoice_too(call, north, ninja, client_id):
    fields = {"client_id": client_id, "line_items[0][cost]": "7.5", "line_items[0][quantity]": "2"}

    response = ninja(north).browser.post("/api/v1/invoices/", fields)

    assert response.json()["data"]["amount"] == 15


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"client_id": ""}, "client_id"),
        ({"client_id": "VolejRejNm"}, "client_id"),
        ({"client_id": 5}, "client_id"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "10.03.2026"}, "date"),
        ({"due_date": 5}, "due_date"),
        ({"date": "2026-03-10", "due_date": "2026-03-09"}, "due_date"),
        ({"discount": "much"}, "discount"),
        ({"discount": -1}, "discount"),
        ({"discount": 200, "line_items": [{"cost": 1}]}, "line_items"),
        ({"number": "x" * 61}, "number"),
        ({"number": {}}, "number"),
        ({"uses_inclusive_taxes": "perhaps"}, "uses_inclusive_taxes"),
        ({"line_items": "none"}, "line_items"),
        ({"line_items": [5]}, "line_items.0"),
        ({"line_items": [{"cost": "a"}]}, "line_items.0.cost"),
        ({"line_items": [{"cost": True}]}, "line_items.0.cost"),
        ({"line_items": [{"cost": "1e13"}]}, "line_items.0.cost"),
        ({"line_items": [{"cost": 1, "quantity": -1}]}, "line_items"),
        ({"line_items": [{"cost": 1, "tax_rate1": -19}]}, "line_items.0.tax_rate1"),
        ({"line_items": [{"cost": 1}, {"tax_rate2": 7}]}, "line_items.1.tax_rate2"),
        ({"line_items": [{"tax_rate3": "7.5"}]}, "line_items.0.tax_rate3"),
        ({"tax_rate1": 19}, "tax_rate1"),
        ({"tax_rate2": 19}, "tax_rate2"),
        ({"custom_surcharge1": 5}, "custom_surcharge1"),
        ({"partial": 5}, "partial"),
        ({"custom_value1": "Order 5"}, "custom_value1"),
        ({"project_id": "VolejRejNm"}, "project_id"),
        ({"assigned_user_id": "VolejRejNm"}, "assigned_user_id"),
        ({"amount_paid": "much"}, "amount_paid"),
        ({"send_email": "true"}, "send_email"),
        ({"mark_sent": True}, "line_items"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_nothing_is_kept(errors, north, client_id, sent, path):
    assert path in errors("post", "invoices", {"client_id": client_id} | sent)

    with acting_for(north.agency_id):
        assert not Invoice.objects.exists()


def test_taxes_that_are_named_without_a_rate_and_unknown_keys_are_ignored(call, client_id):
    line = {"cost": 5, "tax_name2": "", "tax_rate2": "0.00", "tax_rate3": 0, "zebra": 1}
    sent = {"client_id": client_id, "tax_name1": "VAT", "tax_rate1": 0, "custom_value1": ""}

    shown = call("post", "invoices", {**sent, "zebra": {}, "line_items": [line]})

    assert shown["amount"] == 5


def test_a_number_is_used_once(errors, billed):
    first = billed(5, number="F-1")

    refused = errors("post", "invoices", {"client_id": first["client_id"], "number": "F-1"})

    assert refused == {"number": ["The number has already been taken."]}


# Changing.


def test_a_draft_changes_in_what_is_sent_and_stays_in_the_rest(call, billed):
    draft = billed(10, "", public_notes="Old", terms="14 days")

    shown = call("put", f"invoices/{draft['id']}/", {"public_notes": "New"})
    lines = [{"cost": 3, "quantity": 3}, {"cost": 1}]
    more = call("patch", f"invoices/{draft['id']}", {"line_items": lines, "discount": 50})

    assert (shown["public_notes"], shown["terms"], shown["amount"]) == ("New", "14 days", 10)
    assert (more["amount"], len(more["line_items"]), more["public_notes"]) == (5, 2, "New")


@pytest.mark.parametrize("query", ["", "mark_sent=true", "paid=true", "mark_sent=true&cancel=true"])
def test_what_was_read_may_be_sent_back_whole(call, north, billed, query):
    made = billed(
        10.333333,
        query,
        po_number=" 5 ",
        number="F-9",
        line_items=[{"cost": 0.1, "quantity": 3.3, "tax_name1": "VAT", "tax_rate1": 19.5}],
    )
    before = state(north)

    shown = call("put", f"invoices/{made['id']}", made)

    assert (shown, state(north)) == (made, before)


def test_what_was_read_may_be_sent_back_though_it_could_not_be_written_so(
    call, north, join, billed, client_id
):
    member = join(north, "staff")
    made = billed(10, assigned_user_id=encode(member.user_id), private_notes=" Ask Ann. ")
    # A deleted client is not billed anew.
    call("delete", f"clients/{client_id}")
    with acting_for(north.agency_id):
        Invoice.objects.update(private_notes="\u2003long\n" + "x" * 10_001)
    shown = call("get", f"invoices/{made['id']}")
    before = state(north)

    assert call("put", f"invoices/{made['id']}", shown) == shown
    assert state(north) == before


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"public_notes": "Other"}, "public_notes"),
        ({"date": "2026-01-01"}, "date"),
        ({"due_date": "2030-01-01"}, "due_date"),
        ({"number": "F-2"}, "number"),
        ({"number": ""}, "number"),
        ({"po_number": "5"}, "po_number"),
        ({"discount": 5}, "discount"),
        ({"is_amount_discount": True}, "is_amount_discount"),
        ({"uses_inclusive_taxes": True}, "uses_inclusive_taxes"),
        ({"line_items": []}, "line_items"),
        ({"line_items": [{"cost": 11, "notes": "Work"}]}, "line_items"),
    ],
    ids=str,
)
def test_an_issued_invoice_does_not_change(errors, north, billed, change, path):
    made = billed(10)
    before = state(north)

    refused = errors("put", f"invoices/{made['id']}", change)

    text = f"{made['number']} is issued and does not change. Correct it with a credit."
    assert refused == {path: [text]}
    assert state(north) == before


def test_an_issued_invoice_keeps_private_notes(call, billed):
    made = billed(10)

    shown = call("put", f"invoices/{made['id']}", {"private_notes": "Ann knows."})

    assert (shown["private_notes"], shown["amount"]) == ("Ann knows.", 10)


def test_an_invoice_stays_its_clients(errors, billed, create):
    other = create(name="Other")
    draft = billed(10, "")

    refused = errors("put", f"invoices/{draft['id']}", {"client_id": other["id"]})

    assert refused == {"client_id": ["The selected client id is invalid."]}


def test_a_deleted_invoice_is_restored_before_it_is_changed(call, billed):
    made = billed(10, "")
    call("delete", f"invoices/{made['id']}")

    body = call("put", f"invoices/{made['id']}", {"terms": "x"}, status=400)

    assert body["message"].startswith("Record is deleted and cannot be edited.")


def test_method_override_updates_and_deletes(call, billed):
    draft = billed(10, "")

    changed = call("post", f"invoices/{draft['id']}?_method=PUT", {"terms": "now"})
    gone = call("post", f"invoices/{draft['id']}", {"_method": "DELETE"})

    assert (changed["terms"], gone["is_deleted"]) == ("now", True)


# What is done along with it, and what it does to the client.


def test_a_draft_is_not_owed(billed, figures, client_id):
    billed(100, "")

    assert figures(client_id) == (0, 0, 0, 0)


def test_a_sent_invoice_is_owed_and_sending_it_twice_is_sending_it_once(
    call, billed, figures, client_id
):
    made = billed(100)

    again = call("put", f"invoices/{made['id']}?mark_sent=true", {})

    assert (made["status_id"], made["balance"], again["number"]) == ("2", 100, made["number"])
    assert figures(client_id) == (100, 0, 0, 0)


def test_a_paid_invoice_is_paid_once(call, billed, figures, client_id):
    made = billed(100, "paid=true")

    again = call("put", f"invoices/{made['id']}?paid=true", {})

    assert (made["status_id"], made["balance"], made["paid_to_date"]) == ("4", 0, 100)
    assert again["paid_to_date"] == 100
    assert figures(client_id) == (0, 100, 0, 0)


def test_an_amount_that_was_paid_with_it(billed, figures, client_id):
    partial = billed(100, "amount_paid=30")

    assert (partial["status_id"], partial["balance"], partial["paid_to_date"]) == ("3", 70, 30)
    assert figures(client_id) == (70, 30, 0, 0)


def test_more_than_the_invoice_stays_on_account(billed, figures, client_id):
    made = billed(100, "paid=true&amount_paid=130")

    assert (made["status_id"], made["balance"], made["paid_to_date"]) == ("4", 0, 100)
    assert figures(client_id) == (0, 130, 0, 30)


def test_an_amount_with_more_digits_than_the_currency_is_refused_whole(errors, north, client_id):
    sent = {"client_id": client_id, "line_items": [{"cost": 10}]}

    assert "amount" in errors("post", "invoices?amount_paid=1.005", sent)

    with acting_for(north.agency_id):
        assert not Invoice.objects.exists()


def test_a_cancelled_invoice_is_not_owed_and_what_was_paid_stays_paid(billed, figures, client_id):
    made = billed(100, "amount_paid=30&cancel=true")

    assert (made["status_id"], made["balance"], made["paid_to_date"]) == ("5", 0, 30)
    assert figures(client_id) == (0, 30, 0, 0)


def test_deleting_takes_it_off_the_balance_and_restoring_puts_it_back(
    call, billed, figures, client_id
):
    made = billed(100, "amount_paid=30")
    before = figures(client_id)

    deleted = call("delete", f"invoices/{made['id']}")
    without = figures(client_id)
    call("post", "invoices/bulk", {"action": "restore", "ids": [made["id"]]})

    assert (deleted["is_deleted"], deleted["balance"]) == (True, 0)
    assert deleted["archived_at"] > 0
    assert (before, without) == ((70, 30, 0, 0), (0, 30, 0, 30))
    assert figures(client_id) == before
    restored = call("get", f"invoices/{made['id']}")
    assert {**restored, "updated_at": 0} == {**made, "updated_at": 0}


def test_archiving_changes_no_figure(call, billed, figures, client_id):
    made = billed(100)

    (archived,) = call("post", "invoices/bulk", {"action": "archive", "ids": [made["id"]]})

    assert (archived["is_deleted"], archived["archived_at"] > 0) == (False, True)
    assert figures(client_id) == (100, 0, 0, 0)


# In bulk.


def test_bulk_sends_pays_and_cancels(call, billed, figures, client_id):
    ids = [billed(amount, query)["id"] for amount, query in ((10, ""), (20, "mark_sent=true"))]

    sent = call("post", "invoices/bulk", {"action": "mark_sent", "ids": ids})
    owed = figures(client_id)
    call("post", "invoices/bulk", {"action": "cancel", "ids": ids[:1]})
    paid = call("post", "invoices/bulk", {"action": "mark_paid", "ids": ids})

    assert [row["status_id"] for row in sent] == ["2", "2"]
    assert [row["status_id"] for row in paid] == ["5", "4"]
    assert owed == (30, 0, 0, 0)
    assert figures(client_id) == (0, 20, 0, 0)


def test_a_draft_is_sent_and_paid_at_once(call, billed, figures, client_id):
    draft = billed(10, "")

    (paid,) = call("post", "invoices/bulk", {"action": "mark_paid", "ids": [draft["id"]]})

    assert (paid["status_id"], paid["number"]) == ("4", "INV-0001")
    assert figures(client_id) == (0, 10, 0, 0)


def test_a_bulk_action_is_for_all_of_them_or_none(call, billed, figures, client_id):
    ids = [billed(10)["id"], billed(10, "")["id"]]

    body = call("post", "invoices/bulk", {"action": "cancel", "ids": ids}, status=400)

    assert "nothing to cancel" in body["message"]
    assert figures(client_id) == (10, 0, 0, 0)


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"action": "email"}, "action"),
        ({"action": ""}, "action"),
        ({"ids": []}, "ids"),
        ({"ids": "all"}, "ids"),
        ({"ids": ["WjnegYbwZ1"]}, "ids"),
    ],
    ids=str,
)
def test_a_bulk_action_that_makes_no_sense(errors, billed, sent, path):
    ids = [billed(10)["id"]]

    assert path in errors("post", "invoices/bulk", {"action": "archive", "ids": ids} | sent)


def test_a_strangers_invoice_is_in_no_bulk(errors, billed, foreign, north):
    ids = [billed(10)["id"], foreign]
    before = state(north)

    refused = errors("post", "invoices/bulk", {"action": "delete", "ids": ids})

    assert (refused, state(north)) == ({"ids": ["The selected ids is invalid."]}, before)


# Reading.


def test_a_strangers_invoice_and_none_are_told_alike(call, foreign):
    for record_id in (foreign, "WjnegYbwZ1", "nonsense"):
        for verb in ("get", "put", "delete"):
            assert call(verb, f"invoices/{record_id}", status=400) == ABSENT
    assert "123 not found" in call("get", "invoices/123", status=400)["message"]


def test_a_strangers_client_is_not_billed(errors, south_client):
    refused = errors("post", "invoices", {"client_id": encode(south_client.pk)})

    assert refused == {"client_id": ["The selected client id is invalid."]}


def test_staff_may_not_delete(north, join, ninja, billed):
    made = billed(10)
    staff = ninja(join(north, "staff"))

    alone = staff.delete(f"/api/v1/invoices/{made['id']}")
    many = staff.post("/api/v1/invoices/bulk", {"action": "delete", "ids": [made["id"]]})

    assert (alone.status_code, many.status_code) == (401, 401)


def test_a_key_for_clients_alone_reads_no_invoice(north, ninja):
    answer = ninja(north, scopes=["clients:read", "clients:write"]).get("/api/v1/invoices")

    assert answer.status_code == 401


def test_the_client_comes_along_where_it_is_asked_for(call, billed, client_id):
    made = billed(10)

    (listed,) = call("get", "invoices?include=client")
    alone = call("get", f"invoices/{made['id']}?include=client.group_settings,zebras")

    assert listed["client"]["id"] == alone["client"]["id"] == client_id
    assert listed["client"]["balance"] == 10
    assert "zebras" in call("get", "invoices?include=zebras", status=400)["message"]


@time_machine.travel("2026-03-10T12:00:00Z", tick=False)
def test_filters(call, billed, create, client_id):
    other = create(name="Bolt")
    for amount, query, facts in (
        (1, "", {"number": "D"}),
        (2, "mark_sent=true", {"number": "S", "due_date": "2026-03-10"}),
        (3, "mark_sent=true", {"number": "O", "date": "2026-01-01", "due_date": "2026-03-09"}),
        (4, "amount_paid=1", {"number": "P", "private_notes": "Ask Ann."}),
        (5, "paid=true", {"number": "F", "po_number": "PO77"}),
        (6, "mark_sent=true&cancel=true", {"number": "C"}),
        (7, "mark_sent=true", {"number": "B", "client_id": other["id"]}),
    ):
        billed(amount, query, **facts)
    deleted = call("get", "invoices?number=C")[0]["id"]
    call("delete", f"invoices/{deleted}")

    def numbers(query):
        return "".join(row["number"] for row in call("get", f"invoices?{query}"))

    found = {
        query: numbers(query)
        for query in (
            "", "client_status=all", "client_status=paid", "client_status=unpaid",
            "client_status=overdue", "client_status=draft,paid", "client_status=nonsense",
            "overdue=true", f"payable={client_id}", f"client_id={other['id']}", "number=s",
            "filter=po77", "filter=bolt", "filter=2026-01-01", "private_notes=ann",
            "is_deleted=true", "status=active", "status=deleted", "sort=amount%7Cdesc",
            "sort=number%7Cdesc&per_page=2", "updated_at=1773144001", "created_at=0",
            "client_id=nonsense", "per_page=2&page=2",
        )
    }  # fmt: skip
    assert found == {
        "": "DSOPFCB",
        "client_status=all": "DSOPFCB",
        "client_status=paid": "F",
        "client_status=unpaid": "SOPB",
        "client_status=overdue": "O",
        "client_status=draft,paid": "DF",
        "client_status=nonsense": "DSOPFCB",
        "overdue=true": "O",
        f"payable={client_id}": "SOP",
        f"client_id={other['id']}": "B",
        "number=s": "S",
        "filter=po77": "F",
        "filter=bolt": "B",
        "filter=2026-01-01": "O",
        "private_notes=ann": "P",
        "is_deleted=true": "C",
        "status=active": "DSOPFB",
        "status=deleted": "C",
        "sort=amount%7Cdesc": "BCFPOSD",
        "sort=number%7Cdesc&per_page=2": "BC",
        "updated_at=1773144001": "",
        "created_at=0": "DSOPFCB",
        "client_id=nonsense": "DSOPFCB",
        "per_page=2&page=2": "OP",
    }


def test_every_column_sorts(call, billed):
    made = billed(10)

    for column in made:
        assert len(call("get", f"invoices?sort={column}%7Casc")) == 1


def test_a_list_is_as_many_queries_however_many_rows(
    north, ninja, billed, django_assert_num_queries
):
    door = ninja(north)
    door.get("/api/v1/invoices")
    counted = []
    for _ in range(2):
        billed(10)
        with django_assert_num_queries(15):
            counted.append(door.get("/api/v1/invoices").json()["meta"]["pagination"]["total"])
        with django_assert_num_queries(20):
            assert door.get("/api/v1/invoices?include=client").status_code == 200

    assert counted == [1, 2]


def test_sent_again_with_its_key_it_is_one_invoice(north, ninja, client_id):
    door = ninja(north)
    sent = {"client_id": client_id, "line_items": [{"cost": 5}], "paid": True}

    answers = [
        door.post("/api/v1/invoices", sent, headers={"Idempotency-Key": "one"}) for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    with acting_for(north.agency_id):
        assert Invoice.objects.get().pk == decode(answers[0].json()["data"]["id"])
        assert LedgerEntry.objects.count() == 3


@pytest.mark.parametrize("kind", ["invoices", "payments", "credits"])
def test_a_blank_one_begins_as_a_new_one_would_and_nothing_is_made(call, billed, kind):
    billed(100, "amount_paid=30")
    call("post", "credits", {"client_id": call("get", "clients")[0]["id"], "line_items": []})
    known = call("get", kind)

    blank = call("get", f"{kind}/create")

    assert blank.keys() == known[0].keys()
    assert (blank["id"], blank["number"], blank["client_id"]) == ("", "", "")
    assert (blank["amount"], blank["created_at"], blank["is_deleted"]) == (0, 0, False)
    assert blank["user_id"] == known[0]["user_id"]
    assert blank["date"] == localdate().isoformat()
    assert call("get", kind) == known


def test_a_restore_takes_a_cancellation_back(call, billed, figures, client_id):
    made = billed(100, "amount_paid=30")
    before = figures(client_id)
    call("post", "invoices/bulk", {"action": "cancel", "ids": [made["id"]]})
    assert figures(client_id) != before

    (restored,) = call("post", "invoices/bulk", {"action": "restore", "ids": [made["id"]]})

    assert {**restored, "updated_at": 0} == {**made, "updated_at": 0}
    assert figures(client_id) == before


def test_what_was_archived_or_deleted_is_restored_as_cancelled_as_it_was(call, billed):
    made = billed(100, "mark_sent=true&cancel=true")

    for action in ("archive", "delete"):
        call("post", "invoices/bulk", {"action": action, "ids": [made["id"]]})
        (restored,) = call("post", "invoices/bulk", {"action": "restore", "ids": [made["id"]]})
        assert (restored["status_id"], restored["archived_at"]) == ("5", 0)
