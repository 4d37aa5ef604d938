import json
import re

import pytest

from agencies.scope import acting_for
from clients.models import Client
from contacts.enrolling import Person, enroll
from contacts.models import Contact

JANE = {
    "name": "Jane Doe",
    "email": "jane@globexcorp.com",
    "company": "Globex Corporation",
    "phone": "+1 555 000 0000",
    "address": {
        "line1": "123 Main St",
        "city": "Springfield",
        "state": "IL",
        "postal_code": "62701",
        "country": "US",
    },
    "notes": "Primary contact for all Globex projects.",
}


def test_the_documented_create_answers_the_whole_client(north, bearer):
    response = bearer(north).post("/v1/clients", JANE)

    assert response.status_code == 201
    client = response.json()
    assert re.fullmatch(r"client_[A-Za-z0-9]+", client["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", client["created_at"])
    assert client == JANE | {
        "id": client["id"],
        "portal_access": False,
        "portal_last_seen": None,
        "total_billed": 0,
        "outstanding_balance": 0,
        "active_projects": 0,
        "created_at": client["created_at"],
        "updated_at": client["created_at"],
    }


def test_a_created_client_can_be_got(north, bearer):
    api = bearer(north)
    created = api.post("/v1/clients", JANE).json()

    response = api.get(f"/v1/clients/{created['id']}")

    assert response.status_code == 200
    assert response.json() == created


def test_a_list_item_has_the_ten_documented_keys(north, bearer):
    api = bearer(north)
    api.post("/v1/clients", JANE)

    response = api.get("/v1/clients").json()

    assert response["meta"] == {"total": 1, "limit": 20}
    assert list(response["data"][0]) == [
        "id",
        "name",
        "email",
        "company",
        "portal_access",
        "portal_last_seen",
        "total_billed",
        "outstanding_balance",
        "active_projects",
        "created_at",
    ]


def test_absent_and_null_options_are_null(north, bearer):
    sent = {"name": "A", "email": "a@b.example", "company": None, "phone": None, "address": None}

    client = bearer(north).post("/v1/clients", sent).json()

    assert [client[k] for k in ("company", "phone", "address", "notes")] == [None] * 4


def test_following_the_cursor_shows_every_client_once(north, bearer):
    with acting_for(north.agency_id):
        for n in range(7):
            enroll(north.agency, by=north, name=f"Client {n}")
    api, path, names = bearer(north), "/v1/clients?limit=3", []

    while path:
        page = api.get(path).json()
        names += [client["name"] for client in page["data"]]
        cursor = page["meta"].get("next_cursor")
        path = cursor and f"/v1/clients?limit=3&cursor={cursor}"

    assert names == [f"Client {n}" for n in reversed(range(7))]


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=٣", "limit"),
        ("cursor=cur_nonsense", "cursor"),
        ("cursor=", "cursor"),
        ("colour=red", "colour"),
    ],
)
def test_a_bad_parameter_is_named(north, bearer, query, param):
    response = bearer(north).get(f"/v1/clients?{query}")

    assert response.status_code == 400
    assert response.json()["error"]["param"] == param
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_limit_is_clamped_to_100(north, bearer):
    assert bearer(north).get("/v1/clients?limit=5000").json()["meta"]["limit"] == 100


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "n" * 256}, "name"),
        ({"name": {"first": "Jane"}}, "name"),
        ({"email": "not an address"}, "email"),
        ({"email": ""}, "email"),
        ({"company": "c" * 256}, "company"),
        ({"phone": "1" * 51}, "phone"),
        ({"notes": "n" * 10_001}, "notes"),
        ({"address": "Main St"}, "address"),
        ({"address": {"line1": "1 Main St", "city": "Here"}}, "address.country"),
        ({"address": JANE["address"] | {"country": "ZZ"}}, "address.country"),
    ],
)
def test_a_bad_value_is_refused_and_changes_nothing(north, bearer, change, param):
    response = bearer(north).post("/v1/clients", JANE | change)

    assert response.status_code == 422
    assert response.json()["error"]["type"] == "validation_error"
    assert response.json()["error"]["param"] == param
    with acting_for(north.agency_id):
        assert not Client.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"name": NaN}',
        b"\xff\xfe",
        b'{"name": "a\\u0000b", "email": "a@b.example"}',
        b'{"name": "\\ud83d", "email": "a@b.example"}',
        b"[" * 50_000,
        b'{"a":' * 50_000,
    ],
)
def test_a_body_that_is_no_storable_json_object_is_a_400(north, bearer, body):
    response = bearer(north).post("/v1/clients", body, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "parse_error"


@pytest.mark.parametrize("kind", ["text/xml", "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_a_415(north, bearer, kind):
    response = bearer(north).post("/v1/clients", b"name=x", content_type=kind)

    assert response.status_code == 415
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_an_email_that_is_taken_names_the_client_that_has_it(north, bearer):
    api = bearer(north)
    first = api.post("/v1/clients", JANE).json()

    response = api.post("/v1/clients", JANE | {"email": "JANE@globexcorp.com"})

    assert response.status_code == 409
    assert first["id"] in response.json()["error"]["message"]
    assert response.json()["error"]["param"] == "email"


def test_another_agency_may_have_a_client_with_the_same_email(north, south, bearer):
    bearer(north).post("/v1/clients", JANE)

    assert bearer(south).post("/v1/clients", JANE).status_code == 201


def test_somebody_known_without_a_client_becomes_the_new_clients_contact(north, bearer):
    with acting_for(north.agency_id):
        known = Contact.objects.create(
            agency=north.agency,
            first_name="Jane",
            email="Jane@globexcorp.com",
            key_seed="s" * 32,
            key_digest="d" * 64,
        )

    response = bearer(north).post("/v1/clients", JANE)

    assert response.status_code == 201
    with acting_for(north.agency_id):
        known.refresh_from_db()
        assert (known.client.name, known.first_name) == ("Jane Doe", "Jane")
        assert Contact.objects.count() == 1


@pytest.mark.parametrize("path", ["/v1/clients/{}", "/v1/clients/{}/"])
def test_both_slash_forms_answer_directly(north, bearer, path):
    api = bearer(north)
    created = api.post("/v1/clients/", JANE).json()

    assert api.get(path.format(created["id"])).json() == created


@pytest.mark.parametrize(
    "client_id",
    [
        "client_zzzzzzzz",
        "client_",
        "12",
        "proj_" + "a" * 8,
        "client_" + "a" * 3000,
        "%00",
        "client_é",
    ],
)
def test_an_id_that_names_nothing_is_a_404(north, bearer, client_id):
    response = bearer(north).get(f"/v1/clients/{client_id}")

    assert response.status_code == 404
    assert response.json() == {
        "error": {
            "type": "not_found_error",
            "code": "not_found",
            "message": "No client has this id.",
        }
    }


def test_a_wrong_method_is_a_405_that_names_the_right_ones(north, bearer):
    response = bearer(north).delete("/v1/clients")

    assert response.status_code == 405
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert response.json()["error"]["code"] == "method_not_allowed"


def test_an_unknown_path_is_json_whatever_accept_says(client, db):
    response = client.get("/v1/nothing/here", headers={"accept": "text/html"})

    assert response.status_code == 404
    assert response["Content-Type"] == "application/json"
    assert response.json()["error"]["code"] == "unknown_path"


def test_a_list_costs_the_same_few_queries_whatever_its_length(
    north, bearer, django_assert_num_queries
):
    api = bearer(north)
    with acting_for(north.agency_id):
        for n in range(5):
            enroll(north.agency, by=north, name=str(n), people=[Person(email=f"{n}@x.example")])
    api.get("/v1/clients")

    # The key's agency; the scope, its key and its end; the counter; the scope, count, rows, end.
    with django_assert_num_queries(13):
        response = api.get("/v1/clients")

    assert len(json.loads(response.content)["data"]) == 5
