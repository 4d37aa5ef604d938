"""`POST /clients/{id}/updateTaxData`: for few, not often, and never a failure."""

import pytest
import time_machine
from django.utils import timezone

from agencies.roles import Role
from agencies.scope import acting_for
from api.invoiceninja.ids import decode, encode
from clients.lifecycle import delete
from clients.models import Client

LIST = "/api/v1/clients"
UNAUTHORIZED = (401, {"message": "This action is unauthorized."})
TOO_MANY = (429, {"message": "Too many requests"})
NO_RECORD = (400, {"message": "No query results for model [App\\Models\\Client]."})
GERMAN = {"country_id": "276", "vat_number": "DE 136.695.976"}


@pytest.fixture(autouse=True)
def _within_a_minute():
    with time_machine.travel("2026-03-10T12:00:10Z", tick=False):
        yield


def path(client):
    return f"{LIST}/{client['id']}/updateTaxData"


def told(response):
    return response.status_code, response.json()


def test_the_answer_is_the_client_with_what_is_known(north, ninja, create):
    client = create(name="Acme", **GERMAN)
    assert client["tax_info"] == {}

    response = ninja(north).post(path(client), {})

    assert response.status_code == 200
    shown = response.json()["data"]
    info = shown["tax_info"]
    assert info["vat_number"]["number"] == "DE136695976"
    assert info["vat_number"]["checked_at"] == "2026-03-10T12:00:10Z"
    assert info["vat_rates"]["standard"] == "19"
    assert list(shown) == list(client)
    assert ninja(north).get(f"{LIST}/{client['id']}").json()["data"] == shown


def test_of_an_american_client_nothing_is_known_and_nothing_fails(north, ninja, create):
    client = create(name="Acme", country_id="840", postal_code="90404")

    response = ninja(north).post(path(client))

    assert (response.status_code, response.json()["data"]["tax_info"]) == (200, {})


def test_the_fourth_request_of_a_minute_is_one_too_many(north, ninja, join, create):
    client = create(name="Acme", **GERMAN)
    colleague = join(north, Role.MANAGER)
    callers = [ninja(north), ninja(colleague), ninja(north), ninja(colleague)]

    answers = [caller.post(path(client)) for caller in callers]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert told(answers[3]) == TOO_MANY
    allowance = ("X-RateLimit-Limit", "X-RateLimit-Remaining")
    assert [[answer[name] for name in allowance] for answer in answers] == [
        ["3", "2"], ["3", "1"], ["3", "0"], ["3", "0"],
    ]  # fmt: skip
    assert answers[3]["Retry-After"] == "50"
    # Everything else goes on, and so does this in the next minute.
    assert ninja(north).get(LIST).status_code == 200
    with time_machine.travel("2026-03-10T12:01:00Z", tick=False):
        assert ninja(north).post(path(client)).status_code == 200


def test_another_agency_has_turns_of_its_own(north, south, ninja, create):
    client = create(name="Acme")
    for _ in range(3):
        ninja(north).post(path(client))
    theirs = ninja(south).post(LIST, {"name": "Theirs"}).json()["data"]

    assert ninja(south).post(path(theirs)).status_code == 200


def test_who_may_not_ask_is_refused_and_takes_no_turn(north, south, ninja, join, create):
    client = create(name="Acme", **GERMAN)
    staff = ninja(join(north, Role.STAFF))
    reader = ninja(north, scopes=["clients:read"])
    nobody = {"id": encode(10**9)}
    theirs = ninja(south).post(LIST, {"name": "Theirs"}).json()["data"]

    for _ in range(4):
        assert told(staff.post(path(client))) == UNAUTHORIZED
        assert told(reader.post(path(client))) == UNAUTHORIZED
        assert told(ninja(north).post(path(nobody))) == NO_RECORD
        assert told(ninja(north).post(path(theirs))) == NO_RECORD

    assert ninja(north).post(path(client)).status_code == 200


def test_the_general_limit_of_a_key_counts_too(north, ninja, create):
    client = create(name="Acme")
    hasty = ninja(north, requests_per_minute=1)
    hasty.post(path(client))

    response = hasty.post(path(client))

    assert (told(response), response["X-RateLimit-Limit"]) == (TOO_MANY, "1")


def test_a_deleted_client_is_answered_as_well(north, ninja, create):
    client = create(name="Acme", **GERMAN)
    with acting_for(north.agency_id):
        delete(Client.objects.filter(pk=decode(client["id"])), at=timezone.now())

    response = ninja(north).post(path(client))

    assert response.status_code == 200
    assert response.json()["data"]["tax_info"]["vat_rates"]["country"] == "DE"


def test_a_changed_number_sent_with_what_was_read_is_no_longer_known(north, ninja, create):
    client = create(name="Acme", **GERMAN)
    read = ninja(north).post(path(client)).json()["data"]

    changed = ninja(north).put(
        f"{LIST}/{client['id']}", {**read, "vat_number": "DE129273398", "phone": "1"}
    )

    assert set(changed.json()["data"]["tax_info"]) == {"vat_rates"}


def test_a_get_is_no_such_route(north, ninja, create):
    client = create(name="Acme")

    assert ninja(north).get(path(client)).status_code == 404
