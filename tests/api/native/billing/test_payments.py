import re

import pytest
import time_machine

from agencies.scope import acting_for
from api.native.ids import encode
from billing.models import Payment, Refund

from .conftest import answered, plan_of, refused


@pytest.fixture
def at_noon():
    with time_machine.travel("2026-03-10T12:00:00Z", tick=False):
        yield


def share(invoice, amount=None):
    return {"invoice_id": invoice["id"]} | ({} if amount is None else {"amount": amount})


def test_a_payment_settles_the_oldest_first_and_the_rest_stays_on_account(
    api, at_noon, north, acme_id, issued, paid, figures, is_proved
):
    young = issued(5000, due_date="2026-03-30")
    old = issued(10000, due_date="2026-03-20")

    payment = paid(16000, method="card", reference="Ann", external_reference="bank-1")

    assert payment == {
        "id": payment["id"],
        "number": "P-0001",
        "client": {"id": acme_id, "name": "Acme"},
        "payment_date": "2026-03-10",
        "currency": "EUR",
        "amount": 16000,
        "applied": 15000,
        "refunded": 0,
        "unapplied": 1000,
        "method": "card",
        "reference": "Ann",
        "external_reference": "bank-1",
        "archived_at": None,
        "deleted_at": None,
        "created_at": "2026-03-10T12:00:00Z",
        "updated_at": "2026-03-10T12:00:00Z",
        "internal_notes": None,
        "recorded_by": {"id": encode("user", north.pk), "name": "nora@north.example"},
        "invoices": [
            {
                "invoice": {"id": one["id"], "number": one["number"]},
                "amount": one["total"],
                "date": "2026-03-10",
            }
            for one in (old, young)
        ],
        "refunds": [],
    }
    assert api.get(f"/v1/payments/{payment['id']}").json() == payment
    for one in (old, young):
        now = api.get(f"/v1/invoices/{one['id']}").json()
        assert (now["status"], now["balance"], now["amount_paid"]) == ("paid", 0, one["total"])
    assert figures() == (0, 16000, 0, 1000, 15000)
    assert is_proved()


def test_a_payment_settles_what_is_named(api, issued, paid, figures):
    first, second = issued(10000), issued(10000)

    payment = paid(12000, invoices=[share(second, 3000), share(first)])

    assert [one["amount"] for one in payment["invoices"]] == [3000, 9000]
    assert api.get(f"/v1/invoices/{second['id']}").json()["state"] == "partial"
    assert api.get(f"/v1/invoices/{second['id']}").json()["status"] == "sent"
    assert paid(500, invoices=[])["unapplied"] == 500
    assert figures() == (8000, 12500, 0, 500, 20000)


def test_an_external_reference_is_recorded_once(api, north, paid, acme_id):
    payment = paid(100, external_reference="bank-1")

    body = {"client_id": acme_id, "amount": 100, "external_reference": "bank-1"}
    response = api.post("/v1/payments", body)

    assert refused(response) == (409, "already_recorded", "external_reference")
    assert payment["id"] in response.json()["error"]["message"]
    with acting_for(north.agency_id):
        assert Payment.objects.count() == 1


def test_applying_and_taking_off(api, at_noon, issued, paid, figures, is_proved):
    invoice = issued(10000)
    path = f"/v1/payments/{paid(8000, invoices=[])['id']}"

    applied = answered(api.post(f"{path}/apply", {"invoices": [share(invoice, 3000)]}))
    assert (applied["applied"], applied["unapplied"]) == (3000, 5000)
    assert answered(api.post(f"{path}/apply", {}))["unapplied"] == 0
    assert figures() == (2000, 8000, 0, 0, 10000)

    assert answered(api.post(f"{path}/unapply", share(invoice, 500)))["applied"] == 7500
    taken = answered(api.post(f"{path}/unapply", share(invoice)))
    assert (taken["applied"], taken["invoices"]) == (0, [])
    assert figures() == (10000, 8000, 0, 8000, 10000)
    assert is_proved()


def test_what_cannot_be_applied_is_told(api, north, enrolled, issued, drafted, paid):
    path = f"/v1/payments/{paid(8000, invoices=[])['id']}"
    invoice, small, draft, yen = issued(10000), issued(100), drafted(), issued(5, currency="JPY")
    other = issued(100, client_id=encode("client", enrolled(north, "Other").pk))

    for one, answer in (
        (share(invoice, 8001), (422, "not_enough_left", "amount")),
        (share(small, 101), (422, "more_than_open", "amount")),
        (share(draft, 1), (409, "not_open", "invoice_id")),
        (share(yen, 1), (422, "other_currency", "currency")),
        (share(other, 1), (422, "other_client", "invoice_id")),
    ):
        assert refused(api.post(f"{path}/apply", {"invoices": [one]})) == answer
    assert refused(api.post(f"{path}/unapply", share(invoice))) == (409, "not_applied", None)
    assert api.get(path).json()["applied"] == 0


