import re
from itertools import product

import pytest
import time_machine

from agencies.models import Agency
from agencies.scope import acting_for
from api.native.ids import encode
from billing.models import Invoice

from .conftest import answered, plan_of, refused

LINES = [
    {"product": "Design", "quantity": "7.5", "unit_price": 9500, "tax_name": "VAT", "tax_rate": 19},
    {"description": "Prints", "quantity": 1000, "unit_price": "0.5", "discount_amount": 100},
]


@pytest.fixture
def at_noon():
    with time_machine.travel("2026-03-10T12:00:00Z", tick=False):
        yield


def figures(api, client_id):
    client = api.get(f"/v1/clients/{client_id}").json()
    return client["outstanding_balance"], client["total_billed"]


def test_a_draft_is_made_and_got(api, at_noon, acme_id):
    project = api.post("/v1/projects", {"name": "Site", "client_id": acme_id}).json()["id"]

    response = api.post(
        "/v1/invoices",
        {
            "client_id": acme_id,
            "project_id": project,
            "currency": "usd",
            "issue_date": "2026-03-01",
            "due_date": "2026-03-31",
            "reference": "PO 7",
            "discount_percent": "10",
            "notes": "Thank you.",
            "internal_notes": "Late payer.",
            "lines": LINES,
        },
    )

    draft = answered(response, 201)
    # 7.5 × 95.00 = 712.50, 1000 × 0.005 - 1.00 = 4.00; a tenth off; 19 % of 641.25 is 121.84.
    assert draft == {
        "id": draft["id"],
        "number": None,
        "status": "draft",
        "state": "draft",
        "client": {"id": acme_id, "name": "Acme"},
        "project": {"id": project, "name": "Site"},
        "reference": "PO 7",
        "issue_date": "2026-03-01",
        "due_date": "2026-03-31",
        "currency": "USD",
        "subtotal": 71650,
        "discount": 7165,
        "tax": 12184,
        "total": 76669,
        "balance": 0,
        "amount_paid": 0,
        "archived_at": None,
        "deleted_at": None,
        "created_at": "2026-03-10T12:00:00Z",
        "updated_at": "2026-03-10T12:00:00Z",
        "prices_include_tax": False,
        "discount_percent": "10",
        "discount_amount": None,
        "taxes": [{"name": "VAT", "rate": "19", "base": 64125, "tax": 12184}],
        "lines": [
            {
                "product": "Design",
                "description": None,
                "quantity": "7.5",
                "unit_price": 9500,
                "discount_percent": None,
                "discount_amount": None,
                "tax_name": "VAT",
                "tax_rate": "19",
                "amount": 71250,
            },
            {
                "product": None,
                "description": "Prints",
                "quantity": "1000",
                "unit_price": "0.5",
                "discount_percent": None,
                "discount_amount": 100,
                "tax_name": None,
                "tax_rate": "0",
                "amount": 400,
            },
        ],
        "notes": "Thank you.",
        "internal_notes": "Late payer.",
        "terms": None,
        "footer": None,
        "buyer": None,
        "seller": None,
        "issued_at": None,
        "sent_at": None,
        "assigned_to": None,
        "cancelled_on": None,
        "reversal_id": None,
        "viewed_at": None,
        "payment_url": None,
    }
    assert api.get(response["Location"]).json() == draft
    assert figures(api, acme_id) == (0, 0)


def test_what_was_read_can_be_sent_back_and_changes_nothing(api, drafted, at_noon):
    draft = drafted(lines=LINES, discount_percent=5)

    with time_machine.travel("2026-03-11T12:00:00Z", tick=False):
        assert answered(api.patch(f"/v1/invoices/{draft['id']}", draft)) == draft


