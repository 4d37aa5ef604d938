"""Where a contact's key link leads: a page with a button, and only the button signs in."""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from contacts.models import Contact
from portal import key_login as keys
from portal.access_models import PortalSession
from portal.branding import Brand, agency_of_host, brand_at, portal_url
from portal.entering import enter, next_page, private, somebody_else
from portal.rendering import show_to_anybody
from portal.secret_pages import secret_page
from portal.sign_in_views import mail_way_in
from portal.visitors import count_miss


class _SameMethodRedirect(HttpResponseRedirect):
    """What was sent with the button is sent on."""

    status_code = 307


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def key_login(request: HttpRequest, key: str, slug: str = "") -> HttpResponse:
    """On the main host, as Invoice Ninja has it, and in the portal, where the button is pressed."""
    contact = keys.find(key, at=timezone.now())
    if contact is None:
        return _nothing(request)
    own = agency_of_host(request)
    if not slug and own is None:
        return _on_main_host(request, contact, key)
    brand = brand_at(request, slug)
    if brand.agency != contact.agency:
        return _nothing(request)
    other = somebody_else(request, brand, contact.email)
    # The page on the main host does not see who is signed in below the slug.
    if request.method != "POST" or (other and "switch" not in request.POST):
        return _page(request, brand, contact, action="", other=other)
    return _press(request, brand, key)


def _press(request: HttpRequest, brand: Brand, key: str) -> HttpResponse:
    contact = keys.admit(key, at=timezone.now())
    if contact is None:
        return _nothing(request)
    if keys.needs_code(contact):
        return mail_way_in(request, brand, contact.email)
    return enter(request, brand, contact, PortalSession.Means.KEY, address=contact.email)


def _on_main_host(request: HttpRequest, contact: Contact, key: str) -> HttpResponse:
    agency = contact.agency
    if not portal_url(agency).startswith(settings.FOYER_URL):
        onward = request.GET.get("next", "")
        query = f"?next={quote(onward)}" if onward else ""
        return private(redirect(f"{portal_url(agency)}client/key_login/{key}{query}"))
    brand = brand_at(request, agency.slug)
    action = reverse("portal:key-login", args=[agency.slug, key])
    if request.method == "POST":
        return private(_SameMethodRedirect(action))
    return _page(request, brand, contact, action=action, other=None)


def _page(
    request: HttpRequest,
    brand: Brand,
    contact: Contact,
    *,
    action: str,
    other: PortalSession | None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "action": action,
        "other": other,
        "address": contact.email,
        "is_mailed": keys.needs_code(contact),
        "next": next_page(request, brand),
    }
    return private(show_to_anybody(request, brand, "key_login", **context))


def _nothing(request: HttpRequest) -> HttpResponse:
    """As if there were no such address, whatever the reason and whoever's the key is."""
    allowance = count_miss(request)
    if not allowance.exceeded:
        raise Http404
    page = render(request, "429.html", status=429)
    page["Retry-After"] = str(allowance.resets_in)
    return page
