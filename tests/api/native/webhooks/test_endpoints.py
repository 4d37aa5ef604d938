"""Webhooks over the API: made, changed, tried, looked after."""

import pytest
from django.utils import timezone

from agencies import webhooks
from agencies.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from agencies.roles import Role
from agencies.scope import acting_for
from api.native.ids import encode

HERE = "https://93.184.216.34/hook"
CLIENTS = {"url": HERE, "types": ["client.*"]}


@pytest.fixture
def made(api):
    return api.post("/v1/webhooks", CLIENTS).json()


def stored(owner):
    with acting_for(owner.agency_id):
        return WebhookEndpoint.objects.get()


def test_a_new_webhook_shows_its_secret_once(api, north):
    response = api.post("/v1/webhooks", {**CLIENTS, "description": "Shop"})

    assert response.status_code == 201
    made = response.json()
    secret = made.pop("secret")
    assert made == {
        "id": made["id"],
        "url": HERE,
        "description": "Shop",
        "types": ["client.*"],
        "status": "enabled",
        "disabled_reason": None,
        "disabled_at": None,
        "failing_since": None,
        "old_secret_expires_at": None,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }
    assert response["Location"] == f"/v1/webhooks/{made['id']}"
    with acting_for(north.agency_id):
        assert webhooks.secrets_of(stored(north), at=timezone.now()) == [secret]
        assert secret.encode() not in bytes(stored(north).secret)
    assert api.get(f"/v1/webhooks/{made['id']}").json() == made
    assert api.get("/v1/webhooks").json()["data"] == [made]


def test_made_again_with_the_same_idempotency_key_it_is_the_same_with_its_secret(api, north):
    headers = {"Idempotency-Key": "one"}

    first = api.post("/v1/webhooks", CLIENTS, headers=headers)
    second = api.post("/v1/webhooks", CLIENTS, headers=headers)

    assert first.json() == second.json()
    assert stored(north)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"url": "http://93.184.216.34/"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "https://0x7f.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "https://user:pass@93.184.216.34/"}, "url"),
        ({"url": "https://nothing.invalid/"}, "url"),
        ({"url": ""}, "url"),
        ({"url": "https://[::1/"}, "url"),
        ({"url": "https://xn--/"}, "url"),
        ({"url": "https://例え.invalid/"}, "url"),
        ({"url": None}, "url"),
        ({"url": 5}, "url"),
        ({"url": "https://93.184.216.34/" + "a" * 2000}, "url"),
        ({"types": []}, "types"),
        ({"types": ["client.invented"]}, "types"),
        ({"types": ["nothing.*"]}, "types"),
        ({"types": "client.*"}, "types"),
        ({"types": [None]}, "types.0"),
        ({"description": "d" * 256}, "description"),
    ],
)
def test_a_bad_value_is_refused_and_changes_nothing(api, north, made, change, param):
    before = stored(north)

    created = api.post("/v1/webhooks", CLIENTS | change)
    changed = api.patch(f"/v1/webhooks/{made['id']}", change)

    for response in (created, changed):
        assert response.status_code == 422
        assert response.json()["error"]["param"].startswith(param.partition(".")[0])
    assert stored(north).url == before.url
    assert stored(north).types == before.types


def test_what_is_sent_changes_and_nothing_else(api, north, made):
    sent = {"types": ["contact.created", "*"], "description": "Other"}

    response = api.patch(f"/v1/webhooks/{made['id']}", sent)

    assert response.status_code == 200
    assert response.json() | {"updated_at": made["updated_at"]} == {
        **{name: value for name, value in made.items() if name != "secret"},
        **sent,
    }


def test_it_is_disabled_and_enabled(api, made):
    path = f"/v1/webhooks/{made['id']}"

    off = api.patch(path, {"status": "disabled"}).json()
    refused = api.post(f"{path}/ping", {})
    on = api.patch(path, {"status": "enabled"}).json()

    assert (off["status"], off["disabled_reason"]) == ("disabled", "by_hand")
    assert off["disabled_at"]
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "webhook_is_off")
    assert (on["status"], on["disabled_reason"], on["disabled_at"]) == ("enabled", None, None)


def test_a_lost_update_is_refused(api, made):
    path = f"/v1/webhooks/{made['id']}"
    tag = api.get(path)["ETag"]
    api.patch(path, {"description": "Mine"})

    response = api.patch(path, {"description": "Yours"}, headers={"If-Match": tag})

    assert response.status_code == 412
    assert api.get(path).json()["description"] == "Mine"


