"""How people come in, and go: by a mailed link or its code; what they press is always a button."""

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from agencies.digests import digest_of, random_text
from agencies.limits import count_request
from agencies.sealing import seal
from contacts.models import Contact
from portal import signing_in
from portal.access_models import PortalSession
from portal.branding import Brand, brand_at
from portal.entering import (
    ASKER,
    enter,
    is_secure,
    next_page,
    private,
    somebody_else,
)
from portal.rendering import show_to_anybody
from portal.secret_pages import secret_page
from portal.tasks import mail_sign_in
from portal.visitors import address_of, count_miss

_ASKER_LENGTH = 43
# Mails asked for from one network address.
ASKED_PER_MINUTE = 10
_LONGEST_ADDRESS = 320


@require_POST
def ask(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Answered alike and as fast whoever asks: a job looks whether there is anybody to mail."""
    brand = brand_at(request, slug)
    address = request.POST.get("address", "").strip()
    if not _looks_like_an_address(address):
        shown = address[:_LONGEST_ADDRESS]
        page = show_to_anybody(
            request, brand, "front", status=422, address=shown, is_wrong=True,
            next=next_page(request, brand),
        )  # fmt: skip
        return private(page)
    return mail_way_in(request, brand, address)


def mail_way_in(request: HttpRequest, brand: Brand, address: str) -> HttpResponse:
    """Have a link and a code mailed, and lead on to where the code is typed."""
    allowance = count_request(f"ask:{address_of(request)}"[:80], limit=ASKED_PER_MINUTE)
    if allowance.exceeded:
        page = show_to_anybody(request, brand, "too_often", status=429)
        page["Retry-After"] = str(allowance.resets_in)
        return private(page)
    asker = random_text(_ASKER_LENGTH)
    # Sealed, since the worker's log tells what a job is given.
    sealed = seal(address.encode()).decode()
    mail_sign_in.defer(agency_id=brand.agency.pk, sealed=sealed, asker_digest=digest_of(asker))
    onward = next_page(request, brand)
    query = f"?next={quote(onward)}" if onward else ""
    response = redirect(f"{brand.base}sign-in/code{query}")
    response.set_cookie(
        ASKER,
        asker,
        max_age=int(signing_in.LASTS.total_seconds()),
        path=f"{brand.base}sign-in",
        secure=is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return private(response)


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Said to everybody who asked, whether a mail was sent or not; takes its code."""
    brand, now = brand_at(request, slug), timezone.now()
    context: dict[str, Any] = {
        "next": next_page(request, brand),
        "minutes": int(signing_in.LASTS.total_seconds()) // 60,
    }
    if request.method != "POST":
        return private(show_to_anybody(request, brand, "sign_in_code", **context))
    people = signing_in.use_code(
        request.POST.get("code", "")[:20],
        asker=request.COOKIES.get(ASKER, ""),
        agency=brand.agency,
        at=now,
    )
    if people:
        return _enter(request, brand, people, PortalSession.Means.CODE)
    allowance = count_miss(request)
    status = 429 if allowance.exceeded else 422
    page = show_to_anybody(request, brand, "sign_in_code", status=status, is_wrong=True, **context)
    if allowance.exceeded:
        page["Retry-After"] = str(allowance.resets_in)
    return private(page)


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, secret: str, slug: str = "") -> HttpResponse:
    """Mail scanners open every link, so looking at it signs nobody in."""
    brand, now = brand_at(request, slug), timezone.now()
    if request.method == "POST":
        people = signing_in.use(secret, agency=brand.agency, at=now)
        if people:
            return _enter(request, brand, people, PortalSession.Means.LINK)
        return _nothing(request, brand)
    found = signing_in.find(secret, agency=brand.agency, at=now)
    if found is None:
        return _nothing(request, brand)
    other = somebody_else(request, brand, found.address)
    page = show_to_anybody(request, brand, "sign_in_link", address=found.address, other=other)
    return private(page)


def _enter(
    request: HttpRequest, brand: Brand, people: list[Contact], means: PortalSession.Means
) -> HttpResponse:
    return enter(request, brand, people[0], means, address=people[0].email)


def _nothing(request: HttpRequest, brand: Brand) -> HttpResponse:
    """One answer to every link that opens nothing, whatever the reason and whoever's it is."""
    allowance = count_miss(request)
    status = 429 if allowance.exceeded else 404
    page = show_to_anybody(request, brand, "sign_in_unusable", status=status)
    if allowance.exceeded:
        page["Retry-After"] = str(allowance.resets_in)
    return private(page)


def _looks_like_an_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    printable = text.isprintable() and len(text) <= _LONGEST_ADDRESS
    return bool(name and at and host) and printable and " " not in text
