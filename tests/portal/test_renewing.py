"""A link that works no more, and who is mailed a fresh one for it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from agencies.scope import acting_for
from clients import lifecycle
from clients.models import Client, Project
from contacts.changing import edit_contact, remove_contact
from contacts.enrolling import Person, enroll
from contacts.merging import merge
from contacts.models import Message, Suppression
from contacts.removing import remove
from contacts.suppressing import suppress
from portal.inviting import LASTS, accept, find, invite, revoke
from portal.models import Invite
from portal.renewing import PAUSE, PER_DAY, renew
from portal.visitors import MISSES_PER_MINUTE
from tests.portal.conftest import MAIN
from tests.portal.test_front import words
from tests.portal.test_invite_pages import UNKNOWN, press, token_of, without_token


@pytest.fixture
def later(then):
    """When the link has expired."""
    return then + LASTS + timedelta(days=1)


@pytest.fixture
def secret(acme, north, then, secret_of):
    """Of an invitation of Bob, who is not Acme's primary contact, to one project."""
    site = Project.objects.get(name="Site")
    bob = acme.contacts.get(first_name="Bob")
    invite(acme, by=north, contact=bob, projects=[site.pk], message="Hi", at=then)
    return secret_of("bob@acme.example")


@pytest.fixture
def bob(acme):
    return acme.contacts.get(first_name="Bob")


@pytest.fixture
def browser():
    return Browser(enforce_csrf_checks=True, headers={"host": MAIN})


# Who gets one


def test_an_expired_link_is_renewed_to_the_same_for_as_long(
    acme, bob, secret, later, in_north, secret_of
):
    made = renew(secret, agency=in_north, at=later)

    assert (made.contact, made.address, made.message) == (bob, "bob@acme.example", "Hi")
    assert made.expires_at == later + LASTS
    assert [project.name for project in made.opened_projects()] == ["Site"]
    assert find(secret_of("bob@acme.example"), agency=in_north, at=later) == made


def test_a_used_link_is_renewed(secret, then, later, in_north):
    accept(secret, agency=in_north, at=then)

    assert renew(secret, agency=in_north, at=later) is not None


def test_a_link_that_gave_way_to_a_newer_one_is_renewed(
    acme, bob, north, secret, then, later, in_north
):
    newer = invite(acme, by=north, contact=bob, at=then)

    made = renew(secret, agency=in_north, at=later)

    assert made.opens_all_projects
    newer.refresh_from_db()
    assert newer.revoked_at == later


def test_whoever_was_taken_back_and_invited_anew_is_sent_one(
    acme, bob, north, secret, then, later, in_north
):
    revoke(Invite.objects.get(), at=then)
    invite(acme, by=north, contact=bob, at=then)

    assert renew(secret, agency=in_north, at=later) is not None


def switch_portal_off(acme):
    acme.agency.portal_enabled = False
    acme.agency.save()


def change_address_and_back(acme):
    bob = acme.contacts.get(first_name="Bob")
    edit_contact(bob, email="bob@new.example")
    edit_contact(bob, email="bob@acme.example")


ENDS = {
    "taken back": lambda acme, **_: revoke(Invite.objects.get(), at=timezone.now()),
    "suspended": lambda acme, **_: lifecycle.suspend(Client.objects.all(), at=timezone.now()),
    "deleted": lambda acme, **_: lifecycle.delete(Client.objects.all(), at=timezone.now()),
    "removed": lambda acme, north: remove(acme, by=north, at=timezone.now()),
    "merged": lambda acme, north: merge(
        enroll(north.agency, by=north, name="Other"), acme, by=north, at=timezone.now()
    ),
    "person gone": lambda acme, **_: remove_contact(
        acme.contacts.get(first_name="Bob"), at=timezone.now()
    ),
    "person locked": lambda acme, **_: acme.contacts.update(is_locked=True),
    "another address": lambda acme, **_: edit_contact(
        acme.contacts.get(first_name="Bob"), email="bob@new.example"
    ),
    "another address for a while": lambda acme, **_: change_address_and_back(acme),
    "mail came back": lambda acme, **_: suppress(
        "bob@acme.example", cause=Suppression.Cause.BOUNCE, at=timezone.now()
    ),
    "portal off": lambda acme, **_: switch_portal_off(acme),
    "its projects gone": lambda acme, **_: Project.objects.get(name="Site").delete(),
}