def test_an_issued_invoice_has_a_number_and_is_owed(api, drafted, at_noon, acme_id, is_proved):
    draft = drafted(10000, 2500)

    invoice = answered(api.post(f"/v1/invoices/{draft['id']}/issue", {}))

    assert (invoice["number"], invoice["status"], invoice["state"]) == ("INV-0001", "sent", "sent")
    assert (invoice["issue_date"], invoice["due_date"]) == ("2026-03-10", "2026-03-24")
    assert (invoice["balance"], invoice["amount_paid"]) == (12500, 0)
    assert invoice["buyer"]["name"] == "Acme"
    assert invoice["seller"]["name"] == "North"
    assert figures(api, acme_id) == (12500, 12500)
    assert is_proved()


def test_the_day_of_issue_is_the_agencys_own(api, north, drafted):
    with acting_for(north.agency_id):
        Agency.objects.filter(pk=north.agency_id).update(time_zone="Pacific/Kiritimati")
    draft = drafted()

    with time_machine.travel("2026-02-28T11:00:00Z", tick=False):
        invoice = answered(api.post(f"/v1/invoices/{draft['id']}/issue", {}))

    assert invoice["issue_date"] == "2026-03-01"


def test_an_invoice_has_an_address_of_its_own_to_pay_at_before_and_after_its_issue(api, drafted):
    draft = drafted(payment_url=" https://pay.example/{number} ")
    assert draft["payment_url"] == "https://pay.example/{number}"
    invoice = answered(api.post(f"/v1/invoices/{draft['id']}/issue", {}))
    path = f"/v1/invoices/{invoice['id']}"
    assert invoice["payment_url"] == draft["payment_url"]

    changed = answered(api.patch(path, {"payment_url": "https://other.example/"}))

    assert changed == invoice | {
        "payment_url": "https://other.example/",
        "updated_at": changed["updated_at"],
    }
    assert answered(api.patch(path, {"payment_url": None}))["payment_url"] is None


def test_an_issued_invoice_changes_in_what_is_internal_alone(api, issued, at_noon):
    invoice = issued()
    path = f"/v1/invoices/{invoice['id']}"

    changed = answered(api.patch(path, {"internal_notes": "Call them."}))

    assert changed == invoice | {"internal_notes": "Call them."}
    for param, value in {
        "notes": "x",
        "lines": [],
        "currency": "USD",
        "due_date": None,
        "issue_date": None,
        "number": "7",
        "discount_percent": 1,
        "prices_include_tax": True,
    }.items():
        answer = api.patch(path, {param: value})
        assert refused(answer) == (409, "already_issued", param)
    assert refused(api.post(f"{path}/issue", {})) == (409, "already_issued", None)
    assert api.get(path).json() == changed


def test_a_draft_without_lines_is_not_issued(api, drafted):
    draft = drafted(lines=[])

    response = api.post(f"/v1/invoices/{draft['id']}/issue", {})

    assert refused(response) == (422, "nothing_to_issue", "lines")


def test_cancelling_and_reopening(api, issued, acme_id, is_proved):
    invoice = issued()
    path = f"/v1/invoices/{invoice['id']}"

    void = answered(api.post(f"{path}/cancel", {}))

    assert (void["status"], void["state"], void["balance"]) == ("void", "cancelled", 0)
    assert figures(api, acme_id) == (0, 0)
    assert refused(api.post(f"{path}/cancel", {})) == (409, "not_cancellable", None)
    again = answered(api.post(f"{path}/reopen", {}))
    assert (again["status"], again["balance"], again["cancelled_on"]) == ("sent", 10000, None)
    assert refused(api.post(f"{path}/reopen", {})) == (409, "not_cancelled", None)
    assert is_proved()


def test_reversing_and_reopening(api, issued, acme_id, is_proved):
    path = f"/v1/invoices/{issued()['id']}"

    void = answered(api.post(f"{path}/reverse", {}))

    assert (void["status"], void["state"], void["balance"]) == ("void", "reversed", 0)
    assert void["reversal_id"].startswith("credit_")
    assert figures(api, acme_id)[0] == 0
    again = answered(api.post(f"{path}/reopen", {}))
    assert (again["status"], again["reversal_id"]) == ("sent", None)
    assert figures(api, acme_id) == (10000, 10000)
    assert is_proved()


