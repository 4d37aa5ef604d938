"""Each endpoint with its own documented example, byte for byte.

`recorded/` holds what curl 7.88 and PHP 8.2 with its curl extension send when the examples of Grow
CRM's documentation are run as they are printed there.
"""

from pathlib import Path

import pytest

from agencies.scope import acting_for
from clients.models import Category
from contacts.enrolling import Person, enroll
from contacts.models import Contact

RECORDED = Path(__file__).parent / "recorded"
ACME = {"id": 12, "company_name": "Acme Inc"}

both_languages = pytest.mark.parametrize("language", ["curl", "php"])


@pytest.fixture
def acme(north):
    """Client 12 in category 2, with user 34 beside its owner: the ids of the documentation."""
    with acting_for(north.agency_id):
        kind = Category.objects.create(pk=2, agency=north.agency, name="Standard")
        people = [Person(first_name="Ann", last_name="First", email="ann@acme.example")]
        facts = {"pk": 12, "category": kind, "name": "Acme Inc", "people": people}
        client = enroll(north.agency, by=north, tags=["old"], **facts)
        Contact.objects.create(
            pk=34, agency=north.agency, client=client, first_name="Jane", last_name="Doe",
            email="jane@other.example", key_seed="s" * 32, key_digest="d" * 64,
        )  # fmt: skip
    return client


@pytest.fixture
def replay(north, key, client):
    """Sends a recorded request, with a key of ours in place of YOUR_API_KEY."""

    def replay(name, language):
        head, _, body = (RECORDED / f"{name}.{language}.http").read_bytes().partition(b"\r\n\r\n")
        request, *lines = head.decode().split("\r\n")
        method, path, _ = request.split(" ")
        headers = dict(line.split(": ", 1) for line in lines if not line.startswith("Host"))
        headers["Authorization"] = headers["Authorization"].replace("YOUR_API_KEY", key(north))
        kind = headers.pop("Content-Type", "")
        return client.generic(method, path, body, content_type=kind, headers=headers)

    return replay


def shown(response):
    """The part of the client that the documentation's samples show."""
    return {name: response.json()["data"][name] for name in ACME}


def rest(response):
    return {name: value for name, value in response.json().items() if name != "data"}


def says(message):
    return {"message": message}


@both_languages
def test_list(acme, replay, language):
    response = replay("list", language)

    assert response.status_code == 200
    assert [ACME | client for client in response.json()["data"]] == response.json()["data"]
    assert rest(response) == {
        "meta": {"current_page": 1, "per_page": 25, "total": 1, "last_page": 1},
        "message": "Clients retrieved successfully.",
    }


@both_languages
def test_get(acme, replay, language):
    response = replay("get", language)

    assert response.status_code == 200
    assert shown(response) == ACME
    assert rest(response) == says("Client retrieved successfully.")


@both_languages
def test_create(acme, replay, language):
    response = replay("create", language)

    assert response.status_code == 201
    assert rest(response) == says("Client created successfully.")
    client = response.json()["data"]
    assert client["company_name"] == "Acme Inc"
    assert client["owner"]["name"] == "Jane Doe"
    assert client["category"] == {"id": 2, "name": "Standard"}


@both_languages
def test_update(acme, replay, language):
    response = replay("update", language)

    assert response.status_code == 200
    assert shown(response) == {"id": 12, "company_name": "Acme Incorporated"}
    assert rest(response) == says("Client updated successfully.")


@both_languages
def test_delete(acme, replay, language):
    response = replay("delete", language)

    assert response.status_code == 200
    assert response.json() == {"data": {"id": 12}, "message": "Client deleted successfully."}
    assert list(response.json()) == ["data", "message"]


@both_languages
def test_set_tags(acme, replay, language):
    response = replay("tags", language)

    assert response.status_code == 200
    assert response.json()["data"]["tags"] == ["priority", "retainer"]
    assert shown(response) == ACME
    assert rest(response) == says("Client tags updated successfully.")


@both_languages
def test_change_status(acme, replay, language):
    response = replay("status", language)

    assert response.status_code == 200
    assert response.json()["data"]["status"] == "suspended"
    assert shown(response) == ACME
    assert rest(response) == says("Client status updated successfully.")


@both_languages
def test_change_account_owner(acme, replay, language):
    response = replay("owner", language)

    assert response.status_code == 200
    assert response.json()["data"]["owner"] == {"id": 34, "name": "Jane Doe"}
    assert shown(response) == ACME
    assert rest(response) == says("Client account owner updated successfully.")


def test_the_documented_validation_error(north, bearer):
    sent = {"last_name": "Doe", "email": "nora@north.example"}

    response = bearer(north).post("/api/clients", sent)

    assert response.status_code == 422
    assert response.json() == {
        "message": "The given data was invalid.",
        "errors": {
            "email": ["The email has already been taken."],
            "first_name": ["The first name field is required."],
        },
    }
