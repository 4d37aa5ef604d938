"""What a signed-in person sees of the money, and what nobody else does."""

import re
from datetime import date
from decimal import Decimal
from io import BytesIO
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from agencies.scope import acting_for
from billing.batching import make_batch
from billing.cancelling import cancel
from billing.drafting import Item, draft_invoice
from billing.issuing import issue
from billing.models import Invoice, StatementBatch
from billing.payments import record_payment
from billing.pdf import LIMITS
from clients import lifecycle
from clients.models import Client
from clients.projects import create_project
from contacts.enrolling import Person, enroll
from contacts.models import Contact
from portal.host_urls import PAGES
from portal.inviting import invite
from portal.models import PortalSession
from portal.sessions import begin
from tests.portal.test_front import words

pytestmark = pytest.mark.usefixtures("media")

BASE = "/portal/north/"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def sign_in():
    """A browser in which the person who is primary at this client is signed in."""

    def sign_in(client, by, projects=()):
        now = timezone.now()
        with acting_for(client.agency_id):
            person = Contact.objects.select_related("client__agency").get(client=client)
            invite(client, by=by, contact=person, projects=projects, at=now)
            means = PortalSession.Means.LINK
            facts = {"means": means, "browser": "", "former": None, "at": now}
            secret = begin(person, address=person.email, **facts)
        return Browser(headers={"cookie": f"foyer_portal={secret}"})

    return sign_in


@pytest.fixture
def bill():
    def bill(client, by, price, *, on, **facts):
        facts.setdefault("due_on", on)
        with acting_for(client.agency_id):
            line = Item(quantity=Decimal(1), price=Decimal(price), description=HOSTILE)
            draft = draft_invoice(client, by=by, lines=[line], at=timezone.now(), **facts)
            return issue(draft, on=on, at=timezone.now())

    return bill


@pytest.fixture
def client_of():
    def client_of(owner, name="Acme"):
        with acting_for(owner.agency_id):
            address = f"{name.lower()}@{owner.agency.slug}.example"
            return enroll(owner.agency, by=owner, name=name, people=[Person(email=address)])

    return client_of


@pytest.fixture
def acme(client_of, north):
    return client_of(north)


@pytest.fixture
def year(acme, north, bill):
    """Two invoices over 100 and 250; 100 and 50 of them are paid."""
    first = bill(acme, north, 100, on=date(2026, 1, 10), reference="PO-77")
    second = bill(acme, north, 250, on=date(2026, 2, 10))
    with acting_for(north.agency_id):
        at = timezone.now()
        record_payment(acme, amount=Decimal(150), on=date(2026, 3, 1), by=north, at=at)
    return first, second


@pytest.fixture
def browser(acme, north, sign_in):
    return sign_in(acme, north)


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


def test_a_statement_that_is_too_long_to_print_is_said_so(browser, year, monkeypatch):
    monkeypatch.setitem(vars(LIMITS), "html_bytes", 10)

    answer = browser.get(f"{BASE}statements.pdf")

    assert answer.status_code == 422
    assert "Choose a shorter period" in answer.text


def test_what_people_wrote_is_text(browser, acme, year, north):
    with acting_for(north.agency_id):
        Client.objects.update(name=HOSTILE)
        Contact.objects.update(first_name=HOSTILE)

    for page in ("home", "invoices", f"invoices/{year[0].pk}", "statements", "security"):
        shown = browser.get(f"{BASE}{page}").text
        assert "<script" not in shown
    assert "&lt;script&gt;" in browser.get(f"{BASE}invoices/{year[0].pk}").text


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


@pytest.fixture
def site(acme, north):
    with acting_for(north.agency_id):
        return create_project(acme, name="Site")


