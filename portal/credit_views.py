"""Credits as a list, as a page and as PDF."""

from dataclasses import replace

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from billing.document_pages import document_context
from billing.looks import look_of
from billing.models import Credit
from billing.papers import paper_of
from billing.printing import printed
from portal.entering import Visit, needs, portal_page
from portal.files import PDF, UNAVAILABLE, attachment
from portal.money_rows import credit_row, refund_row, shares_of
from portal.rights import Right
from portal.seeing import credits_for, key_in
from portal.showing import show, voice_of

_PER_PAGE = 20


@require_safe
@portal_page
@needs(Right.INVOICES, everything=True)
def credit_list(request: HttpRequest, visit: Visit) -> HttpResponse:
    found = credits_for(visit.contact).order_by("-issued_on", "-id")
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    rows = [credit_row(one, voice_of(visit)) for one in page]
    return show(request, visit, "credits", {"credits": rows, "page": page})


@require_safe
@portal_page
@needs(Right.INVOICES, everything=True)
def credit(request: HttpRequest, visit: Visit, credit: str) -> HttpResponse:
    found, voice = _credit(visit, credit), voice_of(visit)
    # The paper says what was issued; the page also how it stands now.
    standing = replace(printed(found), settled=found.used, balance=found.balance)
    context = {
        **document_context(standing, look_of(visit.brand.agency)),
        "credit": found,
        "shares": shares_of(visit.contact, [found], voice)[found.pk],
        "refunds": [
            refund_row(one, found.currency, voice)
            for one in found.refunds.filter(undone_at__isnull=True)
        ],
    }
    return show(request, visit, "credit", context)


@require_safe
@portal_page
@needs(Right.INVOICES, everything=True)
def credit_pdf(request: HttpRequest, visit: Visit, credit: str) -> HttpResponseBase:
    found = _credit(visit, credit)
    try:
        content = paper_of(found).content
    except UNAVAILABLE:
        return show(request, visit, "unavailable", {}, status=503)
    return attachment(content, name=f"{found.number}.pdf", media_type=PDF)


def _credit(visit: Visit, address: str) -> Credit:
    """Foreign and absent ones are answered alike."""
    theirs = credits_for(visit.contact).select_related("client__agency", "invoice")
    found = theirs.filter(pk=key_in(address)).first()
    if found is None:
        raise Http404
    return found
