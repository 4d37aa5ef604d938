"""What the pages behind the sign-in share: their frame, and words in the client's language."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from billing.days import day_in
from billing.models import Invoice
from billing.speaking import Speaker, speaker
from portal import sessions
from portal.entering import Visit


def show(
    request: HttpRequest, visit: Visit, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page with the portal's frame: who is signed in, and where they can go."""
    frame = {
        "brand": visit.brand,
        "visit": visit,
        "rights": {right.value for right in visit.rights},
        "here": name,
        "people": sessions.people(visit.session.address, at=visit.at),
    }
    return render(request, f"portal/{name}.html", {**frame, **context}, status=status)


def lead_to(visit: Visit, page: str) -> HttpResponse:
    return redirect(f"{visit.brand.base}{page}")


# What row_of() reads of an invoice: a page of them leaves the other columns where they are.
ROW = ("number", "issued_on", "due_on", "total", "balance", "currency", "status", "deleted_at")


def row_of(one: Invoice, voice: Speaker, today: date) -> dict[str, Any]:
    return {
        "pk": one.pk,
        "number": one.number,
        "on": voice.date(one.issued_on),
        "due": voice.date(one.due_on),
        "total": voice.money(one.total, one.currency),
        "balance": voice.money(one.balance, one.currency) if one.balance else "",
        "status": "overdue" if one.is_overdue(on=today) else one.status,
    }


def today_of(visit: Visit) -> date:
    return day_in(visit.brand.agency, visit.at)


def voice_of(visit: Visit) -> Speaker:
    own = visit.contact.language or visit.client.language
    return speaker(own or visit.brand.agency.language)
