"""Invoices and credits as PDF: what the domain keeps is what the paper says."""

from decimal import Decimal
from io import BytesIO

from pypdf import PdfReader

from billing.crediting import credit_invoice
from billing.drafting import draft_invoice
from billing.printing import printed_pdf
from billing.settings import settings_of
from tests.billing.conftest import DAY, NOW, item


def text_of(document):
    pages = PdfReader(BytesIO(printed_pdf(document))).pages
    return "\n".join(page.extract_text() for page in pages)


def test_an_invoice_says_its_lines_its_tax_and_its_total(acme, billed):
    settings = settings_of(acme.agency)
    settings.payment_details = "IBAN DE02 1203 0000 0000 2020 51"
    settings.save()
    lines = [item("1234.56", 2, product="Website", description="Three days",
                  tax_rate=Decimal(19), tax_name="VAT")]  # fmt: skip
    invoice = billed(acme, lines=lines, reference="PO-77")

    text = text_of(invoice)

    for said in ("INV-0001", "Acme", "North", "Website", "Three days", "PO-77", "2,469.12",
                 "469.13", "2,938.25", "DE02 1203"):  # fmt: skip
        assert said in text


def test_the_paper_keeps_the_buyer_of_the_day_of_issue(acme, billed):
    invoice = billed(acme, 10)
    acme.name = "Renamed"
    acme.save(update_fields=["name"])

    text = text_of(invoice)

    assert "Acme" in text
    assert "Renamed" not in text


def test_a_draft_is_marked_and_has_no_number(acme, north):
    draft = draft_invoice(acme, by=north, lines=[item(10)], at=NOW)

    text = text_of(draft).lower()

    assert "draft" in text
    assert "inv-" not in text


def test_a_credit_names_what_it_corrects(acme, billed, north):
    invoice = billed(acme, 100)
    credit = credit_invoice(invoice, on=DAY, by=north, at=NOW, amount=Decimal(40))

    text = text_of(credit)

    for said in ("CR-0001", "INV-0001", "40.00"):
        assert said in text
