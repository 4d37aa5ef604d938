"""The door for web servers."""

import os
import re
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)


class Request(WSGIRequest):
    """Reads every request as UTF-8, whatever charset it claims.

    Django believes any charset that Python has a codec for, and fails in its constructor, before
    any middleware, for those that are no text, such as base64.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        named = meta.get("CONTENT_TYPE", "")
        believed = {**meta, "CONTENT_TYPE": _CHARSET.sub("", named)}
        super()._set_content_type_params(believed)  # type: ignore[misc]  # the stubs miss it


class Handler(WSGIHandler):
    request_class = Request


django.setup(set_prefix=False)
application = Handler()