def test_a_refund_and_its_undoing(api, at_noon, issued, paid, figures, is_proved):
    invoice = issued(10000)
    payment = paid(12000)
    path = f"/v1/payments/{payment['id']}"

    response = api.post(f"{path}/refund", {"amount": 5000, "reference": "B 7", "note": "Sorry."})

    made = answered(response, 201)
    assert made == {
        "id": made["id"],
        "payment_id": payment["id"],
        "credit_id": None,
        "client": payment["client"],
        "currency": "EUR",
        "amount": 5000,
        "refund_date": "2026-03-10",
        "reference": "B 7",
        "note": "Sorry.",
        "created_at": "2026-03-10T12:00:00Z",
        "undone_at": None,
    }
    assert api.get(response["Location"]).json() == made
    assert api.get(path).json()["refunds"] == [made]
    # First what was on account, then what the invoice had got.
    assert api.get(f"/v1/invoices/{invoice['id']}").json()["balance"] == 3000
    assert figures() == (3000, 7000, 0, 0, 10000)
    undo = f"/v1/refunds/{made['id']}/undo"
    assert answered(api.post(undo, {}))["undone_at"] == "2026-03-10T12:00:00Z"
    assert refused(api.post(undo, {})) == (409, "refund_undone", None)
    assert figures() == (0, 12000, 0, 2000, 10000)
    assert is_proved()


def test_a_refund_out_of_a_named_invoice(api, issued, paid):
    first, second = issued(5000), issued(5000)
    path = f"/v1/payments/{paid(10000)['id']}"

    sent = {"amount": 1000, "invoices": [share(first, 1000)]}
    answered(api.post(f"{path}/refund", sent), 201)

    balances = [api.get(f"/v1/invoices/{one['id']}").json()["balance"] for one in (first, second)]
    assert balances == [1000, 0]
    for body, answer in (
        ({"amount": 9001}, (422, "not_enough_left", "amount")),
        ({"amount": 1, "refund_date": "2020-01-01"}, (422, "refunded_before_paid", "refund_date")),
        ({"amount": 1, "invoices": [share(first, 9000)]}, (422, "not_enough_left", "amount")),
    ):
        assert refused(api.post(f"{path}/refund", body)) == answer


def test_a_deleted_payment_is_gone_until_it_is_restored(api, issued, paid, figures, is_proved):
    invoice = issued(10000)
    payment = paid(6000)
    path, before = f"/v1/payments/{payment['id']}", figures()

    assert answered(api.delete(path)) == {"id": payment["id"], "deleted": True}

    assert api.get(path).status_code == 404
    assert api.get("/v1/payments").json()["data"] == []
    (found,) = api.get("/v1/payments?deleted=true").json()["data"]
    assert (found["id"], found["unapplied"]) == (payment["id"], 0)
    assert figures() == (10000, 0, 0, 0, 10000)
    back = answered(api.post(f"{path}/restore", {}))
    assert back == payment | {"updated_at": back["updated_at"]}
    assert figures() == before
    answered(api.delete(path))
    paid(10000)
    assert refused(api.post(f"{path}/restore", {}))[:2] == (409, "money_used_elsewhere")
    assert api.get(f"/v1/invoices/{invoice['id']}").json()["status"] == "paid"
    assert is_proved()


def test_only_how_it_was_paid_changes(api, at_noon, paid):
    payment = paid(100)
    path = f"/v1/payments/{payment['id']}"

    changed = answered(api.patch(path, {"method": "cash", "internal_notes": "At the desk."}))

    assert changed == payment | {"method": "cash", "internal_notes": "At the desk."}
    assert answered(api.patch(path, changed)) == changed
    for change, param in (
        ({"amount": 101}, "amount"),
        ({"payment_date": "2026-03-09"}, "payment_date"),
        ({"external_reference": "x"}, "external_reference"),
        ({"number": "7"}, "number"),
    ):
        assert refused(api.patch(path, change)) == (409, "payment_does_not_change", param)
    assert api.get(path).json() == changed


def test_a_lost_update_is_refused(api, issued, paid):
    issued()
    payment = paid(100)
    path = f"/v1/payments/{payment['id']}"
    old = {"If-Match": api.get(path)["ETag"]}
    api.patch(path, {"internal_notes": "First."})

    for change in (
        lambda: api.patch(path, {"internal_notes": "x"}, headers=old),
        lambda: api.delete(path, headers=old),
        lambda: api.post(f"{path}/apply", {}, headers=old),
        lambda: api.post(f"{path}/refund", {"amount": 1}, headers=old),
    ):
        assert change().status_code == 412
    assert api.get(path).json()["applied"] == 100


