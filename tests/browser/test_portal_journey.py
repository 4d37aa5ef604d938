"""A client's way through the portal: invited, in, a statement saved, out, and in again by mail."""

import re
from datetime import date
from decimal import Decimal
from email import message_from_bytes
from email.policy import default

import pytest
from django.utils import timezone
from django.utils.translation import gettext, override
from playwright.sync_api import expect
from pypdf import PdfReader

from agencies.models import Agency
from agencies.scope import acting_for
from billing.drafting import Item, draft_invoice
from billing.issuing import issue
from billing.speaking import speaker
from clients.models import Client
from contacts.enrolling import Person, enroll
from portal.inviting import invite
from tests.billing.reading import plain

pytestmark = pytest.mark.browser

ANN = "ann@acme.example"


@pytest.fixture
def letter(north, run_jobs, outbox):
    """The text of the mail that reached the outbox last, as a mail program shows it."""

    def letter():
        # One job finds the person, the next sends the mail.
        while run_jobs():
            pass
        newest = max(outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        mail = message_from_bytes(newest.read_bytes(), policy=default)
        return mail.get_body(("plain",)).get_content()

    return letter


@pytest.fixture
def invited(north, letter):
    """Ann is invited, and owes 119; the path of her link."""
    with acting_for(north.agency_id):
        now = timezone.now()
        people = [Person(first_name="Ann", email=ANN)]
        client = enroll(north.agency, by=north, name="Acme", people=people)
        line = Item(quantity=Decimal(1), price=Decimal(119), description="Site")
        draft = draft_invoice(client, by=north, lines=[line], at=now)
        issue(draft, on=date(2026, 3, 1), at=now)
        invite(client, by=north, at=now)
    return re.search(r"/portal/north/invite/\w+", letter())[0]


def said_in(language):
    """How the portal says something in this language."""

    def said(text, **facts):
        with override(language):
            return gettext(text) % facts if facts else gettext(text)

    return said


def walk(page, invited, letter, tmp_path, language="en"):
    said = said_in(language)
    page.goto(invited)
    page.get_by_role("button", name=said("Accept the invitation")).click()
    expect(page.get_by_role("heading", name=said("Hello %(name)s", name="Ann"))).to_be_visible()
    owed = speaker(language).money(Decimal(119), "EUR")
    expect(page.locator(".figure")).to_have_text(owed)

    page.get_by_role("link", name=said("Invoices"), exact=True).click()
    page.get_by_role("link", name=re.compile("INV-")).click()
    expect(page.get_by_text("Site")).to_be_visible()

    page.get_by_role("link", name=said("Statements"), exact=True).click()
    page.get_by_label(said("From"), exact=True).fill("2026-01-01")
    page.get_by_role("button", name=said("Show")).click()
    with page.expect_download() as saved:
        page.get_by_role("link", name=said("Save as PDF")).click()
    saved.value.save_as(tmp_path / "statement.pdf")
    text = "".join(one.extract_text() for one in PdfReader(tmp_path / "statement.pdf").pages)
    assert speaker(language).amount(Decimal(119), "EUR") in plain(text)

    page.get_by_role("button", name=said("Sign out")).click()
    expect(page.get_by_text(said("You are signed out."))).to_be_visible()
    page.goto("/portal/north/statements")
    page.get_by_label(said("Your e-mail address")).first.fill(ANN)
    page.get_by_role("button", name=said("Mail me a way in")).click()
    code = re.search(r"\d{3} \d{3}", letter())[0]
    page.get_by_label(said("The six digits from the mail")).fill(code)
    page.get_by_role("button", name=said("Sign in"), exact=True).click()
    # Where Ann wanted to go.
    expect(page.get_by_role("heading", name=said("Statements"))).to_be_visible()


@pytest.mark.parametrize("language", ["de", "ar"])
def test_the_way_in_another_language(quiet_page, north, invited, letter, tmp_path, language):
    with acting_for(north.agency_id):
        Client.objects.update(language=language)
        Agency.objects.filter(pk=north.agency_id).update(language=language)

    walk(quiet_page, invited, letter, tmp_path, language)

    direction = "rtl" if language == "ar" else "ltr"
    assert quiet_page.evaluate("getComputedStyle(document.documentElement).direction") == direction


def test_the_way_through_the_portal(quiet_page, invited, letter, tmp_path):
    walk(quiet_page, invited, letter, tmp_path)


def test_it_needs_no_scripts(browser, browser_context_args, invited, letter, tmp_path):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    walk(context.new_page(), invited, letter, tmp_path)
    context.close()


def test_nothing_is_wider_than_a_small_phone(quiet_page, invited):
    quiet_page.set_viewport_size({"width": 320, "height": 700})
    quiet_page.goto(invited)
    quiet_page.get_by_role("button", name="Accept the invitation").click()

    for name in ("Home", "Invoices", "Statements", "Security"):
        quiet_page.get_by_role("link", name=name, exact=True).click()
        quiet_page.wait_for_load_state("networkidle")
        wide = quiet_page.evaluate("document.documentElement.scrollWidth")
        assert wide == 320, name


def reach(page, wanted):
    """Press Tab until it has the focus, as somebody without a mouse."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is never reached.")


def press(page, role, name):
    reach(page, page.get_by_role(role, name=name, exact=True))
    page.keyboard.press("Enter")


def test_by_keyboard_alone(quiet_page, invited, letter, tmp_path):
    page = quiet_page
    page.goto(invited)
    press(page, "button", "Accept the invitation")
    expect(page.get_by_role("heading", name="Hello Ann")).to_be_visible()
    press(page, "link", "Skip to the content")
    assert page.url.endswith("#content")

    press(page, "link", "Invoices")
    expect(page.get_by_role("heading", name="Invoices")).to_be_visible()
    press(page, "link", "INV-0001")
    expect(page.get_by_text("Site")).to_be_visible()
    press(page, "link", "Statements")
    expect(page.get_by_role("heading", name="Statements")).to_be_visible()
    with page.expect_download() as saved:
        press(page, "link", "Save as PDF")
    saved.value.save_as(tmp_path / "statement.pdf")

    press(page, "button", "Sign out")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    reach(page, page.get_by_label("Your e-mail address").first)
    page.keyboard.type(ANN)
    page.keyboard.press("Enter")
    expect(page.get_by_label("The six digits from the mail")).to_be_visible()
    reach(page, page.get_by_label("The six digits from the mail"))
    page.keyboard.type(re.search(r"\d{3} \d{3}", letter())[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hello Ann")).to_be_visible()


def test_a_scanner_that_runs_scripts_and_presses_nothing_leaves_the_link_whole(
    browser, browser_context_args, quiet_page, base_url, invited, letter
):
    """It opens what is in the mail, waits, scrolls and goes; then the person presses, once."""

    def scan(link):
        context = browser.new_context(**browser_context_args)
        seen = context.new_page()
        seen.goto(base_url + link)
        seen.mouse.wheel(0, 2000)
        seen.wait_for_load_state("networkidle")
        assert "foyer_portal" not in {one["name"] for one in context.cookies()}
        context.close()

    scan(invited)
    quiet_page.goto(invited)
    quiet_page.get_by_role("button", name="Accept the invitation").click()
    expect(quiet_page.get_by_role("heading", name="Hello Ann")).to_be_visible()
    quiet_page.get_by_role("button", name="Sign out").click()
    quiet_page.get_by_label("Your e-mail address").first.fill(ANN)
    quiet_page.get_by_role("button", name="Mail me a way in").click()
    link = re.search(r"/portal/north/sign-in/\w+", letter())[0]
    scan(link)
    quiet_page.goto(link)
    quiet_page.get_by_role("button", name="Sign in").click()

    expect(quiet_page.get_by_role("heading", name="Hello Ann")).to_be_visible()
