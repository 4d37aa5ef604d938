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
        super()._set_content_type_params({**meta, "CONTENT_TYPE": _CHARSET.sub("", named)})


class Handler(WSGIHandler):
    request_class = Request


django.setup(set_prefix=False)
application = Handler()
