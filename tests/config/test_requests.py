"""What every request passes: health, its id and log line, headers."""

import json
import logging

import pytest
import structlog
from django.db import connection

from config import health, logs


def test_health_is_answered_whatever_the_host(client):
    response = client.get("/healthz", headers={"host": "10.0.0.7:8000"})

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_means_migrated(client, db, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    assert client.get("/readyz").json() == {"status": "ok"}

    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE id = "
            "(SELECT max(id) FROM django_migrations WHERE app = 'contacts')"
        )
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (
        503,
        {"status": "waiting", "for": "migrations"},
    )


def test_an_unknown_host_is_refused(client):
    assert client.get("/v1/clients", headers={"host": "evil.example"}).status_code == 400


@pytest.fixture
def lines(caplog):
    """The log's events as dicts."""
    caplog.set_level(logging.INFO, logger="foyer.requests")

    def lines():
        return [record.msg for record in caplog.records if record.name == "foyer.requests"]

    return lines


def test_a_request_has_one_line_with_its_id_and_no_secret(north, bearer, lines):
    api = bearer(north)

    response = api.get("/v1/clients?limit=5&cursor=secret", headers={"X-Request-ID": "abcd-1234"})

    (line,) = lines()
    assert response["X-Request-ID"] == line["request_id"] == "abcd-1234"
    assert (line["route"], line["status"]) == ("v1/clients/?$", 400)
    assert "secret" not in str(line)
    assert "foyer_" not in str(line)


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space1", 'quote"quote', "new\tline12"])
def test_an_odd_request_id_is_replaced(client, given, lines):
    response = client.get("/healthz", headers={"X-Request-ID": given})

    assert response["X-Request-ID"] != given
    assert len(response["X-Request-ID"]) == 32


def test_a_path_that_may_hold_a_secret_is_not_logged(client, db, lines):
    client.get("/client/key_login/0123456789secret")

    assert all("secret" not in str(line) for line in lines())


def test_secrets_are_hidden_by_name():
    event = {"event": "x", "api_key": "k", "Authorization": "b", "new_password": "p", "who": "me"}

    logs.hide_secrets(None, "info", event)

    assert json.dumps(event, ensure_ascii=False) == (
        '{"event": "x", "api_key": "…", "Authorization": "…", "new_password": "…", "who": "me"}'
    )


def test_the_log_is_one_json_object_a_line(capsys):
    logs.configure(level="INFO", plain=False)

    structlog.get_logger("anything").warning("something", token="t", n=1)

    line = json.loads(capsys.readouterr().err.strip())
    assert (line["event"], line["n"], line["token"]) == ("something", 1, "…")


@pytest.mark.parametrize("path", ["/v1/clients", "/admin/login/", "/nowhere"])
def test_every_page_has_a_strict_policy(client, db, path):
    policy = client.get(path)["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert ("unsafe" in policy) == path.startswith("/admin/")
