"""Pages on which somebody proves a second factor, sets one up, or takes one away."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

import segno
from cryptography.fernet import InvalidToken
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from agencies.sealing import seal, unseal
from portal import passkeys, second_factor, sessions
from portal.entering import Visit, next_page, proving_page, remember
from portal.factor_models import SecondFactors
from portal.passkeys import Site
from portal.second_factor import WrongProof
from portal.showing import lead_to, show
from portal.tries import LockedOut

_LONGEST_NAME = 60
# An answer of a browser about a passkey, in characters.
_LONGEST_ANSWER = 20_000
View = Callable[..., HttpResponse]


@require_http_methods(["GET", "HEAD", "POST"])
@proving_page
def prove(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The second step of coming in; also asked for again before a factor is added."""
    if second_factor.held_by(visit.session.address) is None:
        return _nothing_to_prove(request, visit)
    if request.method != "POST":
        return _proof_page(request, visit, "second_factor")
    refused = _refused(request, visit, "second_factor")
    if refused:
        return refused
    response = redirect(next_page(request, visit.brand) or f"{visit.brand.base}home")
    _confirm(response, visit)
    return response


@require_POST
@proving_page
def passkey_question(request: HttpRequest, visit: Visit) -> HttpResponse:
    """For the script of the page: what the browser asks the device."""
    return JsonResponse(passkeys.ask(visit.session, _site(request, visit), at=visit.at))


def enrolling(view: View) -> View:
    """Within proving_page(): for who has no factor yet, or has proven one just now."""

    @wraps(view)
    def page(request: HttpRequest, visit: Visit, **kwargs: Any) -> HttpResponse:
        session = visit.session
        held = second_factor.held_by(session.address)
        proven = second_factor.is_recent(session, at=visit.at)
        if held and (sessions.awaits_factor(session) or not proven):
            here = request.get_full_path() if request.method in ("GET", "HEAD") else ""
            query = f"?next={quote(here)}" if here else ""
            return lead_to(visit, f"second-factor{query}")
        return view(request, visit, **kwargs)

    return page


