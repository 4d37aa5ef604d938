"""Keys, bodies, refusals and headers of `/api`."""

import json

import pytest
from django.test.client import encode_multipart

from agencies.models import StoredAnswer
from agencies.scope import acting_for
from clients.models import Client

JANE = {"first_name": "Jane", "last_name": "Doe", "email": "jane@acme.example"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def sends(north, bearer):
    """Posts bytes as a form, as curl's -d and PHP's http_build_query send them."""
    api = bearer(north)

    def sends(body, kind=FORM):
        return api.post("/api/clients", body, content_type=kind)

    return sends


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Basic bm9yYTp4",
        "Bearer foyer_" + "x" * 43,
        "Bearer a b",
    ],
)
@pytest.mark.parametrize("path", ["/api/clients", "/api/clients/1"])
def test_without_a_valid_key_there_is_one_answer(client, db, authorization, path):
    headers = {} if authorization is None else {"Authorization": authorization}

    response = client.get(path, headers=headers)

    assert response.status_code == 401
    assert response.json() == {"message": "Unauthorized. A valid API key is required."}


def test_a_read_only_key_reads_and_cannot_write(north, bearer):
    api = bearer(north, scopes=["clients:read"])

    response = api.post("/api/clients", JANE)

    assert response.status_code == 403
    assert list(response.json()) == ["message"]
    assert api.get("/api/clients").json()["meta"]["total"] == 0


def test_a_key_for_something_else_does_not_read(north, bearer):
    response = bearer(north, scopes=["invoices:read"]).get("/api/clients")

    assert response.status_code == 403
    assert list(response.json()) == ["message"]


@pytest.mark.parametrize(
    "path", ["/api/", "/api/client", "/api/clients/1/nothing", "/api/clients//"]
)
@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_path_is_json_whatever_accept_says(client, db, path, verb):
    response = getattr(client, verb)(path, headers={"accept": "text/html"})

    assert response.status_code == 404
    assert response["Content-Type"] == "application/json"
    assert list(response.json()) == ["message"]


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0"])
def test_answers_are_json_whatever_accept_says(north, bearer, accept):
    response = bearer(north).get("/api/clients", headers={"accept": accept})

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


def test_a_wrong_method_is_a_405_that_names_the_right_ones(north, bearer):
    response = bearer(north).delete("/api/clients")

    assert response.status_code == 405
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert list(response.json()) == ["message"]


@pytest.mark.parametrize("verb", ["head", "options"])
def test_head_and_options_are_answered(north, bearer, verb):
    assert getattr(bearer(north), verb)("/api/clients").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"first_name": NaN}',
        b"\xff\xfe",
        b'{"first_name": "a\\u0000b"}',
        b'{"tags": ["\\ud83d"]}',
        b'{"\\u0000": 1}',
        b"[" * 50_000,
        b'{"a":' * 50_000,
        b'{"client_categoryid": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_storable_json_object_is_a_400(sends, body):
    response = sends(body, "application/json")

    assert response.status_code == 400
    assert list(response.json()) == ["message"]


def test_deep_json_under_an_unknown_key_does_no_harm(sends):
    deep = b'{"x":' * 300 + b"1" + b"}" * 300

    response = sends(json.dumps(JANE)[:-1].encode() + b', "x": ' + deep + b"}", "application/json")

    assert response.status_code == 201


@pytest.mark.parametrize("kind", ["text/xml", "text/plain", "application/octet-stream"])
def test_another_content_type_is_a_415(sends, kind):
    response = sends(b"first_name=Jane", kind)

    assert response.status_code == 415
    assert list(response.json()) == ["message"]


@pytest.mark.parametrize("kind", [FORM, "application/json", "text/plain"])
def test_no_body_at_all_lacks_what_is_required(sends, kind):
    response = sends(b"", kind)

    assert response.status_code == 422
    assert list(response.json()["errors"]) == ["first_name", "last_name", "email"]


def test_the_documented_curl_command_is_understood(sends):
    # The bytes that curl sends: -d joins with & and encodes nothing.
    response = sends(
        b"first_name=Jane&last_name=Doe&email=jane@acme.example&client_company_name=Acme Inc"
        b"&tags[]=priority&tags[]=key account"
    )

    assert response.status_code == 201
    client = response.json()["data"]
    assert (client["company_name"], client["tags"]) == ("Acme Inc", ["priority", "key account"])


