"""The first page behind the sign-in."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from agencies.scope import acting_for
from billing.payments import record_payment
from billing.statement_shapes import StatementKind
from billing.statements import Wanted, build
from clients.documents import settling, store
from clients.models import Client
from clients.projects import create_project
from tests.portal.pages.test_files import file
from tests.portal.test_front import words

BASE = "/portal/north/"
HOSTILE = "<script>alert(1)</script>"


def test_home_says_what_is_due_and_what_is_new(browser, year):
    shown = words(browser.get(f"{BASE}home"))

    assert "€200.00" in shown
    assert "€200.00 of it is overdue." in shown
    assert year[0].number in shown
    assert year[1].number in shown


def test_money_on_account_is_told(browser, acme, north):
    with acting_for(north.agency_id):
        at = timezone.now()
        record_payment(acme, amount=Decimal(30), on=date(2026, 3, 1), by=north, at=at)

    shown = words(browser.get(f"{BASE}home"))

    assert "Everything is paid." in shown
    assert "€30.00 is on account for you." in shown


def test_two_currencies_are_never_added(browser, acme, north, year, bill):
    bill(acme, north, 70, on=date(2026, 4, 1), currency="USD")

    shown = words(browser.get(f"{BASE}home"))

    assert "€200.00" in shown
    assert "$70.00" in shown
    assert "270" not in shown


@pytest.mark.parametrize("page", ["home", "invoices"])
def test_without_invoices_the_page_says_what_will_be_here(browser, page):
    shown = words(browser.get(f"{BASE}{page}"))

    assert "Invoices of North will appear here as soon as there are any." in shown


@pytest.fixture
def months(acme, north, bill):
    """A day of this month and one of the last, with 100 invoiced then and 40 paid since."""
    today = datetime.now(ZoneInfo(north.agency.time_zone)).date()
    before = today.replace(day=1) - timedelta(days=3)
    invoice = bill(acme, north, 100, on=before)
    with acting_for(north.agency_id):
        share = [(invoice, Decimal(40))]
        at = timezone.now()
        record_payment(acme, amount=Decimal(40), on=today, by=north, at=at, shares=share)
    return today, before


def test_the_year_is_a_picture_with_the_same_figures_as_a_table(browser, acme, north, months):
    page = browser.get(f"{BASE}home")

    (picture,) = re.findall(r"<svg.*?</svg>", page.text, re.DOTALL)
    heights = re.findall(r'class="(charged|settled)"[^>]* height="(\d+)"', picture)
    assert 'role="img" aria-labelledby="year-EUR about-EUR"' in picture
    assert heights == [("charged", "94"), ("settled", "37")]
    table = page.text.partition("<details>")[2].partition("</details>")[0]
    figures = re.findall(r"€([\d.]+)", table)
    assert figures == ["0.00", "0.00"] * 10 + ["100.00", "0.00", "0.00", "40.00", "100.00", "40.00"]
    assert "€100.00 were invoiced, and €40.00 paid and credited." in words(page)
    assert " style=" not in page.text


def test_the_picture_says_what_the_statement_says(browser, acme, north, year, months):
    today, _ = months
    start = (today.replace(day=1) - timedelta(days=320)).replace(day=1)
    with acting_for(north.agency_id):
        client = Client.objects.select_related("agency").get(pk=acme.pk)
        wanted = Wanted(StatementKind.ACTIVITY, start, today)
        (stated,) = build(client, wanted, as_of=timezone.now()).sections

    shown = words(browser.get(f"{BASE}home"))

    said = f"€{stated.charged:,.2f} were invoiced, and €{stated.settled:,.2f} paid and credited."
    assert said in shown


def test_each_currency_has_a_picture_of_its_own(browser, acme, north, months, bill):
    bill(acme, north, 70, on=months[0], currency="USD")

    page = browser.get(f"{BASE}home").text

    assert page.count("<svg") == 2
    assert len(set(re.findall(r' id="([^"]+)"', page))) == len(re.findall(r' id="([^"]+)"', page))


def test_where_nothing_moved_the_page_says_what_the_picture_will_show(browser):
    page = browser.get(f"{BASE}home")

    assert "<svg" not in page.text
    assert "What was invoiced and paid in each month will appear here." in words(page)


def test_home_leads_to_what_is_new(browser, acme, north, year):
    with settling(), acting_for(north.agency_id):
        store(acme, file("new.pdf"), by=north)
        work = create_project(acme, name="Work", is_shared=True)
        create_project(acme, name="Done", is_shared=True, status="completed")

    page = browser.get(f"{BASE}home")

    for said in ("Newest payments", "€150.00", "Work", "new.pdf"):
        assert said in words(page)
    assert "Done" not in page.text
    assert f'href="{BASE}projects/{work.pk}"' in page.text


def test_home_shows_nothing_that_the_rights_do_not_open(acme, north, months, sign_in, site):
    with settling(), acting_for(north.agency_id):
        store(acme, file("new.pdf"), by=north)
        create_project(acme, name="Work", is_shared=True)
    nothing = words(sign_in(acme, north, rights=()).get(f"{BASE}home"))
    one_project = words(sign_in(acme, north, projects=[site.pk]).get(f"{BASE}home"))

    for hidden in ("€", "Work", "new.pdf", "twelve months", "Newest"):
        assert hidden not in nothing
    for hidden in ("€", "Work", "new.pdf", "twelve months", "Newest payments"):
        assert hidden not in one_project
