"""DELETE of a client; PUT of its tags, its status and its owner."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connections
from django.test.client import encode_multipart

from agencies.scope import acting_for
from clients.models import Client, Removal, Tag
from contacts.enrolling import Person, enroll
from contacts.models import Contact

INVALID = "The given data was invalid."
FORM = "application/x-www-form-urlencoded"
THEN = datetime(2026, 6, 15, 12, tzinfo=UTC)
JANE = {"first_name": "Jane", "last_name": "Doe", "email": "jane@acme.example"}


@pytest.fixture
def acme(north):
    with acting_for(north.agency_id):
        people = [
            Person(first_name="Jane", last_name="Doe", email="jane@acme.example"),
            Person(first_name="Bob", last_name="Roe", email="bob@acme.example"),
        ]
        facts = {"people": people, "name": "Acme", "updated_at": THEN, "address2": "Floor 3"}
        return enroll(north.agency, by=north, tags=["old", "older"], **facts)


@pytest.fixture
def api(north, bearer):
    return bearer(north)


@pytest.fixture
def bob(north, acme):
    with acting_for(north.agency_id):
        return acme.contacts.get(first_name="Bob")


@pytest.fixture
def put(api, acme):
    """PUTs to one of the client's own addresses: tags, status or owner."""

    def put(what, sent, kind="application/json"):
        return api.put(f"/api/clients/{acme.pk}/{what}", sent, content_type=kind)

    return put


@pytest.fixture
def updated(north, acme):
    def updated():
        with acting_for(north.agency_id):
            return Client.objects.get(pk=acme.pk).updated_at

    return updated


# Tags


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"tags": ["priority", "key account"]}, "application/json"),
        (b"tags[]=priority&tags[]=key account", FORM),
        (b"tags%5B0%5D=priority&tags%5B1%5D=key+account", FORM),
        (b"tags[1]=priority&tags[7]=key%20account", FORM),
        (
            encode_multipart("edge", {"tags[]": ["priority", "key account"]}),
            "multipart/form-data; boundary=edge",
        ),
    ],
)
def test_tags_are_replaced_however_they_are_sent(api, acme, put, sent, kind):
    response = put("tags", sent, kind)

    assert response.status_code == 200
    assert response.json()["message"] == "Client tags updated successfully."
    client = response.json()["data"]
    assert client["tags"] == ["priority", "key account"]
    assert client == api.get(f"/api/clients/{acme.pk}").json()["data"]


@pytest.mark.parametrize(
    ("sent", "kind"),
    [({"tags": []}, "application/json"), (b"tags[]=", FORM), ({"tags": ["", " ", None]}, None)],
)
def test_an_empty_array_clears_the_tags(put, sent, kind):
    response = put("tags", sent, kind or "application/json")

    assert response.status_code == 200
    assert response.json()["data"]["tags"] == []


def test_repeated_tags_collapse_and_their_order_is_kept(put):
    sent = {"tags": ["b", "a", "B", " b ", "c"]}

    assert put("tags", sent).json()["data"]["tags"] == ["b", "a", "c"]
    assert put("tags", {"tags": ["c", "b"]}).json()["data"]["tags"] == ["c", "b"]


def test_a_tag_is_one_whatever_its_case(north, put):
    response = put("tags", {"tags": ["OLD", "new"]})

    assert response.json()["data"]["tags"] == ["old", "new"]
    with acting_for(north.agency_id):
        assert Tag.objects.count() == 3


def test_the_same_tags_again_change_nothing(put, updated):
    put("tags", {"tags": ["a", "b"]})
    before = updated()

    response = put("tags", {"tags": ["a", "B", "a"]})

    assert response.status_code == 200
    assert updated() == before > THEN


@pytest.mark.parametrize(
    ("sent", "kind", "field", "text"),
    [
        ({}, "application/json", "tags", "The tags field must be present."),
        (b"", FORM, "tags", "The tags field must be present."),
        (b"other=1", FORM, "tags", "The tags field must be present."),
        ({"tags": None}, "application/json", "tags", "The tags field must be an array."),
        ({"tags": "a"}, "application/json", "tags", "The tags field must be an array."),
        ({"tags": {"x": "a"}}, "application/json", "tags", "The tags field must be an array."),
        (b"tags=a", FORM, "tags", "The tags field must be an array."),
        (b"tags=", FORM, "tags", "The tags field must be an array."),
        ({"tags": ["a", 7]}, "application/json", "tags.1", "The tags.1 field must be a string."),
        (
            {"tags": ["x" * 101]},
            "application/json",
            "tags.0",
            "The tags.0 field must not be greater than 100 characters.",
        ),
    ],
)
def test_what_is_no_array_of_titles_is_refused(put, updated, sent, kind, field, text):
    response = put("tags", sent, kind)

    assert response.status_code == 422
    assert response.json() == {"message": INVALID, "errors": {field: [text]}}
    assert updated() == THEN


