"""Invoices, payments and credits made by the API alone, in words short enough for many steps."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.scope import acting_for
from billing.verifying import differences_of


@pytest.fixture
def drafted(api, acme_id):
    """Drafts an invoice over prices in minor units; answers with it."""

    def drafted(*prices, **facts):
        lines = [{"unit_price": price} for price in prices or (10000,)]
        body = {"client_id": acme_id, "lines": lines} | facts
        return answered(api.post("/v1/invoices", body), 201)

    return drafted


@pytest.fixture
def issued(api, drafted):
    def issued(*prices, **facts):
        draft = drafted(*prices, **facts)
        return answered(api.post(f"/v1/invoices/{draft['id']}/issue", {}))

    return issued


@pytest.fixture
def is_proved(north):
    """Whether every figure of North's is what its documents and its ledger say."""

    def is_proved():
        with acting_for(north.agency_id):
            assert [str(one) for one in differences_of()] == []
        return True

    return is_proved


def answered(response, status=200):
    assert response.status_code == status, response.content
    return response.json()


def refused(response):
    """Status, code and param of a refusal."""
    error = response.json()["error"]
    return response.status_code, error["code"], error.get("param")


@pytest.fixture
def paid(api, acme_id):
    """Records a payment of so much in minor units; without `invoices` the oldest first."""

    def paid(amount, **facts):
        body = {"client_id": acme_id, "amount": amount} | facts
        return answered(api.post("/v1/payments", body), 201)

    return paid


@pytest.fixture
def credited(api, acme_id):
    """Issues a credit over one price in minor units."""

    def credited(price, **facts):
        body = {"client_id": acme_id, "lines": [{"unit_price": price}]} | facts
        draft = answered(api.post("/v1/credits", body), 201)
        return answered(api.post(f"/v1/credits/{draft['id']}/issue", {}))

    return credited


@pytest.fixture
def figures(api, acme_id):
    """What Acme owes, has paid, has as credit and on account, and was billed."""

    def figures():
        client = answered(api.get(f"/v1/clients/{acme_id}?expand=details"))
        names = ("paid_to_date", "credit_balance", "payment_balance")
        return (
            client["outstanding_balance"],
            *(client["details"][name] for name in names),
            client["total_billed"],
        )

    return figures


def plan_of(api, north, path):
    """How PostgreSQL finds the second page."""
    cursor = api.get(path).json()["meta"]["next_cursor"]
    with CaptureQueriesContext(connection) as queries:
        api.get(f"{path}&cursor={cursor}")
    (sql,) = [one["sql"] for one in queries if "ORDER BY" in one["sql"] and "ROW(" in one["sql"]]

    with acting_for(north.agency_id), connection.cursor() as database:
        # A small table is read whole and sorted unless that is forbidden.
        for other_way in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
            database.execute(f"SET LOCAL enable_{other_way} = off")
        database.execute("EXPLAIN " + sql)
        return "\n".join(row[0] for row in database.fetchall())
