"""Signing in with a password, and setting, changing and removing it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from agencies.limits import count_request
from portal import passwords, sessions
from portal.access_models import PortalSession
from portal.branding import Brand, brand_at
from portal.entering import Visit, enter, next_page, portal_page, private
from portal.passwords import LONGEST, WrongPassword
from portal.rendering import show_to_anybody
from portal.showing import lead_to, show
from portal.tries import LockedOut
from portal.visitors import address_of

# From one network address.
PER_MINUTE = 10
_LONGEST_ADDRESS = 320


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Answered alike and as fast, whether there is such an address, such a password or neither."""
    brand = brand_at(request, slug)
    if request.method != "POST":
        return private(redirect(brand.base))
    allowance = count_request(f"password:{address_of(request)}"[:80], limit=PER_MINUTE)
    if allowance.exceeded:
        page = show_to_anybody(request, brand, "too_often", status=429)
        page["Retry-After"] = str(allowance.resets_in)
        return private(page)
    address = request.POST.get("address", "").replace("\0", "").strip()[:_LONGEST_ADDRESS]
    password = request.POST.get("password", "")[: LONGEST + 1]
    try:
        contact = passwords.sign_in(address, password, agency=brand.agency, at=timezone.now())
    except WrongPassword:
        return _front(request, brand, address, status=422, is_wrong_password=True)
    except LockedOut as locked:
        return _front(request, brand, address, status=429, minutes=locked.minutes)
    means = PortalSession.Means.PASSWORD
    return enter(request, brand, contact, means, address=contact.email)


@sensitive_post_parameters("password", "old")
@require_http_methods(["GET", "HEAD", "POST"])
@portal_page
def password(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.method != "POST":
        return _page(request, visit)
    session, at = visit.session, visit.at
    try:
        old = request.POST.get("old", "")[: LONGEST + 1]
        passwords.prove(session, old, agency=visit.brand.agency, at=at)
        if "remove" in request.POST:
            passwords.remove_password(session, at=at)
        else:
            passwords.set_password(session, request.POST.get("password", ""), at=at)
    except WrongPassword:
        return _page(request, visit, status=422, is_wrong=True)
    except LockedOut as locked:
        return _page(request, visit, status=429, minutes=locked.minutes)
    except ValidationError as error:
        return _page(request, visit, status=422, weak=_sentences(error))
    return lead_to(visit, "security")


def _sentences(error: ValidationError) -> list[str]:
    return [one for one in error.messages if one] or [
        gettext("Use at most %(most)d characters.") % {"most": LONGEST}
    ]


def _page(request: HttpRequest, visit: Visit, *, status: int = 200, **said: Any) -> HttpResponse:
    context = {
        "has_password": passwords.has_password(visit.session, at=visit.at),
        "is_fresh": sessions.is_fresh(visit.session, at=visit.at),
        **said,
    }
    return show(request, visit, "password", context, status=status)


def _front(
    request: HttpRequest, brand: Brand, address: str, *, status: int, **said: Any
) -> HttpResponse:
    onward = next_page(request, brand)
    page = show_to_anybody(
        request, brand, "front", status=status, known=address, next=onward, **said
    )
    return private(page)
