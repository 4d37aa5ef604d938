"""Invoices as a list, as a page and as PDF."""

from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from billing.document_pages import document_context
from billing.looks import look_of
from billing.models import Invoice
from billing.papers import paper_of
from billing.printing import printed
from portal.entering import Visit, needs, portal_page
from portal.files import PDF, UNAVAILABLE, attachment
from portal.how_to_pay import how_to_pay
from portal.money_rows import settled_row
from portal.rights import Right
from portal.seeing import invoices_for, key_in, settling
from portal.showing import ROW, row_of, show, today_of, voice_of

_PER_PAGE = 20
_LONGEST_SEARCH = 100


@require_safe
@portal_page
@needs(Right.INVOICES)
def invoices(request: HttpRequest, visit: Visit) -> HttpResponse:
    today, voice = today_of(visit), voice_of(visit)
    search = request.GET.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    status = request.GET.get("status", "")
    found = invoices_for(visit.contact, everything=visit.sees_everything)
    if search:
        found = found.filter(Q(number__icontains=search) | Q(reference__icontains=search))
    if of_project := request.GET.get("project", ""):
        found = found.filter(project=key_in(of_project))
    if status == "open":
        found = found.filter(balance__gt=0)
    elif status == "overdue":
        found = found.filter(balance__gt=0, due_on__lt=today)
    elif status == "paid":
        found = found.filter(status=Invoice.Status.PAID)
    page = Paginator(found.only(*ROW).order_by("-issued_on", "-id"), _PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "invoices": [row_of(one, voice, today) for one in page],
        "page": page,
        "search": search,
        "status": status,
        "of_project": key_in(of_project),
    }
    return show(request, visit, "invoices", context)


@require_safe
@portal_page
@needs(Right.INVOICES)
def invoice(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    found = _invoice(visit, number)
    # The paper says what was issued; the page also how it stands now.
    standing = replace(printed(found), settled=found.paid, balance=found.balance)
    paper = document_context(standing, look_of(visit.brand.agency))
    context = {**paper, "invoice": found, "settled": _settled(visit, found)}
    context |= how_to_pay(found)
    return show(request, visit, "invoice", context)


@require_safe
@portal_page
@needs(Right.INVOICES)
def invoice_pdf(request: HttpRequest, visit: Visit, number: str) -> HttpResponseBase:
    found = _invoice(visit, number)
    try:
        content = paper_of(found).content
    except UNAVAILABLE:
        return show(request, visit, "unavailable", {}, status=503)
    return attachment(content, name=f"{found.number}.pdf", media_type=PDF)


def _settled(visit: Visit, invoice: Invoice) -> list[dict[str, Any]]:
    """What paid for it; whoever sees named projects alone sees no payments."""
    if not visit.sees_everything:
        return []
    found = settling(visit.contact).filter(invoice=invoice).select_related("payment", "credit")
    return [settled_row(one, invoice.currency, voice_of(visit)) for one in found]


def _invoice(visit: Visit, number: str) -> Invoice:
    """Foreign and absent ones are answered alike."""
    theirs = invoices_for(visit.contact, everything=visit.sees_everything)
    found = theirs.select_related("client__agency", "project").filter(pk=key_in(number)).first()
    if found is None:
        raise Http404
    return found
