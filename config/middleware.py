"""What every request passes: its id, its line in the log, and the content security policy."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase

_SANE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_log = structlog.get_logger("foyer.requests")


def request_log(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Give the request an id, taken from X-Request-ID where that is sane, and log one line.

    The line names the route, never the path or query: links carry secrets in them.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            started = time.monotonic()
            response = get_response(request)
            _log.info(
                "request",
                method=request.method if len(request.method or "") < 10 else "other",
                route=getattr(request.resolver_match, "route", None) or "unmatched",
                status=response.status_code,
                milliseconds=round((time.monotonic() - started) * 1000),
            )
        response["X-Request-ID"] = request_id
        return response

    return middleware


class ContentSecurityPolicy(CSPMiddleware):
    """Strict everywhere; the admin theme needs eval and inline styles on its own pages."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path.startswith("/admin/"):
            response._csp_update = {  # type: ignore[attr-defined]
                "script-src": ["'self'", "'unsafe-eval'"],
                "style-src": ["'self'", "'unsafe-inline'"],
            }
        return super().process_response(request, response)
