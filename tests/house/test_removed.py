"""A removed client is nowhere: no list, no search and no page of the admin shows it.

What single routes answer stands in test_routes.py.
"""

import pytest
from django.core.files.base import ContentFile
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from agencies.scope import acting_for
from clients.models import Client, Document, Note, Project
from contacts.enrolling import Person, enroll
from contacts.removing import remove
from tests.house.test_routes import ENCODE, ROUTES

MARK = "Marked51c0"


@pytest.fixture
def marked(north, south, settings, tmp_path):
    """A client of North that carries a mark in all that is shown of it; and nobody else."""
    settings.MEDIA_ROOT = tmp_path
    with acting_for(north.agency_id):
        person = Person(first_name=MARK, last_name=MARK, email=f"{MARK}@x.example", phone=MARK)
        facts = {"number": MARK, "private_notes": MARK, "tags": [MARK], "website": MARK}
        client = enroll(north.agency, by=north, people=[person], name=MARK, **facts)
        Note.objects.create(agency=north.agency, client=client, member=north, text=MARK)
        project = Project.objects.create(
            agency=north.agency, client=client, name=MARK, currency="EUR"
        )
        Document.objects.create(
            agency=north.agency, client=client, project=project, name=f"{MARK}.txt",
            stored_name=f"{MARK}.txt", file=ContentFile(b"x", name="any.txt"),
            extension="txt", size=1,
        )  # fmt: skip
    return client


@pytest.fixture
def take_away(north):
    def take_away(client):
        with acting_for(north.agency_id):
            remove(client, by=north, at=timezone.now())

    return take_away


def shows(client, dialect, response):
    """Whether an answer names the client in any way."""
    text = response.text
    return MARK.lower() in text.lower() or f'"{ENCODE[dialect](client.pk)}"' in text


LISTS = [
    name
    for name, route in ROUTES.items()
    if route.reads and route.kind == "client" and route.row_id and "{id}" not in route.path
]


@pytest.mark.parametrize("name", LISTS)
def test_no_list_of_any_dialect_shows_a_removed_client(marked, take_away, north, doors, key, name):
    def listed():
        return doors(key(north))[name.split(":")[0]].get(ROUTES[name].path)

    before = listed()
    assert len(before.json()["data"]) > 0

    take_away(marked)

    after = listed()
    assert (after.status_code, after.json()["data"]) == (200, [])
    assert not shows(marked, name.split(":")[0], after)


def test_no_search_and_no_filter_finds_a_removed_client(marked, take_away, north, doors, key):
    asked = [
        ("growcrm", f"/api/clients?search={MARK}"),
        ("growcrm", "/api/clients?status=active&limit=100"),
        ("invoiceninja", f"/api/v1/clients?filter={MARK}"),
        ("invoiceninja", "/api/v1/clients?status=active,archived,deleted"),
        ("invoiceninja", "/api/v1/clients?is_deleted=true"),
        ("invoiceninja", "/api/v1/clients?is_deleted=false"),
        ("invoiceninja", f"/api/v1/clients?email={MARK}@x.example"),
        ("invoiceninja", f"/api/v1/clients?with={ENCODE['invoiceninja'](marked.pk)}"),
    ]
    take_away(marked)
    callers = doors(key(north))

    for dialect, path in asked:
        response = callers[dialect].get(path)

        assert (response.status_code, response.json()["data"]) == (200, []), path


@pytest.mark.parametrize(
    "address",
    ["clients/client/", "clients/client/?state=all", "clients/client/?state=deleted",
     "contacts/contact/", "clients/project/", "clients/document/"],
)  # fmt: skip
def test_no_list_of_the_admin_shows_a_removed_client(marked, take_away, north, address):
    browser = Browser()
    browser.force_login(north.user)
    take_away(marked)

    response = browser.get(f"/admin/{address}")

    assert response.status_code == 200
    assert f"{MARK}.txt" not in response.text
    assert f">{MARK}" not in response.text


def test_a_removed_client_has_no_page_in_the_admin(marked, take_away, north):
    browser = Browser()
    browser.force_login(north.user)
    take_away(marked)

    for kind in ("change", "history"):
        url = reverse(f"admin:clients_client_{kind}", args=[marked.pk])
        assert browser.get(url).status_code == 302

    with acting_for(north.agency_id):
        assert not Client.objects.exists()