BAD_SUMS = [None, 0, -1, 1.5, "100", True, 10**13, 10**40, [], {}, "NaN"]
BAD_DAYS = ["2026-02-30", 20260201, "1899-12-31", "3000-01-01", "9999-12-31", [], "now"]
BAD_VALUES = [
    *(("", {"amount": bad}, "amount") for bad in BAD_SUMS),
    *(("", {"payment_date": bad}, "payment_date") for bad in BAD_DAYS),
    ("", {"client_id": "client_aaaaaaaa"}, "client_id"),
    ("", {"currency": "XYZ"}, "currency"),
    ("", {"method": "gold"}, "method"),
    ("", {"method": ["card"]}, "method"),
    ("", {"number": "n" * 61}, "number"),
    ("", {"external_reference": "x" * 192}, "external_reference"),
    ("", {"external_reference": 7}, "external_reference"),
    ("", {"invoices": {}}, "invoices"),
    ("", {"invoices": [7]}, "invoices.0"),
    ("", {"invoices": [{}]}, "invoices.0.invoice_id"),
    ("", {"invoices": [{"invoice_id": "inv_aaaaaaaa"}]}, "invoices.0.invoice_id"),
    ("", {"invoices": [{"invoice_id": 7}] * 201}, "invoices"),
    *(("/refund", {"amount": bad}, "amount") for bad in BAD_SUMS),
    *(("/refund", {"amount": 1, "refund_date": bad}, "refund_date") for bad in BAD_DAYS),
    ("/refund", {}, "amount"),
    ("/refund", {"amount": 1, "note": 7}, "note"),
    ("/refund", {"amount": 1, "invoices": [{"invoice_id": "x"}]}, "invoices.0.invoice_id"),
    ("/apply", {"date": "soon"}, "date"),
    ("/apply", {"invoices": None}, "invoices"),
    ("/apply", {"invoices": [{"amount": 1}]}, "invoices.0.invoice_id"),
    ("/unapply", {}, "invoice_id"),
    ("/unapply", {"invoice_id": "inv_aaaaaaaa"}, "invoice_id"),
]


def test_a_bad_value_is_named_and_nothing_is_made_or_changed(api, north, acme_id, paid):
    payment = paid(100)

    for action, change, param in BAD_VALUES:
        if action:
            answer = api.post(f"/v1/payments/{payment['id']}{action}", change)
        else:
            answer = api.post("/v1/payments", {"client_id": acme_id, "amount": 100} | change)

        told = (answer.status_code, answer.json()["error"].get("param"))
        assert told == (422, param), (action, change)
    assert api.get(f"/v1/payments/{payment['id']}").json() == payment
    with acting_for(north.agency_id):
        assert (Payment.objects.count(), Refund.objects.count()) == (1, 0)


def test_a_stranger_and_an_absent_one_answer_alike(api, south, bearer, issued, paid, nobodies):
    invoice = issued(100)
    payment = paid(100)
    made = answered(api.post(f"/v1/payments/{payment['id']}/refund", {"amount": 1}), 201)
    calls = [
        ("pay", payment, "payments", "get", "", None),
        ("pay", payment, "payments", "patch", "", {"internal_notes": "x"}),
        ("pay", payment, "payments", "delete", "", {}),
        ("pay", payment, "payments", "post", "/apply", {}),
        ("pay", payment, "payments", "post", "/refund", {"amount": 1}),
        ("pay", payment, "payments", "post", "/archive", {}),
        ("pay", payment, "payments", "post", "/restore", {}),
        ("refund", made, "refunds", "get", "", None),
        ("refund", made, "refunds", "post", "/undo", {}),
    ]
    for kind, record, path, verb, action, body in calls:
        answers = [getattr(api, verb)(f"/v1/{path}/{id}{action}", body) for id in nobodies(kind)]
        stranger = getattr(bearer(south), verb)
        answers.append(stranger(f"/v1/{path}/{record['id']}{action}", body))

        assert {answer.status_code for answer in answers} == {404}, (verb, action)
        assert len({answer.content for answer in answers}) == 1
    assert api.get(f"/v1/invoices/{invoice['id']}").json()["balance"] == 1


