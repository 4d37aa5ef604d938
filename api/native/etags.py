"""ETag, If-Match and If-None-Match: no change is lost, nothing is sent twice. After RFC 9110, 13.

A tag stands for the answer as it is sent, so it moves with every value in it. It is strong.
"""

import hashlib
import json
import re

from api.native.errors import BadParameter, Changed

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")


def tag_of(shown: dict) -> str:
    content = json.dumps(shown, sort_keys=True).encode()
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_conditional(request) -> bool:
    return "If-Match" in request.headers or "If-None-Match" in request.headers


def refuse_stale(request, current: str) -> None:
    """Before a change of what has the tag `current`. Raises Changed and BadParameter."""
    wanted, unwanted = _tags(request, "If-Match"), _tags(request, "If-None-Match")
    # Weak tags never match here: they may stand for several states.
    if wanted is not None and not {"*", current} & set(wanted):
        raise Changed
    if unwanted is not None and _is_among(unwanted, current):
        raise Changed


def is_known(request, current: str) -> bool:
    """Before it is sent: whether the caller has it already. Raises Changed and BadParameter."""
    wanted, known = _tags(request, "If-Match"), _tags(request, "If-None-Match")
    if wanted is not None and not {"*", current} & set(wanted):
        raise Changed
    return known is not None and _is_among(known, current)


def _is_among(tags: list[str], current: str) -> bool:
    return bool({"*", current} & {tag.removeprefix("W/") for tag in tags})


def _tags(request, header: str) -> list[str] | None:
    """The header's tags, or `*` alone; None without the header."""
    text = request.headers.get(header)
    if text is None:
        return None
    if text.strip(" \t") == "*":
        return ["*"]
    if not _TAGS.fullmatch(text):
        raise BadParameter(header, f'{header} must be "*" or tags in quotes, as ETag gave them.')
    return re.findall(_TAG, text)
