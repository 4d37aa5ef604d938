"""Invoices as list, page and PDF."""

import re
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.utils import timezone
from pypdf import PdfReader

from agencies.scope import acting_for
from billing.cancelling import cancel
from billing.drafting import Item, draft_invoice
from billing.models import Invoice
from tests.portal.test_front import words

BASE = "/portal/north/"
HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 0]),
        ("?q=po-77", [0]),
        ("?q=nothing", []),
        ("?status=open", [1]),
        ("?status=overdue", [1]),
        ("?status=paid", [0]),
        ("?status=nonsense", [1, 0]),
        ("?page=99", [1, 0]),
        ("?page=x&q=%00", [1, 0]),
        ("?q=%F0%9F%92%B6", []),
        (f"?q={'x' * 5000}", []),
    ],
)
def test_invoices_are_found(browser, year, query, found):
    page = browser.get(f"{BASE}invoices{query}")

    assert page.status_code == 200
    assert re.findall(r"<bdi>([^<]+)</bdi>", page.text) == [year[n].number for n in found]


def test_there_are_twenty_to_a_page(browser, acme, north, bill):
    numbers = [bill(acme, north, 1, on=date(2026, 1, 1)).number for _ in range(21)]

    first, second = (browser.get(f"{BASE}invoices?q=INV&page={n}") for n in (1, 2))

    assert [n for n in numbers if f"<bdi>{n}<" in second.text] == numbers[:1]
    assert 'href="?q=INV&amp;page=2"' in first.text
    assert 'href="?q=INV&amp;page=1"' in second.text


def test_an_invoice_is_a_page_and_a_pdf_with_the_same_figures(browser, year):
    address = f"{BASE}invoices/{year[1].pk}"

    shown = words(browser.get(address))
    paper = browser.get(f"{address}.pdf")

    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(b"".join(paper))).pages)
    for said in (year[1].number, "250.00", "Acme"):
        assert said in shown
        assert said in text
    # The page also says how it stands now.
    assert "200.00" in shown
    assert paper["Content-Disposition"] == f'attachment; filename="{year[1].number}.pdf"'


def test_a_file_that_is_lost_is_said_so(browser, year, north):
    address = f"{BASE}invoices/{year[1].pk}.pdf"
    browser.get(address)
    with acting_for(north.agency_id):
        kept = Invoice.objects.get(pk=year[1].pk).pdf
        kept.storage.delete(kept.name)

    answer = browser.get(address)

    assert answer.status_code == 503
    assert "This file cannot be made at the moment" in answer.text


def test_drafts_cancelled_and_deleted_ones_are_not_there(browser, acme, north, bill):
    gone = bill(acme, north, 10, on=date(2026, 1, 1))
    with acting_for(north.agency_id):
        cancel(gone, on=date(2026, 1, 2), at=timezone.now())
        line = Item(quantity=Decimal(1), price=Decimal(5))
        draft = draft_invoice(acme, by=north, lines=[line], at=timezone.now())

    assert "INV-" not in browser.get(f"{BASE}invoices").text
    for one in (gone, draft):
        assert browser.get(f"{BASE}invoices/{one.pk}").status_code == 404
        assert browser.get(f"{BASE}invoices/{one.pk}.pdf").status_code == 404
