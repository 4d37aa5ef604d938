import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from agencies.scope import acting_for
from contacts.enrolling import Person, enroll
from contacts.mailing import opened
from portal.inviting import LASTS, invite

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_front_page_wears_the_agencys_colour(quiet_page, north, scheme):
    quiet_page.emulate_media(color_scheme=scheme)

    quiet_page.goto("/portal/north/")

    expect(quiet_page.get_by_role("heading", name="Client portal of North")).to_be_visible()
    expect(quiet_page.locator(".band")).to_have_css("background-color", "rgb(47, 93, 138)")
    expect(quiet_page.locator(".band")).to_have_css("color", "rgb(255, 255, 255)")


@pytest.fixture
def without_scripts(browser, browser_context_args):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_the_front_page_needs_no_scripts(without_scripts, north):
    without_scripts.goto("/portal/north/")

    expect(without_scripts.get_by_role("textbox", name="Your e-mail address")).to_be_visible()


@pytest.fixture
def link(north):
    """Invites somebody at that moment; returns the path of the link."""

    def link(at):
        with acting_for(north.agency_id):
            people = [Person(email="ann@acme.example")]
            client = enroll(north.agency, by=north, name="Acme", people=people)
            made = invite(client, by=north, expires_at=at + LASTS, at=at)
            return re.search(r"/portal/north/invite/\w{43}", opened(made.mail).text)[0]

    return link


def test_an_invitation_is_accepted_from_a_page_that_tells_no_referrer(quiet_page, link):
    quiet_page.goto(link(timezone.now()))

    quiet_page.get_by_role("button", name="Accept the invitation").click()

    expect(quiet_page.get_by_role("heading", name="What is due")).to_be_visible()


def test_a_fresh_link_is_asked_for_from_a_stale_page(page, base_url, link):
    page.goto(link(timezone.now() - LASTS - timedelta(days=1)))

    page.get_by_role("button", name="Send me a new link").click()

    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