def test_a_strangers_invoice_is_as_one_that_never_was(api, south, bearer, enrolled, paid):
    client = encode("client", enrolled(south).pk)
    body = {"client_id": client, "lines": [{"unit_price": 1}]}
    theirs = answered(bearer(south).post("/v1/invoices", body), 201)["id"]
    path = f"/v1/payments/{paid(100)['id']}/apply"

    answers = [
        api.post(path, {"invoices": [{"invoice_id": id}]}) for id in (theirs, encode("inv", 10**9))
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert answers[0].content == answers[1].content


FOUND = [
    ("", "CBA"),
    ("q=bank-1", "A"),
    ("external_reference=bank-1", "A"),
    ("method=card,cash", "B"),
    ("currency=JPY", "C"),
    ("amount=gt:1000", "CB"),
    ("unapplied=gt:0", "CB"),
    ("unapplied=0", "A"),
    ("payment_date=2026-03-02", "B"),
    ("from=2026-03-02&to=2026-03-02", "B"),
    ("archived=true", ""),
    ("deleted=true", ""),
    ("updated_since=2026-03-10", "CBA"),
    ("sort=amount", "ABC"),
    ("sort=-payment_date", "CBA"),
    ("sort=number&limit=1", "A"),
]


def test_what_is_asked_is_found(api, at_noon, issued, paid):
    invoice = issued(1000)
    made = [
        paid(1000, payment_date="2026-03-01", external_reference="bank-1"),
        paid(2000, payment_date="2026-03-02", method="card"),
        paid(3000, payment_date="2026-03-03", currency="JPY"),
    ]
    letters = {one["id"]: letter for one, letter in zip(made, "ABC", strict=True)}

    for query, found in [*FOUND, (f"invoice_id={invoice['id']}", "A")]:
        answer = answered(api.get(f"/v1/payments?{query}"))
        assert "".join(letters[one["id"]] for one in answer["data"]) == found, query
    for query, param in (
        ("method=gold", "method"),
        ("amount=1.5", "amount"),
        ("invoice_id=pay_x", "invoice_id"),
        ("from=soon", "from"),
        ("status=paid", "status"),
        ("sort=method", "sort"),
    ):
        assert refused(api.get(f"/v1/payments?{query}"))[::2] == (400, param)


def test_lists_show_what_the_record_shows_at_the_same_few_queries(
    api, acme_id, paid, walk, django_assert_num_queries
):
    made = [paid(100) for _ in range(12)]
    for one in made:
        answered(api.post(f"/v1/payments/{one['id']}/refund", {"amount": 1}), 201)

    for path in ("/v1/payments", "/v1/refunds"):
        api.get(path)
        for limit in (1, 100):
            with django_assert_num_queries(14):
                page = api.get(f"{path}?limit={limit}&client_id={acme_id}").json()
            assert page["meta"]["total"] == 12
        whole = api.get(f"{path}/{page['data'][0]['id']}").json()
        assert page["data"][0] == {key: whole[key] for key in page["data"][0]}
        assert len({one["id"] for one in walk(api, f"{path}?limit=5")}) == 12


def test_refunds_are_found(api, paid, credited, acme_id):
    payment, credit = paid(100), credited(100)
    for path in (f"/v1/payments/{payment['id']}", f"/v1/credits/{credit['id']}"):
        answered(api.post(f"{path}/refund", {"amount": 10, "refund_date": "2999-01-01"}), 201)
    first = api.get("/v1/refunds?sort=created_at").json()["data"][0]
    answered(api.post(f"/v1/refunds/{first['id']}/undo", {}))

    for query, total in (
        ("", 2),
        (f"payment_id={payment['id']}", 1),
        (f"credit_id={credit['id']}", 1),
        (f"client_id={acme_id}", 2),
        ("undone=true", 1),
        ("refund_date=2999-01-01", 2),
        ("to=2026-01-01", 0),
        ("created_at=lt:2020-01-01", 0),
    ):
        assert api.get(f"/v1/refunds?{query}").json()["meta"]["total"] == total, query
    assert refused(api.get("/v1/refunds?undone=maybe"))[::2] == (400, "undone")


def test_a_late_page_begins_at_its_place_in_an_index(api, north, paid, credited):
    for _ in range(4):
        answered(api.post(f"/v1/payments/{paid(100)['id']}/refund", {"amount": 1}), 201)
        credited(100)

    for path, index in (
        ("/v1/payments?sort=-created_at", "payment_by_creation"),
        ("/v1/payments?sort=updated_at", "payment_by_change"),
        ("/v1/credits?sort=-created_at", "credit_by_creation"),
        ("/v1/refunds?sort=-created_at", "refund_by_creation"),
    ):
        plan = plan_of(api, north, f"{path}&limit=2")
        assert re.search(rf"{index} .*\n\s*Index Cond: .*ROW\(", plan), plan
