"""Where the link of an invitation leads: a page with a button, and only the button uses it up."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.branding import Brand, brand_at
from portal.inviting import InviteUnusable, accept, find
from portal.visitors import count_miss


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, secret: str, slug: str = "") -> HttpResponse:
    """Mail scanners open every link, so looking at it changes nothing."""
    brand = brand_at(request, slug)
    now = timezone.now()
    if request.method == "POST":
        try:
            accept(secret, agency=brand.agency, at=now)
        except InviteUnusable:
            return _nothing(request, brand)
        return _unlisted(redirect(f"{brand.base}invite/accepted"))
    found = find(secret, agency=brand.agency, at=now)
    if found is None:
        return _nothing(request, brand)
    return _unlisted(render(request, "portal/invite.html", {"brand": brand, "invite": found}))


@never_cache
@require_safe
def accepted(request: HttpRequest, slug: str = "") -> HttpResponse:
    page = render(request, "portal/invite_accepted.html", {"brand": brand_at(request, slug)})
    return _unlisted(page)


def _nothing(request: HttpRequest, brand: Brand) -> HttpResponse:
    """One answer to every link that opens nothing, whatever the reason and whoever's it is."""
    allowance = count_miss(request)
    status = 429 if allowance.exceeded else 404
    page = render(request, "portal/invite_unusable.html", {"brand": brand}, status=status)
    if allowance.exceeded:
        page["Retry-After"] = str(allowance.resets_in)
    return _unlisted(page)


def _unlisted(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
