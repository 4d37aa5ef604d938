"""A question to somebody else's service, in JSON, through the same door as webhooks.

So it goes out into the world alone, within seconds, and no answer is too large; see
agencies.posting and agencies.destinations.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agencies import destinations
from agencies.destinations import BadDestination
from agencies.posting import Deadline, PostFailed, post

SECONDS = 10.0
# All that posting reads of a body.
_LONGEST = 8 * 1024
_NOT_NOW = frozenset({408, 425, 429})


class ServiceUnavailable(Exception):
    """It could not be reached, or cannot answer now; the text says why. Ask again later."""


@dataclass(frozen=True)
class Answer:
    """`content` is what the JSON says, None where there is none."""

    status: int
    content: Any

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def word(self, *names: str) -> str:
        """The text under the first of these names that has one, as services tell their errors."""
        content = self.content if isinstance(self.content, dict) else {}
        words = (content.get(name) for name in names)
        return next((word for word in words if isinstance(word, str) and word), "")


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: Any = None,
    seconds: float = SECONDS,
) -> Answer:
    """Ask once, for at most so many seconds. Raises ServiceUnavailable.

    Every other status is for the caller to judge.
    """
    body = b"" if content is None else json.dumps(content).encode()
    told = {"Accept": "application/json", "User-Agent": "Foyer/1", **headers}
    if body:
        told["Content-Type"] = "application/json"
    deadline = Deadline(seconds)
    try:
        destination = destinations.read(url)
        addresses = destinations.resolve(destination)
        reply = post(
            destination, addresses, headers=told, body=body, deadline=deadline, method=method,
            keep=_LONGEST,
        )  # fmt: skip
    except (BadDestination, PostFailed) as error:
        raise ServiceUnavailable(str(error)) from error
    if reply.status >= 500 or reply.status in _NOT_NOW:
        raise ServiceUnavailable(f"It answered with status {reply.status}.")
    return Answer(reply.status, _read(reply.excerpt))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
