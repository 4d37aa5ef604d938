import pytest

from agencies.scope import acting_for
from clients.models import Client


def state(owner):
    with acting_for(owner.agency_id):
        client = Client.objects.get()
    return [bool(moment) for moment in (client.archived_at, client.suspended_at, client.deleted_at)]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["archive"], [True, False, False]),
        (["archive", "archive"], [True, False, False]),
        (["archive", "restore"], [False, False, False]),
        (["suspend"], [False, True, False]),
        (["suspend", "resume"], [False, False, False]),
        (["suspend", "archive", "restore"], [False, True, False]),
        (["delete"], [False, False, True]),
        (["archive", "delete", "restore"], [False, False, False]),
        (["restore"], [False, False, False]),
    ],
)
def test_each_action_does_its_own_and_another_takes_it_back(api, north, acme_id, actions, expected):
    for action in actions:
        response = api.post(f"/v1/clients/{acme_id}/{action}", {})
        assert response.status_code == 200
        assert response.json()["id"] == acme_id

    assert state(north) == expected


def test_a_deleted_client_is_gone_until_it_is_restored(api, acme_id):
    before = api.get(f"/v1/clients/{acme_id}").json()

    deleted = api.post(f"/v1/clients/{acme_id}/delete", {})

    assert deleted.json() == {"id": acme_id, "deleted": True}
    assert api.get(f"/v1/clients/{acme_id}").status_code == 404
    assert api.post(f"/v1/clients/{acme_id}/delete", {}).status_code == 404
    assert api.post(f"/v1/clients/{acme_id}/archive", {}).status_code == 404
    restored = api.post(f"/v1/clients/{acme_id}/restore", {}).json()
    assert restored == before | {"updated_at": restored["updated_at"]}


def test_a_lost_update_is_refused(api, north, acme_id):
    tag = api.get(f"/v1/clients/{acme_id}")["ETag"]
    api.patch(f"/v1/clients/{acme_id}", {"name": "New"})

    for action in ("archive", "suspend", "resume", "delete", "restore"):
        response = api.post(f"/v1/clients/{acme_id}/{action}", {}, headers={"If-Match": tag})
        assert response.status_code == 412

    assert state(north) == [False, False, False]


@pytest.mark.parametrize("action", ["archive", "restore", "suspend", "resume", "delete"])
def test_a_stranger_an_absent_one_and_a_reader_change_nothing(
    api, reader, north, south, bearer, acme_id, nobodies, action
):
    answers = [api.post(f"/v1/clients/{id}/{action}", {}) for id in nobodies("client")]
    answers.append(bearer(south).post(f"/v1/clients/{acme_id}/{action}", {}))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert reader.post(f"/v1/clients/{acme_id}/{action}", {}).status_code == 403
    assert api.post(f"/v1/clients/{acme_id}/{action}?force=1", {}).status_code == 400
    assert state(north) == [False, False, False]
