"""For staff: whether the portal's host leads here, and the portal as clients see it."""

from base64 import b64encode
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import override
from unfold.decorators import action

from agencies.admin import AgencyAdmin
from agencies.models import Agency
from contacts.languages import language_of_agency
from portal import dns, tokens
from portal.branding import Brand, portal_url
from portal.icons import icon_of


@action(description="Portal as clients see it", permissions=["view"], url_path="portal")
def portal_as_clients_see_it(
    model_admin: AgencyAdmin, request: HttpRequest, object_id: str
) -> HttpResponse:
    agency = model_admin.get_object(request, object_id)
    if not isinstance(agency, Agency):
        raise Http404
    front = _front(agency)
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": "Portal as clients see it",
        "opts": model_admin.opts,
        "agency": agency,
        "address": portal_url(agency),
        "dns": dns.look_at(agency),
        "icon": _icon(agency),
        # Which of our own it is where the agency has none: with a name of its own, or without.
        "sender": agency.sender_address or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "previews": [
            {"theme": theme, "page": _in_colours(front, theme)} for theme in tokens.themes(agency)
        ],
    }
    return TemplateResponse(request, "admin/portal_preview.html", context)


def _icon(agency: Agency) -> str:
    """As an address that holds the picture itself: a portal that is off serves none."""
    picture, kind = icon_of(agency)
    return f"data:{kind};base64,{b64encode(picture).decode()}"


def _front(agency: Agency) -> str:
    """The very page that clients see first; without a real token, since nobody sends its form."""
    brand = Brand(agency, reverse("portal:front", args=[agency.slug]))
    with override(language_of_agency(agency)):
        return render_to_string("portal/front.html", {"brand": brand, "csrf_token": "none"})


def _in_colours(page: str, theme: tokens.Theme) -> str:
    """In these, whatever the reader's own browser prefers."""
    lines = "".join(f"--{name}:{colour};" for name, colour in theme.colours.items())
    style = f"<style>:root{{color-scheme:{theme.name};{lines}}}</style>"
    return page.replace("</head>", f"{style}</head>", 1)
