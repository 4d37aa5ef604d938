import pytest
import time_machine

from agencies.scope import acting_for
from billing.models import Credit

from .conftest import answered, refused


@pytest.fixture
def at_noon():
    with time_machine.travel("2026-03-10T12:00:00Z", tick=False):
        yield


def test_a_credit_is_drafted_issued_and_applied(api, at_noon, acme_id, issued, figures, is_proved):
    invoice = issued(10000)
    lines = [{"description": "Discount", "unit_price": 2000}]
    draft = answered(api.post("/v1/credits", {"client_id": acme_id, "lines": lines}), 201)
    path = f"/v1/credits/{draft['id']}"
    assert (draft["status"], draft["number"], draft["total"]) == ("draft", None, 2000)
    assert figures() == (10000, 0, 0, 0, 10000)

    credit = answered(api.post(f"{path}/issue", {}))
    assert (credit["status"], credit["number"], credit["balance"]) == ("sent", "CR-0001", 2000)
    assert figures() == (10000, 0, 2000, 0, 10000)

    used = answered(api.post(f"{path}/apply", {}))

    assert (used["status"], used["applied"], used["balance"]) == ("applied", 2000, 0)
    assert used["invoices"] == [
        {
            "invoice": {"id": invoice["id"], "number": invoice["number"]},
            "amount": 2000,
            "date": "2026-03-10",
        }
    ]
    assert figures() == (8000, 2000, 0, 0, 10000)
    answered(api.post(f"{path}/unapply", {"invoice_id": invoice["id"]}))
    assert figures() == (10000, 0, 2000, 0, 10000)
    assert is_proved()


def test_part_of_an_invoice_is_given_back_with_its_tax(api, at_noon, issued, is_proved):
    line = {"unit_price": 10000, "tax_name": "VAT", "tax_rate": 19}
    invoice = issued(lines=[line])
    path = f"/v1/invoices/{invoice['id']}/credit"

    response = api.post(path, {"amount": 4000, "description": "One day less."})

    credit = answered(response, 201)
    # 11900 holds 1900 of tax, so 4000 holds 638.66.
    assert (credit["total"], credit["tax"], credit["status"]) == (4000, 639, "sent")
    assert credit["invoice"] == {"id": invoice["id"], "number": invoice["number"]}
    assert credit["lines"][0]["description"] == "One day less."
    assert api.get(response["Location"]).json() == credit
    assert refused(api.post(path, {"amount": 7901})) == (422, "bad_amount", "amount")
    rest = answered(api.post(path, {}), 201)
    assert (rest["total"], rest["tax"]) == (7900, 1261)
    assert refused(api.post(path, {})) == (409, "nothing_to_correct", None)
    assert is_proved()


def test_credits_of_an_invoice_never_exceed_it(api, acme_id, issued):
    invoice = issued(1000)
    body = {
        "client_id": acme_id,
        "invoice_id": invoice["id"],
        "lines": [{"unit_price": 1001}],
    }
    draft = answered(api.post("/v1/credits", body), 201)

    response = api.post(f"/v1/credits/{draft['id']}/issue", {})

    assert refused(response) == (422, "exceeds_invoice", "lines")
    assert api.get(f"/v1/credits/{draft['id']}").json() == draft


def test_a_credit_is_refunded_and_that_is_undone(api, at_noon, credited, figures, is_proved):
    credit = credited(2000)
    path = f"/v1/credits/{credit['id']}"

    made = answered(api.post(f"{path}/refund", {"amount": 500}), 201)

    assert (made["credit_id"], made["payment_id"], made["amount"]) == (credit["id"], None, 500)
    now = api.get(path).json()
    assert (now["status"], now["refunded"], now["balance"]) == ("partial", 500, 1500)
    assert refused(api.delete(path)) == (409, "refunded_already", None)
    answered(api.post(f"/v1/refunds/{made['id']}/undo", {}))
    assert figures() == (0, 0, 2000, 0, 0)
    assert is_proved()


def test_a_draft_changes_and_an_issued_one_does_not(api, at_noon, acme_id, credited):
    draft = answered(api.post("/v1/credits", {"client_id": acme_id}), 201)
    path = f"/v1/credits/{draft['id']}"

    changed = answered(api.patch(path, {"lines": [{"unit_price": 7}], "notes": "Sorry."}))
    assert (changed["total"], changed["notes"]) == (7, "Sorry.")
    assert answered(api.patch(path, changed)) == changed

    path = f"/v1/credits/{credited(100)['id']}"
    assert refused(api.patch(path, {"notes": "x"})) == (409, "already_issued", "notes")
    assert answered(api.patch(path, {"internal_notes": "As agreed."}))["internal_notes"]


def test_a_deleted_credit_is_gone_until_it_is_restored(
    api, at_noon, issued, credited, figures, is_proved
):
    issued(1000)
    credit = credited(400)
    path = f"/v1/credits/{credit['id']}"
    used, before = answered(api.post(f"{path}/apply", {})), figures()

    assert answered(api.delete(path)) == {"id": credit["id"], "deleted": True}

    assert api.get(path).status_code == 404
    assert api.get("/v1/credits").json()["data"] == []
    assert len(api.get("/v1/credits?deleted=true").json()["data"]) == 1
    assert figures() == (1000, 0, 0, 0, 1000)
    assert answered(api.post(f"{path}/restore", {})) == used
    assert figures() == before
    assert answered(api.post(f"{path}/archive", {}))["archived_at"]
    assert answered(api.post(f"{path}/restore", {}))["archived_at"] is None
    assert is_proved()


