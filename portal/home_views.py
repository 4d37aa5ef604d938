"""The first page behind the sign-in: what is due, and what is new."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from billing.statement_shapes import StatementKind
from billing.statements import Status, Wanted, build, this_year
from billing.stating import ledger_now
from portal.entering import Visit, portal_page
from portal.rights import Right
from portal.seeing import invoices_for
from portal.showing import row_of, show, today_of, voice_of

_NEWEST = 5


@require_safe
@portal_page
def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    sees_invoices = Right.INVOICES in visit.rights
    context = {
        "due": _due(visit) if sees_invoices and visit.sees_everything else [],
        "sees_invoices": sees_invoices,
        "invoices": _newest(visit) if sees_invoices else [],
    }
    return show(request, visit, "home", context)


def _newest(visit: Visit) -> list[dict[str, Any]]:
    today, voice = today_of(visit), voice_of(visit)
    found = invoices_for(visit.contact, everything=visit.sees_everything)
    return [row_of(one, voice, today) for one in found.order_by("-issued_on", "-id")[:_NEWEST]]


def _due(visit: Visit) -> list[dict[str, Any]]:
    """What is owed and what is on account, in each currency."""
    voice = voice_of(visit)
    wanted = Wanted(StatementKind.OPEN_ITEMS, *this_year(on=today_of(visit)), status=Status.LIVE)
    statement = build(visit.client, wanted, as_of=ledger_now())
    return [
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
