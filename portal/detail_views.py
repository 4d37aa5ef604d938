"""What a person says of themselves, and of their company."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from django_countries import countries

from agencies.errors import DomainError
from billing.days import day_in
from portal import details as domain
from portal.detail_forms import AddressForm, SelfForm
from portal.entering import Visit, portal_page
from portal.models import DetailRequest
from portal.rights import Right
from portal.showing import lead_to, show, voice_of

_TOLD = {
    "saved": gettext_lazy("Your details are saved."),
    "address": gettext_lazy("The address is saved."),
    "asked": gettext_lazy("We have your request and will answer by mail."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page
def details(request: HttpRequest, visit: Visit) -> HttpResponse:
    reads = _reads_documents(visit)
    if request.method != "POST":
        told = str(_TOLD.get(request.GET.get("told", ""), ""))
        return _page(request, visit, SelfForm(of=visit.contact, reads=reads), told=told)
    form = SelfForm(request.POST, of=visit.contact, reads=reads)
    if not form.is_valid():
        return _page(request, visit, form, status=422)
    try:
        domain.edit_self(visit.contact, **form.cleaned_data)
    except domain.NobodyWouldRead:
        said = _("Nobody else gets your company's documents. Let somebody else get them first.")
        form.add_error("receives_mail", said)
        return _page(request, visit, form, status=422)
    return lead_to(visit, "details?told=saved")


@require_POST
@portal_page
def address(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Of the whole client, so for those who see it whole."""
    if not visit.sees_everything:
        raise Http404
    form = AddressForm(request.POST)
    own = SelfForm(of=visit.contact, reads=_reads_documents(visit))
    if not form.is_valid():
        return _page(request, visit, own, address=form, status=422)
    try:
        asked = domain.change_address(visit.contact, form.cleaned_data, at=visit.at)
    except DomainError:
        form.add_error(None, _("This cannot be changed at the moment. Please ask us."))
        return _page(request, visit, own, address=form, status=422)
    return lead_to(visit, f"details?told={'asked' if asked else 'address'}")


def _page(
    request: HttpRequest,
    visit: Visit,
    form: SelfForm,
    *,
    address: AddressForm | None = None,
    told: str = "",
    status: int = 200,
) -> HttpResponse:
    open_request = DetailRequest.objects.open().filter(contact=visit.contact).first()
    context = {
        "form": form,
        "told": told,
        "is_direct": visit.brand.agency.clients_may_edit_address,
        "asked": _shown(visit, open_request) if open_request else None,
    }
    if visit.sees_everything:
        known = domain.address_of(visit.client)
        context["address"] = address or AddressForm(initial=known)
    return show(request, visit, "details", context, status=status)


def _shown(visit: Visit, asked: DetailRequest) -> dict[str, Any]:
    wanted = {**asked.fields, "country": countries.name(asked.fields["country"])}
    lines = [wanted[name] for name in domain.ADDRESS if wanted[name]]
    return {"on": voice_of(visit).date(day_in(visit.brand.agency, asked.asked_at)), "lines": lines}


def _reads_documents(visit: Visit) -> bool:
    return visit.sees_everything and {Right.INVOICES, Right.STATEMENTS} <= visit.rights
