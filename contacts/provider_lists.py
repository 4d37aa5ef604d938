"""The lists that mail providers keep themselves of addresses they send nothing to any more.

Spoken to with the settings that mail goes out by: anymail's own, of the backend that is set.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from anymail.backends import mailgun, postmark, sendgrid
from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection

from agencies.asking import Answer, ServiceUnavailable, ask
from agencies.errors import DomainError
from agencies.models import Agency
from contacts.models import Message

_NOT_THERE = 404
_DEFAULT_STREAM = "outbound"


class ProviderRefused(DomainError):
    """The provider's own words, where it said any."""

    code = "provider_refused"


class Lists(Protocol):
    def message_of(self, bounce_id: str) -> str:
        """What the provider calls the message that came back so; empty for none."""

    def lift(self, message: Message, agency: Agency, *, bounce_id: str) -> None:
        """Let the provider send to the message's address again.

        `bounce_id` is empty where it is not known. Raises ProviderRefused.
        """


def provider_lists() -> Lists | None:
    """Those of the provider that is set; None where it keeps none that we can speak to."""
    try:
        backend = get_connection()
    except (AnymailError, ImproperlyConfigured) as error:
        raise ProviderRefused("The mail provider's settings are not complete.") from error
    for kind, lists in _KINDS.items():
        if isinstance(backend, kind):
            return lists(backend)
    return None


@dataclass(frozen=True)
class Postmark:
    backend: Any

    def message_of(self, bounce_id: str) -> str:
        if not (bounce_id.isascii() and bounce_id.isdigit()):
            return ""
        found = self._ask("GET", f"bounces/{bounce_id}")
        return found.word("MessageID") if found.is_success else ""

    def lift(self, message: Message, agency: Agency, *, bounce_id: str) -> None:
        bounce_id = bounce_id or self._bounce_of(message)
        if bounce_id:
            _insist(self._ask("PUT", f"bounces/{bounce_id}/activate"), "Message")
        else:
            self._take_off(message.address)

    def _bounce_of(self, message: Message) -> str:
        asked = urlencode({"count": 1, "offset": 0, "messageID": message.provider_id})
        found = self._ask("GET", f"bounces?{asked}") if message.provider_id else None
        match found and found.is_success and found.content:
            case {"Bounces": [{"ID": int(bounce_id)}, *_]}:
                return str(bounce_id)
        return ""

    def _take_off(self, address: str) -> None:
        """Bounces are told for weeks only; the stream's own list stays."""
        stream = quote(self.backend.message_stream or _DEFAULT_STREAM, safe="")
        answer = self._ask(
            "POST",
            f"message-streams/{stream}/suppressions/delete",
            {"Suppressions": [{"EmailAddress": address}]},
        )
        _insist(answer, "Message")
        match answer.content:
            case {"Suppressions": [{"Status": "Failed", "Message": words}, *_]}:
                raise ProviderRefused(str(words))

    def _ask(self, method: str, path: str, content: Any = None) -> Answer:
        headers = {"X-Postmark-Server-Token": self.backend.server_token}
        return _ask(method, f"{self.backend.api_url}{path}", headers, content)


@dataclass(frozen=True)
class Mailgun:
    backend: Any

    def message_of(self, bounce_id: str) -> str:
        return ""

    def lift(self, message: Message, agency: Agency, *, bounce_id: str) -> None:
        sender = parseaddr(agency.sender_address or settings.DEFAULT_FROM_EMAIL)[1]
        domain = self.backend.sender_domain or sender.rpartition("@")[2]
        key = b64encode(f"api:{self.backend.api_key}".encode()).decode()
        for name in ("bounces", "complaints"):
            path = f"{quote(domain, safe='')}/{name}/{quote(message.address, safe='')}"
            headers = {"Authorization": f"Basic {key}"}
            _take_off(f"{self.backend.api_url}{path}", headers)


@dataclass(frozen=True)
class SendGrid:
    backend: Any

    def message_of(self, bounce_id: str) -> str:
        return ""

    def lift(self, message: Message, agency: Agency, *, bounce_id: str) -> None:
        for name in ("bounces", "invalid_emails", "spam_reports"):
            path = f"suppression/{name}/{quote(message.address, safe='')}"
            headers = {"Authorization": f"Bearer {self.backend.api_key}"}
            _take_off(f"{self.backend.api_url}{path}", headers)


_KINDS: Mapping[type, type[Postmark] | type[Mailgun] | type[SendGrid]] = {
    postmark.EmailBackend: Postmark,
    mailgun.EmailBackend: Mailgun,
    sendgrid.EmailBackend: SendGrid,
}


def _take_off(url: str, headers: Mapping[str, str]) -> None:
    """An address that is not on the list is off it."""
    answer = _ask("DELETE", url, headers)
    if answer.status != _NOT_THERE:
        _insist(answer, "message")


def _ask(method: str, url: str, headers: Mapping[str, str], content: Any = None) -> Answer:
    try:
        return ask(method, url, headers=headers, content=content)
    except ServiceUnavailable as error:
        raise ProviderRefused("The mail provider does not answer. Try again later.") from error


def _insist(answer: Answer, *words: str) -> None:
    if not answer.is_success:
        said = answer.word(*words) or f"The mail provider answered with status {answer.status}."
        raise ProviderRefused(said[:500])
