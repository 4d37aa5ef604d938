"""Two tabs, a double click, a retry while the first is under way: one payment, one use."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from .conftest import answered

pytestmark = pytest.mark.django_db(transaction=True)
EIGHT = 8


@pytest.fixture
def at_once(api):
    """The answers to so many like POSTs, eight at a time, each on a connection of its own."""

    def at_once(count, path, body, **options):
        together = Barrier(min(count, EIGHT))

        def post(n):
            if n < EIGHT:
                together.wait(30)
            try:
                return api.post(path, body, **options)
            finally:
                connection.close()

        with ThreadPoolExecutor(EIGHT) as pool:
            return list(pool.map(post, range(count)))

    return at_once


def test_fifty_alike_under_one_key_are_one_payment(acme_id, issued, at_once, figures, is_proved):
    issued(10000)
    body = {"client_id": acme_id, "amount": 4000}

    answers = at_once(50, "/v1/payments", body, headers={"Idempotency-Key": "click-1"})

    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["id"] for one in answers}) == 1
    assert figures() == (6000, 4000, 0, 0, 10000)
    assert is_proved()


def test_fifty_reports_of_one_transfer_are_one_payment(
    acme_id, issued, at_once, figures, is_proved
):
    issued(10000)
    body = {"client_id": acme_id, "amount": 4000, "external_reference": "bank-1"}

    answers = at_once(50, "/v1/payments", body)

    assert sorted(one.status_code for one in answers) == [201] + [409] * 49
    assert figures() == (6000, 4000, 0, 0, 10000)
    assert is_proved()


def test_a_credit_is_applied_once_from_two_tabs(issued, credited, at_once, figures, is_proved):
    invoice, credit = issued(10000), credited(3000)
    share = {"invoice_id": invoice["id"], "amount": 3000}

    answers = at_once(2, f"/v1/credits/{credit['id']}/apply", {"invoices": [share]})

    assert sorted(one.status_code for one in answers) == [200, 422]
    assert figures() == (7000, 3000, 0, 0, 10000)
    assert is_proved()


def test_what_two_tabs_pay_twice_is_on_account_for_all_to_see(
    acme_id, issued, at_once, api, figures, is_proved
):
    issued(10000)

    answers = at_once(2, "/v1/payments", {"client_id": acme_id, "amount": 10000})

    assert [one.status_code for one in answers] == [201, 201]
    assert figures() == (0, 20000, 0, 10000, 10000)
    made = answered(api.get("/v1/payments"))["data"]
    assert sorted(one["unapplied"] for one in made) == [0, 10000]
    assert is_proved()
