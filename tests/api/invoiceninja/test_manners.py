"""Who gets in, what every answer carries, and how each refusal reads."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from agencies.keys import create_api_key, revoke
from agencies.roles import Role
from agencies.scope import acting_for
from clients.models import Client

LIST = "/api/v1/clients"
UNAUTHORIZED = {"message": "This action is unauthorized."}
INVALID_TOKEN = {"message": "Invalid token", "errors": {}}
NO_METHOD = {"message": "Method not supported for this route"}
NO_RECORD = {"message": "No query results for model [App\\Models\\Client]."}
NO_PATH = {"message": "404 | Nothing to see here!"}


@pytest.mark.parametrize("token", [None, "", "nonsense", "foyer_" + "a" * 43, "ü" * 20])
def test_without_a_valid_token_it_is_a_403_that_is_counted(db, client, token):
    response = client.get(LIST, headers={} if token is None else {"X-API-TOKEN": token})

    assert response.status_code == 403
    assert response.json() == INVALID_TOKEN
    assert response["X-RateLimit-Limit"] == "500"
    assert response["X-RateLimit-Remaining"] == "499"


def test_a_revoked_key_is_an_invalid_token(north, client):
    key, secret = create_api_key(north, name="old")
    with acting_for(north.agency_id):
        revoke(key, at=timezone.now())

    response = client.get(LIST, headers={"X-API-TOKEN": secret})

    assert (response.status_code, response.json()) == (403, INVALID_TOKEN)


def test_the_api_secret_is_accepted_and_ignored(north, key, client):
    headers = {"X-API-TOKEN": key(north), "X-API-SECRET": "password"}

    assert client.get(LIST, headers=headers).status_code == 200


def test_a_key_that_only_reads_cannot_write(north, ninja):
    api = ninja(north, scopes=["clients:read"])

    response = api.post(LIST, {"name": "Acme"})

    assert (response.status_code, response.json()) == (401, UNAUTHORIZED)
    assert api.get(LIST).status_code == 200
    with acting_for(north.agency_id):
        assert not Client.objects.exists()


@pytest.mark.parametrize("scope", ["clients:write", "projects:read"])
def test_a_key_without_the_reading_scope_sees_nothing(north, ninja, scope):
    response = ninja(north, scopes=[scope]).get(LIST)

    assert (response.status_code, response.json()) == (401, UNAUTHORIZED)


def test_a_viewer_cannot_write_whatever_the_key_says(north, join, ninja):
    response = ninja(join(north, Role.VIEWER)).post(LIST, {"name": "Acme"})

    assert (response.status_code, response.json()) == (401, UNAUTHORIZED)


def test_a_stranger_sees_neither_the_client_nor_that_there_is_one(create, south, ninja):
    client = create(name="Acme")

    response = ninja(south).get(f"{LIST}/{client['id']}")

    assert (response.status_code, response.json()) == (400, NO_RECORD)
    assert ninja(south).get(LIST).json()["data"] == []


@pytest.mark.parametrize(
    ("client_id", "message"),
    [
        ("Wjneg56bwZ", NO_RECORD["message"]),
        ("D2J234DFA", NO_RECORD["message"]),
        ("x" * 3000, NO_RECORD["message"]),
        ("%00", NO_RECORD["message"]),
        ("é", NO_RECORD["message"]),
        ("١٢", NO_RECORD["message"]),
        ("123", "Record with value 123 not found"),
        ("9" * 30, f"Record with value {'9' * 30} not found"),
    ],
)
def test_an_id_that_names_nothing_is_a_400(north, ninja, client_id, message):
    response = ninja(north).get(f"{LIST}/{client_id}")

    assert (response.status_code, response.json()) == (400, {"message": message})


@pytest.mark.parametrize("verb", ["put", "patch", "delete"])
def test_a_wrong_method_is_a_404_of_its_own(north, ninja, verb):
    response = getattr(ninja(north), verb)(LIST, {})

    assert (response.status_code, response.json()) == (404, NO_METHOD)


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/nothing/here", "/api/v1/clients/a/b/c"])
def test_an_unknown_path_is_json_for_anybody_whatever_accept_says(db, client, path):
    response = client.get(path, headers={"accept": "text/html"})

    assert (response.status_code, response.json()) == (404, NO_PATH)
    assert response["Content-Type"] == "application/json"
    assert response["X-RateLimit-Remaining"] == "499"


def test_guessing_paths_comes_to_an_end(db, client, settings):
    settings.API_REQUESTS_PER_MINUTE = 1
    client.get("/api/v1/one")

    response = client.get("/api/v1/two")

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60


def test_too_many_requests_are_told_when_to_come_back(north, ninja):
    api = ninja(north, requests_per_minute=1)
    api.get(LIST)

    response = api.get(LIST)

    assert (response.status_code, response.json()) == (429, {"message": "Too many requests"})
    assert 0 < int(response["Retry-After"]) <= 60
    assert (response["X-RateLimit-Limit"], response["X-RateLimit-Remaining"]) == ("1", "0")


ALWAYS = {
    "X-APP-VERSION": "5.10.42",
    "X-MINIMUM-CLIENT-VERSION": "5.0.16",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Expose-Headers": "X-APP-VERSION,X-MINIMUM-CLIENT-VERSION,Content-Disposition",
}


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (lambda api, stranger: api.get(LIST), 200),
        (lambda api, stranger: api.post(LIST, {}), 200),
        (lambda api, stranger: api.post(LIST, {"country_id": "A"}), 422),
        (lambda api, stranger: api.get(f"{LIST}/1"), 400),
        (lambda api, stranger: api.put(LIST, {}), 404),
        (lambda api, stranger: api.post(LIST, b"x", content_type="text/xml"), 415),
        (lambda api, stranger: stranger.get(LIST), 403),
        (lambda api, stranger: stranger.get("/api/v1/nothing"), 404),
        (lambda api, stranger: stranger.options(LIST), 200),
        (lambda api, stranger: stranger.options("/api/v1/nothing"), 200),
    ],
)
def test_every_answer_carries_the_versions_and_the_cors_headers(north, ninja, client, call, status):
    response = call(ninja(north), client)

    assert response.status_code == status
    assert ALWAYS.items() <= dict(response.headers).items()


def test_clients_and_lists_also_carry_the_api_version(north, ninja, create):
    address = f"{LIST}/{create()['id']}"
    api = ninja(north)

    assert api.get(LIST)["X-Api-Version"] == api.get(address)["X-Api-Version"] == "5.0.16"
    assert "X-Api-Version" not in api.get(f"{LIST}/1")


@pytest.mark.parametrize("path", [LIST, f"{LIST}/VolejRejNm", "/api/v1/nothing"])
def test_options_answers_ok_without_a_key_and_lets_a_browser_send_one(db, client, path):
    response = client.options(path)

    assert (response.status_code, response.content) == (200, b"OK")
    assert "X-API-TOKEN" in response["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_both_slash_forms_answer_directly(north, ninja, slash):
    api = ninja(north)

    created = api.post(f"{LIST}{slash}", {"name": "Acme"}).json()["data"]

    assert api.get(f"{LIST}{slash}").json()["data"] == [created]
    assert api.get(f"{LIST}/{created['id']}{slash}").json() == {"data": created}


SENT = {
    "name": "Acme",
    "is_tax_exempt": "1",
    "settings[currency_id]": "1",
    "contacts[0][email]": "a@b.example",
    "contacts[1][email]": "c@d.example",
    "contacts[1][is_primary]": "true",
}


def as_form(api):
    body = "&".join(f"{name}={value}" for name, value in SENT.items())
    return api.post(LIST, body, content_type="application/x-www-form-urlencoded")


def as_multipart(api):
    return api.browser.post(LIST, SENT)


def as_query(api):
    return api.post(f"{LIST}?" + "&".join(f"{name}={value}" for name, value in SENT.items()), {})


@pytest.mark.parametrize("send", [as_form, as_multipart, as_query])
def test_forms_multipart_and_the_query_string_are_read_with_phps_brackets(north, ninja, send):
    response = send(ninja(north))

    assert response.status_code == 200
    client = response.json()["data"]
    assert (client["name"], client["is_tax_exempt"]) == ("Acme", True)
    assert client["settings"]["currency_id"] == "1"
    assert [c["email"] for c in client["contacts"]] == ["c@d.example", "a@b.example"]


def test_the_body_wins_over_the_query_string(north, ninja):
    response = ninja(north).post(f"{LIST}?name=Query&city=Rome", {"name": "Body"})

    assert response.json()["data"]["name"] == "Body"
    assert response.json()["data"]["city"] == "Rome"


def test_a_file_beside_the_fields_is_no_field(north, ninja):
    file = SimpleUploadedFile("a.txt", b"hello")
    response = ninja(north).browser.post(LIST, {"city": "Rome", "name": file})

    assert response.status_code == 200
    assert (response.json()["data"]["name"], response.json()["data"]["city"]) == ("", "Rome")


@pytest.mark.parametrize("kind", ["text/xml", "text/plain", "application/octet-stream", ""])
def test_another_content_type_is_a_415(north, ninja, kind):
    response = ninja(north).post(LIST, b"name=x", content_type=kind)

    assert response.status_code == 415
    assert kind in response.json()["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'{"name": NaN}',
        b"\xff\xfe",
        b'{"name": "a\\u0000b"}',
        b'{"name": "\\ud83d"}',
        b'{"settings": {"a": 1e999}}',
        b'{"settings": {"\\u0000": 1}}',
        b"[" * 50_000,
        b'{"a":' * 50_000,
        b'{"settings":' + b'{"a":' * 400 + b"1" + b"}" * 401,
        b'{"contacts":' + b"[" * 400 + b"]" * 400 + b"}",
        b'{"number": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_cannot_be_stored_is_a_400_with_a_message(north, ninja, body):
    response = ninja(north).post(LIST, body, content_type="application/json")

    assert response.status_code == 400
    assert list(response.json()) == ["message"]


@pytest.mark.parametrize("query", ["name=%00", "%00=1", "a" + "[b]" * 40 + "=1"])
def test_a_query_that_cannot_be_read_is_a_400(north, ninja, query):
    assert ninja(north).get(f"{LIST}?{query}").status_code == 400


@pytest.mark.parametrize("charset", ["hex", "undefined", "idna", "punycode", "utf-16", "x"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_text_is_utf_8_whatever_charset_is_named(north, ninja, kind, charset):
    part = 'Content-Disposition: form-data; name="name"\r\n\r\nJosé'
    body = f"--b\r\n{part}\r\n--b--\r\n" if "multipart" in kind else "name=Jos%C3%A9"

    response = ninja(north).browser.generic(
        "POST", LIST, body, f"{kind}; boundary=b; charset={charset}"
    )

    assert response.status_code == 200
    assert response.json()["data"]["name"] == "José"


def test_broken_multipart_is_a_400(north, ninja):
    response = ninja(north).post(LIST, b"x", content_type="multipart/form-data; boundary=")

    assert response.status_code == 400


def test_more_fields_than_are_accepted_are_a_400(north, ninja):
    body = "&".join(f"f{n}=1" for n in range(1001))

    response = ninja(north).post(LIST, body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 400
    assert list(response.json()) == ["message"]


@pytest.mark.parametrize(
    "send",
    [
        lambda api, method: api.post(LIST, {"_method": method}),
        lambda api, method: api.post(f"{LIST}?_method={method}", {}),
        lambda api, method: api.browser.post(LIST, {"_method": method}),
        lambda api, method: api.post(LIST, {}, headers={"X-HTTP-Method-Override": method}),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "patch", "DELETE", "GET", "BREW"])
def test_a_post_may_stand_for_another_method(north, ninja, send, method):
    # None of them is a method of the list: what matters is that it was not taken for a POST.
    response = send(ninja(north), method)

    assert (response.status_code, response.json()) == (404, NO_METHOD)
    with acting_for(north.agency_id):
        assert not Client.objects.exists()


@pytest.mark.parametrize("method", ["POST", "post", "", None])
def test_a_post_that_says_so_is_one(north, ninja, method):
    assert ninja(north).post(LIST, {"_method": method}).status_code == 200


def test_a_disguised_write_needs_the_writing_scope(north, ninja):
    response = ninja(north, scopes=["clients:read"]).post(LIST, {"_method": "PUT"})

    assert (response.status_code, response.json()) == (401, UNAUTHORIZED)


def test_only_a_post_can_stand_for_another_method(north, ninja):
    assert ninja(north).get(f"{LIST}?_method=DELETE").status_code == 200


def test_a_repeated_post_with_a_key_changes_nothing(north, ninja):
    api, once = ninja(north), {"Idempotency-Key": "once"}
    first = api.post(LIST, {"name": "Acme"}, headers=once)

    second = api.post(LIST, {"name": "Acme"}, headers=once)

    assert second.json() == first.json()
    assert second["X-Api-Version"] == "5.0.16"
    assert len(api.get(LIST).json()["data"]) == 1


@pytest.mark.parametrize(
    ("idempotency_key", "sent", "status"), [("once", {"name": "Other"}, 409), ("k" * 256, {}, 400)]
)
def test_an_unusable_idempotency_key_is_refused(north, ninja, idempotency_key, sent, status):
    api = ninja(north)
    api.post(LIST, {"name": "Acme"}, headers={"Idempotency-Key": "once"})

    response = api.post(LIST, sent, headers={"Idempotency-Key": idempotency_key})

    assert response.status_code == status
    assert list(response.json()) == ["message"]


def test_index_renames_the_data_and_none_drops_the_envelope(north, ninja, create):
    client = create(name="Acme")
    api = ninja(north)

    renamed = api.get(f"{LIST}?index=zebras")
    bare = api.get(f"{LIST}?index=none")

    assert list(renamed.json()) == ["meta", "zebras"]
    assert renamed.json()["zebras"] == bare.json() == [client]
    assert api.get(f"{LIST}/{client['id']}?index=none").json() == client
    assert api.get(f"{LIST}/{client['id']}?index=it").json() == {"it": client}
    assert api.post(f"{LIST}?index=it", {}).json()["it"]["number"] == "0002"


@pytest.mark.parametrize("index", ["index=", "index[]=none", "index=meta", "index=data"])
def test_an_index_that_names_nothing_leaves_the_envelope_alone(north, ninja, index):
    assert list(ninja(north).get(f"{LIST}?{index}").json()) == ["data", "meta"]


def test_a_list_refuses_an_unknown_relation_and_a_single_client_ignores_it(north, ninja, create):
    client = create()
    api = ninja(north)

    response = api.get(f"{LIST}?include=contacts,foo")

    assert response.status_code == 400
    assert response.json() == {"message": "Relation `foo` is not a valid include."}
    assert api.get(f"{LIST}/{client['id']}?include=foo").json() == {"data": client}


def test_what_is_always_there_may_be_asked_for(north, ninja, create):
    client = create()

    response = ninja(north).get(f"{LIST}?include=contacts,documents,gateway_tokens,")

    assert response.json()["data"] == [client]


def test_further_relations_come_last(north, ninja, create):
    client = create()

    response = ninja(north).get(f"{LIST}?include=ledger,activities.user,system_logs,group_settings")

    shown = response.json()["data"][0]
    assert json.dumps(shown) == json.dumps(
        client | {"activities": shown["activities"], "ledger": [], "system_logs": []}
    )
