"""Statements: what was chosen is shown, saved and printed."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from agencies.scope import acting_for
from billing.batching import make_batch
from billing.models import StatementBatch
from billing.payments import record_payment
from billing.pdf import LIMITS
from tests.portal.test_front import words

BASE = "/portal/north/"
HOSTILE = "<script>alert(1)</script>"


def test_a_statement_that_is_too_long_to_print_is_said_so(browser, year, monkeypatch):
    monkeypatch.setitem(vars(LIMITS), "html_bytes", 10)

    answer = browser.get(f"{BASE}statements.pdf")

    assert answer.status_code == 422
    assert "Choose a shorter period" in answer.text


def test_a_statement_is_shown_and_saved_with_the_same_figures(browser, year):
    query = "?kind=activity&start=2026-02-01&end=2026-12-31"

    shown = words(browser.get(f"{BASE}statements{query}"))
    files = {
        kind: browser.get(f"{BASE}statements.{kind}{query}") for kind in ("pdf", "csv", "xlsx")
    }

    pdf, csv, xlsx = (b"".join(files[kind]) for kind in ("pdf", "csv", "xlsx"))
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    cells = [c for sheet in load_workbook(BytesIO(xlsx)) for row in sheet.values for c in row]
    # Opened with 100, charged 250, settled 150.
    for figure in ("100.00", "250.00", "150.00", "200.00"):
        assert figure in shown
        assert figure in text
        assert figure in csv.decode("utf-8-sig")
        assert float(figure) in cells


@pytest.mark.parametrize(
    "query",
    ["?start=x&end=2026-13-45&kind=7&status=%00", "?start=9999-12-31&end=0001-01-01", "?end="],
)
def test_a_choice_that_makes_no_sense_is_none(browser, year, query):
    assert browser.get(f"{BASE}statements{query}").status_code == 200
    assert browser.get(f"{BASE}statements.csv{query}").status_code == 200


@pytest.fixture
def long_year(acme, north, bill):
    """More movements than are printed while one waits without a word."""
    invoice = bill(acme, north, 500, on=date(2026, 1, 10))
    with acting_for(north.agency_id):
        for _ in range(110):
            shares = [(invoice, Decimal(1))]
            at = timezone.now()
            day = date(2026, 3, 1)
            record_payment(acme, amount=Decimal(1), on=day, by=north, at=at, shares=shares)


def test_a_long_statement_is_printed_while_one_looks_on(browser, long_year, north):
    page = browser.get(f"{BASE}statements").text
    assert f'action="{BASE}statements/print?' in page
    asked = browser.post(f"{BASE}statements/print?kind=activity&start=2026-02-01")

    waiting = browser.get(asked["Location"])
    assert waiting["Refresh"] == "2"
    assert "It begins in a moment." in waiting.text
    assert browser.get(f"{asked['Location']}.pdf").status_code == 404
    with acting_for(north.agency_id):
        batch = StatementBatch.objects.get()
    make_batch(north.agency_id, batch.pk)

    ready = browser.get(asked["Location"])
    assert "Refresh" not in ready
    saved = browser.get(f"{asked['Location']}.pdf")
    text = "".join(p.extract_text() for p in PdfReader(BytesIO(b"".join(saved))).pages)
    for figure in ("500.00", "390.00"):
        assert figure in text
    with acting_for(north.agency_id):
        batch.refresh_from_db()
    assert batch.pages_expected > 4
    assert 0 < batch.pages_done < 2 * batch.pages_expected


def test_a_second_click_prints_once_and_a_hundred_are_too_many(browser, long_year, north):
    answers = [browser.post(f"{BASE}statements/print") for _ in range(6)]

    assert [one.status_code for one in answers] == [302] * 5 + [429]
    assert len({one["Location"] for one in answers[:5]}) == 1
    with acting_for(north.agency_id):
        assert StatementBatch.objects.count() == 1


def test_how_far_it_is_is_told(browser, long_year, north):
    asked = browser.post(f"{BASE}statements/print")
    with acting_for(north.agency_id):
        StatementBatch.objects.update(pages_done=3, pages_expected=9)

    shown = browser.get(asked["Location"]).text

    assert "Page 3 of about 9" in shown
    assert '<progress value="3" max="9"' in shown


def test_what_cannot_be_printed_is_told(browser, long_year, north, monkeypatch):
    asked = browser.post(f"{BASE}statements/print")
    monkeypatch.setitem(vars(LIMITS), "html_bytes", 10)
    with acting_for(north.agency_id):
        batch = StatementBatch.objects.get()
    make_batch(north.agency_id, batch.pk)

    page = browser.get(asked["Location"])

    assert "Refresh" not in page
    assert "Choose a shorter period" in page.text


def test_another_clients_print_is_not_there(browser, north, south, client_of, sign_in, long_year):
    asked = browser.post(f"{BASE}statements/print")
    other = sign_in(client_of(north, "Other"), north)

    for suffix in ("", ".pdf"):
        assert other.get(asked["Location"] + suffix).status_code == 404
    assert browser.get(f"{BASE}statements/print/nonsense").status_code == 404


def test_there_is_no_other_kind_of_file(browser):
    assert browser.get(f"{BASE}statements.exe").status_code == 404
