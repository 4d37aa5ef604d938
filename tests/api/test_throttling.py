from agencies.models import ApiKey
from agencies.scope import acting_for


def test_every_answer_tells_the_allowance(north, bearer):
    api = bearer(north, requests_per_minute=5)

    first, second = api.get("/v1/clients"), api.get("/v1/clients/client_none")

    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("5", "4")
    assert (second["X-RateLimit-Limit"], second["X-RateLimit-Remaining"]) == ("5", "3")


def test_one_too_many_is_a_429_that_says_when_to_come_back(north, bearer):
    api = bearer(north, requests_per_minute=1)
    api.get("/v1/clients")

    response = api.get("/v1/clients")

    assert response.status_code == 429
    assert response.json()["error"]["type"] == "rate_limit_error"
    assert 0 < int(response["Retry-After"]) <= 60
    assert response["X-RateLimit-Remaining"] == "0"


def test_a_key_used_up_does_not_touch_another(north, bearer):
    tired, fresh = bearer(north, requests_per_minute=1), bearer(north)
    tired.get("/v1/clients")
    tired.get("/v1/clients")

    assert fresh.get("/v1/clients").status_code == 200


def test_one_key_has_one_allowance_in_all_dialects(north, key, doors):
    callers = doors(key(north, requests_per_minute=2))

    statuses = [
        callers["native"].get("/v1/clients").status_code,
        callers["growcrm"].get("/api/clients").status_code,
        callers["invoiceninja"].get("/api/v1/clients").status_code,
    ]

    assert statuses == [200, 200, 429]


def test_strangers_are_counted_by_network_address(client, settings, db):
    settings.API_REQUESTS_PER_MINUTE = 2

    statuses = [client.get("/v1/clients").status_code for _ in range(3)]

    assert statuses == [401, 401, 429]


def test_a_stranger_does_not_escape_with_invented_addresses(client, settings, db):
    settings.API_REQUESTS_PER_MINUTE = 2

    statuses = [
        client.get("/v1/clients", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(3)
    ]

    assert statuses == [401, 401, 429]


def test_refused_requests_count_too(north, bearer):
    api = bearer(north, requests_per_minute=2)

    statuses = [api.post("/v1/clients", {"name": ""}).status_code for _ in range(3)]

    assert statuses == [422, 422, 429]
    with acting_for(north.agency_id):
        assert ApiKey.objects.get().last_used_at is not None
