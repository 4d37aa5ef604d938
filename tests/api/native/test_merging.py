from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from agencies.scope import acting_for
from api.native.ids import encode
from clients.lifecycle import delete
from clients.models import Client, ClientMerge
from clients.projects import create_project
from clients.sorting import set_tags

AT = "2026-03-01T10:00:00Z"


@pytest.fixture
def globex(north, enrolled):
    client = enrolled(north, "Globex")
    with acting_for(north.agency_id):
        create_project(client, name="Site")
        set_tags(client, ["vip"])
        Client.objects.filter(pk=client.pk).update(balance=12, total_billed=30)
    return encode("client", client.pk)


@pytest.fixture
def path(acme, acme_id):
    return f"/v1/clients/{acme_id}"


def clients(api):
    return [client["name"] for client in api.get("/v1/clients?sort=name").json()["data"]]


def test_a_look_tells_what_a_merge_would_do_and_does_nothing(api, path, acme_id, globex):
    before = api.get(path).json()

    look = api.post(f"{path}/merge_preview", {"client_id": globex})

    assert look.status_code == 200
    assert look.json() == {
        "survivor": {"id": acme_id, "name": "Acme"},
        "merged": {"id": globex, "name": "Globex"},
        "currency": "EUR",
        "moves": {"contacts": 1, "documents": 0, "invites": 0, "projects": 1, "tags": 1},
        "outstanding_balance": 1200,
        "total_billed": 3000,
        "primary_contact_id": look.json()["primary_contact_id"],
        "removed_contacts": [],
    }
    assert api.get(path).json() == before
    assert clients(api) == ["Acme", "Globex"]


def test_a_merge_is_done_listed_and_undone(api, north, path, acme_id, globex):
    before = api.get(f"/v1/clients/{globex}").json()
    with time_machine.travel(AT, tick=False):
        done = api.post(f"{path}/merge", {"client_id": globex})

    assert done.status_code == 201
    merge = done.json()
    assert merge == {
        "id": merge["id"],
        "survivor": {"id": acme_id, "name": "Acme"},
        "merged": {"id": globex, "name": "Globex"},
        "merged_at": AT,
        "merged_by": {"id": encode("user", north.pk), "name": "nora@north.example"},
        "undo_until": "2026-03-31T10:00:00Z",
        "undone_at": None,
    }
    one = api.get(done["Location"])
    assert (one.json(), one["ETag"]) == (merge, done["ETag"])
    assert api.get(f"/v1/merges?client_id={globex}&undone=false").json()["data"] == [merge]
    assert api.get(path).json()["outstanding_balance"] == 1200
    assert api.get(f"/v1/clients/{globex}").status_code == 308

    with time_machine.travel("2026-03-31T09:00:00Z", tick=False):
        undone = api.post(f"{done['Location']}/undo", {})

    assert undone.status_code == 200
    assert undone.json() == {
        "merge": merge | {"undone_at": "2026-03-31T09:00:00Z"},
        "restored": {"id": globex, "name": "Globex"},
        "survivor": {"id": acme_id, "name": "Acme"},
        "changed": {},
    }
    after = api.get(f"/v1/clients/{globex}").json()
    assert after == before | {"updated_at": after["updated_at"]}
    assert api.get("/v1/merges?undone=true").json()["meta"]["total"] == 1


@pytest.mark.parametrize(("later", "code"), [(0, "merge_already_undone"), (31, "too_late_to_undo")])
def test_a_merge_is_undone_once_and_in_time(api, path, globex, later, code):
    with time_machine.travel(AT, tick=False):
        done = api.post(f"{path}/merge", {"client_id": globex})
        if not later:
            api.post(f"{done['Location']}/undo", {})

    with time_machine.travel(timezone.datetime(2026, 3, 1, 11) + timedelta(days=later)):
        again = api.post(f"{done['Location']}/undo", {})

    assert (again.status_code, again.json()["error"]["code"]) == (409, code)