def test_who_was_invited_to_a_project_sees_its_invoices_and_nothing_else(
    acme, north, year, site, bill, sign_in
):
    own = bill(acme, north, 33, on=date(2026, 4, 1), project=site)
    browser = sign_in(acme, north, projects=[site.pk])

    home, listed = (browser.get(BASE + page).text for page in ("home", "invoices"))

    for page in (home, listed):
        assert own.number in page
        assert year[0].number not in page
        assert "statements" not in page
    assert "233" not in home
    assert "200.00" not in home
    assert browser.get(f"{BASE}invoices/{own.pk}").status_code == 200
    for hidden in (f"invoices/{year[0].pk}", f"invoices/{year[0].pk}.pdf", "statements"):
        assert browser.get(BASE + hidden).status_code == 404
    for suffix in ("pdf", "csv", "xlsx"):
        assert browser.get(f"{BASE}statements.{suffix}").status_code == 404
    assert browser.post(f"{BASE}statements/print").status_code == 404


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


def test_pages_are_kept_nowhere(browser, year):
    for page in ("home", "invoices", f"invoices/{year[0].pk}", f"invoices/{year[0].pk}.pdf"):
        answer = browser.get(f"{BASE}{page}")
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["X-Frame-Options"] == "DENY"


def test_the_page_speaks_the_clients_language(browser, acme, north, year):
    with acting_for(north.agency_id):
        Client.objects.update(language="de")

    shown = browser.get(f"{BASE}home").text

    assert '<html lang="de">' in shown
    assert "200,00\xa0€ davon sind überfällig." in shown


def address(route, invoice):
    known = {"number": str(invoice.pk), "extension": "csv", "session": "1", "key": str(uuid4())}
    return BASE + re.sub(r"<str:(\w+)>", lambda found: known[found[1]], route)


OPEN = {"sign-in", "sign-in/code", "sign-in/<str:secret>"}
BEHIND = sorted({route for route, _, _ in PAGES} - OPEN)


def asked(browser, route, invoice):
    """What a page answers to a GET, or where there is none to a POST."""
    answer = browser.get(address(route, invoice))
    return browser.post(address(route, invoice)) if answer.status_code == 405 else answer


@pytest.mark.parametrize("route", BEHIND)
def test_nobody_else_gets_behind_the_door(route, north, south, year, client_of, sign_in, acme):
    strangers = {
        "signed out": Browser(),
        "of another agency": sign_in(client_of(south), south),
        "with nonsense": Browser(headers={"cookie": "foyer_portal=" + "x" * 43}),
        "with an endless cookie": Browser(headers={"cookie": "foyer_portal=" + "x" * 4000}),
        "suspended": sign_in(acme, north),
    }
    with acting_for(north.agency_id):
        lifecycle.suspend(Client.objects.filter(pk=acme.pk), at=timezone.now())

    for who, browser in strangers.items():
        answer = asked(browser, route, year[0])
        assert answer.status_code == 302, who
        assert answer["Location"].startswith(f"{BASE}?next=") or answer["Location"] == BASE, who
        assert "private, no-store" in answer["Cache-Control"], who


@pytest.mark.parametrize("route", [one for one in BEHIND if "number" in one])
def test_another_clients_row_and_none_at_all_answer_alike(
    route, north, south, browser, year, client_of, bill, sign_in
):
    other, strange = client_of(north, "Other"), client_of(south)
    theirs = bill(other, north, 77, on=date(2026, 1, 1))
    foreign = bill(strange, south, 77, on=date(2026, 1, 1))

    answers = {
        (answer.status_code, answer.content)
        for pk in (theirs.pk, foreign.pk, 10**12, 10**30, "x", "-1", "0", "١")
        for answer in [browser.get(address(route, year[0]).replace(f"/{year[0].pk}", f"/{pk}"))]
    }

    assert {status for status, _ in answers} == {404}
    assert len(answers) == 1
    assert browser.get(address(route, year[0])).status_code == 200


@pytest.mark.parametrize("page", ["home", "invoices", "statements"])
def test_a_page_takes_as_many_queries_for_twenty_rows_as_for_two(
    browser, acme, north, year, bill, page
):
    def queries():
        with CaptureQueriesContext(connection) as counted:
            assert browser.get(BASE + page).status_code == 200
        return len(counted)

    few = queries()
    for number in range(18):
        bill(acme, north, 10 + number, on=date(2026, 5, 1))

    assert queries() == few < 25