@pytest.mark.parametrize("kind", ["drafted", "issued"])
def test_a_deleted_invoice_is_gone_until_it_is_restored(api, request, acme_id, kind, is_proved):
    invoice = request.getfixturevalue(kind)()
    path, before = f"/v1/invoices/{invoice['id']}", figures(api, acme_id)

    assert answered(api.delete(path)) == {"id": invoice["id"], "deleted": True}

    assert api.get(path).status_code == 404
    assert api.get("/v1/invoices").json()["data"] == []
    (found,) = api.get("/v1/invoices?deleted=true").json()["data"]
    assert (found["id"], found["balance"]) == (invoice["id"], 0)
    assert figures(api, acme_id) == (0, 0)
    back = answered(api.post(f"{path}/restore", {}))
    assert back == invoice | {"updated_at": back["updated_at"]}
    assert figures(api, acme_id) == before
    assert is_proved()


def test_an_archived_invoice_is_found_and_still_owed(api, issued, acme_id):
    path = f"/v1/invoices/{issued()['id']}"

    assert answered(api.post(f"{path}/archive", {}))["archived_at"]

    assert figures(api, acme_id) == (10000, 10000)
    assert len(api.get("/v1/invoices").json()["data"]) == 1
    assert api.get("/v1/invoices?archived=false").json()["data"] == []
    assert answered(api.post(f"{path}/restore", {}))["archived_at"] is None


def test_a_lost_update_is_refused(api, issued):
    path = f"/v1/invoices/{issued()['id']}"
    tag = api.get(path)["ETag"]
    api.patch(path, {"internal_notes": "First."})

    for change in (
        lambda: api.patch(path, {"internal_notes": "x"}, headers={"If-Match": tag}),
        lambda: api.delete(path, headers={"If-Match": tag}),
        lambda: api.post(f"{path}/cancel", {}, headers={"If-Match": tag}),
    ):
        assert change().status_code == 412
    assert api.get(path).json()["internal_notes"] == "First."


def line(**change):
    return {"lines": [{"unit_price": 100} | change]}


BAD_VALUES = [
    ({"client_id": None}, "client_id"),
    ({"client_id": "client_aaaaaaaa"}, "client_id"),
    ({"project_id": 7}, "project_id"),
    ({"assigned_to_id": "user_aaaaaaaa"}, "assigned_to_id"),
    ({"currency": "XYZ"}, "currency"),
    ({"currency": None}, "currency"),
    ({"issue_date": "2026-02-30"}, "issue_date"),
    ({"due_date": 20260201}, "due_date"),
    ({"issue_date": "2026-03-02", "due_date": "2026-03-01"}, "due_date"),
    ({"number": "n" * 61}, "number"),
    ({"number": 7}, "number"),
    ({"notes": "n" * 10_001}, "notes"),
    ({"prices_include_tax": "true"}, "prices_include_tax"),
    ({"payment_url": "javascript:alert(1)"}, "payment_url"),
    ({"payment_url": "https://pay.example/{client}"}, "payment_url"),
    ({"payment_url": "https://pay.example/\u202e"}, "payment_url"),
    ({"payment_url": "https://pay.example/" + "x" * 500}, "payment_url"),
    ({"payment_url": 7}, "payment_url"),
    ({"discount_percent": 101}, "discount_percent"),
    ({"discount_percent": "1e2"}, "discount_percent"),
    ({"discount_amount": -1}, "discount_amount"),
    ({"discount_amount": 1.5}, "discount_amount"),
    ({"discount_amount": 10**40}, "discount_amount"),
    ({"discount_amount": 1, "discount_percent": 1}, "discount_amount"),
    ({"discount_amount": 5000}, "lines"),
    ({"lines": None}, "lines"),
    ({"lines": {}}, "lines"),
    ({"lines": "x"}, "lines"),
    ({"lines": [7]}, "lines.0"),
    ({"lines": [{}]}, "lines.0.unit_price"),
    ({"lines": [{"unit_price": 1}] * 501}, "lines"),
    (line(unit_price=None), "lines.0.unit_price"),
    (line(unit_price=True), "lines.0.unit_price"),
    (line(unit_price="NaN"), "lines.0.unit_price"),
    (line(unit_price="Infinity"), "lines.0.unit_price"),
    (line(unit_price=1e300), "lines.0.unit_price"),
    (line(unit_price=10**40), "lines.0.unit_price"),
    (line(unit_price=-(10**13)), "lines.0.unit_price"),
    (line(unit_price=-100), "lines"),
    (line(unit_price="0.12345"), "lines.0.unit_price"),
    (line(unit_price="１"), "lines.0.unit_price"),
    (line(unit_price=[]), "lines.0.unit_price"),
    (line(quantity="two"), "lines.0.quantity"),
    (line(quantity="0.0000001"), "lines.0.quantity"),
    (line(quantity=None), "lines.0.quantity"),
    (line(quantity=10**9, unit_price=10**13 - 1), "lines"),
    (line(tax_rate=1001), "lines.0.tax_rate"),
    (line(tax_rate="0.00001"), "lines.0.tax_rate"),
    (line(tax_name={}), "lines.0.tax_name"),
    (line(discount_percent=-1), "lines.0.discount_percent"),
    (line(discount_percent=1, discount_amount=1), "lines.0.discount_amount"),
]


