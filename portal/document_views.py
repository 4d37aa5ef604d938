"""Where the link to one document leads: to that document, for anybody who has the link."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_safe

from agencies.scope import acting_for
from billing.document_pages import document_context
from billing.looks import look_of
from billing.models import Invoice, KeptStatement
from billing.papers import paper_of
from billing.pdf import TookTooLongToPrint, TooLargeToPrint
from billing.printing import printed
from billing.statement_pages import statement_context, statement_pdf
from billing.stating import again
from contacts.languages import language_of
from portal.branding import Brand, brand_at
from portal.document_links import find, renew
from portal.files import PDF, UNAVAILABLE, attachment
from portal.how_to_pay import how_to_pay
from portal.link_models import DocumentLink
from portal.rendering import show_to_anybody
from portal.secret_pages import secret_page
from portal.visitors import count_miss


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def document(request: HttpRequest, secret: str, slug: str = "") -> HttpResponse:
    """The document as a page. It signs nobody in, and looking at it changes nothing."""
    brand = brand_at(request, slug)
    if request.method == "POST":
        return _renew(request, brand, secret)
    with acting_for(brand.agency.pk, door="portal"):
        link = find(secret, agency=brand.agency, at=timezone.now())
        if link:
            with override(language_of(link.contact)):
                context = {**_context(link, brand), "secret": secret}
                return show_to_anybody(request, brand, "document", **context)
    return _nothing(request, brand)


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def document_pdf(request: HttpRequest, secret: str, slug: str = "") -> HttpResponseBase:
    brand = brand_at(request, slug)
    if request.method == "POST":
        return _renew(request, brand, secret)
    with acting_for(brand.agency.pk, door="portal"):
        link = find(secret, agency=brand.agency, at=timezone.now())
        if link:
            return _file(request, brand, link)
    return _nothing(request, brand)


@secret_page
@require_safe
def asked(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Said to everybody who asks for a fresh link, whether one was sent or not."""
    return show_to_anybody(request, brand_at(request, slug), "document_asked")


def _renew(request: HttpRequest, brand: Brand, secret: str) -> HttpResponse:
    if not count_miss(request).exceeded:
        renew(secret, agency=brand.agency, at=timezone.now())
    return redirect(f"{brand.base}document/asked")


def _context(link: DocumentLink, brand: Brand) -> dict[str, Any]:
    found, look = link.document, look_of(brand.agency)
    if isinstance(found, KeptStatement):
        return {**statement_context(again(found), look), "is_statement": True}
    if isinstance(found, Invoice):
        # The paper says what was issued; the page also how it stands now.
        standing = replace(printed(found), settled=found.paid, balance=found.balance)
        return {**document_context(standing, look), **how_to_pay(found)}
    return document_context(printed(found), look)


def _file(request: HttpRequest, brand: Brand, link: DocumentLink) -> HttpResponseBase:
    found = link.document
    try:
        if isinstance(found, KeptStatement):
            name = f"statement-{found.end.isoformat()}.pdf"
            content = statement_pdf(again(found), look_of(brand.agency))
        else:
            name, content = f"{found.number}.pdf", paper_of(found).content
    except (TooLargeToPrint, TookTooLongToPrint, *UNAVAILABLE):
        return show_to_anybody(request, brand, "unavailable", status=503)
    return attachment(content, name=name, media_type=PDF)


def _nothing(request: HttpRequest, brand: Brand) -> HttpResponse:
    """One answer to every link that opens nothing, whatever the reason and whoever's it is."""
    allowance = count_miss(request)
    status = 429 if allowance.exceeded else 404
    page = show_to_anybody(request, brand, "document_unusable", status=status)
    if allowance.exceeded:
        page["Retry-After"] = str(allowance.resets_in)
    return page
