"""Every page of the portal, as people see it: in both widths, by day and by night, in each script.

axe-core finds nothing on any of them, and nothing is wider than a small phone. With FOYER_SHOTS
naming a folder, which `./foyer shots` does, a picture of each is put there to be looked at.
"""

import os
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.base import ContentFile
from django.utils import timezone

from agencies.scope import acting_for
from billing.batching import ask_for_print
from billing.crediting import credit_invoice
from billing.drafting import Item, draft_invoice
from billing.issuing import issue
from billing.models import BillingSettings
from billing.payments import record_payment
from billing.settings import settings_of
from billing.statement_shapes import StatementKind
from billing.statements import Wanted, this_year
from clients import documents
from clients.models import Client
from clients.projects import create_project
from contacts.enrolling import Person, enroll
from contacts.keys import portal_key
from contacts.mailing import opened
from contacts.models import Message
from portal import signing_in
from portal.document_links import make_link
from portal.host_urls import PAGES
from portal.inviting import invite
from portal.models import PortalSession
from portal.sessions import begin

pytestmark = pytest.mark.browser

BASE = "/portal/north/"
SMALL_PHONE = 320
# Files, and what only a button leads to.
NO_PAGES = {
    *("credit-pdf", "document-pdf", "file", "invoice-pdf", "printed-statement", "statement-file"),
    *("end-access", "end-session", "invite-again", "sign-out", "switch", "take-back", "upload"),
    *("print-statement", "sign-in", "address", "passkey-question", "passkey-offer"),
    # For who has a second factor.
    *("recovery", "remove-factor", "second-factor"),
}
# When the page has been laid out anew.
SETTLED_WIDTH = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
    () => done(document.documentElement.scrollWidth))))"""
LOOKS = [("en", "light"), ("en", "dark"), ("de", "light"), ("ar", "light")]


@pytest.fixture
def acme(north, media):
    """A client with some of everything, and Ann, who is in."""
    now = timezone.now()
    today = now.date()
    with documents.settling(), acting_for(north.agency_id):
        settings_of(north.agency)
        account = {"bank_holder": "North", "bank_iban": "DE89370400440532013000"}
        BillingSettings.objects.update(**account, payment_url="https://pay.example/{number}")
        people = [
            Person(first_name="Ann", last_name="Ahlers", email="ann@acme.example"),
            Person(first_name="Bob", email="bob@acme.example"),
        ]
        client = enroll(north.agency, by=north, name="Acme & Söhne", people=people)
        site = create_project(
            client, name="Website", description="A new shop.", is_shared=True, starts_on=today
        )
        for ago, price in ((200, 1190), (70, 2500), (40, 800), (5, 450)):
            line = Item(quantity=Decimal(2), price=Decimal(price), description="Design and text")
            draft = draft_invoice(client, by=north, lines=[line], project=site, at=now)
            bill = issue(draft, on=today - timedelta(days=ago), at=now)
        record_payment(
            client, amount=Decimal(3000), on=today, by=north, at=now, reference="RF18 5390"
        )
        facts = {"on": today, "by": north, "at": now}
        credit = credit_invoice(bill, amount=Decimal(100), **facts)
        text = ContentFile(b"Words for the front page.", name="words.txt")
        documents.store(client, text, by=north, is_shared=True, project=site)
    return client, bill, credit, site


@pytest.fixture
def addresses(acme, north):
    """Of every page, by its name; and the cookie that lets one in."""
    client, bill, credit, site = acme
    now = timezone.now()
    agency = north.agency
    with acting_for(agency.pk):
        ann, bob = client.contacts.select_related("agency", "client__agency").order_by("pk")
        invite(client, by=north, contact=ann, at=now)
        means = PortalSession.Means.LINK
        cookie = begin(ann, address=ann.email, means=means, browser="Firefox", former=None, at=now)
        letter = opened(invite(client, by=north, contact=bob, at=now).mail).text
        signing_in.send(ann.email, agency=agency, asker_digest="0" * 64, at=now)
        sign_in = opened(Message.objects.latest("pk")).text
        wanted = Wanted(StatementKind.ACTIVITY, *this_year(on=now.date()))
        _, link = make_link(bill, ann, at=now)
        payment = client.payments.get()
        known = {
            "front": "",
            "invite": secret_in(letter, "invite"),
            "document": f"document/{link.rpartition('/')[2]}",
            "sign-in-link": secret_in(sign_in, "sign-in"),
            "key-login": f"client/key_login/{portal_key(ann)}",
            "invoice": f"invoices/{bill.pk}",
            "payment": f"payments/{payment.pk}",
            "credit": f"credits/{credit.pk}",
            "project": f"projects/{site.pk}",
            "statement-printing": f"statements/print/{ask_for_print(client, wanted, at=now).key}",
        }
    plain = {name: route for route, _, name in PAGES if "<" not in route}
    return {name: BASE + at for name, at in ({**plain, **known}).items()}, cookie


def secret_in(letter, page):
    return re.search(rf"/portal/north/({page}/\w+)", letter)[1]


def test_every_page_is_looked_at(addresses):
    known, _ = addresses
    named = {name for _, _, name in PAGES}

    assert named - NO_PAGES <= set(known)
    assert named >= NO_PAGES


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_anybody_can_use_it(quiet_page, base_url, addresses, north, language, scheme):
    known, cookie = addresses
    with acting_for(north.agency_id):
        Client.objects.update(language=language)
        type(north.agency).objects.update(language=language)
    quiet_page.emulate_media(color_scheme=scheme)
    width = quiet_page.viewport_size["width"]
    shots = os.environ.get("FOYER_SHOTS")
    faults = []

    for name in sorted(set(known) - NO_PAGES):
        is_inside = name not in ("front", "invite", "sign-in-link", "key-login", "document")
        quiet_page.context.clear_cookies()
        if is_inside:
            spot = {"name": "foyer_portal", "value": cookie, "domain": "localhost", "path": BASE}
            quiet_page.context.add_cookies([spot])
        quiet_page.set_viewport_size({"width": width, "height": 900})
        assert quiet_page.goto(known[name], wait_until="load").status == 200, name
        found = Axe().run(quiet_page).response["violations"]
        faults += [
            f"{name}: {one['id']} {one['help']}: {node['html'][:150]}"
            for one in found
            for node in one["nodes"][:2]
        ]
        if shots:
            picture = Path(shots) / f"{name}-{width}-{language}-{scheme}.png"
            quiet_page.screenshot(path=picture, full_page=True)
        if width < 1000:
            quiet_page.set_viewport_size({"width": SMALL_PHONE, "height": 700})
            wide = quiet_page.evaluate(SETTLED_WIDTH)
            faults += [f"{name}: {wide} pixels wide"] if wide > SMALL_PHONE else []

    assert faults == []
