import pytest
from django.utils import timezone

from agencies.scope import acting_for
from api.native.ids import encode
from clients.lifecycle import delete
from clients.models import Client
from clients.projects import create_project
from contacts.changing import add_contact


@pytest.fixture
def world(north, south, enrolled):
    """Everything here has globex in it, and everything of South's too."""
    made = {}
    for owner in (south, north):
        client = enrolled(owner, "Globex", email="jane@work.example")
        with acting_for(owner.agency_id):
            person = add_contact(client, first_name="Ann", last_name="Globex")
            project = create_project(client, name="New Glöbex site")
        made = {
            "client": encode("client", client.pk),
            "contact": encode("contact", person.pk),
            "project": encode("proj", project.pk),
        }
    return made


def test_clients_people_and_projects_are_found_by_their_words(api, world):
    client = {"id": world["client"], "name": "Globex"}

    assert api.get("/v1/search?q=GLOBEX").json() == {
        "data": [
            {"type": "client", "id": world["client"], "name": "Globex", "client": None},
            {"type": "contact", "id": world["contact"], "name": "Ann Globex", "client": client},
            {
                "type": "project",
                "id": world["project"],
                "name": "New Glöbex site",
                "client": client,
            },
        ],
        "meta": {"total": 3, "limit": 20},
    }


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("q=jane@work", ["client", "contact"]),
        ("q=jane@work&types=contact", ["contact"]),
        ("q=globex&types=project,client", ["client", "project"]),
        ("q=new%20globex", ["project"]),
        ("q=nothing", []),
        ("q=%25", []),
        ("q=globex&limit=2", ["client", "contact"]),
    ],
)
def test_what_is_asked_is_found(api, world, query, types):
    found = api.get(f"/v1/search?{query}").json()

    assert [row["type"] for row in found["data"]] == types
    assert found["meta"]["total"] == (3 if "limit" in query else len(types))


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("", "q"),
        ("q=", "q"),
        ("q=%20", "q"),
        ("q=" + "x" * 201, "q"),
        ("q=x&types=invoice", "types"),
        ("q=x&types=", "types"),
        ("q=x&limit=0", "limit"),
        ("q=x&limit=" + "9" * 40 + "x", "limit"),
        ("q=x&cursor=cur_x", "cursor"),
        ("q=x&q=y", "q"),
        ("query=x", "query"),
    ],
)
def test_a_bad_parameter_is_named(api, query, param):
    answer = api.get(f"/v1/search?{query}")

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_projects_are_found_by_whom_they_are_to_be_read(bearer, north, world):
    found = bearer(north, scopes=["clients:read"]).get("/v1/search?q=globex").json()

    assert [row["type"] for row in found["data"]] == ["client", "contact"]
    assert found["meta"]["total"] == 2
    assert bearer(north, scopes=["projects:read"]).get("/v1/search?q=globex").status_code == 403


def test_nothing_of_a_deleted_client_is_found(api, north, world):
    with acting_for(north.agency_id):
        delete(Client.objects.all(), at=timezone.now())

    assert api.get("/v1/search?q=globex").json()["data"] == []


@pytest.mark.parametrize("number", [1, 20, 100])
def test_a_search_costs_the_same_few_queries_whatever_it_finds(
    api, north, enrolled, number, django_assert_max_num_queries
):
    for n in range(number):
        client = enrolled(north, f"Client {n}")
        with acting_for(north.agency_id):
            create_project(client, name=f"Client project {n}")
    api.get("/v1/search?q=x")

    # A count and the rows of each kind; without rows to show, the count alone.
    with django_assert_max_num_queries(11 + 6):
        found = api.get("/v1/search?q=client&limit=100").json()

    assert found["meta"]["total"] == 3 * number