@pytest.mark.parametrize("action", ["merge", "merge_preview"])
def test_what_cannot_be_merged_is_refused(api, north, south, enrolled, path, acme_id, action):
    yen = encode("client", enrolled(north, "Yen", currency="JPY").pk)
    theirs = encode("client", enrolled(south, "Theirs").pk)
    absent = encode("client", 10**9)

    def refused(client_id):
        answer = api.post(f"{path}/{action}", {"client_id": client_id})
        return answer.status_code, answer.json()["error"]["code"]

    assert refused(acme_id) == (422, "same_client")
    assert refused(yen) == (409, "different_currencies")
    assert refused(theirs) == refused(absent) == (422, "unknown")
    for value in (None, 7, "client_" + "a" * 3000, ["x"], {}):
        assert refused(value)[0] == 422
    assert api.post(f"{path}/{action}", {}).json()["error"]["param"] == "client_id"
    assert clients(api) == ["Acme", "Yen"]


@pytest.mark.parametrize("action", ["merge", "merge_preview"])
def test_only_those_who_may_merge(api, reader, south, bearer, path, globex, nobodies, action):
    body = {"client_id": globex}
    answers = [api.post(f"/v1/clients/{id}/{action}", body) for id in nobodies("client")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert bearer(south).post(f"{path}/{action}", {"client_id": globex}).status_code == 422
    assert reader.post(f"{path}/{action}", body).status_code == 403
    assert api.post(f"{path}/{action}", body, headers={"If-Match": '"old"'}).status_code == 412
    assert api.post(f"{path}/{action}?force=1", body).status_code == 400
    assert clients(api) == ["Acme", "Globex"]


def test_an_undo_reaches_nothing_that_is_not_there(
    api, reader, south, bearer, path, globex, nobodies
):
    done = api.post(f"{path}/merge", {"client_id": globex})
    answers = [api.post(f"/v1/merges/{id}/undo", {}) for id in nobodies("merge")]
    answers += [bearer(south).post(f"{done['Location']}/undo", {})]
    answers += [bearer(south).get(done["Location"])]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert reader.post(f"{done['Location']}/undo", {}).status_code == 403
    assert bearer(south).get("/v1/merges").json()["data"] == []
    assert clients(api) == ["Acme"]


def test_merges_of_a_deleted_client_are_not_there(api, north, path, globex):
    done = api.post(f"{path}/merge", {"client_id": globex})
    with acting_for(north.agency_id):
        delete(Client.objects.all(), at=timezone.now())

    assert api.get(done["Location"]).status_code == 404
    assert api.get("/v1/merges").json()["data"] == []


@pytest.mark.parametrize("query", ["client_id=x", "undone=yes", "merged_at=soon", "q=x", "sort=id"])
def test_a_bad_parameter_is_named(api, query):
    answer = api.get(f"/v1/merges?{query}")

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, query.split("=")[0])


@pytest.mark.parametrize("number", [1, 20, 100])
def test_a_list_costs_the_same_few_queries_whatever_its_length(
    api, north, acme, number, django_assert_num_queries
):
    with acting_for(north.agency_id):
        ClientMerge.objects.bulk_create(
            ClientMerge(
                agency=north.agency, survivor=acme, into_id=acme.pk, merged_id=10**6 + n,
                merged_at=timezone.now(), merged_by=north, snapshot={"name": f"Old {n}"},
            )
            for n in range(number)
        )  # fmt: skip
    api.get("/v1/merges")

    with django_assert_num_queries(13):
        page = api.get("/v1/merges?limit=100").json()

    assert len(page["data"]) == number
    assert page["data"][0]["merged"]["name"].startswith("Old")


@pytest.mark.django_db(transaction=True)
def test_two_merges_the_other_way_round_do_not_wait_for_each_other(north, bearer, enrolled):
    ids = [encode("client", enrolled(north, name).pk) for name in ("A", "B")]
    api, start = bearer(north), Barrier(2)

    def merge(survivor, merged):
        try:
            start.wait(timeout=30)
            return api.post(f"/v1/clients/{survivor}/merge", {"client_id": merged}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(merge, *ids), pool.submit(merge, *reversed(ids))]
        statuses = sorted(answer.result() for answer in answers)

    assert statuses[0] == 201
    # By then one of the two is no more: as a survivor, or as what it would merge.
    assert statuses[1] in (308, 409, 422)
    assert len(api.get("/v1/clients").json()["data"]) == 1
