"""Staff at the admin's door, and one row of every kind for an agency."""

import pytest
from django.contrib import admin
from django.forms import FileField
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate

from agencies.keys import create_api_key
from agencies.scope import acting_for
from agencies.webhooks import create_endpoint, ping
from billing.models import Verification
from billing.planning import plan
from billing.settings import numbers_of, settings_of
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import make
from clients.models import Category, ClientGroup, CustomField, Document, Project, Tag
from contacts.enrolling import Person, enroll
from contacts.mailing import queue_message
from contacts.models import Suppression
from contacts.removing import remove
from contacts.suppressing import suppress
from portal.details import ADDRESS, change_address
from portal.document_links import make_link
from portal.inviting import invite


@pytest.fixture
def staff():
    """A browser in which this member is signed in."""

    def staff(member):
        browser = Browser()
        browser.force_login(member.user)
        return browser

    return staff


@pytest.fixture
def new_client():
    """Enrolls a client at a member's agency."""

    def new_client(member, name="Birch", email="birgit@birch.example", **facts):
        person = Person(first_name="Birgit", last_name="Berg", email=email)
        with acting_for(member.agency_id):
            return enroll(member.agency, by=member, people=[person], name=name, **facts)

    return new_client


def suppressed(address):
    """The row of an address that nothing is sent to any more."""
    suppress(address, cause=Suppression.Cause.BOUNCE, at=timezone.now())
    return Suppression.objects.get(address=address)


def webhook(member):
    """An endpoint and what was sent it."""
    endpoint, _ = create_endpoint(member.agency, url="https://93.184.216.34/", types=["*"])
    return endpoint, ping(endpoint, at=timezone.now())


@pytest.fixture
def rows(new_client):
    """One row of every kind the admin shows, by model label."""

    def rows(member, tag="Priority"):
        agency = member.agency
        client = new_client(member, tags=[tag])
        gone = new_client(member, name="Gone", email="gone@gone.example")
        with acting_for(agency.pk):
            wanted = Wanted(StatementKind.ACTIVITY, localdate(), localdate())
            kept = make(client, wanted, by=member)
            reader = client.contacts.select_related("agency").get()
            project = Project.objects.create(
                agency=agency, client=client, name="Website", currency="EUR"
            )
            made = [
                client,
                project,
                agency,
                member,
                create_api_key(member, name="Shop")[0],
                client.contacts.get(),
                remove(gone, by=member, at=timezone.now()),
                Tag.objects.get(title=tag),
                Category.objects.get(),
                ClientGroup.objects.create(agency=agency, name="Friends"),
                CustomField.objects.create(agency=agency, name="tier", label="Tier"),
                Document.objects.create(
                    agency=agency, client=client, name="a.pdf", stored_name=f"{agency.pk}.pdf",
                    file="documents/a.pdf", extension="pdf", size=1,
                ),
                queue_message(to=member, kind="note", subject="Hello", text="Hello."),
                suppressed("gone@gone.example"),
                invite(client, by=member, at=timezone.now()),
                make_link(kept, reader, at=timezone.now())[0],
                change_address(
                    client.contacts.get(), dict.fromkeys(ADDRESS, "Kiel"), at=timezone.now()
                ),
                *webhook(member),
                settings_of(agency),
                numbers_of(agency)["invoice"],
                plan(agency, on=localdate(), at=timezone.now(), client=client),
                Verification.objects.create(agency=agency),
            ]  # fmt: skip
        return {row._meta.label: row for row in made}

    return rows


OURS = [
    model._meta.label
    for model in admin.site._registry
    if model._meta.app_label in ("agencies", "clients", "contacts", "portal", "billing")
]

# Of these there is one, and its list leads to it.
SINGLE = ("agencies.Agency", "billing.BillingSettings")
LISTED = [label for label in OURS if label not in SINGLE]


def page(row, kind="change"):
    """The address of one row's page: change, history or delete."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{kind}", args=[row.pk])


def listing(label):
    return reverse(f"admin:{label.lower().replace('.', '_')}_changelist")


def filled_in(response):
    """What the browser would send back from this form if nothing was typed."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    sent = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            typed = not isinstance(bound.field, FileField)
            if typed and value is not None and value is not False:
                sent[bound.html_name] = value
    return sent
