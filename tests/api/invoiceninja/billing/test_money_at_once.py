"""The same money through Invoice Ninja's endpoints at the same time: one of the possible orders."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_once(north, ninja):
    """The statuses of POSTs that begin together, each on a connection of its own."""

    def at_once(*posts):
        together = Barrier(len(posts))
        doors = [ninja(north) for _ in posts]

        def run(door, post):
            path, sent = post
            together.wait(10)
            try:
                return door.post(f"/api/v1/{path}", sent).status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(len(posts)) as pool:
            return sorted(pool.map(run, doors, posts))

    return at_once


def test_bulks_in_any_order_wait_for_each_other_and_pay_once(
    at_once, call, billed, create, figures
):
    clients = [create(name=f"Client {n}")["id"] for n in range(4)]
    queries = ["", "mark_sent=true"] * 2
    ids = [
        billed(10, query, client_id=client)["id"]
        for client, query in zip(clients, queries, strict=True)
    ]

    statuses = at_once(
        *(
            ("invoices/bulk", {"action": action, "ids": order})
            for order in (ids, ids[::-1])
            for action in ("mark_paid", "mark_sent", "mark_paid")
        )
    )

    assert statuses == [200] * 6
    assert [figures(client) for client in clients] == [(0, 10, 0, 0)] * 4
    assert len(call("get", "payments")) == 4


def test_one_of_many_payments_settles_a_draft(at_once, call, billed, figures, client_id):
    draft = billed(10, "")["id"]
    sent = {"client_id": client_id, "invoices": [{"invoice_id": draft, "amount": 10}]}

    statuses = at_once(*[("payments", sent)] * 6)

    assert statuses == [200] + [422] * 5
    assert figures(client_id) == (0, 10, 0, 0)


def test_a_refund_is_paid_once(at_once, call, figures, client_id):
    made = call("post", "payments", {"client_id": client_id, "amount": 10})

    statuses = at_once(*[("payments/refund", {"id": made["id"], "amount": 10})] * 6)

    assert statuses == [200] + [422] * 5
    assert figures(client_id) == (0, 0, 0, 0)


def test_payments_in_parts_all_settle_the_draft_that_one_of_them_issued(
    at_once, billed, figures, client_id
):
    draft = billed(10, "")["id"]
    sent = {"client_id": client_id, "invoices": [{"invoice_id": draft, "amount": 2}]}

    statuses = at_once(*[("payments", sent)] * 5)

    assert statuses == [200] * 5
    assert figures(client_id) == (0, 10, 0, 0)
