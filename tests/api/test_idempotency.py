from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import encode_multipart

from agencies.models import StoredAnswer
from agencies.scope import acting_for
from clients.models import Client

pytestmark = pytest.mark.usefixtures("media")

ACME = {"name": "Acme", "email": "a@acme.example"}


def count(owner):
    with acting_for(owner.agency_id):
        return Client.objects.count()


def test_a_repetition_is_answered_alike_and_changes_nothing(north, bearer):
    api = bearer(north)

    first = api.post("/v1/clients", ACME, headers={"Idempotency-Key": "one"})
    again = api.post("/v1/clients", ACME, headers={"Idempotency-Key": "one"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert count(north) == 1


def test_a_repetition_carries_the_headers_of_the_first_answer(north, bearer):
    api = bearer(north)
    first, again = (
        api.post("/v1/clients", ACME, headers={"Idempotency-Key": "one"}) for _ in range(2)
    )

    assert again["Location"] == first["Location"] == f"/v1/clients/{first.json()['id']}"
    assert again["ETag"] == first["ETag"]
    # As it was then, whatever became of the record.
    changed = api.patch(first["Location"], {"name": "Emca"}, headers={"If-Match": again["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]
    late = api.post("/v1/clients", ACME, headers={"Idempotency-Key": "one"})
    assert late["ETag"] == first["ETag"]


def test_a_repetition_is_counted_like_any_request(north, bearer):
    api = bearer(north)
    first, again = (
        api.post("/v1/clients", ACME, headers={"Idempotency-Key": "one"}) for _ in range(2)
    )

    left = [int(answer["X-RateLimit-Remaining"]) for answer in (first, again)]
    assert left[1] == left[0] - 1
    assert again["Content-Type"] == first["Content-Type"]


@pytest.mark.parametrize(
    ("door", "path", "body"),
    [
        ("native", "/v1/clients", ACME),
        ("growcrm", "/api/clients", {"first_name": "A", "last_name": "B", "email": "a@a.example"}),
        ("invoiceninja", "/api/v1/clients", {"name": "Acme"}),
    ],
)
def test_no_header_of_an_answer_is_missing_from_its_repetition(north, key, doors, door, path, body):
    api = doors(key(north))[door]

    first, again = (api.post(path, body, headers={"Idempotency-Key": "one"}) for _ in range(2))

    own = {"X-Request-ID", "X-RateLimit-Remaining"}
    kept = [{k: v for k, v in one.headers.items() if k not in own} for one in (first, again)]
    assert kept[1] == kept[0] | {"Idempotent-Replayed": "true"}
    assert again.content == first.content


def test_another_body_under_the_same_key_is_refused(north, bearer):
    api = bearer(north)
    api.post("/v1/clients", ACME, headers={"Idempotency-Key": "one"})

    response = api.post(
        "/v1/clients", ACME | {"email": "b@acme.example"}, headers={"Idempotency-Key": "one"}
    )

    assert response.status_code == 409
    assert response.json()["error"]["code"] == "idempotency_key_reused"
    assert count(north) == 1


def test_a_refusal_does_not_use_the_key_up(north, bearer):
    api = bearer(north)
    api.post("/v1/clients", ACME | {"name": ""}, headers={"Idempotency-Key": "one"})

    response = api.post("/v1/clients", ACME, headers={"Idempotency-Key": "one"})

    assert response.status_code == 201


def test_keys_of_two_api_keys_do_not_meet(north, south, bearer):
    for owner in (north, north, south):
        api = bearer(owner)
        email = f"{owner.pk}{count(owner)}@x.example"
        response = api.post(
            "/v1/clients", ACME | {"email": email}, headers={"Idempotency-Key": "one"}
        )
        assert response.status_code == 201


def test_a_key_that_is_too_long_is_refused(north, bearer):
    response = bearer(north).post("/v1/clients", ACME, headers={"Idempotency-Key": "k" * 256})

    assert response.status_code == 422
    assert response.json()["error"]["code"] == "idempotency_key_invalid"


def test_without_a_key_nothing_is_kept(north, bearer):
    bearer(north).post("/v1/clients", ACME)

    with acting_for(north.agency_id):
        assert not StoredAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_client(north, bearer):
    api = bearer(north)

    def click(_):
        try:
            return api.post("/v1/clients", ACME, headers={"Idempotency-Key": "one"}).json()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(click, range(6)))

    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["name"] == "Acme"
    assert count(north) == 1


def test_an_answer_lies_sealed_in_the_database(north, ninja):
    answer = ninja(north).post("/api/v1/clients", {"name": "x"}, headers={"Idempotency-Key": "one"})
    secret = answer.json()["data"]["contacts"][0]["contact_key"]

    with acting_for(north.agency_id):
        stored = StoredAnswer.objects.get()

    assert secret.encode() not in bytes(stored.body)


def test_a_post_that_stands_for_another_method_is_remembered_too(north, ninja):
    api, headers = ninja(north), {"Idempotency-Key": "one"}

    statuses = [
        api.post(f"/api/v1/clients?_method={method}", {"name": "x"}, headers=headers).status_code
        for method in ("POST", "POST", "PUT")
    ]

    assert statuses[:2] == [200, 200]
    assert statuses[2] >= 400
    assert count(north) == 1


def sent_with_a_file(
    api, content=b"one", *, field="documents[]", file="a.txt", name="Acme", boundary="one"
):
    body = encode_multipart(boundary, {"name": name, field: SimpleUploadedFile(file, content)})
    return api.post(
        "/api/v1/clients",
        body,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"Idempotency-Key": "one"},
    )


@pytest.mark.parametrize("least", [0, 3 * 2**20])
def test_the_same_files_in_another_envelope_are_a_repetition(north, ninja, least):
    api, content = ninja(north), b"one".ljust(least)
    first = sent_with_a_file(api, content)

    again = sent_with_a_file(api, content, boundary="another")

    assert (again.status_code, again.json()) == (200, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert count(north) == 1


@pytest.mark.parametrize(
    "difference",
    [
        {"content": b"two"},
        {"file": "b.txt"},
        {"field": "documents[0]"},
        {"field": "file"},
        {"name": "Emca"},
    ],
)
def test_another_file_or_field_of_equal_length_is_another_request(north, ninja, difference):
    api = ninja(north)
    sent_with_a_file(api)

    assert sent_with_a_file(api, **difference).status_code == 409
    assert count(north) == 1


def test_large_files_of_equal_length_are_told_apart(north, ninja):
    api = ninja(north)
    sent_with_a_file(api, b"one".ljust(3 * 2**20))

    assert sent_with_a_file(api, b"two".ljust(3 * 2**20)).status_code == 409