def test_what_reversed_an_invoice_is_not_deleted(api, issued):
    invoice = issued()
    void = answered(api.post(f"/v1/invoices/{invoice['id']}/reverse", {}))

    response = api.delete(f"/v1/credits/{void['reversal_id']}")

    assert refused(response) == (409, "is_reversal", None)


def test_a_lost_update_is_refused(api, credited):
    path = f"/v1/credits/{credited(100)['id']}"
    old = {"If-Match": api.get(path)["ETag"]}
    api.patch(path, {"internal_notes": "First."})

    for change in (
        lambda: api.patch(path, {"internal_notes": "x"}, headers=old),
        lambda: api.delete(path, headers=old),
        lambda: api.post(f"{path}/refund", {"amount": 1}, headers=old),
    ):
        assert change().status_code == 412


def test_a_bad_value_is_named_and_nothing_is_made(api, north, acme_id, issued):
    path = f"/v1/invoices/{issued()['id']}/credit"

    for at, body, param in (
        ("/v1/credits", {"client_id": None}, "client_id"),
        ("/v1/credits", {"invoice_id": "inv_aaaaaaaa"}, "invoice_id"),
        ("/v1/credits", {"lines": [{}]}, "lines.0.unit_price"),
        ("/v1/credits", {"lines": [{"unit_price": -1}]}, "lines"),
        ("/v1/credits", {"issue_date": "9999-12-31"}, "issue_date"),
        ("/v1/credits", {"number": 7}, "number"),
        *((path, {"amount": bad}, "amount") for bad in (0, -1, "1", 10**40, 1.5, True, [])),
        (path, {"issue_date": "soon"}, "issue_date"),
        (path, {"description": 7}, "description"),
    ):
        answer = api.post(at, body if at == path else {"client_id": acme_id} | body)

        told = (answer.status_code, answer.json()["error"].get("param"))
        assert told == (422, param), body
    with acting_for(north.agency_id):
        assert not Credit.objects.exists()


def test_a_stranger_and_an_absent_one_answer_alike(api, south, bearer, credited, nobodies):
    path = f"/v1/credits/{credited(100)['id']}"
    for verb, action, body in (
        ("get", "", None),
        ("patch", "", {"internal_notes": "x"}),
        ("delete", "", {}),
        ("post", "/issue", {}),
        ("post", "/apply", {}),
        ("post", "/refund", {"amount": 1}),
        ("post", "/archive", {}),
        ("post", "/restore", {}),
    ):
        answers = [
            getattr(api, verb)(f"/v1/credits/{id}{action}", body) for id in nobodies("credit")
        ]
        answers.append(getattr(bearer(south), verb)(f"{path}{action}", body))

        assert {answer.status_code for answer in answers} == {404}, (verb, action)
        assert len({answer.content for answer in answers}) == 1
    assert api.get(path).json()["balance"] == 100


def test_what_is_asked_is_found(api, at_noon, acme_id, issued, credited):
    invoice = issued(5000)
    made = [
        credited(100, issue_date="2026-03-01", reference="PO 7"),
        credited(200, issue_date="2026-03-02", currency="JPY"),
        answered(api.post(f"/v1/invoices/{invoice['id']}/credit", {"amount": 300}), 201),
        answered(api.post("/v1/credits", {"client_id": acme_id}), 201),
    ]
    letters = {one["id"]: letter for one, letter in zip(made, "ABCD", strict=True)}

    for query, found in (
        ("", "DCBA"),
        ("status=draft", "D"),
        ("status=sent", "CBA"),
        (f"invoice_id={invoice['id']}", "C"),
        (f"client_id={acme_id}", "DCBA"),
        ("currency=JPY", "B"),
        ("total=gte:200", "CB"),
        ("balance=100", "A"),
        ("issue_date=2026-03-02", "B"),
        ("from=2026-03-02&to=2026-03-09", "B"),
        ("q=po%207", "A"),
        ("archived=true", ""),
        ("sort=issue_date", "DABC"),
        ("sort=-total", "BCAD"),
        ("sort=number&status=sent", "ABC"),
    ):
        answer = answered(api.get(f"/v1/credits?{query}"))
        assert "".join(letters[one["id"]] for one in answer["data"]) == found, query
    for query, param in (("status=void", "status"), ("total=x", "total"), ("page=2", "page")):
        assert refused(api.get(f"/v1/credits?{query}"))[::2] == (400, param)


def test_a_list_costs_the_same_few_queries_and_shows_what_the_credit_shows(
    api, credited, django_assert_num_queries
):
    for _ in range(6):
        credit = credited(100)
    api.get("/v1/credits")

    for limit in (1, 100):
        with django_assert_num_queries(13):
            page = api.get(f"/v1/credits?limit={limit}").json()
    (row,) = [one for one in page["data"] if one["id"] == credit["id"]]
    assert row == {key: credit[key] for key in row}
