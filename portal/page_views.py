"""Pages behind the sign-in that show money: what is due, invoices, and statements."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from billing.batching import ask_for_print, rows_of
from billing.days import day_in
from billing.document_pages import document_context
from billing.looks import look_of
from billing.models import Invoice, StatementBatch
from billing.papers import paper_of
from billing.pdf import (
    PrintingFailed,
    PrintingUnavailable,
    TookTooLongToPrint,
    TooLargeToPrint,
)
from billing.printing import printed
from billing.sheets import statement_csv, statement_xlsx
from billing.speaking import Speaker, speaker
from billing.statement_pages import statement_context, statement_pdf
from billing.statement_shapes import StatementKind
from billing.statements import Status, Wanted, build, this_year
from billing.stating import ledger_now
from clients.documents import FileIsMissing
from portal import sessions
from portal.entering import Visit, portal_page
from portal.files import attachment

_PER_PAGE = 20
_NEWEST = 5
_LONGEST_SEARCH = 100
# More are printed while one looks on how far it is.
_ROWS_AT_ONCE = 200
_SECONDS_BETWEEN_LOOKS = 2
# Staff hear of it in the log and by `verify`.
_UNAVAILABLE = (FileIsMissing, PrintingFailed, PrintingUnavailable)
_FILES = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
@portal_page
def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    today, voice = _today(visit), _voice(visit)
    wanted = Wanted(StatementKind.OPEN_ITEMS, *this_year(on=today), status=Status.LIVE)
    statement = build(visit.client, wanted, as_of=ledger_now())
    due = [
        {
            "owed": voice.money(section.closing, section.currency),
            "is_owed": section.closing > 0,
            "overdue": voice.money(late, section.currency) if late else "",
            "usable": voice.money(usable, section.currency) if usable else "",
        }
        for section in statement.sections
        for late in [sum(item.balance for item in section.open_items if item.days_overdue)]
        for usable in [section.unapplied + section.credit_balance]
    ]
    newest = _shown(visit).order_by("-issued_on", "-id")[:_NEWEST]
    context = {"due": due, "invoices": [_row(one, voice, today) for one in newest]}
    return show(request, visit, "home", context)


@require_safe
@portal_page
def invoices(request: HttpRequest, visit: Visit) -> HttpResponse:
    today, voice = _today(visit), _voice(visit)
    search = request.GET.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    status = request.GET.get("status", "")
    found = _shown(visit)
    if search:
        found = found.filter(Q(number__icontains=search) | Q(reference__icontains=search))
    if status == "open":
        found = found.filter(balance__gt=0)
    elif status == "overdue":
        found = found.filter(balance__gt=0, due_on__lt=today)
    elif status == "paid":
        found = found.filter(status=Invoice.Status.PAID)
    page = Paginator(found.order_by("-issued_on", "-id"), _PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "invoices": [_row(one, voice, today) for one in page],
        "page": page,
        "search": search,
        "status": status,
    }
    return show(request, visit, "invoices", context)


@require_safe
@portal_page
def invoice(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    found = _invoice(visit, number)
    # The paper says what was issued; the page also how it stands now.
    standing = replace(printed(found), settled=found.paid, balance=found.balance)
    paper = document_context(standing, look_of(visit.brand.agency))
    return show(request, visit, "invoice", {**paper, "invoice": found})


@require_safe
@portal_page
def invoice_pdf(request: HttpRequest, visit: Visit, number: str) -> HttpResponseBase:
    found = _invoice(visit, number)
    try:
        content = paper_of(found).content
    except _UNAVAILABLE:
        return show(request, visit, "unavailable", {}, status=503)
    return attachment(content, name=f"{found.number}.pdf", media_type=_FILES["pdf"])


@require_safe
@portal_page
def statements(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The preview of what was chosen; without a choice, this year's activity to date."""
    wanted = _wanted(request, visit)
    statement = build(visit.client, wanted, as_of=ledger_now())
    paper = statement_context(statement, look_of(visit.brand.agency))
    is_long = sum(map(rows_of, statement.sections)) > _ROWS_AT_ONCE
    chosen = request.GET.urlencode()
    context = {**paper, "wanted": wanted, "chosen": chosen, "is_long": is_long}
    return show(request, visit, "statements", context)


@require_safe
@portal_page
def statement_file(request: HttpRequest, visit: Visit, extension: str) -> HttpResponseBase:
    if extension not in _FILES:
        raise Http404
    statement = build(visit.client, _wanted(request, visit), as_of=ledger_now())
    look = look_of(visit.brand.agency)
    make = {
        "pdf": lambda: statement_pdf(statement, look),
        "csv": lambda: statement_csv(statement),
        "xlsx": lambda: statement_xlsx(statement),
    }
    try:
        content = make[extension]()
    except (TooLargeToPrint, TookTooLongToPrint):
        return show(request, visit, "too_long", {}, status=422)
    except _UNAVAILABLE:
        return show(request, visit, "unavailable", {}, status=503)
    name = f"statement-{statement.end.isoformat()}.{extension}"
    return attachment(content, name=name, media_type=_FILES[extension])


