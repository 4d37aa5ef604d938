import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("read", "value", "sentence"),
    [
        (lambda: env.boolean("X", default=True), "yes", "true or false"),
        (lambda: env.boolean("X", default=True), "1", "true or false"),
        (lambda: env.integer("X", default=1), "many", "a number of at least 0"),
        (lambda: env.integer("X", default=1, least=1), "0", "a number of at least 1"),
        (lambda: env.integer("X", default=1), "-1", "a number of at least 0"),
        (lambda: env.web_address("X", ""), "hub.example.com", "full address"),
        (lambda: env.web_address("X", ""), "https://a b", "full address"),
        (lambda: env.networks("X"), "10.0.0.0/8,intranet", "Use 10.0.0.0/8,fd00::/8"),
        (lambda: env.networks("X"), "10.0.0.1/8", "has host bits set"),
        (lambda: env.secret("X"), "short", "too short"),
        (lambda: env.mail_backend("X", env.text("X")), "pigeon", "Set it to one of outbox, smtp"),
        (lambda: env.database("X", default="e", home="."), "mysql://x", "postgresql://"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(monkeypatch, read, value, sentence):
    monkeypatch.setenv("X", value)

    with pytest.raises(ImproperlyConfigured, match=sentence):
        read()


def test_a_missing_secret_stops_the_process(monkeypatch):
    monkeypatch.delenv("X", raising=False)

    with pytest.raises(ImproperlyConfigured, match="Set X to a long random text, or X_FILE"):
        env.secret("X")


def test_a_secret_may_lie_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("s" * 40 + "\n")
    monkeypatch.setenv("X_FILE", str(tmp_path / "key"))

    assert env.secret("X") == "s" * 40


def test_a_file_that_cannot_be_read_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("X_FILE", str(tmp_path / "nowhere"))

    with pytest.raises(ImproperlyConfigured, match="nowhere, which cannot be read"):
        env.secret("X")


def test_without_an_address_the_embedded_server_is_used(monkeypatch, tmp_path):
    monkeypatch.delenv("X", raising=False)

    assert (
        env.database("X", default="config.embedded", home=tmp_path)["ENGINE"] == "config.embedded"
    )


def test_an_address_selects_another_server(monkeypatch, tmp_path):
    monkeypatch.setenv("X", "postgresql://me:secret@db.example:5433/hub")

    found = env.database("X", default="config.embedded", home=tmp_path)

    assert (found["ENGINE"], found["HOST"], found["PORT"], found["NAME"]) == (
        "django.db.backends.postgresql",
        "db.example",
        5433,
        "hub",
    )


def test_settings_of_a_provider_are_taken_by_their_beginning(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("XMAIL_API_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("XMAIL_REGION", "eu")
    monkeypatch.setenv("XMAIL_EMPTY", "")

    assert env.prefixed("XMAIL_") == {"API_KEY": "from a file", "REGION": "eu"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"EMAIL_PROVIDER": "pigeon"}, "EMAIL_PROVIDER is 'pigeon'"),
        ({"EMAIL_USE_TLS": "true", "EMAIL_USE_SSL": "true"}, "not both"),
        ({"ANYMAIL_WEBHOOK_SECRET": "alone"}, "a name and a password"),
    ],
)
def test_mail_settings_that_contradict_stop_the_process(given, sentence):
    command = [sys.executable, "-c", "import config.settings"]

    tried = subprocess.run(
        command, env=os.environ | given, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert tried.returncode == 1
    assert sentence in tried.stderr
