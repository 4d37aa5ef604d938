"""Second factors in a real browser: a passkey of a virtual device, and an app without scripts."""

import re

import pyotp
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from agencies.scope import acting_for
from clients.models import Client
from contacts.enrolling import Person, enroll
from contacts.mailing import opened
from portal.inviting import invite

pytestmark = pytest.mark.browser

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def strict(north):
    with acting_for(north.agency_id):
        north.agency.portal_demands_second_factor = True
        north.agency.save()


@pytest.fixture
def invited(north):
    """Invites Ann; returns the path of her link."""

    def invited():
        with acting_for(north.agency_id):
            people = [Person(first_name="Ann", email="ann@acme.example")]
            client = Client.objects.first() or enroll(
                north.agency, by=north, name="Acme", people=people
            )
            made = invite(client, by=north, at=timezone.now())
            return re.search(r"/portal/north/invite/\w+", opened(made.mail).text)[0]

    return invited


def accept(page, link):
    page.goto(link)
    page.get_by_role("button", name="Accept the invitation").click()


def test_a_passkey_is_set_up_and_lets_in_again(quiet_page, strict, invited):
    page = quiet_page
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

    accept(page, invited())
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_label("Name it, to tell it from others").fill("Phone")
    page.get_by_role("button", name="Set up the passkey").click()
    expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Hello Ann")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    accept(page, invited())
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("heading", name="Hello Ann")).to_be_visible()
    page.get_by_role("link", name="Security").click()
    expect(page.get_by_text("Passkey “Phone”")).to_be_visible()


def test_a_device_that_does_not_know_the_person_is_told_of(page, strict, invited):
    """What the browser writes into its console then is its own matter."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, "isUserVerified": False}}
    )

    accept(page, invited())
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_label("Name it, to tell it from others").fill("Phone")
    page.get_by_role("button", name="Set up the passkey").click()

    expect(page.get_by_text("The passkey could not be set up.")).to_be_visible()
    expect(page.get_by_role("button", name="Set up the passkey")).to_be_enabled()


def test_an_app_needs_no_scripts(browser, browser_context_args, strict, invited):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()

    accept(page, invited())
    page.get_by_role("link", name="Set up a passkey").click()
    expect(
        page.get_by_text("This browser cannot make passkeys, or has no scripts.")
    ).to_be_visible()
    page.get_by_role("link", name="Set up an app for codes").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Six digits").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Set up the app").click()
    code = page.locator(".codes code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Hello Ann")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    accept(page, invited())
    page.get_by_label("Code of the app, or a recovery code").fill(code)
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="Hello Ann")).to_be_visible()
    context.close()
