"""A client of North's, and words short enough to bill it through Invoice Ninja's endpoints."""

import pytest

from agencies.scope import acting_for
from api.invoiceninja.ids import decode, encode
from billing.verifying import differences_of
from clients.models import Client
from contacts.enrolling import Person, enroll


@pytest.fixture
def north_client(north):
    with acting_for(north.agency_id):
        people = [Person(email="a@acme.example")]
        return enroll(north.agency, by=north, name="Acme", people=people, currency="EUR")


@pytest.fixture
def south_client(south):
    with acting_for(south.agency_id):
        return enroll(south.agency, by=south, name="Southern")


@pytest.fixture
def call(north, ninja):
    """Calls a path below /api/v1 as North and returns what is under `data`."""
    door = ninja(north)

    def call(verb, path, sent=None, *, status=200):
        response = getattr(door, verb)(f"/api/v1/{path}", sent)
        assert response.status_code == status, response.content
        body = response.json()
        return body["data"] if status == 200 else body

    return call


@pytest.fixture
def errors(call):
    """Sends what must be refused for its fields and returns them."""

    def errors(verb, path, sent):
        body = call(verb, path, sent, status=422)
        assert body["message"] == "The given data was invalid."
        return body["errors"]

    return errors


@pytest.fixture
def figures(call, north):
    """balance, paid_to_date, credit_balance, payment_balance as the client's object shows them.

    They are proved from the documents and the ledger on the way.
    """

    def figures(client_id):
        with acting_for(north.agency_id):
            assert [str(one) for one in differences_of()] == []
            assert Client.objects.filter(pk=decode(client_id)).exists()
        shown = call("get", f"clients/{client_id}")
        return (
            shown["balance"],
            shown["paid_to_date"],
            shown["credit_balance"],
            shown["payment_balance"],
        )

    return figures


@pytest.fixture
def billed(call, client_id):
    """Makes an invoice over one amount, sent unless said otherwise."""

    def billed(amount, query="mark_sent=true", **facts):
        line = {"quantity": 1, "cost": amount, "notes": "Work"}
        sent = {"client_id": client_id, "line_items": [line]} | facts
        return call("post", f"invoices?{query}", sent)

    return billed


@pytest.fixture
def client_id(north_client):
    return encode(north_client.pk)
