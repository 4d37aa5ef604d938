"""What the owner of a new account is told."""

import pytest

from agencies.scope import acting_for
from contacts.enrolling import Person, enroll
from contacts.mailing import opened
from portal.welcoming import welcome


@pytest.fixture
def greet(north):
    """Welcomes somebody at a client of North; returns the message and what it says."""

    def greet(client="Acme Inc", **person):
        person = {"first_name": "Jane", "last_name": "Doe", "email": "jane@acme.example"} | person
        with acting_for(north.agency_id):
            made = enroll(north.agency, by=north, name=client, people=[Person(**person)])
            message = welcome(made.contacts.get())
            return message, opened(message)

    return greet


@pytest.fixture
def agency(north):
    """Changes North's settings."""

    def agency(**facts):
        for name, value in facts.items():
            setattr(north.agency, name, value)
        with acting_for(north.agency_id):
            north.agency.save()

    return agency


def test_it_greets_by_name_and_tells_where_the_portal_is(greet):
    message, content = greet()

    assert message.subject == "Welcome to North"
    for text in (content.text, content.html):
        assert "Welcome, Jane" in text
        assert "North has opened an account for Acme Inc, and you are its owner." in text
        assert "http://hub.example/portal/north/" in text
        assert "jane@acme.example" in text


def test_the_address_is_the_agencys_own_host(greet, agency):
    agency(portal_host="clients.north.example")

    _, content = greet()

    assert "http://clients.north.example/" in content.text
    assert "hub.example" not in content.text


def test_a_portal_that_is_switched_off_is_not_mentioned(greet, agency):
    agency(portal_enabled=False)

    _, content = greet()

    assert "North has opened an account for Acme Inc" in content.text
    for text in (content.text, content.html):
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert "portal" not in text


def test_names_cannot_write_into_the_mail(greet, agency):
    agency(name="<b>North</b>")

    message, content = greet("<script>x</script>\r\nBcc: x@x.example", first_name="<i>Jane</i>")

    assert "<script>" not in content.html
    assert "<i>Jane" not in content.html
    assert "\n" not in message.subject


def test_somebody_without_a_first_name_is_welcome(greet):
    _, content = greet(first_name="", last_name="")

    assert content.text.startswith("Welcome\n")
