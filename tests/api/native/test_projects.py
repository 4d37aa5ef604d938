import pytest
import time_machine
from django.utils import timezone

from agencies.roles import Role
from agencies.scope import acting_for
from api.native.ids import encode
from clients.lifecycle import delete
from clients.models import Client, Project
from clients.projects import create_project

SITE = {
    "name": "Site",
    "description": "All of it.",
    "status": "in_progress",
    "start_date": "2026-02-01",
    "end_date": "2026-05-31",
    "budget": 1250000,
    "currency": "USD",
    "shared": True,
}


@pytest.fixture
def site(api, acme_id, north):
    lead = {"client_id": acme_id, "team_lead_id": encode("user", north.pk)}
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False):
        return api.post("/v1/projects", SITE | lead).json()


@pytest.fixture
def path(site):
    return f"/v1/projects/{site['id']}"


def test_a_project_is_made_and_got(api, north, site, path, acme_id):
    assert site == SITE | {
        "id": site["id"],
        "budget_spent": None,
        "client": {"id": acme_id, "name": "Acme"},
        "team_lead": {"id": encode("user", north.pk), "name": "nora@north.example"},
        "task_count": 0,
        "completed_task_count": 0,
        "archived_at": None,
        "created_at": "2026-03-01T10:00:00Z",
        "updated_at": "2026-03-01T10:00:00Z",
    }
    assert api.get(path).json() == site


def test_little_needs_to_be_said(api, acme_id):
    response = api.post("/v1/projects", {"name": "Site", "client_id": acme_id})

    assert response.status_code == 201
    assert api.get(response["Location"])["ETag"] == response["ETag"]
    site = response.json()
    assert (site["status"], site["currency"], site["shared"]) == ("planning", "EUR", False)
    assert [site[name] for name in ("budget", "start_date", "team_lead")] == [None] * 3


def test_only_what_is_sent_changes(api, site, path):
    with time_machine.travel("2026-03-02T10:00:00Z", tick=False):
        changed = api.patch(path, {"status": "review", "budget": None}).json()

    assert changed == site | {
        "status": "review",
        "budget": None,
        "updated_at": "2026-03-02T10:00:00Z",
    }
    assert api.patch(path, {"client_id": "client_other", "id": "x"}).json() == changed


def test_a_budget_is_in_minor_units_of_its_currency(api, north, path):
    api.patch(path, {"currency": "JPY", "budget": 1250})

    assert api.get(path).json()["budget"] == 1250
    with acting_for(north.agency_id):
        assert Project.objects.get().budget == 1250


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"name": "n" * 256}, "name"),
        ({"client_id": None}, "client_id"),
        ({"client_id": 12}, "client_id"),
        ({"client_id": "client_" + "a" * 3000}, "client_id"),
        ({"client_id": ["x"]}, "client_id"),
        ({"team_lead_id": "user_aaaaaaaa"}, "team_lead_id"),
        ({"status": "done"}, "status"),
        ({"status": ["review"]}, "status"),
        ({"start_date": "2026-02-30"}, "start_date"),
        ({"start_date": 20260201}, "start_date"),
        ({"end_date": "2026-01-31"}, "end_date"),
        ({"budget": -1}, "budget"),
        ({"budget": 1.5}, "budget"),
        ({"budget": "12"}, "budget"),
        ({"budget": True}, "budget"),
        ({"budget": 10**40}, "budget"),
        ({"currency": "XYZ"}, "currency"),
        ({"currency": None}, "currency"),
        ({"shared": "true"}, "shared"),
        ({"description": "d" * 10_001}, "description"),
        ({"description": {}}, "description"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_made_or_changed(
    api, north, acme_id, site, path, change, param
):
    made = api.post("/v1/projects", SITE | {"client_id": acme_id} | change)
    assert (made.status_code, made.json()["error"]["param"]) == (422, param)
    if param != "client_id":
        changed = api.patch(path, {"name": "New"} | change)
        assert (changed.status_code, changed.json()["error"]["param"]) == (422, param)

    assert api.get(path).json() == site
    with acting_for(north.agency_id):
        assert Project.objects.count() == 1


def test_a_strangers_client_and_member_are_as_unknown_ones(api, south, enrolled, acme_id):
    theirs = enrolled(south)
    for key, kind, pk in (("client_id", "client", theirs.pk), ("team_lead_id", "user", south.pk)):
        answers = [
            api.post("/v1/projects", {"name": "X", "client_id": acme_id, key: encode(kind, some)})
            for some in (pk, 10**9)
        ]

        assert {answer.status_code for answer in answers} == {422}
        assert answers[0].json() == answers[1].json()


def test_a_lost_update_is_refused(api, path):
    tag = api.get(path)["ETag"]
    api.patch(path, {"name": "First"})

    assert api.patch(path, {"name": "Second"}, headers={"If-Match": tag}).status_code == 412
    assert api.delete(path, headers={"If-Match": tag}).status_code == 412
    assert api.post(f"{path}/archive", {}, headers={"If-Match": tag}).status_code == 412
    assert api.get(path).json()["name"] == "First"
    assert api.get(path).json()["archived_at"] is None


@pytest.mark.parametrize("verb", ["delete", "post"])
def test_deleting_archives_and_restoring_takes_up_again(api, path, site, verb):
    with time_machine.travel("2026-03-02T10:00:00Z", tick=False):
        gone = api.delete(path) if verb == "delete" else api.post(f"{path}/archive", {})

    assert (gone.status_code, gone.json()["archived_at"]) == (200, "2026-03-02T10:00:00Z")
    assert api.get("/v1/projects").json()["data"] == []
    assert api.get("/v1/projects?archived=true").json()["data"] == [gone.json()]
    assert api.post(f"{path}/restore", {}).json()["archived_at"] is None
    assert len(api.get("/v1/projects").json()["data"]) == 1


def test_a_clients_projects_are_its_own(api, enrolled, north, site, acme_id):
    other = encode("client", enrolled(north, "Other").pk)
    api.post("/v1/projects", {"name": "Theirs", "client_id": other})

    mine = api.get(f"/v1/clients/{acme_id}/projects").json()

    assert mine == {"data": [site], "meta": {"total": 1, "limit": 20}}
    assert api.get(f"/v1/clients/{acme_id}").json()["active_projects"] == 1


def test_a_new_client_has_no_projects(api, acme_id):
    for more in ("projects", "projects?status=review"):
        response = api.get(f"/v1/clients/{acme_id}/{more}")

        assert response.status_code == 200
        assert response.json() == {"data": [], "meta": {"total": 0, "limit": 20}}


@pytest.mark.parametrize("more", ["projects", "invoices"])
def test_rows_of_a_client_that_is_not_there_are_not_there(
    api, south, bearer, acme_id, nobodies, more
):
    answers = [api.get(f"/v1/clients/{id}/{more}") for id in nobodies("client")]
    answers.append(bearer(south).get(f"/v1/clients/{acme_id}/{more}"))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "CBA"),
        ("status=planning,review", "CB"),
        ("q=second", "B"),
        ("shared=true", "A"),
        ("budget=gt:1000", "CA"),
        ("budget=eq:1000", "B"),
        ("start_date=lt:2026-02-02", "A"),
        ("end_date=gte:2026-01-01", "A"),
        ("archived=false", "CBA"),
        ("archived=true,false&sort=name", "ABC"),
        ("updated_since=2026-01-01", "CBA"),
        ("created_at=lt:2026-01-01", ""),
        ("limit=1&sort=-budget", "C"),
        ("sort=-start_date,name", "ABC"),
        ("sort=end_date,-name", "CBA"),
    ],
)
def test_what_is_asked_is_found(api, acme_id, site, path, query, names):
    api.patch(path, {"name": "A"})
    for name, facts in {
        "B": {"status": "review", "description": "The second.", "budget": 1000},
        "C": {"currency": "JPY", "budget": 2000000},
    }.items():
        api.post("/v1/projects", {"name": name, "client_id": acme_id, **facts})

    found = api.get(f"/v1/projects?{query}").json()["data"]

    assert "".join(project["name"] for project in found) == names


