"""Whose portal a request is about: by the address's slug, or by the host it came to."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest
from django.http.request import split_domain_port
from django.urls import reverse

from agencies.models import Agency


@dataclass(frozen=True)
class Brand:
    """An agency as its clients see it. Agencies stand outside the wall, so no scope is needed."""

    agency: Agency
    # Where this portal's addresses begin, with a slash at the end.
    base: str

    @property
    def style_url(self) -> str:
        return f"{self.base}brand.css"

    @property
    def logo_url(self) -> str:
        return f"{self.base}logo" if self.agency.logo else ""

    @property
    def icon_url(self) -> str:
        return f"{self.base}icon"

    @property
    def reply_address(self) -> str:
        return self.agency.reply_to or self.agency.sender_address


def portal_url(agency: Agency) -> str:
    """The root of the agency's portal for mails, with a slash at the end; never from a request.

    On its own host where it has one, reached as FOYER_URL is (scheme and port); else below its
    slug on the main host.
    """
    main = urlsplit(settings.FOYER_URL)
    host = agency.portal_host.lower()
    if not host or host == main.hostname:
        path = reverse("portal:front", args=[agency.slug], urlconf=settings.ROOT_URLCONF)
        return settings.FOYER_URL + path
    port = f":{main.port}" if main.port else ""
    return f"{main.scheme}://{host}{port}/"


def agency_of_host(request: HttpRequest) -> Agency | None:
    """The agency whose own portal host the request came to; None on the main host."""
    host, _port = split_domain_port(request.get_host())
    if host == urlsplit(settings.FOYER_URL).hostname:
        return None
    hosts = Agency.objects.exclude(portal_host="").alias(host=Lower("portal_host"))
    return hosts.filter(host=host).first()


def brand_at(request: HttpRequest, slug: str) -> Brand:
    """The brand of the portal with this slug, or without one that of the host.

    An unknown portal and one that is switched off are answered alike.
    """
    agency = Agency.objects.filter(slug=slug).first() if slug else agency_of_host(request)
    if agency is None or not agency.portal_enabled:
        raise Http404
    base = reverse("portal:front", args=[slug]) if slug else reverse("portal:host-front")
    return Brand(agency, base)
