"""North's portal, with an address to write to and, where wanted, a host of its own."""

import re
from email import message_from_bytes
from email.policy import default

import pytest
from django.utils import timezone

from agencies.scope import acting_for
from clients.models import Project
from contacts.enrolling import Person, enroll

MAIN = "hub.example"
OWN = "clients.north.example"


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.FOYER_URL = f"http://{MAIN}"
    settings.ALLOWED_HOSTS = [MAIN, OWN, "testserver"]
    middleware = "portal.hosts.portal_hosts_only"
    if middleware not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, middleware]


@pytest.fixture
def change():
    """Changes facts of a member's agency."""

    def change(member, **facts):
        for name, value in facts.items():
            setattr(member.agency, name, value)
        with acting_for(member.agency_id):
            member.agency.save()
        return member.agency

    return change


@pytest.fixture
def hosted(north, change):
    """North with a portal host of its own."""
    return change(north, portal_host="Clients.North.Example", reply_to="hello@north.example")


@pytest.fixture
def then():
    return timezone.now()


@pytest.fixture
def acme(in_north, north):
    """A client of North with two people and two projects."""
    people = [
        Person(first_name="Ann", email="ann@acme.example"),
        Person(first_name="Bob", email="bob@acme.example"),
    ]
    client = enroll(in_north, by=north, name="Acme", people=people)
    for name in ("Site", "Logo"):
        Project.objects.create(agency=in_north, client=client, name=name, currency="EUR")
    return client


@pytest.fixture
def secret_of(outbox, run_jobs):
    """The secret in the newest letter to an address."""

    def secret_of(address="ann@acme.example"):
        run_jobs()
        letters = [
            message_from_bytes(path.read_bytes(), policy=default)
            for path in sorted(outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        ]
        (*_, last) = [one for one in letters if one["To"].addresses[0].addr_spec == address]
        (secret,) = set(re.findall(r"/invite/(\w+)", last.get_body(("plain",)).get_content()))
        return secret

    return secret_of