def test_a_new_secret_is_shown_once_while_the_old_one_signs_for_a_day(api, north, made):
    response = api.post(f"/v1/webhooks/{made['id']}/rotate_secret", {})

    assert response.status_code == 200
    new = response.json()["secret"]
    assert new != made["secret"]
    assert response.json()["old_secret_expires_at"]
    with acting_for(north.agency_id):
        assert webhooks.secrets_of(stored(north), at=timezone.now()) == [new, made["secret"]]
        later = timezone.now() + webhooks.OVERLAP
        assert webhooks.secrets_of(stored(north), at=later) == [new]
    assert "secret" not in api.get(f"/v1/webhooks/{made['id']}").json()


def test_a_deleted_webhook_is_gone_with_its_log(api, north, made):
    api.post(f"/v1/webhooks/{made['id']}/ping", {})

    response = api.delete(f"/v1/webhooks/{made['id']}")

    assert response.json() == {"id": made["id"], "deleted": True}
    assert api.get(f"/v1/webhooks/{made['id']}").status_code == 404
    with acting_for(north.agency_id):
        assert not WebhookDelivery.objects.exists()


def test_a_ping_is_logged_and_can_be_followed(api, north, made):
    response = api.post(f"/v1/webhooks/{made['id']}/ping", {})

    assert response.status_code == 202
    delivery = response.json()
    assert delivery["type"] == "webhook.ping"
    assert delivery["event_id"].startswith("ping_")
    with acting_for(north.agency_id):
        row = WebhookDelivery.objects.get()
        for number, status in ((1, 500), (2, None)):
            WebhookAttempt.objects.create(
                agency=north.agency,
                delivery=row,
                number=number,
                started_at=timezone.now(),
                finished_at=timezone.now(),
                milliseconds=12,
                status=status,
                failure="" if status else "timeout",
                excerpt="no",
            )
    shown = api.get(f"/v1/webhook_deliveries/{delivery['id']}").json()
    assert shown | {"attempts": None} == delivery | {"attempts": None}
    assert [attempt | {"started_at": ""} for attempt in shown["attempts"]] == [
        {"number": 2, "started_at": "", "duration_ms": 12, "status_code": None, "error": "timeout",
         "reply": "no"},
        {"number": 1, "started_at": "", "duration_ms": 12, "status_code": 500, "error": None,
         "reply": "no"},
    ]  # fmt: skip


def test_deliveries_are_filtered(api, made):
    other = api.post("/v1/webhooks", CLIENTS).json()
    one = api.post(f"/v1/webhooks/{made['id']}/ping", {}).json()
    two = api.post(f"/v1/webhooks/{other['id']}/ping", {}).json()

    def found(query):
        return {row["id"] for row in api.get(f"/v1/webhook_deliveries?{query}").json()["data"]}

    assert found("") == {one["id"], two["id"]}
    assert found(f"webhook_id={made['id']}") == {one["id"]}
    assert found("status=pending&types=webhook.ping") == {one["id"], two["id"]}
    assert found("status=failed,delivered") == set()
    assert found("types=client.*") == set()
    assert found("created_at=lt:2020-01-01") == set()


@pytest.mark.parametrize("path", ["", "/{id}"])
def test_an_unknown_parameter_of_webhooks_is_named(api, made, path):
    response = api.get(f"/v1/webhooks{path.format_map(made)}?colour=red")

    assert response.status_code == 400
    assert response.json()["error"]["param"] == "colour"


def test_deliveries_come_in_pages_with_a_cursor(api, made):
    sent = [api.post(f"/v1/webhooks/{made['id']}/ping", {}).json()["id"] for _ in range(3)]

    first = api.get("/v1/webhook_deliveries?sort=created_at&limit=2").json()
    cursor = first["meta"]["next_cursor"]
    second = api.get(f"/v1/webhook_deliveries?sort=created_at&limit=2&cursor={cursor}").json()

    assert [row["id"] for row in first["data"] + second["data"]] == sent


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("webhook_id=client_12", "webhook_id"),
        ("status=lost", "status"),
        ("types=nothing", "types"),
        ("colour=red", "colour"),
    ],
)
def test_a_bad_parameter_is_named(api, query, param):
    response = api.get(f"/v1/webhook_deliveries?{query}")

    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


