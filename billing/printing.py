"""An invoice or a credit on paper: as it was frozen, or marked as a draft."""

from decimal import Decimal

from billing.document_pages import document_pdf
from billing.document_shapes import DocumentKind, PrintedDocument, PrintedLine, PrintedTax
from billing.looks import look_of
from billing.models import Credit, Invoice
from billing.parties import buyer_of, seller_of
from billing.settings import settings_of
from billing.statements import party


def printed_pdf(document: Invoice | Credit) -> bytes:
    """The document as PDF; raises what printing raises. See billing.papers for what is kept."""
    return document_pdf(printed(document), look_of(document.client.agency))


def printed(document: Invoice | Credit) -> PrintedDocument:
    """What its paper says: for ever, and so nothing of what became of it since.

    A draft names the client and the agency as they are now.
    """
    client, agency = document.client, document.client.agency
    is_invoice = isinstance(document, Invoice)
    language = document.language or client.language or agency.language
    return PrintedDocument(
        kind=DocumentKind.INVOICE if is_invoice else DocumentKind.CREDIT,
        number=document.number,
        is_draft=not document.is_issued,
        currency=document.currency,
        language=language,
        issued_on=document.issued_on,
        due_on=document.due_on if isinstance(document, Invoice) else None,
        buyer=party(document.buyer or buyer_of(client, language=language)),
        seller=party(document.seller or seller_of(agency, language=language)),
        lines=tuple(_lines(document)),
        subtotal=document.subtotal,
        discount=document.discount_total,
        taxes=tuple(_taxes(document)),
        includes_tax=document.includes_tax,
        total=document.total,
        settled=None,
        balance=None,
        made_at=document.issued_at or document.updated_at,
        reference=document.reference,
        project=_project(document),
        invoice_number=_corrected(document),
        payment_details=settings_of(agency).payment_details if is_invoice else "",
        notes=document.public_notes,
        terms=document.terms,
        footer=document.footer,
    )


def _lines(document: Invoice | Credit) -> list[PrintedLine]:
    return [
        PrintedLine(
            description=line.description,
            quantity=line.quantity,
            price=line.price,
            amount=line.amount,
            product=line.product,
            discount=line.discount,
            discount_is_amount=line.discount_is_amount,
            tax_name=line.tax_name,
            tax_rate=line.tax_rate,
        )
        for line in document.lines.all()
    ]


def _taxes(document: Invoice | Credit) -> list[PrintedTax]:
    return [
        PrintedTax(
            name=one["name"],
            rate=Decimal(one["rate"]),
            base=Decimal(one["base"]),
            tax=Decimal(one["tax"]),
        )
        for one in document.taxes
    ]


def _project(document: Invoice | Credit) -> str:
    if isinstance(document, Invoice) and document.project:
        return document.project.name
    return ""


def _corrected(document: Invoice | Credit) -> str:
    if isinstance(document, Credit) and document.invoice:
        return document.invoice.number
    return ""
