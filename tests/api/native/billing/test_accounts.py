from api.native.ids import encode

from .conftest import answered, refused


def test_a_new_client_has_no_balances_and_no_entries(api, acme_id):
    for more, limit in (("balances", 0), ("ledger", 20)):
        response = api.get(f"/v1/clients/{acme_id}/{more}")

        assert answered(response) == {"data": [], "meta": {"total": 0, "limit": limit}}


def test_balances_are_told_per_currency(api, acme_id, issued, paid, credited):
    issued(10000)
    issued(700, currency="JPY")
    paid(3000)
    paid(900, currency="JPY")
    credited(50)

    answer = answered(api.get(f"/v1/clients/{acme_id}/balances"))

    names = (
        "currency", "outstanding_balance", "paid_to_date", "credit_balance", "payment_balance",
        "total_billed",
    )  # fmt: skip
    assert answer["data"] == [
        dict(zip(names, ("EUR", 7000, 3000, 50, 0, 10000), strict=True)),
        dict(zip(names, ("JPY", 0, 900, 0, 200, 700), strict=True)),
    ]
    client = api.get(f"/v1/clients/{acme_id}").json()
    assert (client["outstanding_balance"], client["total_billed"]) == (7000, 10000)


def test_the_ledger_names_its_documents_and_runs_to_the_balance(
    api, acme_id, issued, paid, credited, is_proved
):
    invoice = issued(10000, issue_date="2026-03-01")
    payment = paid(3000, payment_date="2026-03-02")
    made = answered(api.post(f"/v1/payments/{payment['id']}/refund", {"amount": 500}), 201)
    credit = credited(50)
    issued(700, currency="JPY")
    path = f"/v1/clients/{acme_id}/ledger"

    entries = answered(api.get(f"{path}?sort=recorded_at&currency=EUR"))["data"]

    told = [(one["kind"], one["amount"], one["balance_after"]) for one in entries]
    assert told == [
        ("invoice_issued", 10000, 10000),
        ("payment_recorded", 0, 10000),
        ("payment_applied", -3000, 7000),
        ("payment_unapplied", 500, 7500),
        ("payment_refunded", 0, 7500),
        ("credit_issued", 0, 7500),
    ]
    assert entries[2] == {
        "id": entries[2]["id"],
        "kind": "payment_applied",
        "date": "2026-03-02",
        "currency": "EUR",
        "amount": -3000,
        "paid_to_date": 0,
        "credit_balance": 0,
        "payment_balance": -3000,
        "total_billed": 0,
        "balance_after": 7000,
        "invoice": {"id": invoice["id"], "number": invoice["number"]},
        "payment": {"id": payment["id"], "number": payment["number"]},
        "credit": None,
        "refund_id": None,
        "merged_from": None,
        "note": None,
        "recorded_at": entries[2]["recorded_at"],
    }
    assert entries[4]["refund_id"] == made["id"]
    assert entries[5]["credit"] == {"id": credit["id"], "number": credit["number"]}
    for query, total in (
        ("", 7),
        ("currency=JPY", 1),
        ("kind=payment_applied,payment_unapplied", 2),
        ("date=2026-03-01", 1),
        ("from=2026-03-01&to=2026-03-02", 3),
        (f"invoice_id={invoice['id']}", 3),
        (f"payment_id={payment['id']}", 4),
        (f"credit_id={credit['id']}", 1),
        ("merged=true", 0),
        ("recorded_at=lt:2020-01-01", 0),
    ):
        assert answered(api.get(f"{path}?{query}"))["meta"]["total"] == total, query
    assert is_proved()


def test_the_ledger_of_a_merged_client_stays_readable(api, north, enrolled, acme_id, issued):
    issued(1000)
    other = encode("client", enrolled(north, "Other").pk)
    theirs = issued(500, client_id=other)
    answered(api.post(f"/v1/clients/{acme_id}/merge", {"client_id": other}), 201)

    (balance,) = answered(api.get(f"/v1/clients/{acme_id}/balances"))["data"]
    entries = answered(api.get(f"/v1/clients/{acme_id}/ledger"))["data"]

    assert balance["outstanding_balance"] == 1500
    assert sum(one["amount"] for one in entries) == 1500
    (old,) = [one for one in entries if (one["invoice"] or {}).get("id") == theirs["id"]]
    assert old["merged_from"] == other


def test_what_is_asked_wrongly_is_named(api, acme_id):
    for query, param in (
        ("ledger?kind=gift", "kind"),
        ("ledger?date=soon", "date"),
        ("ledger?currency=XYZ", "currency"),
        ("ledger?invoice_id=pay_x", "invoice_id"),
        ("ledger?sort=amount", "sort"),
        ("ledger?cursor=cur_x", "cursor"),
        ("ledger?page=2", "page"),
        ("balances?currency=EUR", "currency"),
    ):
        assert refused(api.get(f"/v1/clients/{acme_id}/{query}"))[::2] == (400, param)


def test_a_stranger_and_an_absent_one_answer_alike(api, south, bearer, acme_id, nobodies):
    for more in ("ledger", "balances"):
        answers = [api.get(f"/v1/clients/{id}/{more}") for id in nobodies("client")]
        answers.append(bearer(south).get(f"/v1/clients/{acme_id}/{more}"))

        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1


def test_the_ledger_is_walked_at_the_same_few_queries(
    api, acme_id, issued, paid, walk, django_assert_num_queries
):
    for _ in range(6):
        issued(100)
        paid(100)
    path = f"/v1/clients/{acme_id}/ledger"
    api.get(path)

    for limit in (1, 100):
        with django_assert_num_queries(14):
            answered(api.get(f"{path}?limit={limit}&currency=EUR"))
    for sort in ("recorded_at", "-date"):
        entries = walk(api, f"{path}?limit=5&sort={sort}")
        assert len({one["id"] for one in entries}) == len(entries) == 18