@pytest.mark.django_db(transaction=True)
def test_tags_put_at_once_are_one_set_or_the_other(north, bearer, acme):
    together, answers = threading.Barrier(4), []
    sets = [["a", "b", "old"], ["b", "c", "a"], ["c", "old"], ["a", "c"]]
    calls = [(bearer(north), {"tags": titles}) for titles in sets]

    def change(door, sent):
        together.wait(timeout=10)
        try:
            answers.append(door.put(f"/api/clients/{acme.pk}/tags", sent))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=change, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert [answer.status_code for answer in answers] == [200] * 4
    assert [answer.json()["data"]["tags"] in sets for answer in answers] == [True] * 4
    assert bearer(north).get(f"/api/clients/{acme.pk}").json()["data"]["tags"] in sets


# Status


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"status": "suspended"}, "application/json"),
        (b"status=suspended", FORM),
        ({"status": " suspended "}, "application/json"),
    ],
)
def test_a_client_is_suspended_and_activated(api, acme, put, sent, kind):
    suspended = put("status", sent, kind)
    shown = api.get(f"/api/clients/{acme.pk}").json()["data"]
    active = put("status", {"status": "active"})

    assert (suspended.status_code, active.status_code) == (200, 200)
    assert suspended.json() == {"data": shown, "message": "Client status updated successfully."}
    assert (shown["status"], active.json()["data"]["status"]) == ("suspended", "active")


def test_the_same_status_again_changes_nothing(put, updated):
    assert put("status", {"status": "active"}).status_code == 200
    assert updated() == THEN

    put("status", {"status": "suspended"})
    before = updated()

    assert put("status", {"status": "suspended"}).status_code == 200
    assert updated() == before > THEN


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({}, "The status field is required."),
        ({"status": ""}, "The status field is required."),
        ({"status": None}, "The status field is required."),
        ({"status": "frozen"}, "The selected status is invalid."),
        ({"status": "Active"}, "The selected status is invalid."),
        ({"status": 1}, "The selected status is invalid."),
        ({"status": True}, "The selected status is invalid."),
        ({"status": ["active"]}, "The selected status is invalid."),
        ({"status": {}}, "The selected status is invalid."),
    ],
)
def test_another_status_is_refused(put, updated, sent, text):
    response = put("status", sent)

    assert response.status_code == 422
    assert response.json() == {"message": INVALID, "errors": {"status": [text]}}
    assert updated() == THEN


def test_a_suspended_client_can_be_read_and_written(api, acme, put):
    put("status", {"status": "suspended"})

    listed = api.get("/api/clients").json()["data"]
    change = api.patch(f"/api/clients/{acme.pk}", {"client_company_name": "Acme Ltd"})
    taken = api.post("/api/clients", JANE)

    assert [client["id"] for client in listed] == [acme.pk]
    assert change.json()["data"]["status"] == "suspended"
    assert put("tags", {"tags": ["late"]}).status_code == 200
    assert taken.json()["errors"] == {"email": ["The email has already been taken."]}


def test_the_people_of_a_suspended_client_may_not_enter_the_portal(north, acme, put):
    def may_enter():
        with acting_for(north.agency_id):
            return [person.may_enter_portal() for person in Contact.objects.all()]

    assert may_enter() == [True, True]

    put("status", {"status": "suspended"})
    assert may_enter() == [False, False]

    put("status", {"status": "active"})
    assert may_enter() == [True, True]


# Owner


@pytest.mark.parametrize("kind", [int, str])
def test_another_person_of_the_client_becomes_the_owner(north, api, acme, bob, put, kind):
    response = put("owner", {"owner": kind(bob.pk)})

    assert response.status_code == 200
    assert response.json()["message"] == "Client account owner updated successfully."
    client = response.json()["data"]
    assert client["owner"] == {"id": bob.pk, "name": "Bob Roe"}
    assert client == api.get(f"/api/clients/{acme.pk}").json()["data"]
    with acting_for(north.agency_id):
        primary = acme.contacts.filter(is_primary=True)
        assert [person.pk for person in primary] == [bob.pk]
        assert acme.contacts.present().count() == 2


