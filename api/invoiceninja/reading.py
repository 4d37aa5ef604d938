"""What the caller sent, gathered and cleaned as Laravel does before any rule looks at it."""

import math
from typing import Any

from rest_framework.exceptions import MethodNotAllowed, ParseError

from api.parsing import nested

_DEEPEST = 16
_OVERRIDES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def gather(request) -> dict[str, Any]:
    """Query string and body as one; the body wins. Text is trimmed, and empty text is None."""
    sent = nested(request.query_params)
    if request.method not in ("GET", "HEAD"):
        sent |= _body(request)
    return {name: clean(value, name) for name, value in sent.items()}


def method_meant(request, sent: dict[str, Any]) -> str:
    """A POST may stand for another method. Raises MethodNotAllowed for one it may not."""
    if request.method != "POST":
        return request.method
    named = request.headers.get("X-HTTP-Method-Override") or sent.get("_method") or "POST"
    method = str(named).upper()
    if method not in _OVERRIDES:
        raise MethodNotAllowed(method)
    return method


def _body(request) -> dict[str, Any]:
    files = request.FILES
    return {name: value for name, value in request.data.items() if name not in files}


def clean(value: Any, name: str = "", depth: int = 1) -> Any:
    """`value` as it was sent under `name`: text trimmed, and empty text None."""
    if depth > _DEEPEST:
        raise ParseError("The body is nested too deeply.")
    if isinstance(value, str):
        # What was chosen as a password is the password, blanks included.
        return (value if name == "password" else value.strip()) or None
    if isinstance(value, float) and not math.isfinite(value):
        raise ParseError("The body holds a number that is too large.")
    if isinstance(value, dict):
        return {key: clean(child, key, depth + 1) for key, child in value.items()}
    if isinstance(value, list):
        return [clean(child, "", depth + 1) for child in value]
    return value
