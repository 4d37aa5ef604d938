"""Statements: a preview of what was chosen, its files, and long ones that are printed by a job."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from agencies.limits import count_request
from billing.batching import ask_for_print, rows_of
from billing.looks import look_of
from billing.models import StatementBatch
from billing.pdf import TookTooLongToPrint, TooLargeToPrint
from billing.sheets import statement_csv, statement_xlsx
from billing.statement_pages import statement_context, statement_pdf
from billing.statement_shapes import StatementKind
from billing.statements import Status, Wanted, build, this_year
from billing.stating import ledger_now
from portal.entering import Visit, needs, portal_page
from portal.files import PDF, UNAVAILABLE, attachment
from portal.rights import Right
from portal.showing import lead_to, show, today_of

# More are printed while one looks on how far it is.
_ROWS_AT_ONCE = 200
_SECONDS_BETWEEN_LOOKS = 2
_PRINTS_PER_MINUTE = 5
_FILES = {
    "pdf": PDF,
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
@portal_page
@needs(Right.STATEMENTS)
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
@needs(Right.STATEMENTS)
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
    except UNAVAILABLE:
        return show(request, visit, "unavailable", {}, status=503)
    name = f"statement-{statement.end.isoformat()}.{extension}"
    return attachment(content, name=name, media_type=_FILES[extension])


@require_POST
@portal_page
@needs(Right.STATEMENTS)
def print_statement(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A long one is printed by a job, and the person looks on. Pressing again prints once."""
    allowance = count_request(f"print:{visit.session.pk}", limit=_PRINTS_PER_MINUTE)
    if allowance.exceeded:
        page = show(request, visit, "too_often", {}, status=429)
        page["Retry-After"] = str(allowance.resets_in)
        return page
    batch = ask_for_print(visit.client, _wanted(request, visit), at=visit.at)
    return lead_to(visit, f"statements/print/{batch.key}")


@require_safe
@portal_page
@needs(Right.STATEMENTS)
def statement_printing(request: HttpRequest, visit: Visit, key: str) -> HttpResponse:
    """How far it is; the page asks again by itself."""
    batch = _batch(visit, key)
    response = show(request, visit, "statement_printing", {"batch": batch})
    if not batch.pdf and not batch.trouble:
        response["Refresh"] = str(_SECONDS_BETWEEN_LOOKS)
    return response


@require_safe
@portal_page
@needs(Right.STATEMENTS)
def printed_statement(request: HttpRequest, visit: Visit, key: str) -> HttpResponseBase:
    batch = _batch(visit, key)
    if not batch.pdf:
        raise Http404
    name = f"statement-{batch.end.isoformat()}.pdf"
    return attachment(bytes(batch.pdf), name=name, media_type=PDF)


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


def _wanted(request: HttpRequest, visit: Visit) -> Wanted:
    """What was chosen; what makes no sense is as if it had not been."""
    kind, status = request.GET.get("kind", ""), request.GET.get("status", "")
    end = _day(request.GET.get("end", "")) or today_of(visit)
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
