"""The door of the pages behind the sign-in: who is it, in whose portal, in which language."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, wraps
from typing import TypeVar
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import override

from agencies.scope import acting_for, name_contact
from clients.models import Client
from contacts.enrolling import fold_email
from contacts.languages import language_of
from contacts.models import Contact
from portal import sessions
from portal.access_models import PortalSession
from portal.branding import Brand, brand_at
from portal.rights import Right, rights_of
from portal.second_factor import must_prove
from portal.seeing import sees_everything

COOKIE = "foyer_portal"
Response = TypeVar("Response", bound=HttpResponseBase)
# The browser's half of a code.
ASKER = "foyer_asker"


@dataclass(frozen=True)
class Visit:
    """A signed-in person on a page of a portal. Views start from it and walk down."""

    brand: Brand
    session: PortalSession
    at: datetime

    @property
    def contact(self) -> Contact:
        return self.session.contact

    @property
    def client(self) -> Client:
        client = self.contact.client
        if client is None:
            raise PermissionDenied
        return client

    @cached_property
    def sees_everything(self) -> bool:
        """Else the projects that are named in invitations, and what belongs to them."""
        return sees_everything(self.contact)

    @cached_property
    def rights(self) -> frozenset[Right]:
        return rights_of(self.contact, everything=self.sees_everything)


View = Callable[..., HttpResponseBase]


def portal_page(view: View) -> View:
    """For people who are signed in; others are led to the sign-in page, and back after it.

    The view gets a Visit instead of the request's slug, within the agency's scope. Its page is
    kept by no cache. What it changes is in the audit trail as this person's.
    """
    return _behind_the_door(view, is_open_to=lambda session: not sessions.awaits_factor(session))


def proving_page(view: View) -> View:
    """The same, also for who has still to prove a second factor, or to set one up."""
    return _behind_the_door(view, is_open_to=lambda session: True)


def _behind_the_door(view: View, *, is_open_to: Callable[[PortalSession], bool]) -> View:
    @wraps(view)
    def page(request: HttpRequest, *, slug: str = "", **kwargs: object) -> HttpResponseBase:
        brand, now = brand_at(request, slug), timezone.now()
        with acting_for(brand.agency.pk, door="portal"):
            session = _session(request, at=now)
            if session is not None:
                # Known already, and asked for by every page.
                session.contact.agency = brand.agency
            if session is None or not is_open_to(session):
                return private(_sign_in_first(request, brand, session))
            if request.method not in ("GET", "HEAD"):
                name_contact(session.contact_id)
            with override(language_of(session.contact)):
                return private(view(request, Visit(brand, session, now), **kwargs))

    return page


def needs(right: Right, *, everything: bool = False) -> Callable[[View], View]:
    """Within portal_page(): for people who have this right; to others there is no such page.

    With `everything` nor is there for who was invited to named projects alone.
    """

    def guarded(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, visit: Visit, **kwargs: object) -> HttpResponseBase:
            if right not in visit.rights or (everything and not visit.sees_everything):
                raise Http404
            return view(request, visit, **kwargs)

        return page

    return guarded


def enter(
    request: HttpRequest,
    brand: Brand,
    contact: Contact,
    means: PortalSession.Means,
    *,
    address: str,
) -> HttpResponse:
    """Sign this browser in, out of whatever it was in before, and lead on.

    First to where a second factor is proven, where the person has one or the agency wants it.
    """
    now = timezone.now()
    with acting_for(brand.agency.pk, door="portal"):
        is_pending = must_prove(address, brand.agency)
        secret = sessions.begin(
            contact,
            address=address,
            means=means,
            browser=request.headers.get("User-Agent", ""),
            former=_session(request, at=now),
            at=now,
            is_pending=is_pending,
        )
    onward = next_page(request, brand)
    response = redirect(
        _proof(brand, onward) if is_pending else onward or f"{brand.base}home",
    )
    remember(response, brand, secret)
    response.delete_cookie(ASKER, path=f"{brand.base}sign-in")
    return private(response)


def remember(response: HttpResponse, brand: Brand, secret: str) -> None:
    """The browser's part of being in: for this portal alone, and out of reach for scripts."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(sessions.LONGEST.total_seconds()),
        path=brand.base,
        secure=is_secure(),
        httponly=True,
        samesite="Lax",
    )


def is_inside(request: HttpRequest, brand: Brand) -> bool:
    return session_in(request, brand) is not None


def session_in(request: HttpRequest, brand: Brand) -> PortalSession | None:
    """Of who is signed in in this browser, and not only half.

    Reads cookies alone, and nothing of a body.
    """
    with acting_for(brand.agency.pk, door="portal"):
        return sessions.find(request.COOKIES.get(COOKIE, ""), at=timezone.now())


def somebody_else(request: HttpRequest, brand: Brand, address: str) -> PortalSession | None:
    """Who is signed in in this browser, unless it is the person with this address."""
    session = session_in(request, brand)
    return session if session and session.address != fold_email(address) else None


def next_page(request: HttpRequest, brand: Brand) -> str:
    """Where somebody was on the way to, if that is a page of this portal; else nothing."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    plain = asked.isascii() and asked.isprintable() and not re.search(r"\\|//|\.\.|\s", asked)
    return asked if plain and asked.startswith(brand.base) and len(asked) < 2000 else ""


def forget(response: HttpResponse, brand: Brand) -> None:
    """The browser's part of signing out."""
    response.delete_cookie(COOKIE, path=brand.base)
    response["Clear-Site-Data"] = '"cache"'


def is_secure() -> bool:
    return bool(settings.SESSION_COOKIE_SECURE)


def private(response: Response) -> Response:
    response["Cache-Control"] = "private, no-store"
    return response


def _session(request: HttpRequest, *, at: datetime) -> PortalSession | None:
    """Called within acting_for(): another agency's session is not seen from here."""
    return sessions.find_any(request.COOKIES.get(COOKIE, ""), at=at)


def _proof(brand: Brand, onward: str) -> str:
    return f"{brand.base}second-factor" + (f"?next={quote(onward)}" if onward else "")


def _sign_in_first(
    request: HttpRequest, brand: Brand, pending: PortalSession | None
) -> HttpResponse:
    if pending is not None:
        is_page = request.method in ("GET", "HEAD")
        return redirect(_proof(brand, request.get_full_path() if is_page else ""))
    if request.method in ("GET", "HEAD"):
        return redirect(f"{brand.base}?next={quote(request.get_full_path())}")
    return redirect(brand.base)
