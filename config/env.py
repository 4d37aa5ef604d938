"""Reads settings from the environment and refuses nonsense instead of guessing."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

# Those of anymail that need nothing but an HTTP client, under anymail's own names.
MAIL_BACKENDS = {
    "outbox": "contacts.outbox.EmailBackend",
    "smtp": "contacts.smtp.EmailBackend",
    **{
        provider: f"anymail.backends.{provider}.EmailBackend"
        for provider in (
            *("brevo", "mailersend", "mailgun", "mailjet", "mailtrap", "mandrill", "postal"),
            *("postmark", "resend", "scaleway", "sendgrid", "sparkpost", "unisender_go"),
        )
    },
}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def boolean(name: str, *, default: bool) -> bool:
    value = text(name).lower()
    if value not in ("", "true", "false"):
        raise ImproperlyConfigured(f"{name} is {value!r}. Set it to true or false.")
    return default if value == "" else value == "true"


def integer(name: str, *, default: int, least: int = 0) -> int:
    value = text(name) or str(default)
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(f"{name} is {value!r}. Set it to a number of at least {least}.")
    return int(value)


def items(name: str) -> list[str]:
    return [item.strip() for item in text(name).split(",") if item.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Comma-separated, such as 10.0.0.0/8,fd00::/8."""
    try:
        return [ip_network(item) for item in items(name)]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} holds something that is no network: {error}. Use 10.0.0.0/8,fd00::/8."
        ) from error


def web_address(name: str, default: str) -> str:
    """An absolute http(s) address without its trailing slash."""
    value = text(name, default).rstrip("/")
    if not value.startswith(("http://", "https://")) or any(c.isspace() for c in value):
        raise ImproperlyConfigured(
            f"{name} is {value!r}. Set it to a full address such as https://hub.example.com."
        )
    return value


def secret(name: str) -> str:
    """From NAME, or from the file named by NAME_FILE. At least 32 characters."""
    path = text(f"{name}_FILE")
    value = _read(path, f"{name}_FILE") if path else text(name)
    if not value:
        raise ImproperlyConfigured(
            f"Set {name} to a long random text, or {name}_FILE to a file that holds one. "
            "./foyer makes one by itself."
        )
    if len(value) < 32:
        raise ImproperlyConfigured(f"{name} is too short. Use at least 32 random characters.")
    return value


def _read(path: str, name: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name} names {path}, which cannot be read.") from error


def text_or_file(name: str) -> str:
    """From NAME, or from the file named by NAME_FILE."""
    path = text(f"{name}_FILE")
    return _read(path, f"{name}_FILE") if path else text(name)


def prefixed(prefix: str) -> dict[str, str]:
    """The set variables whose names begin so, without the prefix; NAME_FILE gives NAME."""
    names = {name.removesuffix("_FILE") for name in os.environ if name.startswith(prefix)}
    values = {name.removeprefix(prefix): text_or_file(name) for name in names}
    return {name: value for name, value in values.items() if value}


def mail_backend(name: str, value: str) -> str:
    """The mail backend that is called `value` in the environment."""
    if value not in MAIL_BACKENDS:
        known = ", ".join(MAIL_BACKENDS)
        raise ImproperlyConfigured(f"{name} is {value!r}. Set it to one of {known}.")
    return MAIL_BACKENDS[value]


def database(name: str, *, default: str, home: Path) -> dict[str, Any]:
    """The server that NAME addresses, or the embedded one whose engine is `default`."""
    address = text(name)
    if not address:
        return {
            "ENGINE": default,
            "NAME": "foyer",
            "USER": "foyer",
            "OPTIONS": {"home": str(home)},
            "CONN_MAX_AGE": 600,
        }
    if not address.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(
            f"{name} must begin with postgresql://. PostgreSQL is the only database Foyer runs on."
        )
    parsed = dj_database_url.parse(address, conn_max_age=600, conn_health_checks=True)
    return dict(parsed)
