"""What a printed invoice or credit says, in every language; nothing of it is reckoned here."""

import re
from dataclasses import asdict, replace
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from billing.document_pages import document_page, document_pdf
from billing.document_shapes import DocumentKind, PrintedLine
from billing.document_words import document_words_in
from billing.looks import Look
from billing.words import languages
from tests.billing.reading import filled, packed, pages_of, text_of
from tests.billing.samples import document, logo

LOOK = Look()


def test_an_invoice_says_each_line_each_tax_and_what_is_due():
    text = text_of(document_pdf(document(), LOOK))

    for line in (
        "Invoice 2026-0042",
        "Issued Nov 2, 2026",
        "Due Nov 16, 2026",
        "Client no. C-0042",
        "Your order PO-77-1",
        "Project Relaunch 2026",
        "Design of twelve templates",
        "Two rounds of changes",
        "Subtotal 1,402.50",
        "Discount -52.50",
        "VAT 19% on 1,299.47 246.90",
        "VAT 7% on 50.53 3.54",
        "Total €1,600.44",
        "Paid and credited 600.44",
        "Amount due €1,000.00",
        "IBAN DE02 1203 0000 0000 2020 51",
        "Payable within 14 days without deduction.",
        "Thank you for working with us.",
        "HRB 123456",
    ):
        assert line in text
    assert packed("12.5 120.00 10% VAT 19% 1,350.00") in packed(text)
    # A price may have more digits than its currency.
    assert packed("1,000 0.0525 VAT 7% 52.50") in packed(text)
    assert "Draft" not in text


def test_a_draft_says_so_on_every_page():
    line = document().lines[0]
    draft = document(number="", is_draft=True, lines=(line,) * 40)

    pages = pages_of(document_pdf(draft, LOOK))

    assert len(pages) > 1
    assert all("Draft" in text for text in pages)
    assert "Amount due" not in "".join(pages)


def test_a_credit_names_the_invoice_it_corrects_and_what_is_left_of_it():
    credit = document(
        kind=DocumentKind.CREDIT, number="CN-7", due_on=None, invoice_number="2026-0042"
    )

    text = text_of(document_pdf(credit, LOOK))

    assert "Credit note CN-7" in text
    assert "Corrects invoice 2026-0042" in text
    assert "Used 600.44" in text
    assert "Remaining €1,000.00" in text
    assert "Due" not in text


def test_what_is_kept_for_ever_need_not_say_what_became_of_it():
    text = text_of(document_pdf(document(settled=None, balance=None), LOOK))

    assert "Total €1,600.44" in text
    assert "Amount due" not in text
    assert "Paid" not in text


def test_prices_that_include_tax_say_what_of_them_is_tax():
    text = text_of(document_pdf(document(includes_tax=True), LOOK))

    assert "Includes VAT 19% on 1,299.47 246.90" in text


def test_columns_that_nobody_needs_are_left_out():
    plain = PrintedLine("Work", Decimal(1), Decimal(100), Decimal(100))
    made = document(lines=(plain,), taxes=(), discount=Decimal(0))

    text = text_of(document_pdf(made, LOOK))

    assert "Item Quantity Price Amount" in text
    assert "Subtotal" not in text


def test_a_discount_of_a_line_may_be_an_amount():
    line = replace(document().lines[0], discount=Decimal(150), discount_is_amount=True)

    text = text_of(document_pdf(document(lines=(line,)), LOOK))

    assert packed("12.5 120.00 150.00 VAT 19% 1,350.00") in packed(text)


@pytest.mark.parametrize(
    ("currency", "total"), [("JPY", "¥1,600"), ("KWD", "KWD 1,600.440"), ("EUR", "€1,600.44")]
)
def test_amounts_have_the_digits_of_their_currency(currency, total):
    assert f"Total {total}" in text_of(document_pdf(document(currency=currency), LOOK))


@pytest.mark.parametrize("language", languages())
def test_an_invoice_speaks_each_language(language):
    terms = document_words_in(language)

    pdf = document_pdf(document(language=language), LOOK)

    text = packed(text_of(pdf))
    assert PdfReader(BytesIO(pdf)).trailer["/Root"]["/Lang"] == language
    for word in (terms.invoice, terms.item, terms.quantity, terms.amount_due, terms.notes):
        spots = {"".join(sorted(text[at : at + len(packed(word))])) for at in range(len(text))}
        assert "".join(sorted(packed(word))) in spots


@pytest.mark.parametrize("language", languages())
def test_no_word_is_missing_and_patterns_keep_their_places(language):
    terms = asdict(document_words_in(language))

    assert all(terms.values())
    for pattern in ("tax_added", "tax_within"):
        assert re.findall(r"\{(\w+)\}", terms[pattern]) == ["tax", "base"]


def test_long_invoices_repeat_the_heads_of_their_table_and_tear_no_line():
    long = PrintedLine("begin\n" + "words\n" * 6 + "finish", Decimal(1), Decimal(10), Decimal(10))

    pages = pages_of(document_pdf(document(lines=(long,) * 30), LOOK))

    assert len(pages) > 4
    for number, text in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in text
        assert text.count("begin") == text.count("finish")
        if "begin" in text:
            assert "Item Quantity Price" in text


def test_hostile_text_is_printed_as_text():
    text = "<img src='https://example.com/x'><script>1</script>&amp;"

    made = filled(document(), text)

    assert packed(text_of(document_pdf(made, LOOK))).count(packed(text)) >= 12
    assert "<img" not in document_page(made, LOOK).html


def test_it_is_a_page_for_screens_as_well():
    page = document_page(document(), Look(logo=logo()))

    assert "€1,600.44" in page.html
    assert "style-src 'sha256-" in page.policy
    assert "style=" not in page.html


def test_it_is_archivable_and_always_the_same():
    made = document_pdf(document(), LOOK, archive=True)

    assert b"pdfaid" in PdfReader(BytesIO(made)).trailer["/Root"]["/Metadata"].get_data()
    assert made == document_pdf(document(), LOOK, archive=True)
