"""GET /clients/create and GET /clients/{id}/edit: what a form starts with."""

import re

import pytest

from agencies.models import Agency
from agencies.roles import Role
from agencies.scope import acting_for
from api.invoiceninja.ids import encode
from clients.models import Client

LIST = "/api/v1/clients"
UNAUTHORIZED = {"message": "This action is unauthorized."}


def test_a_blank_client_is_a_skeleton_of_the_caller(north, ninja, create):
    made = create()

    blank = ninja(north).get(f"{LIST}/create").json()["data"]

    assert blank == dict.fromkeys(made, "") | {
        "user_id": encode(north.user_id),
        "client_hash": blank["client_hash"],
        "display_name": "No Contact Set",
        "settings": {"entity": "App\\Models\\Client", "industry_id": "", "size_id": ""},
        "balance": 0,
        "paid_to_date": 0,
        "payment_balance": 0,
        "credit_balance": 0,
        "last_login": 0,
        "updated_at": 0,
        "archived_at": 0,
        "created_at": 0,
        "is_deleted": False,
        "has_valid_vat_number": False,
        "is_tax_exempt": False,
        "tax_info": {},
        "e_invoice": {},
        "contacts": [],
        "documents": [],
        "gateway_tokens": [],
    }
    assert list(blank) == list(made)
    assert re.fullmatch(r"[A-Za-z0-9]{40}", blank["client_hash"])


def test_a_blank_client_is_nowhere_kept_and_takes_no_number(north, ninja, create):
    api = ninja(north)
    hashes = {api.get(f"{LIST}/create/").json()["data"]["client_hash"] for _ in range(2)}

    assert len(hashes) == 2
    with acting_for(north.agency_id):
        assert not Client.objects.exists()
        assert Agency.objects.get(pk=north.agency_id).client_number_counter == 1
    assert create()["number"] == "0001"


def test_a_blank_client_sent_back_becomes_a_client(north, ninja, create):
    blank = ninja(north).get(f"{LIST}/create").json()["data"]

    client = create(**blank | {"name": "Acme"})

    assert (client["name"], client["number"]) == ("Acme", "0001")
    assert client["client_hash"] != blank["client_hash"]


def test_relations_of_a_blank_client_are_empty(north, ninja):
    asked = ninja(north).get(f"{LIST}/create?include=activities,ledger,group_settings,foo")

    blank = asked.json()["data"]
    assert (blank["activities"], blank["ledger"]) == ([], [])
    assert not {"group_settings", "foo"} & set(blank)


@pytest.mark.parametrize("path", ["create", "{id}/edit"])
def test_a_form_is_only_for_those_who_may_write(north, ninja, join, create, path):
    address = f"{LIST}/{path}".format(id=create()["id"])
    readers = (ninja(north, scopes=["clients:read"]), ninja(join(north, Role.VIEWER)))

    answers = [reader.get(address) for reader in readers]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == UNAUTHORIZED
    assert ninja(north, scopes=["clients:write"]).get(address).status_code == 200
