"""An agency's own portal host shows its portal and nothing else of the house."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.branding import agency_of_host


def portal_hosts_only(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """No admin, no API and no other agency's portal on such a host."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if agency_of_host(request) is not None:
            request.urlconf = "portal.host_urls"  # type: ignore[attr-defined]
        return get_response(request)

    return middleware
