"""Colleagues: who is in, who was invited, and how one more comes in."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.errors import DomainError
from agencies.limits import count_request
from billing.days import day_in
from contacts.models import Contact
from portal import colleagues
from portal.colleagues import Colleague, Standing
from portal.entering import Visit, needs, portal_page
from portal.people_forms import ColleagueForm
from portal.rights import Right
from portal.showing import lead_to, show, voice_of

_PER_MINUTE = 10
# What was done, as the page says it that follows.
_TOLD = {
    "invited": gettext_lazy(
        "The invitation is on its way. If no mail arrives, check the address or ask us."
    ),
    "taken-back": gettext_lazy("The invitation opens nothing any more."),
    "ended": gettext_lazy("This person has no access any more."),
}
_SORRY = {
    "is_in": gettext_lazy("This person has access already."),
    "too_many_invitations": gettext_lazy("That is enough for today. Try again tomorrow."),
    "right_not_held": gettext_lazy("You can give the rights that you have yourself."),
    "nothing_to_send": gettext_lazy("This person has no invitation that is still open."),
}


@require_safe
@portal_page
@needs(Right.INVITE)
def people(request: HttpRequest, visit: Visit) -> HttpResponse:
    return _people(request, visit, told=str(_TOLD.get(request.GET.get("told", ""), "")))


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page
@needs(Right.INVITE)
def invite(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.method != "POST":
        known = _known(visit, request.GET.get("to", ""))
        return _form(request, visit, ColleagueForm(held=visit.rights, initial=known))
    form = ColleagueForm(request.POST, held=visit.rights)
    if _too_often(visit):
        form.add_error(None, _("That was often. Try again in a minute."))
        return _form(request, visit, form, status=429)
    if not form.is_valid():
        return _form(request, visit, form, status=422)
    try:
        colleagues.invite_colleague(visit.contact, held=visit.rights, at=visit.at, **form.facts())
    except DomainError as error:
        form.add_error(None, _sorry(error))
        return _form(request, visit, form, status=422)
    return lead_to(visit, "people?told=invited")


@require_POST
@portal_page
@needs(Right.INVITE)
def send_anew(request: HttpRequest, visit: Visit, colleague: str) -> HttpResponse:
    person = _other(visit, colleague)
    try:
        colleagues.send_anew(person, at=visit.at)
    except DomainError as error:
        return _people(request, visit, wrong=_sorry(error), status=422)
    return lead_to(visit, "people?told=invited")


@require_POST
@portal_page
@needs(Right.INVITE)
def take_back(request: HttpRequest, visit: Visit, colleague: str) -> HttpResponse:
    person = _other(visit, colleague)
    try:
        colleagues.take_back(person, at=visit.at)
    except DomainError as error:
        return _people(request, visit, wrong=_sorry(error), status=422)
    return lead_to(visit, "people?told=taken-back")


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page
@needs(Right.INVITE)
def end_access(request: HttpRequest, visit: Visit, colleague: str) -> HttpResponse:
    """Asks first. For others than the primary contact, and about that one, there is no page."""
    person = _other(visit, colleague)
    if not visit.contact.is_primary or person.is_primary:
        raise Http404
    if request.method != "POST":
        return show(request, visit, "end_access", {"person": person})
    colleagues.take_away(person, by=visit.contact, at=visit.at)
    return lead_to(visit, "people?told=ended")


def _people(
    request: HttpRequest, visit: Visit, *, told: str = "", wrong: str = "", status: int = 200
) -> HttpResponse:
    everybody = colleagues.colleagues(visit.client, at=visit.at)
    rows = [_row(visit, one) for one in everybody]
    context = {"colleagues": rows, "told": told, "wrong": wrong}
    return show(request, visit, "people", context, status=status)


def _row(visit: Visit, one: Colleague) -> dict[str, Any]:
    person = one.contact
    is_self = person.pk == visit.contact.pk
    can_end = visit.contact.is_primary and not person.is_primary
    is_unused = one.standing in (Standing.INVITED, Standing.EXPIRED)
    return {
        "pk": person.pk,
        "name": person.full_name,
        "address": person.email,
        "state": one.standing.value,
        "since": _day(visit, one.since) if one.since else "",
        "is_self": is_self,
        "can_invite": one.standing == Standing.OUT and bool(person.email) and not person.is_locked,
        "can_send_anew": is_unused,
        "can_take_back": is_unused and not person.is_primary,
        "can_end": one.standing == Standing.IN and can_end,
    }


def _day(visit: Visit, moment: datetime) -> str:
    return voice_of(visit).date(day_in(visit.brand.agency, moment))


def _form(
    request: HttpRequest, visit: Visit, form: ColleagueForm, *, status: int = 200
) -> HttpResponse:
    return show(request, visit, "invite_colleague", {"form": form}, status=status)


def _known(visit: Visit, contact: str) -> dict[str, str]:
    """What the form says of somebody the client has; of others nothing."""
    person = _find(visit, contact)
    if person is None:
        return {}
    return {name: getattr(person, name) for name in ("first_name", "last_name", "email")}


def _other(visit: Visit, contact: str) -> Contact:
    """A colleague and not oneself; a stranger and nobody are answered alike."""
    person = _find(visit, contact)
    if person is None or person.pk == visit.contact.pk:
        raise Http404
    return person


def _find(visit: Visit, contact: str) -> Contact | None:
    pk = int(contact) if contact.isdecimal() and len(contact) < 19 else 0
    return colleagues.find(visit.client, pk)


def _too_often(visit: Visit) -> bool:
    return count_request(f"colleague:{visit.session.pk}", limit=_PER_MINUTE).exceeded


def _sorry(error: DomainError) -> str:
    """In the reader's language, and without what only staff should know."""
    return str(_SORRY.get(error.code, _("This person cannot be invited from here. Please ask us.")))