def test_a_bad_value_is_named_and_nothing_is_made_or_changed(api, north, acme_id, drafted):
    draft = drafted(100)

    for change, param in BAD_VALUES:
        answers = [api.post("/v1/invoices", {"client_id": acme_id} | line() | change)]
        if param != "client_id":
            answers.append(api.patch(f"/v1/invoices/{draft['id']}", change))

        for answer in answers:
            told = (answer.status_code, answer.json()["error"].get("param"))
            assert told == (422, param), change
    assert api.get(f"/v1/invoices/{draft['id']}").json() == draft
    with acting_for(north.agency_id):
        assert Invoice.objects.count() == 1


def test_bodies_that_are_none_are_refused(api, acme_id, drafted):
    path = f"/v1/invoices/{drafted()['id']}"

    for body in (b"[]", b"{", b'{"lines": NaN}', b'{"a":' * 50_000, b'{"n": ' + b"9" * 5000 + b"}"):
        for verb, address in (("post", "/v1/invoices"), ("patch", path)):
            response = getattr(api.browser, verb)(address, body, content_type="application/json")
            assert response.status_code == 400


def test_a_number_is_given_once(api, drafted):
    draft = drafted(number="2026-7")

    other = drafted()
    response = api.patch(f"/v1/invoices/{other['id']}", {"number": "2026-7"})

    assert refused(response) == (409, "number_taken", "number")
    invoice = answered(api.post(f"/v1/invoices/{draft['id']}/issue", {}))
    assert invoice["number"] == "2026-7"


def test_anothers_project_and_a_strangers_client_are_refused(api, north, south, enrolled, acme_id):
    other = encode("client", enrolled(north, "Other").pk)
    project = api.post("/v1/projects", {"name": "Site", "client_id": other}).json()["id"]
    theirs = encode("client", enrolled(south).pk)

    asked = [
        {"client_id": acme_id, "project_id": project},
        {"client_id": theirs},
        {"client_id": encode("client", 10**9)},
    ]
    answers = [api.post("/v1/invoices", body) for body in asked]

    assert refused(answers[0]) == (422, "project_of_another", "project_id")
    assert refused(answers[1]) == (422, "unknown", "client_id")
    assert answers[1].content == answers[2].content


def test_a_stranger_and_an_absent_one_answer_alike(api, south, bearer, issued, nobodies):
    path = f"/v1/invoices/{issued()['id']}"
    calls = [
        lambda door, at: door.get(at),
        lambda door, at: door.patch(at, {"internal_notes": "x"}),
        lambda door, at: door.delete(at),
        *(
            lambda door, at, action=action: door.post(f"{at}/{action}", {})
            for action in ("issue", "cancel", "reopen", "reverse", "archive", "restore")
        ),
    ]
    for call in calls:
        answers = [call(api, f"/v1/invoices/{id}") for id in nobodies("inv")]
        answers.append(call(bearer(south), path))

        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
    assert api.get(path).json()["status"] == "sent"


