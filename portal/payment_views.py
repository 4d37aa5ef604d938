"""Payments, and what each of them settled."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.entering import Visit, needs, portal_page
from portal.money_rows import payment_row, refund_row, shares_of
from portal.rights import Right
from portal.seeing import key_in, payments_for
from portal.showing import show, voice_of

_PER_PAGE = 20


@require_safe
@portal_page
@needs(Right.INVOICES, everything=True)
def payments(request: HttpRequest, visit: Visit) -> HttpResponse:
    found = payments_for(visit.contact).order_by("-paid_on", "-id")
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    voice = voice_of(visit)
    shares = shares_of(visit.contact, list(page), voice)
    rows = [{**payment_row(one, voice), "shares": shares[one.pk]} for one in page]
    return show(request, visit, "payments", {"payments": rows, "page": page})


@require_safe
@portal_page
@needs(Right.INVOICES, everything=True)
def payment(request: HttpRequest, visit: Visit, payment: str) -> HttpResponse:
    found = payments_for(visit.contact).filter(pk=key_in(payment)).first()
    if found is None:
        raise Http404
    voice = voice_of(visit)
    context = {
        "payment": payment_row(found, voice),
        "shares": shares_of(visit.contact, [found], voice)[found.pk],
        "refunds": [
            refund_row(one, found.currency, voice)
            for one in found.refunds.filter(undone_at__isnull=True)
        ],
    }
    return show(request, visit, "payment", context)
