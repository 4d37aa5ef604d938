"""Pages that anybody may see: whose portal this is, and how one gets in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe
from PIL import Image

from agencies.colours import readable, text_on
from portal.branding import agency_of_host, brand_at
from portal.entering import is_inside, next_page
from portal.files import picture
from portal.icons import icon_of
from portal.rendering import show_to_anybody

# Of the backgrounds in tokens.css those on which text reads worst, in light and in dark.
LIGHT, DARK = "#f4f5f7", "#1f242b"
_MINUTES = 5 * 60


@require_safe
@never_cache
def front(request: HttpRequest, slug: str = "") -> HttpResponse:
    """How one gets in; whoever is in is led on."""
    brand = brand_at(request, slug)
    onward = next_page(request, brand)
    if is_inside(request, brand):
        return redirect(onward or f"{brand.base}home")
    return show_to_anybody(request, brand, "front", next=onward, left="left" in request.GET)


@require_safe
def host_front(request: HttpRequest) -> HttpResponse:
    """The root of a host: a portal on an agency's own, the staff's entrance on the main one."""
    if agency_of_host(request) is None:
        return redirect("admin:index")
    return front(request)


@require_safe
def with_slash(request: HttpRequest, slug: str) -> HttpResponse:
    return redirect("portal:front", slug)


@require_safe
@cache_control(max_age=_MINUTES)
def style(request: HttpRequest, slug: str = "") -> HttpResponse:
    """The accent as variables: a strict policy allows no style inside a page."""
    accent = brand_at(request, slug).agency.accent_colour
    context = {
        "accent": accent,
        "on_accent": text_on(accent),
        "on_light": readable(accent, on=LIGHT),
        "on_dark": readable(accent, on=DARK),
    }
    return render(request, "portal/brand.css", context, content_type="text/css; charset=utf-8")


@require_safe
@cache_control(max_age=_MINUTES)
def logo(request: HttpRequest, slug: str = "") -> HttpResponseBase:
    logo = brand_at(request, slug).agency.logo
    if not logo or not logo.storage.exists(logo.name):
        raise Http404
    # What the file is says its content, not the name somebody gave it.
    with logo.open("rb") as file, Image.open(file) as image:
        kind = Image.MIME.get(image.format or "", "application/octet-stream")
    return picture(logo.open("rb"), media_type=kind)


@require_safe
@cache_control(max_age=_MINUTES)
def icon(request: HttpRequest, slug: str = "") -> HttpResponse:
    picture, kind = icon_of(brand_at(request, slug).agency)
    return HttpResponse(picture, content_type=kind)


@require_safe
@cache_control(max_age=_MINUTES)
def host_icon(request: HttpRequest) -> HttpResponse:
    """Browsers ask every host for one; on the main host an empty answer spares them an error."""
    return icon(request) if agency_of_host(request) else HttpResponse(status=204)