def test_a_form_names_the_owner_too(bob, put):
    assert put("owner", f"owner={bob.pk}".encode(), FORM).json()["data"]["owner"]["id"] == bob.pk


def test_the_same_owner_again_changes_nothing(bob, put, updated):
    put("owner", {"owner": bob.pk})
    before = updated()

    response = put("owner", {"owner": bob.pk})

    assert response.status_code == 200
    assert response.json()["data"]["owner"]["id"] == bob.pk
    assert updated() == before > THEN


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({}, "The owner field is required."),
        ({"owner": ""}, "The owner field is required."),
        ({"owner": None}, "The owner field is required."),
        ({"owner": "bob"}, "The owner field must be an integer."),
        ({"owner": 1.5}, "The owner field must be an integer."),
        ({"owner": True}, "The owner field must be an integer."),
        ({"owner": [1]}, "The owner field must be an integer."),
        ({"owner": {}}, "The owner field must be an integer."),
        ({"owner": 0}, "The selected owner is invalid."),
        ({"owner": -1}, "The selected owner is invalid."),
        ({"owner": 999_999_999}, "The selected owner is invalid."),
        ({"owner": 10**30}, "The selected owner is invalid."),
    ],
)
def test_an_owner_that_is_nobody_is_refused(put, updated, sent, text):
    response = put("owner", sent)

    assert response.status_code == 422
    assert response.json() == {"message": INVALID, "errors": {"owner": [text]}}
    assert updated() == THEN


def test_only_somebody_of_this_client_can_be_its_owner(north, south, bob, put, updated):
    def person_of(owner):
        with acting_for(owner.agency_id):
            client = enroll(owner.agency, by=owner, people=[Person(first_name="Other")])
            return client.contacts.get().pk

    with acting_for(north.agency_id):
        Contact.objects.filter(pk=bob.pk).update(deleted_at=THEN)
        loose = Contact.objects.create(agency=north.agency, key_seed="s" * 32, key_digest="d" * 64)
    others = [person_of(north), person_of(south), bob.pk, loose.pk]

    answers = [put("owner", {"owner": person}) for person in others]

    for answer in answers:
        assert answer.status_code == 422
        assert answer.json()["errors"] == {"owner": ["The selected owner is invalid."]}
    assert updated() == THEN


# Delete


def test_a_deleted_client_is_gone_from_list_search_and_get(api, acme):
    response = api.delete(f"/api/clients/{acme.pk}")

    assert response.status_code == 200
    assert response.json() == {
        "data": {"id": acme.pk},
        "message": "Client deleted successfully.",
    }
    assert api.get(f"/api/clients/{acme.pk}").status_code == 404
    for query in ("", "?search=acme", "?status=active"):
        assert api.get(f"/api/clients{query}").json()["meta"]["total"] == 0


@pytest.mark.parametrize(
    ("verb", "end", "sent"),
    [
        ("delete", "", None),
        ("get", "", None),
        ("patch", "", {"client_company_name": "Acme"}),
        ("put", "/tags", {"tags": []}),
        ("put", "/status", {"status": "active"}),
        ("put", "/owner", {"owner": 1}),
    ],
)
def test_the_second_time_everything_is_a_404(api, acme, verb, end, sent):
    api.delete(f"/api/clients/{acme.pk}")

    response = getattr(api, verb)(f"/api/clients/{acme.pk}{end}", sent)

    assert response.status_code == 404
    assert response.json() == {"message": "The requested client could not be found."}


def test_a_deleted_clients_addresses_are_free_again(api, acme):
    taken = api.post("/api/clients", JANE)
    api.delete(f"/api/clients/{acme.pk}")

    free = api.post("/api/clients", JANE)

    assert (taken.status_code, free.status_code) == (422, 201)
    assert free.json()["data"]["id"] != acme.pk


def test_who_deleted_a_client_is_kept_for_its_return(north, api, acme):
    api.delete(f"/api/clients/{acme.pk}")

    with acting_for(north.agency_id):
        removal = Removal.objects.get()
    assert (removal.client_id, removal.name, removal.removed_by) == (acme.pk, "Acme", north)