def test_webhooks_are_filtered_by_status(api, made):
    off = api.post("/v1/webhooks", CLIENTS).json()
    api.patch(f"/v1/webhooks/{off['id']}", {"status": "disabled"})

    def found(query):
        return {row["id"] for row in api.get(f"/v1/webhooks?{query}").json()["data"]}

    assert found("status=disabled") == {off["id"]}
    assert found("status=enabled") == {made["id"]}
    assert found("status=enabled,disabled") == {off["id"], made["id"]}


def test_a_finished_delivery_is_sent_again(api, north, made):
    delivery = api.post(f"/v1/webhooks/{made['id']}/ping", {}).json()
    with acting_for(north.agency_id):
        WebhookDelivery.objects.update(
            state="failed", next_attempt_at=None, finished_at=timezone.now()
        )

    response = api.post(f"/v1/webhook_deliveries/{delivery['id']}/resend", {})

    assert response.status_code == 200
    with acting_for(north.agency_id):
        assert WebhookDelivery.objects.get().resend_at is not None


def test_a_key_makes_no_webhook_for_what_it_may_not_read(north, bearer):
    caller = bearer(north, scopes=["webhooks:write", "clients:read"])

    assert caller.post("/v1/webhooks", CLIENTS).status_code == 201
    for types in (["*"], ["project.*"], ["client.created", "document.created"]):
        response = caller.post("/v1/webhooks", CLIENTS | {"types": types})
        assert (response.status_code, response.json()["error"]["code"]) == (
            403,
            "permission_denied",
        )


def test_a_key_leads_no_webhook_of_others_elsewhere(north, bearer, made):
    caller = bearer(north, scopes=["webhooks:write"])
    path = f"/v1/webhooks/{made['id']}"

    response = caller.patch(path, {"url": "https://93.184.216.34/mine"})

    assert response.status_code == 403
    assert stored(north).url == HERE
    assert caller.patch(path, {"status": "disabled"}).status_code == 200


def test_what_it_is_called_changes_while_its_host_is_not_found(api, north):
    with acting_for(north.agency_id):
        endpoint, _ = webhooks.create_endpoint(
            north.agency,
            url="https://shop.invalid/",
            types=["*"],
            ask=lambda host: ["93.184.216.34"],
        )
    path = f"/v1/webhooks/{encode('hook', endpoint.pk)}"

    assert api.patch(path, {"description": "Shop"}).status_code == 200
    assert api.patch(path, {"url": "https://shop.invalid/"}).status_code == 422


@pytest.mark.parametrize(
    ("role", "status"), [(Role.OWNER, 200), (Role.MANAGER, 200), (Role.STAFF, 403)]
)
def test_webhooks_are_for_those_who_administer(north, join, bearer, role, status):
    member = north if role == Role.OWNER else join(north, role)

    assert bearer(member).get("/v1/webhooks").status_code == status


def test_a_strangers_webhook_is_as_one_that_never_was(made, api, south, bearer):
    theirs = bearer(south)
    delivery = api.post(f"/v1/webhooks/{made['id']}/ping", {}).json()

    for path in (f"/v1/webhooks/{made['id']}", f"/v1/webhook_deliveries/{delivery['id']}"):
        kind = path.split("/")[-1].partition("_")[0]
        missing = path.rpartition("/")[0] + "/" + encode(kind, 10**9)
        assert theirs.get(path).status_code == 404
        assert theirs.get(path).content == theirs.get(missing).content
    assert theirs.get("/v1/webhooks").json()["data"] == []
    assert theirs.get("/v1/webhook_deliveries").json()["data"] == []


def test_there_are_at_most_so_many(api, made, monkeypatch):
    monkeypatch.setattr(webhooks, "MOST", 1)

    response = api.post("/v1/webhooks", CLIENTS)

    assert (response.status_code, response.json()["error"]["code"]) == (409, "too_many_webhooks")


def test_a_list_costs_the_same_few_queries_whatever_its_length(
    api, made, django_assert_num_queries
):
    for _ in range(4):
        api.post(f"/v1/webhooks/{made['id']}/ping", {})
        api.post("/v1/webhooks", CLIENTS)
    api.get("/v1/webhooks")

    for path in ("/v1/webhooks", "/v1/webhook_deliveries"):
        with django_assert_num_queries(13):
            assert len(api.get(path).json()["data"]) >= 4
