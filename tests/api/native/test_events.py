"""Following `/v1/events`. Everything here is committed, as the log is read by others alone."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from agencies import events
from agencies.scope import acting_for
from agencies.telling import VERBS
from api.native import events as wire
from api.native.ids import encode
from billing import merging
from clients import lifecycle
from clients.models import Client, Project
from clients.projects import create_project
from clients.purging import purge
from contacts.enrolling import Person, enroll

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(north, bearer):
    return bearer(north)


@pytest.fixture
def make(north):
    def make(name):
        with acting_for(north.agency_id, door="admin", member_id=north.pk):
            people = [Person(email=f"{name}@x.example")]
            return enroll(north.agency, by=north, name=name, people=people)

    return make


@pytest.fixture
def then(api):
    """The events since it was asked last."""
    cursor = api.get("/v1/events?cursor=latest").json()["meta"]["next_cursor"]

    def since(query=""):
        nonlocal cursor
        answer = api.get(f"/v1/events?limit=100&cursor={cursor}{query}").json()
        cursor = answer["meta"]["next_cursor"]
        return answer["data"]

    return since


def change(client, **facts):
    with acting_for(client.agency_id):
        Client.objects.filter(pk=client.pk).update(**facts)


def test_an_event_says_what_happened_to_which_record_and_through_which_door(make, then, north):
    client = make("acme")

    created = [event for event in then() if event["type"] == "client.created"]

    (event,) = created
    assert re.fullmatch(r"evt_[A-Za-z0-9]+", event.pop("id"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event.pop("created_at"))
    assert event == {
        "type": "client.created",
        "data": {"object": "client", "id": encode("client", client.pk)},
        "source": {"via": "admin", "member_id": encode("user", north.pk)},
    }


def test_an_update_names_the_fields_as_the_record_has_them(make, then):
    client = make("acme")
    then()

    change(client, legal_name="Acme Ltd", address1="1 Main St", city="Here", balance=5)

    (event,) = then()
    assert event["data"]["changes"] == ["address", "company", "outstanding_balance"]


def test_names_of_changed_fields_are_names_of_the_record(api, make):
    client = make("acme")
    record = api.get(f"/v1/clients/{encode('client', client.pk)}").json()

    assert set(wire.CLIENT_FIELDS.values()) <= set(record)


def test_what_belongs_to_a_client_names_it(make, then):
    client = make("acme")
    with acting_for(client.agency_id):
        project = create_project(client, name="Site")

    found = {event["type"]: event["data"] for event in then()}

    assert found["project.created"] == {
        "object": "project",
        "id": encode("proj", project.pk),
        "client_id": encode("client", client.pk),
    }
    assert found["contact.created"]["client_id"] == encode("client", client.pk)


def test_a_merged_client_names_who_answers_for_it(make, then, north):
    survivor, merged = make("acme"), make("globex")
    with acting_for(north.agency_id):
        merging.merge(survivor, merged, by=north, at=timezone.now())

    (event,) = [event for event in then() if event["type"] == "client.merged"]
    assert event["data"] == {
        "object": "client",
        "id": encode("client", merged.pk),
        "merged_into": encode("client", survivor.pk),
    }


def test_a_sync_that_only_follows_events_ends_with_what_is_there(api, make, then, north):
    """Deletions, a merge, a purge and a return among them; each one told by id."""
    kept, merged, purged, deleted, back = (make(name) for name in ("a", "b", "c", "d", "e"))
    now = timezone.now()
    with acting_for(north.agency_id):
        merging.merge(kept, merged, by=north, at=now)
    with acting_for(north.agency_id):
        purge(purged, by=north, at=now)
    for client in (deleted, back):
        with acting_for(north.agency_id):
            lifecycle.delete(Client.objects.filter(pk=client.pk), at=now)
    with acting_for(north.agency_id):
        lifecycle.restore(Client.objects.filter(pk=back.pk), at=now)

    copy = set()
    for event in then():
        verb, pk = event["type"].partition(".")[2], event["data"]["id"]
        if event["data"]["object"] == "client":
            (copy.discard if verb in ("deleted", "merged", "purged") else copy.add)(pk)

    listed = api.get("/v1/clients?limit=100").json()["data"]
    assert copy == {client["id"] for client in listed}
    assert len(copy) == 2


def test_following_the_cursor_shows_everything_once_and_goes_on(api, make):
    for name in ("a", "b", "c"):
        make(name)
    whole = api.get("/v1/events?limit=100").json()
    path, seen = "/v1/events?limit=2", []

    while True:
        page = api.get(path).json()
        seen += page["data"]
        path = f"/v1/events?limit=2&cursor={page['meta']['next_cursor']}"
        if not page["meta"]["has_more"]:
            break

    assert seen == whole["data"]
    assert not whole["meta"]["has_more"]
    make("d")
    assert "client.created" in {event["type"] for event in api.get(path).json()["data"]}


def test_the_end_of_the_log_has_a_cursor_too(api, make):
    make("before")
    answer = api.get("/v1/events?cursor=latest").json()
    late = make("after")

    assert answer["data"] == []
    assert answer["meta"]["has_more"] is False
    found = api.get(f"/v1/events?cursor={answer['meta']['next_cursor']}").json()["data"]
    ids = {event["data"]["id"] for event in found}
    assert encode("client", late.pk) in ids


def test_types_are_chosen_by_name_or_by_kind(make, then):
    client = make("acme")
    change(client, name="Other", archived_at=timezone.now())

    names = {event["type"] for event in then("&types=client.archived,contact.*")}

    assert names == {"client.archived", "contact.created"}


def test_events_are_filtered_by_when_they_were_committed(api, make):
    make("acme")
    day = timezone.now() + timedelta(days=1)

    def found(query):
        return len(api.get(f"/v1/events?{query}").json()["data"])

    assert found(f"created_at=lt:{day:%Y-%m-%d}") > 0
    assert found(f"created_at=gte:{day:%Y-%m-%d}") == 0


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("types=client.invented", "types"),
        ("types=", "types"),
        ("types=client.created,", "types"),
        ("types=*", "types"),
        ("limit=0", "limit"),
        ("cursor=cur_nonsense", "cursor"),
        ("cursor=", "cursor"),
        ("created_at=yesterday", "created_at"),
        ("colour=red", "colour"),
        ("sort=-created_at", "sort"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_a_bad_parameter_is_named(api, query, param):
    response = api.get(f"/v1/events?{query}")

    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


def test_another_agencys_cursor_is_refused(api, south, bearer):
    theirs = bearer(south).get("/v1/events").json()["meta"]["next_cursor"]

    assert api.get(f"/v1/events?cursor={theirs}").status_code == 400


def test_a_place_behind_which_events_are_forgotten_is_gone(api, make):
    early = api.get("/v1/events?cursor=latest").json()["meta"]["next_cursor"]
    make("acme")
    late = api.get("/v1/events?cursor=latest").json()["meta"]["next_cursor"]

    events.forget_old(before=timezone.now() + timedelta(days=1))

    response = api.get(f"/v1/events?cursor={early}")
    assert response.status_code == 410
    assert response.json()["error"]["code"] == "cursor_expired"
    assert response.json()["error"]["param"] == "cursor"
    assert api.get(f"/v1/events?cursor={late}").status_code == 200
    # Who begins anew begins with what is left.
    assert api.get("/v1/events").json()["data"] == []


def test_a_key_is_told_of_what_it_may_read_alone(make, north, bearer):
    client = make("acme")
    with acting_for(client.agency_id):
        create_project(client, name="Site")

    def told(*scopes):
        answer = bearer(north, scopes=["events:read", *scopes]).get("/v1/events?limit=100")
        return {event["type"].partition(".")[0] for event in answer.json()["data"]}

    assert told() == set()
    assert told("projects:read") == {"project"}
    assert told("clients:read") == {"category", "client", "contact"}
    assert told("clients:write") == set()


def test_a_key_is_refused_a_single_event_of_what_it_may_not_read(make, then, north, bearer, api):
    make("acme")
    event = then()[0]

    assert api.get(f"/v1/events/{event['id']}").json() == event
    other = bearer(north, scopes=["events:read", "projects:read"])
    assert other.get(f"/v1/events/{event['id']}").status_code == 403


def test_an_agency_is_told_of_its_own_alone(make, south, bearer):
    make("acme")

    assert {
        event["type"] for event in bearer(south).get("/v1/events?limit=100").json()["data"]
    } <= {"category.created"}


def test_every_kind_of_thing_that_is_told_has_words_of_its_own(db):
    assert set(wire.KINDS) == set(VERBS)


def test_a_page_costs_the_same_few_queries_whatever_its_length(
    api, make, django_assert_num_queries
):
    for name in ("a", "b", "c"):
        make(name)
    api.get("/v1/events")

    # The key's agency; the scope, its key and its end; the counter; the scope, the log's end, rows.
    with django_assert_num_queries(11):
        assert len(api.get("/v1/events").json()["data"]) > 5
    with django_assert_num_queries(11):
        assert len(api.get("/v1/events?limit=1").json()["data"]) == 1


def test_a_project_put_away_is_told_through_the_api_as_well(api, make, then):
    client = make("acme")
    with acting_for(client.agency_id):
        project = create_project(client, name="Site")
    then()

    api.delete(f"/v1/projects/{encode('proj', project.pk)}")

    assert [event["type"] for event in then()] == ["client.updated", "project.archived"]
    with acting_for(client.agency_id):
        assert Project.objects.get(pk=project.pk).archived_at