def test_a_client_deleted_in_invoice_ninja_is_unknown_here_and_stays_there(north, api, acme):
    with acting_for(north.agency_id):
        Client.objects.filter(pk=acme.pk).update(deleted_at=THEN)

    assert api.delete(f"/api/clients/{acme.pk}").status_code == 404
    with acting_for(north.agency_id):
        assert Client.objects.filter(pk=acme.pk).exists()


def test_a_stranger_neither_deletes_nor_changes(north, south, bearer, acme, updated):
    stranger, path = bearer(south), f"/api/clients/{acme.pk}"

    answers = [
        stranger.delete(path),
        stranger.put(f"{path}/tags", {"tags": []}),
        stranger.put(f"{path}/status", {"status": "suspended"}),
        stranger.put(f"{path}/owner", {"owner": 1}),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert updated() == THEN


@pytest.mark.django_db(transaction=True)
def test_of_two_deletes_at_once_one_finds_the_client(north, bearer, acme):
    together, answers = threading.Barrier(2), []
    doors = [bearer(north), bearer(north)]

    def delete(door):
        together.wait(timeout=10)
        try:
            answers.append(door.delete(f"/api/clients/{acme.pk}").status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=delete, args=[door]) for door in doors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(answers) == [200, 404]


# Manners of all of them


@pytest.mark.parametrize("end", ["", "/tags", "/status", "/owner"])
def test_unknown_ids_are_a_404_before_the_body_is_looked_at(api, end):
    for pk in ("999999999", "0", "-1", "9" * 30, "twelve", "1.0", "%00"):
        response = (api.put if end else api.patch)(f"/api/clients/{pk}{end}", {"tags": 7})

        assert response.status_code == 404
        assert response.json() == {"message": "The requested client could not be found."}


@pytest.mark.parametrize(
    ("end", "verbs", "allowed"),
    [
        ("", ["post", "put"], "GET, PATCH, DELETE, HEAD, OPTIONS"),
        ("/tags", ["get", "post", "patch", "delete"], "PUT, OPTIONS"),
        ("/status", ["get", "post", "patch", "delete"], "PUT, OPTIONS"),
        ("/owner", ["get", "post", "patch", "delete"], "PUT, OPTIONS"),
    ],
)
def test_a_wrong_method_is_a_405_that_names_the_right_ones(api, acme, end, verbs, allowed):
    for verb in verbs:
        response = getattr(api, verb)(f"/api/clients/{acme.pk}{end}")

        assert response.status_code == 405
        assert response["Allow"] == allowed
        assert list(response.json()) == ["message"]


@pytest.mark.parametrize("end", ["", "/tags", "/status", "/owner"])
def test_both_slash_forms_keep_the_body(api, acme, bob, end):
    sent = {"client_company_name": "A", "tags": ["a"], "status": "active", "owner": bob.pk}
    send = api.put if end else api.patch

    responses = [send(f"/api/clients/{acme.pk}{end}{slash}", sent) for slash in ("", "/")]

    assert [response.status_code for response in responses] == [200, 200]


@pytest.mark.parametrize("end", ["", "/tags", "/status", "/owner"])
def test_a_read_only_key_changes_nothing(north, bearer, acme, bob, updated, end):
    door = bearer(north, scopes=["clients:read"])
    sent = {"client_company_name": "A", "tags": ["a"], "status": "suspended", "owner": bob.pk}
    path = f"/api/clients/{acme.pk}{end}"

    answers = [door.put(path, sent)] if end else [door.patch(path, sent), door.delete(path)]

    for answer in answers:
        assert answer.status_code == 403
        assert list(answer.json()) == ["message"]
    assert updated() == THEN


@pytest.mark.parametrize("end", ["", "/tags", "/status", "/owner"])
def test_a_write_that_cannot_be_read_is_a_4xx(api, acme, updated, end):
    send, path = (api.put if end else api.patch), f"/api/clients/{acme.pk}{end}"

    for body, kind, status in [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"tags": ["a\\u0000"], "status": "a\\u0000"}', "application/json", 400),
        (b'{"tags": ["\\ud83d"]}', "application/json", 400),
        (b"[" * 50_000, "application/json", 400),
        (b"a=%00", FORM, 400),
        (b"<x/>", "text/xml", 415),
        (b"--x\r\nnonsense", "multipart/form-data", 400),
    ]:
        response = send(path, body, content_type=kind)

        assert (response.status_code, list(response.json())) == (status, ["message"])
    assert updated() == THEN