def test_what_php_builds_is_understood(sends):
    response = sends(
        b"first_name=Jane&last_name=D%C3%B6e&email=jane%40acme.example"
        b"&client_company_name=Acme+%26+Co&client_billing_invoice_due_days=7"
        b"&tags%5B0%5D=priority&tags%5B1%5D=retainer"
    )

    assert response.status_code == 201
    client = response.json()["data"]
    assert (client["company_name"], client["owner"]["name"]) == ("Acme & Co", "Jane Döe")
    assert client["billing"]["invoice_due_days"] == "7"
    assert client["tags"] == ["priority", "retainer"]


def test_a_php_array_with_gaps_is_an_array(sends):
    response = sends(
        b"first_name=Jane&last_name=Doe&email=jane@acme.example&tags[0]=priority&tags[2]=retainer"
    )

    assert response.json()["data"]["tags"] == ["priority", "retainer"]


def test_an_empty_title_alone_is_no_tag(sends):
    response = sends(b"first_name=Jane&last_name=Doe&email=jane@acme.example&tags[]=")

    assert response.json()["data"]["tags"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"first_name[]=Jane&last_name=Doe&email=j@acme.example", 422),
        (b"first_name=%00&last_name=Doe&email=j@acme.example", 400),
        (b"first_name=a\x00b&last_name=Doe&email=j@acme.example", 400),
        (b"a[b][c]" + b"[d]" * 50 + b"=1", 400),
        (b"&".join(b"k%d=v" % n for n in range(2000)), 400),
        (b"%ff=%fe&\xff\xfe", 422),
    ],
)
def test_an_odd_form_is_refused(sends, body, status):
    response = sends(body)

    assert response.status_code == status
    assert response.json()["message"]


def test_multipart_is_understood(sends):
    sent = JANE | {"client_company_name": "Acme Inc", "tags[]": ["priority", "retainer"]}

    response = sends(encode_multipart("edge", sent), "multipart/form-data; boundary=edge")

    assert response.status_code == 201
    client = response.json()["data"]
    assert (client["company_name"], client["tags"]) == ("Acme Inc", ["priority", "retainer"])


def test_broken_multipart_is_a_400(sends):
    response = sends(b"--x\r\nnonsense", "multipart/form-data")

    assert response.status_code == 400
    assert list(response.json()) == ["message"]


@pytest.mark.parametrize("path", ["/api/clients", "/api/clients/"])
def test_both_slash_forms_keep_the_body(north, bearer, path):
    response = bearer(north).post(path, JANE)

    assert response.status_code == 201


def test_every_answer_tells_what_is_left_of_the_minute(north, bearer):
    api = bearer(north, requests_per_minute=2)

    first, second, third = (api.get("/api/clients") for _ in range(3))

    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("2", "1")
    assert second.status_code == 200
    assert third.status_code == 429
    assert 1 <= int(third["Retry-After"]) <= 60
    assert list(third.json()) == ["message"]


def test_a_repeated_create_is_answered_as_the_first_time(north, bearer):
    api = bearer(north)
    first = api.post("/api/clients", JANE, headers={"Idempotency-Key": "once"})

    second = api.post("/api/clients", JANE, headers={"Idempotency-Key": "once"})

    assert (second.status_code, second.json()) == (201, first.json())
    assert second["Idempotent-Replayed"] == "true"
    with acting_for(north.agency_id):
        assert Client.objects.count() == 1


@pytest.mark.parametrize("word", ["once", "k" * 256])
def test_an_idempotency_key_that_cannot_be_used_is_a_conflict(north, bearer, word):
    api = bearer(north)
    api.post("/api/clients", JANE, headers={"Idempotency-Key": "once"})

    response = api.post("/api/clients", {}, headers={"Idempotency-Key": word})

    assert response.status_code == 409
    assert list(response.json()) == ["message"]


def test_a_refused_create_may_be_corrected_under_its_key(north, bearer):
    api = bearer(north)
    api.post("/api/clients", {}, headers={"Idempotency-Key": "once"})

    response = api.post("/api/clients", JANE, headers={"Idempotency-Key": "once"})

    assert response.status_code == 201
    with acting_for(north.agency_id):
        assert StoredAnswer.objects.count() == 1
