"""One HTTP request to a checked address, which nobody can draw out or blow up.

`http.client` over a socket of our own: connected to an address that was checked, and read under
one deadline for all of it, so that a receiver who answers a byte a minute holds nobody.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from agencies.destinations import Destination

SECONDS_TO_CONNECT = 5.0
SECONDS_IN_ALL = 15.0
_SECONDS_FOR_BODY = 2.0
# What is read of an answer, headers included; and what is kept of its body, in characters.
_MOST_BYTES = 128 * 1024
_BODY_BYTES = 8 * 1024
EXCERPT = 1000


class PostFailed(Exception):
    """No answer came. `code` is one word for why, the text says more."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Reply:
    status: int
    # The beginning of the body, fit for a text column.
    excerpt: str
    # The value of Retry-After, as it came.
    retry_after: str = ""


class Deadline:
    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def bring_forward(self, seconds: float) -> None:
        """Leave at most so many from now."""
        self.at = min(self.at, time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds, more than none. Raises TimeoutError."""
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("The time for the whole request is over.")
        return seconds


def post(
    destination: Destination,
    addresses: Sequence[str],
    *,
    headers: Mapping[str, str],
    body: bytes,
    deadline: Deadline,
    method: str = "POST",
    keep: int = EXCERPT,
) -> Reply:
    """Send to the first of the addresses that can be connected to. Redirects are only reported.

    `addresses` come from destinations.resolve(); `keep` is how many characters of the answer are
    wanted. Raises PostFailed.
    """
    try:
        with closing(_connect(destination, addresses, deadline)) as connected:
            line = _Line(connected, deadline)
            return _exchange(line, destination, method, headers, body, keep)
    except ssl.SSLCertVerificationError as error:
        raise PostFailed(
            "certificate", f"Its certificate is not valid: {error.verify_message}."
        ) from error
    except ssl.SSLError as error:
        raise PostFailed("tls", f"No secure connection: {error.reason or error}.") from error
    except TimeoutError as error:
        raise PostFailed("timeout", "It took too long.") from error
    except http.client.HTTPException as error:
        raise PostFailed("protocol", f"Its answer is no HTTP: {type(error).__name__}.") from error
    except OSError as error:
        raise PostFailed("connection", f"No connection: {error.strerror or error}.") from error


class _Line:
    """What http.client takes for a socket. Whoever connected it closes it."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self.connected, self.deadline = connected, deadline

    def sendall(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            self.connected.settimeout(self.deadline.left())
            rest = rest[self.connected.send(rest) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self.connected, self.deadline))

    def close(self) -> None:
        """http.client is done with it as soon as the headers are there."""


class _Stream(io.RawIOBase):
    """What comes from a socket, under a deadline and up to a limit."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self.connected, self.deadline, self.received = connected, deadline, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.connected.settimeout(self.deadline.left())
        count = self.connected.recv_into(buffer)
        self.received += count
        if self.received > _MOST_BYTES:
            raise http.client.HTTPException("The answer is too large.")
        return count


def _connect(
    destination: Destination, addresses: Sequence[str], deadline: Deadline
) -> socket.socket:
    failure: OSError = OSError("There is no address.")
    for address in addresses:
        try:
            seconds = min(SECONDS_TO_CONNECT, deadline.left())
            plain = socket.create_connection((address, destination.port), timeout=seconds)
        except OSError as error:
            failure = error
            continue
        return _secured(plain, destination, deadline)
    raise failure


def _secured(plain: socket.socket, destination: Destination, deadline: Deadline) -> socket.socket:
    if destination.scheme == "http":
        return plain
    try:
        plain.settimeout(min(SECONDS_TO_CONNECT, deadline.left()))
        # The system's authorities, or those that SSL_CERT_FILE names.
        context = ssl.create_default_context()
        return context.wrap_socket(plain, server_hostname=destination.host)
    except BaseException:
        plain.close()
        raise


def _exchange(
    line: _Line,
    destination: Destination,
    method: str,
    headers: Mapping[str, str],
    body: bytes,
    keep: int,
) -> Reply:
    connection = http.client.HTTPConnection(destination.host, destination.port)
    connection.sock = line
    fixed = {"Host": destination.authority, "Accept-Encoding": "identity", "Connection": "close"}
    connection.request(method, destination.path, body or None, {**headers, **fixed})
    answer = connection.getresponse()
    line.deadline.bring_forward(_SECONDS_FOR_BODY)
    return Reply(
        answer.status, _excerpt(answer, keep), (answer.getheader("Retry-After") or "")[:50]
    )


def _excerpt(answer: http.client.HTTPResponse, keep: int) -> str:
    """Once the status is known it counts, however the body goes on."""
    start = b""
    with suppress(OSError, http.client.HTTPException):
        while len(start) < _BODY_BYTES and (more := answer.read1(_BODY_BYTES)):
            start += more
    text = start.decode("utf-8", "replace")[:keep]
    return "".join(c for c in text if c.isprintable() or c in "\n\t")