def test_invoices_of_a_deleted_client_are_not_there(api, acme_id, issued):
    path = f"/v1/invoices/{issued()['id']}"
    api.post(f"/v1/clients/{acme_id}/delete", {})

    assert api.get(path).status_code == 404
    assert api.patch(path, {"internal_notes": "x"}).status_code == 404
    assert api.get("/v1/invoices?deleted=true,false").json()["data"] == []


FOUND = [
    ("", "FEDCBA"),
    ("status=draft", "F"),
    ("status=sent", "B"),
    ("status=overdue", "A"),
    ("status=paid", "C"),
    ("status=void", "ED"),
    ("status=sent,overdue", "BA"),
    ("state=cancelled", "D"),
    ("currency=jpy", "B"),
    ("currency=EUR,USD", "FEDCA"),
    ("total=gt:10000", "FEDB"),
    ("total=20000", "B"),
    ("balance=gte:1", "BA"),
    ("issue_date=2026-03-02", "B"),
    ("from=2026-03-02&to=2026-03-03", "CB"),
    ("due_date=lt:2026-03-10", "A"),
    ("due_date=between:2026-03-10,2026-03-20", "EDCB"),
    ("q=po%207", "A"),
    ("q=acme", "FEDCBA"),
    ("archived=true", ""),
    ("deleted=true", ""),
    ("updated_since=2026-03-10", "FEDCBA"),
    ("created_at=lt:2026-01-01", ""),
    ("sort=issue_date,number", "FABCDE"),
    ("sort=-due_date&status=sent,overdue", "BA"),
    ("sort=-total,created_at&currency=EUR", "DEFAC"),
    ("sort=balance&balance=gt:0", "AB"),
    ("sort=number&status=sent,overdue,paid", "ABC"),
    ("limit=1&sort=created_at", "A"),
]


def test_what_is_asked_is_found(api, at_noon, issued, drafted):
    """A is overdue, B in yen, C paid with nothing, D cancelled, E reversed, F a draft."""
    made = [
        issued(10000, issue_date="2026-03-01", due_date="2026-03-09", reference="PO 7"),
        issued(20000, issue_date="2026-03-02", due_date="2026-03-10", currency="JPY"),
        issued(30000, issue_date="2026-03-03", discount_percent=100, lines=free(30000)),
        issued(30000, issue_date="2026-03-04"),
        issued(30000, issue_date="2026-03-05"),
        drafted(30000),
    ]
    api.post(f"/v1/invoices/{made[3]['id']}/cancel", {})
    api.post(f"/v1/invoices/{made[4]['id']}/reverse", {})
    letters = {one["id"]: letter for one, letter in zip(made, "ABCDEF", strict=True)}

    for query, found in FOUND:
        answer = answered(api.get(f"/v1/invoices?{query}"))

        assert "".join(letters[one["id"]] for one in answer["data"]) == found, query


def free(price):
    return [{"unit_price": price}]


WRONG = [
    ("status=open", "status"),
    ("state=overdue", "state"),
    ("currency=XYZ", "currency"),
    ("currency=", "currency"),
    ("issue_date=soon", "issue_date"),
    ("from=gt:2026-01-01", "from"),
    ("to=2026-02-30", "to"),
    ("total=1.5", "total"),
    ("balance=NaN", "balance"),
    ("client_id=inv_x", "client_id"),
    ("deleted=yes", "deleted"),
    ("sort=name", "sort"),
    ("cursor=cur_x", "cursor"),
    ("limit=0", "limit"),
    ("page=2", "page"),
]


def test_invoices_have_to_be_asked_for_rightly(api, acme_id):
    for path, (query, param) in product(("/v1/invoices", f"/v1/clients/{acme_id}/invoices"), WRONG):
        assert refused(api.get(f"{path}?{query}"))[::2] == (400, param)