@pytest.mark.parametrize("end", ENDS)
def test_whoever_may_not_come_in_any_more_is_sent_nothing(
    acme, north, secret, later, in_north, end
):
    ENDS[end](acme, north=north)
    invites, messages = Invite.objects.count(), Message.objects.count()

    assert renew(secret, agency=in_north, at=later) is None

    assert (Invite.objects.count(), Message.objects.count()) == (invites, messages)


def test_somebody_accepted_whose_address_changed_is_sent_nothing_for_the_old_link(
    bob, secret, then, later, in_north
):
    accept(secret, agency=in_north, at=then)
    edit_contact(bob, email="bob@new.example")

    assert renew(secret, agency=in_north, at=later) is None


@pytest.mark.parametrize("other", ["", "x" * 43, "ü" * 43, "\0" * 43, "x" * 3000])
def test_no_other_text_sends_anything(secret, later, in_north, other):
    assert renew(other, agency=in_north, at=later) is None


def test_a_link_of_one_agency_sends_nothing_at_another(south, secret, later):
    assert renew(secret, agency=south.agency, at=later) is None


# How often


def test_nobody_is_sent_two_at_once_or_many_a_day(secret, later, in_north):
    sent = [
        renew(secret, agency=in_north, at=later + number * PAUSE / 2) is not None
        for number in range(4 * PER_DAY)
    ]

    assert sent == [True, False] * PER_DAY + [False, False] * PER_DAY
    assert renew(secret, agency=in_north, at=later + timedelta(days=2)) is not None


@pytest.mark.django_db(transaction=True)
def test_asking_many_times_at_once_sends_one(north, then, later, outbox, secret_of):
    with acting_for(north.agency_id):
        people = [Person(email="ann@acme.example")]
        invite(enroll(north.agency, by=north, name="Acme", people=people), by=north, at=then)
    secret, ready = secret_of(), Barrier(4)

    def ask():
        try:
            ready.wait()
            return renew(secret, agency=north.agency, at=later) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        answers = [future.result() for future in [pool.submit(ask) for _ in range(4)]]

    assert sorted(answers) == [False, False, False, True]


# The page


@pytest.fixture
def stale(secret, later):
    """The path of an expired link, when it has expired."""
    with time_machine.travel(later, tick=False):
        yield f"/portal/north/invite/{secret}"


def test_a_stale_page_mails_a_fresh_link_when_its_button_is_pressed(browser, stale, secret_of):
    pressed = press(browser, stale, "renew")

    assert (pressed.status_code, pressed["Location"]) == (302, "/portal/north/invite/asked")
    assert "Look into your mail" in words(browser.get(pressed["Location"]))
    fresh = browser.get(f"/portal/north/invite/{secret_of('bob@acme.example')}")
    assert "You are invited" in words(fresh)


def test_mail_scanners_get_nobody_a_mail(browser, stale):
    for _ in range(5):
        for path in (stale, f"{stale}?renew=yes"):
            assert browser.get(path).status_code == browser.head(path).status_code == 404
    assert browser.post(stale, {"renew": "yes"}).status_code == 403

    assert Invite.objects.count() == 1


def test_whether_one_was_sent_nobody_is_told(browser, stale, acme, then):
    unknown = f"/portal/north/invite/{UNKNOWN}"
    lifecycle.suspend(Client.objects.filter(pk=acme.pk), at=then)

    pages = [browser.get(path) for path in (stale, unknown)]
    refused = [press(browser, path, "renew") for path in (stale, unknown)]
    lifecycle.resume(Client.objects.filter(pk=acme.pk), at=then)
    granted = press(browser, stale, "renew")

    assert Invite.objects.count() == 2
    assert without_token(pages[0]) == without_token(pages[1])
    seen = {(one.status_code, one["Location"], one.content) for one in (*refused, granted)}
    assert len(seen) == 1


def test_asking_over_and_over_is_slowed_down(browser, stale):
    token = token_of(browser.get(stale))
    fields = {"csrfmiddlewaretoken": token, "renew": "yes"}

    answers = [browser.post(stale, fields) for _ in range(MISSES_PER_MINUTE)]

    assert [one.status_code for one in answers[:-1]] == [302] * (MISSES_PER_MINUTE - 1)
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) <= 60
    assert Invite.objects.count() == 2
