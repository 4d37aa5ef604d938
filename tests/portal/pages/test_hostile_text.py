"""HTML in every field that somebody can fill in, through every door: on every page it is text."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from agencies.scope import acting_for
from billing.drafting import Item, draft_invoice
from billing.issuing import issue
from billing.payments import record_payment
from clients.models import Client
from clients.projects import create_project
from contacts.mailing import opened
from contacts.models import Contact, Message
from portal.inviting import invite

BASE = "/portal/north/"
# As text it stays harmless; as markup each of them would do something.
BOMB = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>{{ 7|add:7 }}{% now 'Y' %}"
MARKUP = ("<script>alert", "<img src=x")


def write_natively(doors):
    fields = ("line1", "line2", "city", "state", "postal_code")
    body = {
        "name": BOMB,
        "email": "ann@acme.example",
        "company": BOMB,
        "phone": BOMB[:50],
        "notes": BOMB,
        "address": {**dict.fromkeys(fields, BOMB[:50]), "country": "DE"},
    }
    return doors["native"].post("/v1/clients", body)


def write_as_grow(doors):
    names = ("company_name", "description", "phone", "website", "vat", "billing_street")
    names += ("billing_city", "billing_state", "billing_zip")
    body = {f"client_{name}": BOMB[:50] for name in names}
    person = {"first_name": BOMB[:90], "last_name": BOMB[:90], "email": "ann@acme.example"}
    return doors["growcrm"].post("/api/clients", {**body, **person, "client_billing_country": "DE"})


def write_as_ninja(doors):
    names = ("name", "address1", "address2", "city", "state", "postal_code", "phone", "website")
    names += ("public_notes", "private_notes", "custom_value1", "vat_number", "id_number")
    person = {"first_name": BOMB, "last_name": BOMB, "phone": BOMB, "email": "ann@acme.example"}
    body = {**dict.fromkeys(names, BOMB[:50]), "contacts": [person]}
    return doors["invoiceninja"].post("/api/v1/clients", body)


DOORS = {"native": write_natively, "growcrm": write_as_grow, "invoiceninja": write_as_ninja}


@pytest.fixture(autouse=True)
def api_host(settings, hosts):
    """That of the callers of the APIs."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "localhost"]


@pytest.fixture
def furnished(north):
    """Gives a client of everything one, and each of them a bomb for a name."""

    def furnished(client):
        at, on = timezone.now(), date(2026, 1, 10)
        site = create_project(client, name=BOMB, description=BOMB, is_shared=True)
        line = Item(quantity=Decimal(1), price=Decimal(90), description=BOMB)
        draft = draft_invoice(
            client, by=north, lines=[line], at=at, project=site, reference=BOMB[:100]
        )
        bill = issue(draft, on=on, at=at)
        facts = {"amount": Decimal(50), "on": on, "by": north, "at": at, "reference": BOMB[:100]}
        paid = record_payment(client, **facts)
        pages = ("home", "invoices", "payments", "credits", "statements", "projects", "files")
        pages += ("people", "people/invite", "details", "security", "statements?kind=open_items")
        return [*pages, f"invoices/{bill.pk}", f"payments/{paid.pk}", f"projects/{site.pk}"]

    return furnished


@pytest.mark.parametrize("door", DOORS)
def test_html_is_text_on_every_page_and_in_every_mail(
    door, doors, key, north, sign_in, furnished, change
):
    change(north, statement_footer=BOMB, legal_name=BOMB[:200])
    answer = DOORS[door](doors(key(north)))
    assert answer.status_code in (200, 201), answer.content
    with acting_for(north.agency_id):
        client = Client.objects.get()
        pages = furnished(client)
    browser = sign_in(client, north)

    for page in pages:
        shown = browser.get(BASE + page)
        assert shown.status_code == 200, page
        for mark in MARKUP:
            assert mark not in shown.text, page
        assert "{{ 7" in shown.text or "7|add" not in shown.text, page

    with acting_for(north.agency_id):
        invite(client, by=north, message=BOMB, at=timezone.now())
        for mail in Message.objects.all():
            assert "<script>" not in opened(mail).html
            assert "<img src=x" not in opened(mail).html
            assert "\n" not in mail.subject


def test_so_is_what_clients_write_themselves(browser, north, acme, year):
    named = {"first_name": BOMB[:90], "last_name": BOMB[:90], "phone": BOMB[:50], "language": ""}
    browser.post(f"{BASE}details", {**named, "receives_mail": "on", "save": "person"})
    browser.post(
        f"{BASE}people/invite",
        {"email": "bob@acme.example", "first_name": BOMB, "message": BOMB, "rights": ["invoices"]},
    )

    with acting_for(north.agency_id):
        people = list(Contact.objects.values_list("first_name", flat=True))
        mails = [opened(one).html for one in Message.objects.all()]
    assert len(people) == 2
    assert all("<script>" in name for name in people)
    for shown in [browser.get(BASE + page).text for page in ("home", "people", "details")] + mails:
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
