"""`include` and `index`: how the caller wants the answer shaped."""

from typing import Any

from api.invoiceninja.errors import Rejected
from api.invoiceninja.serializers import EMPTY_RELATIONS
from api.invoiceninja.statics import tables

# Always in the answer, asked for or not.
_ALWAYS = frozenset({"contacts", "documents", "gateway_tokens"})
_OF_CLIENTS = frozenset({*EMPTY_RELATIONS, "activities", "group_settings", "ledger"})


def includes(
    sent: dict[str, Any], *, strict: bool, known: frozenset[str] = _OF_CLIENTS
) -> frozenset[str]:
    """The relations asked for besides. `strict`, as lists are: an unknown one is Rejected."""
    value = sent.get("include")
    paths = value.split(",") if isinstance(value, str) else []
    asked = {path.strip().partition(".")[0] for path in paths} - {""}
    unknown = sorted(asked - known - _ALWAYS)
    if strict and unknown:
        raise Rejected(f"Relation `{unknown[0]}` is not a valid include.")
    return frozenset(asked & known)


def envelope(sent: dict[str, Any], shown: Any, meta: dict[str, Any] | None = None) -> Any:
    """`{"data": …}` under the name of `index`, or bare for `index=none`; keys in order of name.

    `include_static` puts the fixed tables beside it.
    """
    name = sent.get("index")
    if name == "none":
        return shown
    if not isinstance(name, str) or name in ("meta", "static"):
        name = "data"
    body = {name: shown}
    if meta is not None:
        body["meta"] = meta
    if sent.get("include_static") in ("true", "1", True):
        body["static"] = tables()
    return dict(sorted(body.items()))
