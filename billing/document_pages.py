"""An invoice or a credit as a page and as PDF: formats what it is given, and computes nothing."""

from typing import Any

from billing.document_shapes import DocumentKind, PrintedDocument, PrintedLine, PrintedTax
from billing.document_words import DocumentWords, document_words_in
from billing.looks import Look
from billing.pages import Page, letterhead, lines_of, on_paper, on_screen
from billing.pdf import LIMITS, Limits
from billing.speaking import Speaker, speaker


def document_pdf(
    document: PrintedDocument, look: Look, *, archive: bool = False, limits: Limits = LIMITS
) -> bytes:
    """Raises what billing.pdf.render() raises."""
    return on_paper(document_context(document, look), look=look, archive=archive, limits=limits)


def document_page(document: PrintedDocument, look: Look) -> Page:
    return on_screen(document_context(document, look), look)


def document_context(document: PrintedDocument, look: Look) -> dict[str, Any]:
    """What the templates ask for."""
    voice = speaker(document.language)
    terms = document_words_in(voice.words.language)
    name = terms.invoice if document.kind == DocumentKind.INVOICE else terms.credit
    title = f"{name} {document.number or terms.draft}"
    return {
        **letterhead(document.seller, document.buyer, look, voice),
        "body": "statement/document.html",
        "document": document,
        "terms": terms,
        "name": name,
        "title": f"{title} · {document.buyer.name}",
        "made_at": document.made_at.isoformat(timespec="seconds"),
        "facts": _facts(document, voice, terms),
        "lines": [_line(line, document.currency, voice) for line in document.lines],
        "has_discounts": any(line.discount for line in document.lines),
        "has_taxes": any(line.tax_name or line.tax_rate for line in document.lines),
        "sums": _sums(document, voice, terms),
        "standing": _standing(document, voice, terms),
        "total": voice.money(document.total, document.currency),
        "texts": _texts(document, voice, terms),
        "footer": lines_of(document.footer.splitlines(), voice),
    }


def _facts(
    document: PrintedDocument, voice: Speaker, terms: DocumentWords
) -> list[tuple[str, str]]:
    """Names and values below the title; the last ones stay as they are in any direction."""
    facts = [
        (terms.issued, voice.date(document.issued_on)),
        (terms.due, voice.date(document.due_on)),
        (voice.words.client_number, document.buyer.number),
        (terms.order_number, document.reference),
        (voice.words.project, document.project),
        (terms.corrects, document.invoice_number),
    ]
    return [(name, value) for name, value in facts if value]


def _line(line: PrintedLine, currency: str, voice: Speaker) -> dict[str, Any]:
    discount = ""
    if line.discount and line.discount_is_amount:
        discount = voice.amount(line.discount, currency)
    elif line.discount:
        discount = voice.percent(line.discount)
    return {
        "product": line.product,
        "product_dir": voice.direction_of(line.product),
        "description": lines_of(line.description.splitlines(), voice),
        "quantity": voice.number(line.quantity),
        "price": voice.price(line.price, currency),
        "discount": discount,
        "tax": _tax_name(line.tax_name, line, voice),
        "amount": voice.amount(line.amount, currency),
    }


def _tax_name(name: str, of: PrintedLine | PrintedTax, voice: Speaker) -> str:
    """As VAT 19%; empty where there is neither a name nor a rate."""
    rate = of.tax_rate if isinstance(of, PrintedLine) else of.rate
    return f"{name} {voice.percent(rate)}".strip() if name or rate else ""


def _sums(document: PrintedDocument, voice: Speaker, terms: DocumentWords) -> list[tuple[str, str]]:
    sums = []
    if document.discount or document.taxes:
        sums.append((terms.subtotal, voice.amount(document.subtotal, document.currency)))
    if document.discount:
        sums.append((terms.discount, voice.amount(-document.discount, document.currency)))
    pattern = terms.tax_within if document.includes_tax else terms.tax_added
    for tax in document.taxes:
        base = voice.amount(tax.base, document.currency)
        name = pattern.format(tax=_tax_name(tax.name, tax, voice), base=base)
        sums.append((name, voice.amount(tax.tax, document.currency)))
    return sums


def _standing(
    document: PrintedDocument, voice: Speaker, terms: DocumentWords
) -> list[tuple[str, str]]:
    """What became of it since, below the total."""
    if document.settled is None or document.balance is None or document.is_draft:
        return []
    is_invoice = document.kind == DocumentKind.INVOICE
    settled = voice.amount(document.settled, document.currency)
    balance = voice.money(document.balance, document.currency)
    return [
        (terms.paid if is_invoice else terms.used, settled),
        (terms.amount_due if is_invoice else terms.remaining, balance),
    ]


def _texts(
    document: PrintedDocument, voice: Speaker, terms: DocumentWords
) -> list[tuple[str, list[tuple[str, str]]]]:
    texts = [
        (terms.payment_details, document.payment_details),
        (terms.notes, document.notes),
        (terms.terms, document.terms),
    ]
    return [(name, lines_of(text.splitlines(), voice)) for name, text in texts if text]
