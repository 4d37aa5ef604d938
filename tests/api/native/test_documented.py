"""The seven endpoints on Nextoria Hub's page, with its requests and answers, letter for letter."""

import json

import pytest
import time_machine
from django.test import Client as Browser

from agencies.scope import acting_for
from api.native.ids import decode, encode
from clients.models import Client
from clients.projects import create_project
from contacts.enrolling import Person, enroll

# As they are printed there.
LISTED = """{
      "id": "client_xyz789",
      "name": "Acme Corp",
      "email": "hello@acmecorp.com",
      "company": "Acme Corporation Inc.",
      "portal_access": true,
      "portal_last_seen": "2026-02-28T09:15:00Z",
      "total_billed": 45000,
      "outstanding_balance": 8500,
      "active_projects": 2,
      "created_at": "2025-06-01T00:00:00Z"
    }"""
CREATE = """{
  "name": "Jane Doe",
  "email": "jane@globexcorp.com",
  "company": "Globex Corporation",
  "phone": "+1 555 000 0000",
  "address": {
    "line1": "123 Main St",
    "city": "Springfield",
    "state": "IL",
    "postal_code": "62701",
    "country": "US"
  },
  "notes": "Primary contact for all Globex projects."
}"""
INVITE = """{
  "project_ids": ["proj_abc123", "proj_def456"],
  "message": "Welcome to our client portal! You can track your projects and invoices here.",
  "expires_at": "2026-06-01T00:00:00Z"
}"""
INVITED = """{
  "invited": true,
  "invite_sent_at": "2026-03-01T10:00:00Z",
  "portal_url": "https://portal.youragency.com"
}"""
# The interface of the page: every key of a client, and what it may be.
KEYS = {
    "id": str, "name": str, "email": str, "company": str, "phone": str, "address": dict,
    "notes": str, "portal_access": bool, "portal_last_seen": (str, type(None)),
    "total_billed": int, "outstanding_balance": int, "active_projects": int, "created_at": str,
    "updated_at": str,
}  # fmt: skip


@pytest.fixture
def curl(north, key):
    """Sends what curl would: its own headers, and the key in place of YOUR_API_KEY."""
    secret = key(north)

    def curl(method, path, body=""):
        headers = {
            "Host": "localhost",
            "User-Agent": "curl/8.5.0",
            "Accept": "*/*",
            "Authorization": f"Bearer {secret}",
        }
        kind = "application/json" if body else ""
        return Browser().generic(method, path, body, content_type=kind, headers=headers)

    return curl


@pytest.fixture
def jane(curl):
    return curl("POST", "/v1/clients", CREATE).json()


@pytest.fixture
def listed(north):
    """Acme as the page shows it, the newest of 34 clients."""
    shown = json.loads(LISTED)
    with acting_for(north.agency_id), time_machine.travel("2025-05-01T00:00:00Z", tick=False):
        for number in range(33):
            enroll(north.agency, by=north, name=f"Client {number}")
    with acting_for(north.agency_id), time_machine.travel(shown["created_at"], tick=False):
        people = [Person(email=shown["email"])]
        facts = {"name": shown["name"], "legal_name": shown["company"], "people": people}
        client = enroll(north.agency, by=north, **facts)
        for name in ("Site", "Logo"):
            create_project(client, name=name)
        Client.objects.filter(pk=client.pk).update(
            total_billed=450,
            balance=85,
            invited_at=shown["created_at"],
            portal_last_seen_at=shown["portal_last_seen"],
        )
    return shown | {"id": encode("client", client.pk)}


def test_list_clients(curl, listed):
    response = curl("GET", "/v1/clients")

    assert response.status_code == 200
    body = response.json()
    assert body["data"][0] == listed
    assert list(body["data"][0]) == list(json.loads(LISTED))
    assert (len(body["data"]), body["meta"]["total"], body["meta"]["limit"]) == (20, 34, 20)


def test_create_a_client(curl):
    response = curl("POST", "/v1/clients", CREATE)

    assert response.status_code == 201
    client = response.json()
    assert {name: client[name] for name in json.loads(CREATE)} == json.loads(CREATE)
    assert set(client) == set(KEYS)
    assert [name for name, kind in KEYS.items() if not isinstance(client[name], kind)] == []


def test_get_a_client(curl, jane):
    response = curl("GET", f"/v1/clients/{jane['id']}")

    assert (response.status_code, response.json()) == (200, jane)


def test_update_a_client(curl, jane):
    response = curl("PATCH", f"/v1/clients/{jane['id']}", '{"company": "Globex Ltd"}')

    assert response.status_code == 200
    changed = {"company": "Globex Ltd", "updated_at": response.json()["updated_at"]}
    assert response.json() == jane | changed


def test_send_portal_invite(curl, jane, north, settings):
    settings.FOYER_URL = "https://hub.example"
    with acting_for(north.agency_id):
        north.agency.portal_host = "portal.youragency.com"
        north.agency.save()
        client = Client.objects.get(pk=decode("client", jane["id"]))
        ids = [encode("proj", create_project(client, name=name).pk) for name in ("Site", "Logo")]
    body = INVITE.replace("proj_abc123", ids[0]).replace("proj_def456", ids[1])

    with time_machine.travel("2026-03-01T10:00:00Z", tick=False):
        response = curl("POST", f"/v1/clients/{jane['id']}/invite", body)

    assert (response.status_code, response.json()) == (200, json.loads(INVITED))
    assert list(response.json()) == list(json.loads(INVITED))


def test_the_pages_own_project_ids_are_nobodys(curl, jane):
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False):
        response = curl("POST", f"/v1/clients/{jane['id']}/invite", INVITE)

    assert response.status_code == 422
    assert response.json()["error"]["param"] == "project_ids"


def test_list_clients_projects(curl, jane, north):
    with acting_for(north.agency_id):
        create_project(Client.objects.get(pk=decode("client", jane["id"])), name="Site")

    response = curl("GET", f"/v1/clients/{jane['id']}/projects")

    assert response.status_code == 200
    (project,) = response.json()["data"]
    assert project["client"] == {"id": jane["id"], "name": "Jane Doe"}
    assert response.json()["meta"] == {"total": 1, "limit": 20}


def test_list_clients_invoices(curl, jane):
    response = curl("GET", f"/v1/clients/{jane['id']}/invoices")

    assert response.status_code == 200
    assert response.json()["data"] == []
    meta = response.json()["meta"]
    assert (meta["total"], meta["limit"]) == (0, 20)
