import io
import json

import pytest
from django.test import Client as Browser
from django.urls import resolve

from config.wsgi import application

ERROR = {"message": "Server Error"}


@pytest.fixture
def broken(monkeypatch):
    """A server whose list of clients fails, whichever dialect asks."""

    def fail(*args, **kwargs):
        raise RuntimeError("broken")

    for path in ("/v1/clients", "/api/clients", "/api/v1/clients"):
        monkeypatch.setattr(resolve(path).func.cls, "list", fail)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/clients", {"error": {"type": "api_error", "code": "internal_error", **ERROR}}),
        ("/api/clients", ERROR),
        ("/api/v1/clients", ERROR),
    ],
)
def test_a_failure_of_ours_is_told_to_machines_in_json(broken, north, key, path, body):
    secret = key(north)
    headers = {"Authorization": f"Bearer {secret}", "X-API-TOKEN": secret, "Accept": "text/html"}

    response = Browser(raise_request_exception=False, headers=headers).get(path)

    assert (response.status_code, response.json()) == (500, body)


def test_a_wrong_host_is_told_to_machines_in_json(client):
    response = client.get("/v1/clients", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_request"


@pytest.mark.parametrize("charset", ["hex", "undefined", "punycode", "bz2", "rot13", "base64"])
@pytest.mark.parametrize(
    "path", ["/v1/clients", "/api/clients", "/api/v1/clients", "/admin/login/"]
)
def test_a_charset_that_is_no_text_breaks_nothing(db, charset, path):
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "a=ü",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": f'application/json ; Charset="{charset}"',
        "CONTENT_LENGTH": "2",
        "wsgi.input": io.BytesIO(b"{}"),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }

    response = application.get_response(application.request_class(environ))

    assert 400 <= response.status_code < 500
    assert path.startswith("/admin") or json.loads(response.content)
