"""DELETE of a client: it can be restored, and money, people and files stay."""

from datetime import UTC, datetime

import pytest

from agencies.scope import acting_for
from api.invoiceninja.ids import decode
from clients import lifecycle
from clients.models import Client

LIST = "/api/v1/clients"


@pytest.fixture
def delete(north, ninja):
    def delete(client):
        response = ninja(north).delete(f"{LIST}/{client['id']}")
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return delete


@pytest.mark.parametrize(
    "send",
    [
        lambda api, path: api.delete(path),
        lambda api, path: api.delete(f"{path}/"),
        lambda api, path: api.post(path, {"_method": "DELETE"}),
        lambda api, path: api.browser.post(path, {"_method": "delete"}),
    ],
)
def test_a_delete_answers_the_client_in_its_new_state(north, ninja, create, send):
    client = create(name="Acme", contacts=[{"email": "a@x.example"}])

    answer = send(ninja(north), f"{LIST}/{client['id']}")

    deleted = answer.json()["data"]
    assert answer.status_code == 200
    now = datetime.now(UTC).timestamp()
    assert deleted["archived_at"] == pytest.approx(now, abs=60)
    assert deleted == client | {
        "is_deleted": True,
        "archived_at": deleted["archived_at"],
        "updated_at": deleted["updated_at"],
    }


def test_a_second_delete_changes_nothing(create, delete):
    client = create()

    assert delete(client) == delete(client)


def test_a_deleted_client_is_still_read_and_listed(north, ninja, create, delete):
    client = delete(create())

    api = ninja(north)
    assert api.get(f"{LIST}/{client['id']}").json()["data"] == client
    assert api.get(LIST).json()["data"] == [client]
    assert api.get(f"{LIST}?status=active").json()["data"] == []


def test_deleting_an_archived_client_moves_its_moment(north, create, delete):
    client = create()
    then = datetime(2026, 1, 1, tzinfo=UTC)
    with acting_for(north.agency_id):
        lifecycle.archive(Client.objects.all(), at=then)

    assert delete(client)["archived_at"] > then.timestamp()


def test_money_people_and_files_stay_untouched(north, create, delete):
    client = create(name="Acme", contacts=[{"email": "a@x.example"}])
    with acting_for(north.agency_id):
        Client.objects.update(balance=10, paid_to_date=5)

    deleted = delete(client)

    assert (deleted["balance"], deleted["paid_to_date"]) == (10, 5)
    assert deleted["contacts"] == client["contacts"]


def test_a_delete_is_an_activity(north, ninja, create, delete):
    client = create()

    delete(client)
    delete(client)

    shown = ninja(north).get(f"{LIST}/{client['id']}?include=activities").json()["data"]
    assert [a["activity_type_id"] for a in shown["activities"]] == ["3", "1"]


def test_a_deleted_client_keeps_its_number(north, ninja, create, delete):
    delete(create(number="A-1"))

    answer = ninja(north).post(LIST, {"number": "A-1"})

    assert answer.json()["errors"] == {"number": ["The number has already been taken."]}


def test_a_stranger_deletes_nothing(create, south, ninja, north):
    client = create()

    answer = ninja(south).delete(f"{LIST}/{client['id']}")

    assert answer.status_code == 400
    with acting_for(north.agency_id):
        assert Client.objects.get(pk=decode(client["id"])).deleted_at is None
