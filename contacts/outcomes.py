"""What it means when a mail backend fails: try again, never again, or nobody knows.

Whatever might have been taken is never tried again by itself: a doubled mail cannot be called back.
"""

import re
import smtplib
from dataclasses import dataclass
from enum import Enum

from anymail.exceptions import AnymailAPIError, AnymailError
from requests import exceptions as http
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

_DETAIL = 500
# RFC 3463, section 3.2 and 3.3: the address itself is bad, or its mailbox is closed. Refusals
# about the sender, a policy or the server say nothing of the address.
_BAD_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
_ENHANCED = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
# Our key is wrong, too much at once, or not now: an operator's or the time's to mend.
_NOT_NOW = {401, 402, 403, 408, 429, 503}


class Fate(Enum):
    ACCEPTED = "accepted"
    RETRY = "retry"
    REFUSED = "refused"
    # The address is bad for good.
    BOUNCED = "bounced"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """`detail` is the other side's own words; `provider_id` what it calls the message."""

    fate: Fate
    detail: str = ""
    provider_id: str = ""


def read_failure(error: Exception, *, in_doubt: bool) -> Outcome:
    """What the error of an attempt to hand a message over says about the message.

    `in_doubt` tells that the server had the message in whole or in part and has not answered.
    """
    detail = describe(error)
    if in_doubt:
        return Outcome(Fate.UNKNOWN, detail)
    if isinstance(error, AnymailError):
        return Outcome(_read_provider(error), detail)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return Outcome(_read_reply(code, words, of_address=True), detail)
    if isinstance(error, smtplib.SMTPResponseException):
        return Outcome(_read_reply(error.smtp_code, error.smtp_error, of_address=False), detail)
    if isinstance(error, OSError):
        # No connection, or one that broke before the message was given; SMTPException is one too.
        return Outcome(Fate.RETRY, detail)
    return Outcome(Fate.UNKNOWN, detail)


def blames_address(words: str) -> bool:
    """Whether a server's refusal says that the address itself is bad, or its mailbox closed."""
    found = _ENHANCED.search(words)
    return found is not None and found.group() in _BAD_ADDRESS


def clean(words: str) -> str:
    """Fit for a column and a line of a list."""
    return " ".join(words.replace("\0", " ").split())[:_DETAIL]


def _read_reply(code: int, words: bytes | str, *, of_address: bool) -> Fate:
    if 400 <= code < 500:
        return Fate.RETRY
    if not 500 <= code < 600:
        return Fate.UNKNOWN
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return Fate.BOUNCED if of_address and blames_address(text) else Fate.REFUSED


def _read_provider(error: AnymailError) -> Fate:
    if not isinstance(error, AnymailAPIError):
        # Refused recipients, or something that could not even be asked.
        return Fate.REFUSED
    status = error.status_code
    if status is None:
        return Fate.RETRY if _never_connected(error.__cause__) else Fate.UNKNOWN
    if status in _NOT_NOW:
        return Fate.RETRY
    return Fate.REFUSED if 400 <= status < 500 else Fate.UNKNOWN


def _never_connected(cause: BaseException | None) -> bool:
    if isinstance(cause, http.ConnectTimeout | http.SSLError | http.ProxyError):
        return True
    why = cause.args[0] if isinstance(cause, http.ConnectionError) and cause.args else None
    return isinstance(why, MaxRetryError) and isinstance(
        why.reason, NewConnectionError | ConnectTimeoutError
    )


def describe(error: Exception) -> str:
    """The other side's own words where it said any, for the log of messages."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return clean(f"{code} {_decoded(words)}")
    if isinstance(error, smtplib.SMTPResponseException):
        return clean(f"{error.smtp_code} {_decoded(error.smtp_error)}")
    return clean(f"{type(error).__name__}: {error}")


def _decoded(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else str(words)
