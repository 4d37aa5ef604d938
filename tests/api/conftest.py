"""One client, written and read through all three dialects."""

import pytest

from agencies.scope import acting_for
from api.invoiceninja import ids as ninja_ids
from api.native import ids as native_ids
from clients.models import Client


class Hub:
    """The agency North, its three callers, and what only the database can set."""

    def __init__(self, owner, callers):
        self.owner = owner
        self.native, self.grow, self.ninja = callers.values()

    def write(self, door, path, body, status, verb="post"):
        response = getattr(getattr(self, door), verb)(path, body)
        assert response.status_code == status, response.content
        return response.json()

    def change(self, pk, end, body):
        """PATCH or PUT through Grow CRM's dialect."""
        path, verb = f"/api/clients/{pk}{end}", "put" if end else "patch"
        return self.write("grow", path, body, 200, verb)["data"]

    def owe(self, pk, balance):
        with acting_for(self.owner.agency_id):
            Client.objects.filter(pk=pk).update(balance=balance, total_billed=balance * 2)

    def read(self, pk):
        paths = {
            "native": f"/v1/clients/{native_ids.encode('client', pk)}",
            "grow": f"/api/clients/{pk}",
            "ninja": f"/api/v1/clients/{ninja_ids.encode(pk)}",
        }
        answers = {door: getattr(self, door).get(path) for door, path in paths.items()}
        assert {answer.status_code for answer in answers.values()} == {200}
        bodies = {door: answer.json() for door, answer in answers.items()}
        return bodies["native"], bodies["grow"]["data"], bodies["ninja"]["data"]


@pytest.fixture
def hub(north, key, doors):
    return Hub(north, doors(key(north, requests_per_minute=10**6)))


@pytest.fixture
def whole(hub):
    """A client with something in everything that Invoice Ninja and Nextoria say and Grow cannot."""
    person = {"first_name": "Ann", "last_name": "One", "email": "ann@x.example", "phone": "+1 2"}
    other = {"first_name": "Bob", "last_name": "Two", "email": "bob@x.example", "phone": "+3 4"}
    body = {
        "name": "Acme", "number": "A-7", "id_number": "HRB 1", "classification": "company",
        "industry_id": "3", "size_id": "2", "address1": "Main St 1", "address2": "Floor 3",
        "city": "Kiel", "state": "SH", "postal_code": "24103", "country_id": "276",
        "shipping_address1": "Dock 2", "shipping_address2": "Gate 4", "shipping_city": "Husum",
        "shipping_state": "NF", "shipping_postal_code": "25813", "shipping_country_id": "208",
        "private_notes": "Pays late.", "public_notes": "Key account.", "phone": "+5 6",
        "website": "https://acme.example", "vat_number": "DE 1", "custom_value1": "a",
        "custom_value2": "b", "custom_value3": "c", "custom_value4": "d", "routing_id": "0204:1",
        "is_tax_exempt": True, "has_valid_vat_number": True,
        "settings": {"currency_id": "2", "language_id": "1", "email_style": "light"},
        "contacts": [person, other],
    }  # fmt: skip
    found = hub.write("ninja", "/api/v1/clients", body, 200)["data"]["id"]
    return ninja_ids.decode(found)
