from datetime import timedelta

import pytest
from django.utils import timezone

from agencies.roles import SCOPES, Role
from api.native.ids import encode


def test_a_key_is_told_whose_it_is_and_what_it_may_do(north, bearer):
    expires = timezone.now().replace(microsecond=0) + timedelta(days=3)

    me = bearer(
        north, scopes=["clients:read", "files:write"], expires_at=expires, requests_per_minute=7
    ).get("/v1/me")

    assert me.status_code == 200
    told = me.json()
    assert told["agency"] == {
        "id": encode("agency", north.agency_id),
        "name": "North",
        "country": "DE",
        "currency": "EUR",
        "language": "en",
        "time_zone": north.agency.time_zone,
    }
    assert told["member"] == {
        "id": encode("user", north.pk),
        "name": "nora@north.example",
        "email": "nora@north.example",
        "role": "owner",
    }
    assert told["key"]["scopes"] == ["clients:read", "files:write"]
    assert (told["key"]["name"], told["key"]["full"]) == ("test", False)
    assert told["key"]["expires_at"] == expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (told["rate_limit"]["limit"], told["rate_limit"]["remaining"]) == (7, 6)
    assert me["X-RateLimit-Remaining"] == "6"


def test_a_key_is_told_nothing_that_opens_anything(north, key, doors):
    secret = key(north)

    answer = doors(secret)["native"].get("/v1/me")

    assert secret not in answer.text
    assert answer.json()["key"]["prefix"] == secret[: len(answer.json()["key"]["prefix"])]
    assert len(answer.json()["key"]["prefix"]) < 16
    assert set(answer.json()["key"]) == {
        "id",
        "name",
        "prefix",
        "scopes",
        "full",
        "created_at",
        "expires_at",
        "last_used_at",
    }


def test_a_viewers_full_key_may_read_and_is_told_so(north, join, bearer):
    viewer = join(north, Role.VIEWER)

    told = bearer(viewer).get("/v1/me").json()

    assert told["key"]["full"] is True
    # Who is told of changes is for owners and managers.
    read = [scope for scope in SCOPES if scope.endswith(":read") and "webhooks" not in scope]
    assert told["key"]["scopes"] == read


@pytest.mark.parametrize("scopes", [["files:read"], ["invoices:write"], ["clients:read"]])
def test_any_key_may_ask(north, bearer, scopes):
    assert bearer(north, scopes=scopes).get("/v1/me").json()["key"]["scopes"] == scopes


def test_nobody_else_may_ask(db, client):
    for headers in ({}, {"authorization": "Bearer foyer_" + "x" * 43}):
        assert client.get("/v1/me", headers=headers).status_code == 401


def test_nothing_but_asking_is_offered(north, bearer):
    api = bearer(north)

    assert api.get("/v1/me?fields=all").status_code == 400
    assert api.patch("/v1/me", {"role": "owner"}).status_code == 405
    assert api.delete("/v1/me").status_code == 405
