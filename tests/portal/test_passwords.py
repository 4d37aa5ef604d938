"""A password of one's own: setting it, coming in with it, and who does not."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Client
from contacts import passwords as api_passwords
from contacts.enrolling import Person, enroll
from contacts.models import Contact, Message
from portal import passwords
from portal.inviting import invite
from portal.models import PortalSession, WrongTries
from portal.sessions import begin
from portal.tasks import forget_portal_visits
from portal.tries import MOST, WINDOW

ANN = "ann@acme.example"
BASE = "/portal/north/"
GOOD = "seven green bottles 7"
OTHER = "six blue bottles 66"


@pytest.fixture
def ann(acme, north, then):
    """Invited, with a password."""
    person = Contact.objects.get(email=ANN)
    invite(acme, by=north, contact=person, at=then)
    Contact.objects.filter(pk=person.pk).update(password=make_password(GOOD))
    return Contact.objects.select_related("client__agency").get(pk=person.pk)


@pytest.fixture
def browser():
    return Browser(enforce_csrf_checks=True)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """Many tries from one place; that limit has a test of its own."""
    monkeypatch.setattr("portal.password_views.PER_MINUTE", 1000)


def inside(contact, *, means="link", at=None):
    """A browser in which the person is signed in, and its secret."""
    facts = {"means": means, "browser": "", "former": None, "at": at or timezone.now()}
    secret = begin(contact, address=contact.email, **facts)
    return Browser(headers={"cookie": f"foyer_portal={secret}"})


def try_in(browser, password=GOOD, address=ANN, base=BASE, **words):
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(base).text)[1]
    sent = {"csrfmiddlewaretoken": token, "address": address, "password": password, **words}
    return browser.post(f"{base}sign-in/password", sent)


def is_in(browser):
    return browser.get(f"{BASE}home").status_code == 200


def told():
    return [one.subject for one in Message.objects.filter(kind="security")]


# Coming in


def test_address_and_password_let_in(ann, browser):
    answer = try_in(browser, address=" ANN@acme.example ", next=f"{BASE}invoices")

    assert answer["Location"] == f"{BASE}invoices"
    assert is_in(browser)
    assert PortalSession.objects.get().means == "password"


def test_what_an_api_set_lets_in_too(ann, browser):
    Contact.objects.filter(pk=ann.pk).update(password=api_passwords.hashed("Sevenletters7"))

    assert try_in(browser, "Sevenletters7").status_code == 302


@pytest.mark.parametrize(
    ("password", "address"),
    [
        ("sesame", ANN),
        ("", ANN),
        ("**********", ANN),
        (GOOD, "nobody@acme.example"),
        (GOOD, "bob@acme.example"),
        ("", "bob@acme.example"),
        (GOOD, ""),
        (GOOD, "a\0b"),
        (GOOD * 100, ANN),
        (GOOD + "\0", ANN),
        (GOOD, "x" * 5000),
    ],
)
def test_everything_else_is_answered_alike(ann, browser, password, address):
    answer = try_in(browser, password, address)

    assert answer.status_code == 422
    assert "Address and password do not fit." in answer.text
    assert not is_in(browser)
    assert password not in answer.text or not password


def test_nobody_learns_who_is_known_or_has_a_password(ann, acme, north, then, browser):
    invite(acme, by=north, contact=Contact.objects.get(email="bob@acme.example"), at=then)
    answers = {
        re.sub(r'value="[^"]*"', "", try_in(Browser(), "wrong", address).text)
        for address in (ANN, "bob@acme.example", "nobody@acme.example")
    }

    assert len(answers) == 1


def test_as_much_is_reckoned_and_asked_for_everybody(ann, acme, north, then, monkeypatch):
    bob = Contact.objects.get(email="bob@acme.example")
    invite(acme, by=north, contact=bob, at=then)
    twice = enroll(north.agency, by=north, name="Zenith", people=[Person(email=ANN)])
    invite(twice, by=north, at=then)
    Contact.objects.filter(client=twice).update(password=make_password(OTHER))
    reckoned = []
    encode = passwords.make_password, passwords.check_password
    monkeypatch.setattr(passwords, "make_password", lambda p: reckoned.append(1) or encode[0](p))
    monkeypatch.setattr(
        passwords, "check_password", lambda p, e: reckoned.append(1) or encode[1](p, e)
    )
    work = []
    for address in (ANN, bob.email, "nobody@acme.example"):
        reckoned.clear()
        with CaptureQueriesContext(connection) as asked:
            Browser().post(f"{BASE}sign-in/password", {"address": address, "password": "wrong"})
        work.append((len(reckoned), [re.sub(r"'[^']*'|\d+", "?", one["sql"]) for one in asked]))

    assert work[0] == work[1] == work[2]
    assert work[0][0] == 2


def close_client(ann):
    Client.objects.update(suspended_at=timezone.now())


def delete_client(ann):
    Client.objects.update(deleted_at=timezone.now())


def lock(ann):
    Contact.objects.update(is_locked=True)


def remove(ann):
    Contact.objects.update(deleted_at=timezone.now())


def take_back(ann):
    ann.invites.update(revoked_at=timezone.now())


@pytest.mark.parametrize("closed", [close_client, delete_client, lock, remove, take_back])
def test_who_may_not_come_in_cannot_with_a_password(ann, browser, closed):
    closed(ann)

    assert try_in(browser).status_code == 422


def test_with_another_address_the_password_is_gone(ann, browser):
    for address in ("", "anna@acme.example"):
        Contact.objects.filter(pk=ann.pk).update(email=address)

    assert try_in(browser, address="anna@acme.example").status_code == 422
    ann.refresh_from_db()
    assert ann.password == ""


def test_a_password_that_comes_with_the_new_address_stays(ann):
    Contact.objects.filter(pk=ann.pk).update(
        email="anna@acme.example", password=make_password(OTHER)
    )

    ann.refresh_from_db()
    assert ann.has_password()


def test_people_of_one_address_come_in_as_whom_the_password_fits(ann, north, then, browser):
    other = enroll(north.agency, by=north, name="Zenith", people=[Person(email=ANN)])
    invite(other, by=north, at=then)
    Contact.objects.filter(client=other).update(password=make_password(OTHER))

    try_in(browser, OTHER)

    assert PortalSession.objects.get().contact.client == other
    # And go on as whom they want, as ever.
    assert "Acme" in browser.get(f"{BASE}home").text


# Guessing


def test_after_some_wrong_ones_the_right_one_is_no_use_for_a_while(ann, browser, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    for _ in range(MOST):
        assert try_in(browser, "wrong").status_code == 422
    locked = try_in(browser)
    assert locked.status_code == 429
    assert "Try again in 15 minutes." in locked.text
    assert "A mailed link lets you in at once." in locked.text

    time_machine.move_to(now + WINDOW, tick=False)
    assert try_in(browser).status_code == 302


def test_who_is_not_there_is_locked_out_as_well(ann):
    answers = [try_in(Browser(), "x", "nobody@acme.example").status_code for _ in range(MOST + 1)]

    assert answers == [422] * MOST + [429]


def test_the_mailed_link_works_for_whom_others_locked_out(ann, browser, run_jobs):
    for _ in range(MOST + 1):
        try_in(Browser(), "wrong")

    browser.post(f"{BASE}sign-in", {"address": ANN})
    browser.get(BASE)
    token = browser.cookies["csrftoken"].value
    answer = browser.post(f"{BASE}sign-in", {"address": ANN, "csrfmiddlewaretoken": token})
    run_jobs()

    assert answer.status_code == 302
    assert Message.objects.filter(kind="sign_in", contact=ann).count() == 1


def test_the_right_one_starts_the_count_anew(ann):
    for _ in range(3):
        for _ in range(MOST - 1):
            try_in(Browser(), "wrong")
        assert try_in(Browser()).status_code == 302


def test_one_network_tries_so_often_a_minute(ann, monkeypatch, time_machine):
    monkeypatch.setattr("portal.password_views.PER_MINUTE", 3)
    time_machine.move_to(timezone.now().replace(second=1), tick=False)

    answers = [try_in(Browser(), "x", f"n{n}@x.example").status_code for n in range(4)]

    assert answers == [422] * 3 + [429]


def test_tries_are_forgotten_after_a_day_and_name_nobody(ann, browser):
    try_in(browser, "wrong")
    assert "acme" not in repr(list(WrongTries.objects.values()))

    forget_portal_visits(int((timezone.now() + timedelta(days=1, minutes=1)).timestamp()))

    assert not WrongTries.objects.exists()


# Setting


def test_who_has_only_just_come_in_sets_one_and_is_told(ann, browser):
    Contact.objects.update(password="")
    here, elsewhere = inside(ann), inside(ann)

    answer = here.post(f"{BASE}security/password", {"password": OTHER})

    assert answer["Location"] == f"{BASE}security"
    assert "You can sign in with a password." in here.get(answer["Location"]).text
    assert not is_in(elsewhere)
    assert is_in(here)
    assert told() == ["Your sign-in to the client portal of North was changed"]
    assert try_in(browser, OTHER).status_code == 302


def test_it_is_the_persons_at_each_client(ann, north, then, browser):
    other = enroll(north.agency, by=north, name="Zenith", people=[Person(email=ANN)])
    invite(other, by=north, at=then)

    inside(ann).post(f"{BASE}security/password", {"password": OTHER})
    assert all(one.has_password() for one in Contact.objects.filter(email=ANN))
    inside(ann).post(f"{BASE}security/password", {"remove": "yes"})

    assert not any(one.has_password() for one in Contact.objects.filter(email=ANN))
    assert try_in(browser, OTHER).status_code == 422


@pytest.mark.parametrize("sent", [{"password": OTHER}, {"remove": "yes"}])
def test_later_the_old_one_is_asked_for(ann, sent):
    there = inside(ann, at=timezone.now() - timedelta(minutes=11))
    page = f"{BASE}security/password"
    assert "The old password" in there.get(page).text

    for old in ({}, {"old": ""}, {"old": "wrong"}):
        refused = there.post(page, {**sent, **old})
        assert refused.status_code == 422
        assert "The old password is another." in refused.text
    assert there.post(page, {**sent, "old": GOOD})["Location"] == f"{BASE}security"
    assert len(told()) == 1


def test_a_key_link_is_not_enough_to_set_one(ann):
    Contact.objects.update(password="")
    there = inside(ann, means="key")

    shown = there.get(f"{BASE}security/password")
    answer = there.post(f"{BASE}security/password", {"password": OTHER})

    assert "sign in with a mailed link; then you have ten minutes" in shown.text
    assert answer.status_code == 422
    assert told() == []


def test_guessing_the_old_one_ends_soon(ann):
    there = inside(ann, at=timezone.now() - timedelta(hours=1))

    answers = [
        there.post(f"{BASE}security/password", {"old": "x", "password": OTHER}).status_code
        for _ in range(MOST + 1)
    ]

    assert answers == [422] * MOST + [429]


@pytest.mark.parametrize(
    ("weak", "said"),
    [
        ("", "too short"),
        ("short7", "too short"),
        ("1234567890123", "entirely numeric"),
        ("password123", "too common"),
        ("ann@acme.example", "too similar"),
        ("x7" * 600, "Use at most 1000 characters."),
    ],
)
def test_weak_ones_are_refused_in_whole_sentences(ann, weak, said):
    answer = inside(ann).post(f"{BASE}security/password", {"password": weak})

    assert answer.status_code == 422
    assert said in answer.text
    assert told() == []


def test_the_page_speaks_the_clients_language(ann):
    Client.objects.update(language="de")

    answer = inside(ann).post(f"{BASE}security/password", {"password": "kurz"})

    assert "zu kurz" in answer.text