def test_the_outstanding_total_is_told_where_it_is_in_one_currency(api, issued):
    assert api.get("/v1/invoices").json()["meta"] == {
        "total": 0, "limit": 20, "currency": "EUR", "total_outstanding": 0,
    }  # fmt: skip
    issued(10000)
    issued(2500)
    yen = issued(700, currency="JPY")

    assert api.get("/v1/invoices").json()["meta"] == {"total": 3, "limit": 20}
    for currency, total, outstanding in (("EUR", 2, 12500), ("JPY", 1, 700)):
        meta = api.get(f"/v1/invoices?currency={currency}&limit=1").json()["meta"]
        assert (meta["currency"], meta["total"]) == (currency, total)
        assert meta["total_outstanding"] == outstanding
    api.post(f"/v1/invoices/{yen['id']}/cancel", {})
    assert api.get("/v1/invoices").json()["meta"]["total_outstanding"] == 12500


def test_a_clients_invoices_are_its_own(api, north, enrolled, drafted, acme_id):
    mine = drafted()
    other = encode("client", enrolled(north, "Other").pk)
    drafted(client_id=other)

    answer = api.get(f"/v1/clients/{acme_id}/invoices").json()

    keys = (
        "id", "number", "status", "client", "issue_date", "due_date", "subtotal", "tax", "total",
        "amount_paid", "currency", "created_at",
    )  # fmt: skip
    (row,) = answer["data"]
    assert {key: row[key] for key in keys} == {key: mine[key] for key in keys}
    assert answer["meta"]["total"] == 1
    assert api.get(f"/v1/invoices?client_id={other}").json()["meta"]["total"] == 1


def test_a_list_shows_what_the_invoice_itself_shows(api, issued):
    invoice = issued(lines=LINES)

    (row,) = api.get("/v1/invoices").json()["data"]

    assert row == {key: invoice[key] for key in row}


@pytest.mark.parametrize("number", [1, 30])
def test_a_list_costs_the_same_few_queries_whatever_its_length(
    api, drafted, acme_id, number, django_assert_num_queries
):
    for _ in range(number):
        drafted()

    for path in ("/v1/invoices", f"/v1/clients/{acme_id}/invoices"):
        api.get(path)
        with django_assert_num_queries(14 if "clients" not in path else 15):
            page = api.get(f"{path}?limit=100&status=draft,sent&total=gt:1").json()
        assert len(page["data"]) == number


def test_a_late_page_begins_at_its_place_in_an_index(api, north, drafted):
    for _ in range(4):
        drafted()

    for sort, index in (
        ("-created_at", "invoice_by_creation"),
        ("created_at", "invoice_by_creation"),
        ("updated_at", "invoice_by_change"),
        ("-issue_date", "invoice_by_issue_day"),
        ("due_date", "invoice_by_due_day"),
    ):
        plan = plan_of(api, north, f"/v1/invoices?limit=2&sort={sort}")
        assert re.search(rf"{index} .*\n\s*Index Cond: .*ROW\(", plan), plan


def test_every_page_is_walked_without_a_gap(api, drafted, walk):
    made = [drafted(n + 1)["id"] for n in range(7)]

    for sort in ("created_at", "number", "total", "issue_date"):
        found = walk(api, f"/v1/invoices?limit=3&sort={sort}")
        assert [one["id"] for one in found] == made


def test_a_key_that_only_reads_and_one_for_other_things(reader, bearer, north, issued):
    path = f"/v1/invoices/{issued()['id']}"
    stranger = bearer(north, scopes=["clients:read", "clients:write"])

    assert reader.get(path).status_code == 200
    assert reader.post(f"{path}/cancel", {}).status_code == 403
    assert reader.post("/v1/invoices", {}).status_code == 403
    assert stranger.get(path).status_code == 403


def test_a_retried_draft_is_made_once(api, north, acme_id):
    once = {"Idempotency-Key": "once"}

    answers = [
        api.post("/v1/invoices", {"client_id": acme_id}, headers=once).json() for _ in range(2)
    ]

    assert answers[0] == answers[1]
    with acting_for(north.agency_id):
        assert Invoice.objects.count() == 1