@require_POST
@portal_page
def print_statement(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A long one is printed by a job, and the person looks on."""
    batch = ask_for_print(visit.client, _wanted(request, visit), at=visit.at)
    return _to(visit, f"statements/print/{batch.key}")


@require_safe
@portal_page
def statement_printing(request: HttpRequest, visit: Visit, key: str) -> HttpResponse:
    """How far it is; the page asks again by itself."""
    batch = _batch(visit, key)
    response = show(request, visit, "statement_printing", {"batch": batch})
    if not batch.pdf and not batch.trouble:
        response["Refresh"] = str(_SECONDS_BETWEEN_LOOKS)
    return response


@require_safe
@portal_page
def printed_statement(request: HttpRequest, visit: Visit, key: str) -> HttpResponseBase:
    batch = _batch(visit, key)
    if not batch.pdf:
        raise Http404
    name = f"statement-{batch.end.isoformat()}.pdf"
    return attachment(bytes(batch.pdf), name=name, media_type=_FILES["pdf"])


@require_safe
@portal_page
def security(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Where the person is signed in."""
    voice, own = _voice(visit), visit.session
    rows = [
        {"pk": one.pk, "browser": one.browser, "is_this": one.pk == own.pk,
         "seen": voice.moment(one.seen_at), "opened": voice.moment(one.opened_at)}
        for one in sessions.standing(own.address, at=visit.at)
    ]  # fmt: skip
    return show(request, visit, "security", {"sessions": rows})


@require_POST
@portal_page
def end_session(request: HttpRequest, visit: Visit, session: str) -> HttpResponse:
    """One of the person's own; somebody else's and none at all are answered alike."""
    own = {str(one.pk): one for one in sessions.standing(visit.session.address, at=visit.at)}
    if session not in own:
        raise Http404
    sessions.end(own[session], at=visit.at)
    return _to(visit, "security")


def show(
    request: HttpRequest, visit: Visit, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page with the portal's frame: who is signed in, and where they can go."""
    frame = {
        "brand": visit.brand,
        "visit": visit,
        "here": name,
        "people": sessions.people(visit.session.address, at=visit.at),
    }
    return render(request, f"portal/{name}.html", {**frame, **context}, status=status)


def _to(visit: Visit, page: str) -> HttpResponse:
    return redirect(f"{visit.brand.base}{page}")


def _shown(visit: Visit) -> QuerySet[Invoice]:
    """What the person may see: their own client's, as clients see them."""
    return Invoice.objects.shown().filter(client=visit.client)


def _invoice(visit: Visit, number: str) -> Invoice:
    """Foreign and absent ones are answered alike."""
    pk = int(number) if number.isdecimal() and len(number) < 19 else 0
    found = _shown(visit).select_related("client__agency", "project").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _batch(visit: Visit, key: str) -> StatementBatch:
    """One that this client's people asked for; others and none at all are answered alike."""
    try:
        asked = UUID(key)
    except ValueError:
        raise Http404 from None
    found = StatementBatch.objects.filter(key=asked, client_ids=[visit.client.pk]).first()
    if found is None or found.created_by_id:
        raise Http404
    return found


def _row(one: Invoice, voice: Speaker, today: date) -> dict[str, Any]:
    return {
        "pk": one.pk,
        "number": one.number,
        "on": voice.date(one.issued_on),
        "due": voice.date(one.due_on),
        "total": voice.money(one.total, one.currency),
        "balance": voice.money(one.balance, one.currency) if one.balance else "",
        "status": "overdue" if one.is_overdue(on=today) else one.status,
    }


def _wanted(request: HttpRequest, visit: Visit) -> Wanted:
    """What was chosen; what makes no sense is as if it had not been."""
    kind, status = request.GET.get("kind", ""), request.GET.get("status", "")
    end = _day(request.GET.get("end", "")) or _today(visit)
    start = _day(request.GET.get("start", "")) or this_year(on=end)[0]
    wanted = Wanted(StatementKind.ACTIVITY, start, end)
    if kind in set(StatementKind):
        wanted = replace(wanted, kind=StatementKind(kind))
    if status in ("paid", "unpaid"):
        wanted = replace(wanted, status=Status(status))
    return wanted


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-01-31") else None
    except ValueError:
        return None


def _today(visit: Visit) -> date:
    return day_in(visit.brand.agency, visit.at)


def _voice(visit: Visit) -> Speaker:
    return speaker(visit.client.language or visit.brand.agency.language)