def test_a_lead_can_be_asked_for(api, north, join, acme_id, site):
    other = join(north, Role.STAFF)
    path = "/v1/projects?team_lead_id="

    assert api.get(path + encode("user", north.pk)).json()["data"] == [site]
    assert api.get(path + encode("user", other.pk)).json()["data"] == []


def test_projects_of_a_deleted_client_are_not_there(api, north, path):
    with acting_for(north.agency_id):
        delete(Client.objects.all(), at=timezone.now())

    assert api.get(path).status_code == 404
    assert api.patch(path, {"name": "x"}).status_code == 404
    assert api.get("/v1/projects?archived=true,false").json()["data"] == []


def test_a_stranger_and_an_absent_one_answer_alike(api, south, bearer, path, nobodies):
    calls = [
        lambda door, at: door.get(at),
        lambda door, at: door.patch(at, {"name": "x"}),
        lambda door, at: door.delete(at),
        lambda door, at: door.post(f"{at}/archive", {}),
    ]
    for call in calls:
        answers = [call(api, f"/v1/projects/{id}") for id in nobodies("proj")]
        answers.append(call(bearer(south), path))

        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
    assert api.get(path).json()["archived_at"] is None


def test_a_key_that_only_reads_changes_nothing(reader, api, path, site, acme_id):
    assert reader.post("/v1/projects", {"name": "X", "client_id": acme_id}).status_code == 403
    assert reader.patch(path, {"name": "X"}).status_code == 403
    assert reader.delete(path).status_code == 403
    assert api.get("/v1/projects").json()["data"] == [site]


def test_a_key_for_clients_alone_shows_no_projects(bearer, north, acme_id, path):
    api = bearer(north, scopes=["clients:read", "clients:write"])

    assert api.get("/v1/projects").status_code == 403
    assert api.get(path).status_code == 403
    assert api.get(f"/v1/clients/{acme_id}/projects").status_code == 403
    assert api.get(f"/v1/clients/{acme_id}/invoices").status_code == 403


@pytest.mark.parametrize("number", [1, 20, 100])
def test_a_list_costs_the_same_few_queries_whatever_its_length(
    api, north, acme, number, django_assert_num_queries
):
    with acting_for(north.agency_id):
        for n in range(number):
            create_project(acme, name=f"Project {n}", lead=north)
    api.get("/v1/projects")

    with django_assert_num_queries(13):
        page = api.get("/v1/projects?limit=100&q=project&status=planning").json()

    assert len(page["data"]) == number
