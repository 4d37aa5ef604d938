"""Requests of clients, answered in the admin."""

import pytest
from django.utils import timezone

from agencies.roles import Role
from agencies.scope import acting_for
from contacts.mailing import opened
from contacts.models import Contact, Message
from portal.details import ADDRESS, AlreadyAnswered, answer, change_address
from portal.models import DetailRequest
from tests.admin.conftest import listing, page

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def asked(north, new_client):
    """A request of Birgit at Birch."""
    client = new_client(north)
    with acting_for(north.agency_id):
        wanted = dict.fromkeys(ADDRESS, "") | {"city": HOSTILE, "country": "DE"}
        return change_address(client.contacts.get(), wanted, at=timezone.now())


def press(browser, action, request):
    sent = {"action": action, "_selected_action": [request.pk]}
    return browser.post(listing("portal.DetailRequest"), sent, follow=True)


@pytest.mark.parametrize(
    ("action", "accepted", "said"),
    [
        ("accept", True, "North has changed the address of Birch as you asked."),
        ("decline", False, "North has not changed the address of Birch."),
    ],
)
def test_a_request_is_answered_and_the_person_is_told(action, accepted, said, staff, north, asked):
    press(staff(north), action, asked)

    with acting_for(north.agency_id):
        asked.refresh_from_db()
        assert (asked.accepted, asked.answered_by, asked.client.city) == (
            accepted, north, HOSTILE if accepted else "",
        )  # fmt: skip
        mail = Message.objects.get()
        assert mail.address == "birgit@birch.example"
        assert said in opened(mail).text


def test_the_person_is_told_in_their_language(staff, north, asked):
    with acting_for(north.agency_id):
        Contact.objects.update(language="de")

    press(staff(north), "accept", asked)

    with acting_for(north.agency_id):
        assert Message.objects.get().subject == "Die Adresse von Birch"


def test_a_request_is_answered_once(staff, north, asked):
    browser = staff(north)
    press(browser, "decline", asked)

    again = press(browser, "accept", asked)

    assert "This request was answered already." in again.text
    with acting_for(north.agency_id):
        asked.refresh_from_db()
        assert (asked.accepted, asked.client.city, Message.objects.count()) == (False, "", 1)
        with pytest.raises(AlreadyAnswered):
            answer(asked, accepted=True, by=north, at=timezone.now())


def test_what_was_asked_is_shown_as_text_beside_what_is(staff, north, asked):
    browser = staff(north)

    for address in (page(asked), listing("portal.DetailRequest")):
        assert "<script>alert(1)" not in browser.get(address).text
    assert (
        "&lt;script&gt;alert(1)&lt;/script&gt;</strong> (now: –)" in browser.get(page(asked)).text
    )


def test_viewers_answer_nothing(staff, north, asked, join):
    press(staff(join(north, Role.VIEWER)), "accept", asked)

    with acting_for(north.agency_id):
        assert DetailRequest.objects.open().exists()


def test_another_agency_answers_nothing(staff, north, south, asked):
    press(staff(south), "accept", asked)

    with acting_for(north.agency_id):
        assert DetailRequest.objects.open().exists()


def test_open_requests_are_found(staff, north, asked):
    browser, address = staff(north), listing("portal.DetailRequest")

    assert browser.get(f"{address}?answer=open").context["cl"].result_count == 1
    assert browser.get(f"{address}?answer=answered").context["cl"].result_count == 0
    press(browser, "decline", asked)
    assert browser.get(f"{address}?answer=answered").context["cl"].result_count == 1
