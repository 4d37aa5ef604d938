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
from agencies.sealing import seal
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
from portal import second_factor, signing_in
from portal.document_links import make_link
from portal.host_urls import PAGES
from portal.inviting import invite
from portal.models import PortalSession, SecondFactors
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
OUTSIDE = {"front", "invite", "sign-in-link", "key-login", "document", "document-asked"}
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


@pytest.fixture
def look_at(quiet_page):
    """Opens a page and returns what is wrong with it; makes its picture where one is wanted."""
    width = quiet_page.viewport_size["width"]
    shots = os.environ.get("FOYER_SHOTS")

    def look_at(name, address, look):
        quiet_page.set_viewport_size({"width": width, "height": 900})
        assert quiet_page.goto(address, wait_until="load").status == 200, name
        if shots:
            picture = Path(shots) / f"{name}-{width}-{look}.png"
            quiet_page.screenshot(path=picture, full_page=True)
        found = [
            f"{name}: {one['id']} {one['help']}: {node['html'][:150]}"
            for one in Axe().run(quiet_page).response["violations"]
            for node in one["nodes"][:2]
        ]
        if width < 1000:
            quiet_page.set_viewport_size({"width": SMALL_PHONE, "height": 700})
            wide = quiet_page.evaluate(SETTLED_WIDTH)
            found += [f"{name}: {wide} pixels wide"] if wide > SMALL_PHONE else []
        return found

    return look_at


def be(page, cookie):
    """The person whose session this is; without a cookie nobody."""
    page.context.clear_cookies()
    if cookie:
        spot = {"name": "foyer_portal", "value": cookie, "domain": "localhost", "path": BASE}
        page.context.add_cookies([spot])


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_anybody_can_use_it(quiet_page, look_at, addresses, north, language, scheme):
    known, cookie = addresses
    with acting_for(north.agency_id):
        Client.objects.update(language=language)
        type(north.agency).objects.update(language=language)
    quiet_page.emulate_media(color_scheme=scheme)
    faults = []

    for name in sorted(set(known) - NO_PAGES):
        be(quiet_page, None if name in OUTSIDE else cookie)
        faults += look_at(name, known[name], f"{language}-{scheme}")

    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_anybody_can_prove_a_second_factor(quiet_page, look_at, addresses, north, scheme):
    known, cookie = addresses
    with acting_for(north.agency_id):
        address = PortalSession.objects.get().address
        sealed = seal(second_factor.new_secret().encode())
        SecondFactors.objects.create(agency=north.agency, address=address, sealed_secret=sealed)
        PortalSession.objects.update(is_pending=True)
    quiet_page.emulate_media(color_scheme=scheme)
    be(quiet_page, cookie)

    # Led there from wherever one wanted to go.
    faults = look_at("second-factor", known["home"], f"en-{scheme}")
    assert "/second-factor" in quiet_page.url
    with acting_for(north.agency_id):
        PortalSession.objects.update(is_pending=False, second_factor_at=timezone.now())
    for name in ("security", "recovery", "app", "passkey"):
        faults += look_at(f"{name}-with-a-factor", known[name], f"en-{scheme}")

    assert faults == []
