"""Projects: what is shared of them, and nothing internal."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from agencies.scope import acting_for
from clients.documents import settling, store
from clients.models import Client, Project
from clients.projects import archive_project, create_project, edit_project
from portal.rights import Right
from tests.portal.pages.conftest import HOSTILE
from tests.portal.pages.test_files import file
from tests.portal.test_front import words

BASE = "/portal/north/"


@pytest.fixture
def site(acme, north):
    with acting_for(north.agency_id):
        return create_project(
            acme,
            name="Site",
            is_shared=True,
            description="A new face.\nIn two steps.",
            starts_on=date(2026, 2, 1),
            ends_on=date(2026, 6, 30),
            budget=Decimal("98765.43"),
            lead=north,
            status=Project.Status.REVIEW,
        )


def test_a_project_says_where_it_stands_and_what_belongs_to_it(browser, acme, north, site, bill):
    own = bill(acme, north, 33, on=date(2026, 4, 1), project=site)
    other = bill(acme, north, 44, on=date(2026, 4, 1))
    with settling(), acting_for(north.agency_id):
        store(acme, file("draft.pdf"), by=north, project=site)

    listed, page = browser.get(f"{BASE}projects"), browser.get(f"{BASE}projects/{site.pk}")

    for shown in (words(listed), words(page)):
        for said in ("Site", "in review", "Feb 1, 2026", "Jun 30, 2026"):
            assert said in shown
    for said in ("A new face.", "In two steps.", own.number, "draft.pdf", "€33.00"):
        assert said in words(page)
    assert other.number not in page.text
    for internal in ("98", "765", "nora"):
        assert internal not in words(listed) + words(page)


def test_private_and_archived_ones_are_not_there(browser, acme, north, site):
    with acting_for(north.agency_id):
        private = create_project(acme, name="Private")
        old = archive_project(create_project(acme, name="Old", is_shared=True), at=timezone.now())

    shown = browser.get(f"{BASE}projects").text

    assert "Site" in shown
    for one in (private, old):
        assert one.name not in shown
        assert browser.get(f"{BASE}projects/{one.pk}").status_code == 404
    with acting_for(north.agency_id):
        edit_project(site, is_shared=False)
    assert browser.get(f"{BASE}projects/{site.pk}").status_code == 404


def test_an_invitation_to_a_project_opens_no_other(acme, north, site, sign_in):
    with acting_for(north.agency_id):
        other = create_project(acme, name="Other", is_shared=True)
    browser = sign_in(acme, north, projects=[site.pk])

    shown = browser.get(f"{BASE}projects").text

    assert "Site" in shown
    assert "Other" not in shown
    assert browser.get(f"{BASE}projects/{site.pk}").status_code == 200
    assert browser.get(f"{BASE}projects/{other.pk}").status_code == 404


@pytest.mark.parametrize(("right", "hidden"), [("invoices", "€33.00"), ("files", "draft.pdf")])
def test_without_the_right_a_project_shows_none_of_them(
    acme, north, site, bill, sign_in, right, hidden
):
    bill(acme, north, 33, on=date(2026, 4, 1), project=site)
    with settling(), acting_for(north.agency_id):
        store(acme, file("draft.pdf"), by=north, project=site)

    without = sign_in(acme, north, rights=frozenset(Right) - {right})
    shown = words(without.get(f"{BASE}projects/{site.pk}"))

    assert hidden not in shown
    assert "Site" in shown
    assert ("€33.00" in shown) != ("draft.pdf" in shown)


def test_an_invoice_that_went_to_another_client_is_not_shown(
    browser, acme, north, site, bill, client_of
):
    invoice = bill(acme, north, 33, on=date(2026, 4, 1), project=site)
    other = client_of(north, "Other")
    with acting_for(north.agency_id):
        type(invoice).objects.filter(pk=invoice.pk).update(client=other)

    assert invoice.number not in browser.get(f"{BASE}projects/{site.pk}").text


def test_more_than_twenty_invoices_are_found_in_their_list(browser, acme, north, site, bill):
    for _ in range(21):
        bill(acme, north, 1, on=date(2026, 4, 1), project=site)
    bill(acme, north, 2, on=date(2026, 5, 1))

    page = browser.get(f"{BASE}projects/{site.pk}").text
    listed = browser.get(f"{BASE}invoices?project={site.pk}").text

    assert len(re.findall(r"<bdi>INV-\d+", page)) == 20
    assert f'href="{BASE}invoices?project={site.pk}"' in page
    assert "€2.00" not in listed
    assert f"project={site.pk}&amp;page=2" in listed


def test_there_are_twenty_to_a_page(browser, acme, north):
    with acting_for(north.agency_id):
        for number in range(21):
            create_project(acme, name=f"P{number:02}", is_shared=True)

    assert re.findall(r"P\d\d", browser.get(f"{BASE}projects?page=2").text) == ["P00"]


def test_what_staff_wrote_is_text(browser, north, site):
    with acting_for(north.agency_id):
        edit_project(site, name=HOSTILE, description=HOSTILE)

    for page in ("projects", f"projects/{site.pk}", "files"):
        shown = browser.get(BASE + page).text
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown


def test_a_project_is_written_in_the_clients_language(browser, north, site):
    with acting_for(north.agency_id):
        Client.objects.update(language="de")

    shown = words(browser.get(f"{BASE}projects/{site.pk}"))

    for said in ("in Abnahme", "01.02.2026", "Dateien", "Alle Projekte"):
        assert said in shown


def test_without_any_the_page_says_what_will_be_here(browser):
    assert "Projects that North shares with you will appear here" in words(
        browser.get(f"{BASE}projects")
    )
