"""The door for web servers."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Request(WSGIRequest):
    """Reads every request as UTF-8, and to its end where its length was not announced."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        # Django takes an unknown length for none, and would lose a body that was sent in chunks.
        if not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
            self._stream = environ["wsgi.input"]

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Leaves the parameters of a Content-Type to those who need one.

        Django believes any charset that Python has a codec for, such as base64, and fails in its
        constructor, before any middleware; as it does for a parameter in an unknown encoding.
        """
        named = meta.get("CONTENT_TYPE", "")
        bare = named.partition(";")[0]
        try:
            parse_header_parameters(named)
        except ValueError:
            meta["CONTENT_TYPE"] = bare
        super()._set_content_type_params({**meta, "CONTENT_TYPE": bare})  # type: ignore[misc]


class Handler(WSGIHandler):
    request_class = Request


django.setup(set_prefix=False)
application = Handler()
