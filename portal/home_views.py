"""The first page behind the sign-in: what is due, what is new, and the last twelve months."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from billing.monthly import twelve_months
from billing.statement_shapes import Section
from billing.statements import build
from billing.stating import ledger_now
from portal.entering import Visit, portal_page
from portal.file_views import file_rows, with_senders
from portal.money_rows import payment_row
from portal.picturing import picture_of
from portal.project_views import project_row
from portal.rights import Right
from portal.seeing import files_for, invoices_for, payments_for, projects_for
from portal.showing import ROW, row_of, show, today_of, voice_of

_NEWEST = 5
_NEWEST_PAYMENTS = 3


@require_safe
@portal_page
def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    context = {
        "sees_invoices": Right.INVOICES in visit.rights,
        "sees_everything": visit.sees_everything,
        **(_invoices(visit) if Right.INVOICES in visit.rights else {}),
        **(_account(visit) if Right.INVOICES in visit.rights and visit.sees_everything else {}),
        "projects": _projects(visit) if Right.PROJECTS in visit.rights else [],
        "files": _files(visit) if Right.FILES in visit.rights else [],
    }
    return show(request, visit, "home", context)


def _invoices(visit: Visit) -> dict[str, Any]:
    today, voice = today_of(visit), voice_of(visit)
    found = invoices_for(visit.contact, everything=visit.sees_everything)
    newest = found.only(*ROW).order_by("-issued_on", "-id")[:_NEWEST]
    return {"invoices": [row_of(one, voice, today) for one in newest]}


def _account(visit: Visit) -> dict[str, Any]:
    """What is due, the year's picture in each currency, and what was paid last."""
    today, voice = today_of(visit), voice_of(visit)
    statement = build(visit.client, twelve_months(on=today), as_of=ledger_now())
    pictures = [picture_of(section, voice, on=today) for section in statement.sections]
    paid = payments_for(visit.contact).order_by("-paid_on", "-id")[:_NEWEST_PAYMENTS]
    return {
        "due": [_due(visit, section) for section in statement.sections],
        "years": [one for one in pictures if one],
        "payments": [payment_row(one, voice) for one in paid],
    }


def _due(visit: Visit, section: Section) -> dict[str, Any]:
    """What is owed and what is on account, in one currency."""
    voice, currency = voice_of(visit), section.currency
    late = sum(item.balance for item in section.open_items if item.days_overdue)
    usable = section.unapplied + section.credit_balance
    return {
        "owed": voice.money(section.closing, currency),
        "is_owed": section.closing > 0,
        "overdue": voice.money(late, currency) if late else "",
        "usable": voice.money(usable, currency) if usable else "",
    }


def _projects(visit: Visit) -> list[dict[str, Any]]:
    found = projects_for(visit.contact, everything=visit.sees_everything).running()
    return [project_row(one, voice_of(visit)) for one in found.order_by("-id")[:_NEWEST]]


def _files(visit: Visit) -> list[dict[str, Any]]:
    found = files_for(visit.contact, everything=visit.sees_everything)
    return file_rows(visit, list(with_senders(found)[:_NEWEST]))
