"""A client of North with two invoices, and a browser in which its person is signed in."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.utils import timezone

from agencies.scope import acting_for
from billing.drafting import Item, draft_invoice
from billing.issuing import issue
from billing.payments import record_payment
from clients.projects import create_project
from contacts.enrolling import Person, enroll
from contacts.models import Contact
from portal.inviting import invite
from portal.models import PortalSession
from portal.rights import give_rights
from portal.sessions import begin

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def own_media(media):
    """Files go into a folder of the test."""


@pytest.fixture
def sign_in():
    """A browser in which the person who is primary at this client is signed in."""

    def sign_in(client, by, projects=(), rights=None):
        now = timezone.now()
        with acting_for(client.agency_id):
            person = Contact.objects.select_related("client__agency").get(
                client=client, is_primary=True
            )
            invite(client, by=by, contact=person, projects=projects, at=now)
            if rights is not None:
                give_rights(person, frozenset(rights))
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


@pytest.fixture
def site(acme, north):
    with acting_for(north.agency_id):
        return create_project(acme, name="Site")
