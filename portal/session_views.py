"""Where a person is signed in and as whom, and how they go."""

from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from portal import passwords, second_factor, sessions
from portal.entering import Visit, forget, portal_page, proving_page
from portal.showing import lead_to, show, voice_of


@require_safe
@portal_page
def security(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Where the person is signed in."""
    voice, own = voice_of(visit), visit.session
    zone = ZoneInfo(visit.brand.agency.time_zone)
    rows = [
        {
            "pk": one.pk,
            "browser": one.browser,
            "is_this": one.pk == own.pk,
            "seen": voice.moment(one.seen_at.astimezone(zone)),
            "opened": voice.moment(one.opened_at.astimezone(zone)),
        }
        for one in sessions.standing(own.address, at=visit.at)
    ]
    factors = second_factor.held_by(own.address)
    context = {
        "sessions": rows,
        "has_password": passwords.has_password(own, at=visit.at),
        "factors": factors,
        "passkeys": [
            {
                "pk": one.pk,
                "name": one.name,
                "added": voice.moment(one.added_at.astimezone(zone)),
                "elsewhere": one.host if one.host != request.get_host().partition(":")[0] else "",
            }
            for one in (factors.passkeys.all() if factors else [])
        ],
    }
    return show(request, visit, "security", context)


@require_POST
@portal_page
def end_session(request: HttpRequest, visit: Visit, session: str) -> HttpResponse:
    """One of the person's own; somebody else's and none at all are answered alike."""
    own = {str(one.pk): one for one in sessions.standing(visit.session.address, at=visit.at)}
    if session not in own:
        raise Http404
    sessions.end(own[session], at=visit.at)
    return lead_to(visit, "security")


@require_POST
@proving_page
def leave(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Here, or with `everywhere` in every browser."""
    if "everywhere" in request.POST:
        sessions.end_all(visit.session.address, at=visit.at)
    else:
        sessions.end(visit.session, at=visit.at)
    response = redirect(f"{visit.brand.base}?left=1")
    forget(response, visit.brand)
    return response


@require_POST
@portal_page
def switch(request: HttpRequest, visit: Visit) -> HttpResponse:
    chosen = request.POST.get("contact", "")
    if chosen.isdecimal() and len(chosen) < 19:
        sessions.become(visit.session, int(chosen), at=visit.at)
    return redirect(f"{visit.brand.base}home")
