"""Where the link of an invitation leads: a page with a button, and only the button uses it up."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from portal.access_models import PortalSession
from portal.branding import Brand, brand_at
from portal.entering import enter, somebody_else
from portal.inviting import InviteUnusable, accept, find
from portal.rendering import show_to_anybody
from portal.renewing import renew
from portal.secret_pages import secret_page
from portal.visitors import count_miss


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, secret: str, slug: str = "") -> HttpResponse:
    """Mail scanners open every link, so looking at it changes nothing."""
    brand = brand_at(request, slug)
    now = timezone.now()
    if "renew" in request.POST:
        return _renew(request, secret, brand)
    if request.method == "POST":
        try:
            used = accept(secret, agency=brand.agency, at=now)
        except InviteUnusable:
            return _nothing(request, brand)
        means = PortalSession.Means.INVITATION
        return enter(request, brand, used.contact, means, address=used.address)
    found = find(secret, agency=brand.agency, at=now)
    if found is None:
        return _nothing(request, brand)
    other = somebody_else(request, brand, found.address)
    return show_to_anybody(request, brand, "invite", invite=found, other=other)


@secret_page
@require_safe
def asked(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Said to everybody who asks for a fresh link, whether one was sent or not."""
    return show_to_anybody(request, brand_at(request, slug), "invite_asked")


def _renew(request: HttpRequest, secret: str, brand: Brand) -> HttpResponse:
    if count_miss(request).exceeded:
        return _nothing(request, brand)
    renew(secret, agency=brand.agency, at=timezone.now())
    return redirect(f"{brand.base}invite/asked")


def _nothing(request: HttpRequest, brand: Brand) -> HttpResponse:
    """One answer to every link that opens nothing, whatever the reason and whoever's it is."""
    allowance = count_miss(request)
    status = 429 if allowance.exceeded else 404
    page = show_to_anybody(request, brand, "invite_unusable", status=status)
    if allowance.exceeded:
        page["Retry-After"] = str(allowance.resets_in)
    return page