@require_http_methods(["GET", "HEAD", "POST"])
@proving_page
@enrolling
def add_app(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The secret lies sealed in the form until the app shows right codes: looking stores none."""
    if request.method != "POST":
        return _app_page(request, visit, second_factor.new_secret())
    secret = _secret_in(request, visit)
    if secret is None:
        return lead_to(visit, "security/app")
    code = request.POST.get("code", "")[:20]
    try:
        codes = second_factor.add_app(visit.session, secret, code, at=visit.at)
    except WrongProof:
        return _app_page(request, visit, secret, status=422, is_wrong=True)
    return _added(request, visit, codes)


@require_http_methods(["GET", "HEAD", "POST"])
@proving_page
@enrolling
def add_passkey(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.method != "POST":
        return _show(request, visit, "passkey_new", {})
    name = request.POST.get("name", "").replace("\0", "").strip()[:_LONGEST_NAME]
    answer = request.POST.get("credential", "")[:_LONGEST_ANSWER]
    try:
        facts = passkeys.check_new(visit.session, answer, _site(request, visit), at=visit.at)
    except WrongProof:
        return _show(request, visit, "passkey_new", {"is_wrong": True, "name": name}, status=422)
    codes = second_factor.add_passkey(visit.session, name=name or "–", at=visit.at, **facts)
    return _added(request, visit, codes)


@require_POST
@proving_page
@enrolling
def passkey_offer(request: HttpRequest, visit: Visit) -> HttpResponse:
    return JsonResponse(passkeys.offer_new(visit.session, _site(request, visit), at=visit.at))


@require_http_methods(["GET", "HEAD", "POST"])
@proving_page
def remove(request: HttpRequest, visit: Visit, factor: str) -> HttpResponse:
    """`factor` is `app` or the number of a passkey; a factor or a recovery code is asked for."""
    return _with_proof(request, visit, "factor_remove", factor, _take_away)


@require_http_methods(["GET", "HEAD", "POST"])
@proving_page
def recovery(request: HttpRequest, visit: Visit) -> HttpResponse:
    """New recovery codes instead of those that are left."""
    return _with_proof(request, visit, "recovery", "", _renew)


def _with_proof(
    request: HttpRequest,
    visit: Visit,
    page: str,
    factor: str,
    do: Callable[[HttpRequest, Visit, SecondFactors, Any], HttpResponse],
) -> HttpResponse:
    if sessions.awaits_factor(visit.session):
        return lead_to(visit, "second-factor")
    held = second_factor.held_by(visit.session.address)
    chosen = _chosen(held, factor) if held else None
    if held is None or chosen is None:
        raise Http404
    context: dict[str, Any] = {"factor": factor, "passkey": chosen if factor != "app" else None}
    if request.method != "POST":
        return _proof_page(request, visit, page, **context)
    refused = _refused(request, visit, page, **context)
    return refused or do(request, visit, held, chosen)


def _chosen(held: SecondFactors, factor: str) -> Any:
    """What is named, if it is the person's."""
    if factor == "":
        return held
    if factor == "app":
        return held if held.has_app() else None
    return next((one for one in held.passkeys.all() if str(one.pk) == factor), None)


def _take_away(
    request: HttpRequest, visit: Visit, held: SecondFactors, chosen: Any
) -> HttpResponse:
    if chosen is held:
        second_factor.remove_app(visit.session, held)
    else:
        second_factor.remove_passkey(visit.session, chosen)
    return lead_to(visit, "security")


def _renew(request: HttpRequest, visit: Visit, held: SecondFactors, chosen: Any) -> HttpResponse:
    codes = second_factor.renew_recovery_codes(visit.session, held)
    return _show(request, visit, "recovery_codes", {"codes": codes})


def _refused(request: HttpRequest, visit: Visit, page: str, **context: Any) -> HttpResponse | None:
    """Nothing where the form proves a factor; else the page again."""
    answer = request.POST.get("credential", "")[:_LONGEST_ANSWER]
    code = request.POST.get("code", "")[:100]
    agency = visit.brand.agency
    try:
        if answer:
            passkeys.prove(visit.session, answer, _site(request, visit), at=visit.at)
        else:
            second_factor.prove_code(visit.session, code, agency=agency, at=visit.at)
    except WrongProof:
        said = {"is_wrong": True, "was_passkey": bool(answer)}
        return _proof_page(request, visit, page, status=422, **context, **said)
    except LockedOut as locked:
        return _proof_page(request, visit, page, status=429, **context, minutes=locked.minutes)
    return None


def _nothing_to_prove(request: HttpRequest, visit: Visit) -> HttpResponse:
    if sessions.awaits_factor(visit.session):
        return _show(request, visit, "second_factor_choice", {})
    return lead_to(visit, "home")


def _proof_page(
    request: HttpRequest, visit: Visit, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    held = second_factor.held_by(visit.session.address)
    context = {
        "has_app": held is not None and held.has_app(),
        "has_passkey": passkeys.works_here(visit.session, _site(request, visit)),
        "next": next_page(request, visit.brand),
        **context,
    }
    return _show(request, visit, name, context, status=status)


def _app_page(
    request: HttpRequest, visit: Visit, secret: str, *, status: int = 200, is_wrong: bool = False
) -> HttpResponse:
    person, agency = visit.session.address, visit.brand.agency
    address = second_factor.address_for_app(secret, person=person, agency=agency)
    picture = segno.make(address, micro=False).svg_inline(
        scale=4, light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    context = {
        # Made of black squares alone.
        "picture": mark_safe(picture),  # noqa: S308 - by segno, of our own text.
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "address": address,
        "sealed": seal(f"{visit.session.pk}:{secret}".encode()).decode(),
        "is_wrong": is_wrong,
    }
    return _show(request, visit, "app_new", context, status=status)


def _secret_in(request: HttpRequest, visit: Visit) -> str | None:
    """What this session's form was given; nothing where that was another's, or is none."""
    try:
        said = unseal(request.POST.get("sealed", "").encode()).decode()
    except InvalidToken:
        return None
    session, _, secret = said.partition(":")
    return secret if session == str(visit.session.pk) else None


def _added(request: HttpRequest, visit: Visit, codes: list[str]) -> HttpResponse:
    """Shown once: the recovery codes, where these are the first."""
    was_pending = sessions.awaits_factor(visit.session)
    if codes:
        context = {"codes": codes, "is_new": True, "was_pending": was_pending}
        response = _show(request, visit, "recovery_codes", context)
    else:
        response = lead_to(visit, "security")
    _confirm(response, visit)
    return response


def _confirm(response: HttpResponse, visit: Visit) -> None:
    secret = sessions.confirm(visit.session, at=visit.at)
    remember(response, visit.brand, secret)


def _site(request: HttpRequest, visit: Visit) -> Site:
    return Site(f"{request.scheme}://{request.get_host()}", visit.brand.agency.name)


def _show(
    request: HttpRequest, visit: Visit, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """With the portal's frame for whoever is in; without a way on for who is not yet."""
    if not sessions.awaits_factor(visit.session):
        return show(request, visit, name, context, status=status)
    waiting = {"brand": visit.brand, "waiting": visit.session, **context}
    return render(request, f"portal/{name}.html", waiting, status=status)
