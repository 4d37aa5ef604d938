"""The key link that Invoice Ninja's API hands out: its page, its button, and whom it opens to."""

import logging
import re
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from agencies.models import SecretDigest
from agencies.scope import acting_for
from clients.models import Client, Project
from contacts.enrolling import Person, enroll
from contacts.keys import portal_key
from contacts.models import Contact, Message
from portal.inviting import invite, revoke
from portal.key_login import give_new_key
from portal.models import Invite, PortalSession

ANN = "ann@acme.example"
BASE = "/portal/north/"
HOME = f"{BASE}home"


@pytest.fixture
def ann(acme):
    return Contact.objects.get(email=ANN)


@pytest.fixture
def bob(acme):
    return Contact.objects.get(email="bob@acme.example")


@pytest.fixture
def browser():
    return Browser(enforce_csrf_checks=True)


def link_of(contact):
    """The path of what the API prints."""
    contact.refresh_from_db()
    return f"/client/key_login/{portal_key(contact)}"


def press(browser, page, **words):
    """Loads the page and sends its form to where the form says."""
    shown = browser.get(page)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown.text)[1]
    form = shown.text[shown.text.index('<form method="post"') :]
    goes = re.match(r'<form method="post" action="([^"]+)"', form)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    sent = {**hidden, "csrfmiddlewaretoken": token, **words}
    return browser.post(goes[1] if goes else page, sent)


def greeted(browser):
    return re.search(r"Hello (\w+)", browser.get(HOME).text)


def test_the_link_the_api_prints_leads_somebody_in_who_was_never_invited(ann, browser):
    shown = browser.get(link_of(ann))
    assert "Client portal of North" in shown.text
    assert f"This link signs you in as {ANN}." in shown.text

    pressed = press(browser, link_of(ann))

    assert pressed["Location"] == HOME
    assert greeted(browser)[1] == "Ann"
    assert PortalSession.objects.get().means == "key"
    (implied,) = Invite.objects.all()
    assert (implied.contact, implied.invited_by, implied.opens_all_projects) == (ann, None, True)
    assert implied.accepted_at
    ann.client.refresh_from_db()
    assert ann.client.has_portal_access()


def test_it_works_again_and_again_with_one_invitation(ann, browser):
    press(browser, link_of(ann))
    again = Browser(enforce_csrf_checks=True)
    press(again, link_of(ann))

    assert greeted(again)
    assert greeted(browser)
    assert Invite.objects.count() == 1


def test_looking_changes_nothing(ann, browser):
    link = link_of(ann)
    for _ in range(50):
        assert browser.get(link).status_code == 200
        assert browser.head(link).status_code == 200
        assert browser.get(f"{BASE}{link[1:]}").status_code == 200

    assert "foyer_portal" not in browser.cookies
    assert not PortalSession.objects.exists()
    assert not Invite.objects.exists()
    press(browser, link)
    assert greeted(browser)


def test_the_button_may_be_sent_to_the_address_that_was_printed(ann):
    answer = Browser().post(link_of(ann), follow=True)

    assert answer.redirect_chain[-1] == (HOME, 302)


def test_without_its_token_the_button_does_nothing(ann, browser):
    assert browser.post(f"{BASE}{link_of(ann)[1:]}").status_code == 403
    assert not PortalSession.objects.exists()


@pytest.mark.parametrize(
    ("onward", "leads"),
    [
        (f"{BASE}invoices?status=open", f"{BASE}invoices?status=open"),
        ("https://evil.example/", HOME),
        ("//evil.example/", HOME),
        ("/portal/south/home", HOME),
        ("/client/invoices", HOME),
    ],
)
def test_afterwards_one_is_where_the_link_says_if_that_is_here(ann, browser, onward, leads):
    page = browser.get(link_of(ann), {"next": onward})
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    kept = re.search(r'name="next" value="([^"]*)"', page.text)
    sent = {"csrfmiddlewaretoken": token, "next": kept[1] if kept else onward}

    assert browser.post(f"{BASE}{link_of(ann)[1:]}", sent)["Location"] == leads


def test_an_agency_with_a_host_of_its_own_lets_in_there(acme, hosted, ann):
    there = Browser(SERVER_NAME="clients.north.example", enforce_csrf_checks=True)
    led = Browser(SERVER_NAME="hub.example").get(f"{link_of(ann)}?next=/invoices")
    link = f"http://clients.north.example{link_of(ann)}"
    assert led["Location"] == f"{link}?next=/invoices"

    pressed = press(there, f"{link_of(ann)}?next=/invoices")

    assert pressed["Location"] == "/invoices"
    assert there.get("/home").status_code == 200


def test_who_is_in_as_somebody_else_is_asked_first(ann, bob, browser):
    press(browser, link_of(ann))
    former = browser.cookies["foyer_portal"].value

    # From the main host's page, which does not see who is in.
    asked = press(browser, link_of(bob))
    assert asked.status_code == 200
    assert f"In this browser {ANN} is signed in now." in asked.text
    assert greeted(browser)[1] == "Ann"
    press(browser, f"{BASE}{link_of(bob)[1:]}")

    assert greeted(browser)[1] == "Bob"
    assert not greeted(Browser(headers={"cookie": f"foyer_portal={former}"}))


def test_the_session_is_a_new_one(ann, browser):
    press(browser, link_of(ann))
    former = browser.cookies["foyer_portal"].value

    press(browser, link_of(ann))

    assert browser.cookies["foyer_portal"].value != former
    assert not greeted(Browser(headers={"cookie": f"foyer_portal={former}"}))


def suspend(contact, north):
    Client.objects.update(suspended_at=timezone.now())


def delete(contact, north):
    Client.objects.update(deleted_at=timezone.now())


def take_person_away(contact, north):
    Contact.objects.filter(pk=contact.pk).update(deleted_at=timezone.now())


def lock(contact, north):
    Contact.objects.filter(pk=contact.pk).update(is_locked=True)


def forget_address(contact, north):
    Contact.objects.filter(pk=contact.pk).update(email="")


def take_invitation_back(contact, north):
    for one in Invite.objects.filter(contact=contact):
        revoke(one, at=timezone.now())


def switch_portal_off(contact, north):
    north.agency.portal_enabled = False
    north.agency.save()


def replace(contact, north):
    give_new_key(contact, at=timezone.now())


CLOSED = [
    suspend, delete, take_person_away, lock, forget_address, take_invitation_back,
    switch_portal_off, replace,
]  # fmt: skip


@pytest.mark.parametrize("closed", CLOSED)
def test_what_opens_nothing_is_answered_as_if_it_had_never_been(ann, north, browser, closed):
    link = link_of(ann)
    press(browser, link)
    closed(ann, north)

    for base in ("", BASE[:-1]):
        absent = browser.get(f"{base}/client/key_login/{'x' * 32}")
        for answer in (browser.get(base + link), Browser().post(base + link)):
            assert answer.status_code == 404
            assert answer.content == absent.content
    assert not greeted(browser)
    assert "North" not in absent.text


def test_a_new_key_lets_in(ann, browser):
    former = link_of(ann)
    give_new_key(ann, at=timezone.now())

    press(browser, link_of(ann))

    assert link_of(ann) != former
    assert greeted(browser)
    assert SecretDigest.objects.filter(digest=ann.key_digest).exists()


@pytest.mark.parametrize("key", ["x", "x" * 32, "x" * 40, "ü" * 32, "x" * 4000, "0123456789secret"])
def test_nonsense_is_no_key(acme, browser, key):
    assert browser.get(f"/client/key_login/{key}").status_code == 404
    assert browser.get(f"{BASE}client/key_login/{key}").status_code == 404


def test_a_key_opens_no_other_agencys_portal(south, ann, browser):
    stranger = browser.get(f"/portal/south{link_of(ann)}")

    assert stranger.status_code == 404
    assert stranger.content == browser.get(f"/portal/south/client/key_login/{'x' * 32}").content


def test_guessing_ends_soon(acme, browser, time_machine):
    time_machine.move_to(timezone.now().replace(second=1), tick=False)

    answers = [browser.get(f"/client/key_login/{'x' * 32}") for _ in range(31)]

    assert [one.status_code for one in answers] == [404] * 30 + [429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_no_key_is_in_the_log(ann, browser, caplog):
    caplog.set_level(logging.INFO)
    link = link_of(ann)
    press(browser, link)
    give_new_key(ann, at=timezone.now())
    browser.get(link)

    assert caplog.records
    told = str([(one.msg, one.args) for one in caplog.records])
    assert link.rpartition("/")[2] not in told


# By mail instead


@pytest.fixture
def letters(run_jobs):
    def letters():
        run_jobs()
        run_jobs()
        return [one.address for one in Message.objects.filter(kind="sign_in").order_by("id")]

    return letters


def test_an_agency_may_have_a_code_mailed_instead(ann, browser, change, north, letters):
    change(north, key_links_need_code=True)
    assert ANN not in browser.get(link_of(ann)).text

    pressed = press(browser, link_of(ann))

    assert pressed["Location"] == f"{BASE}sign-in/code"
    assert "foyer_portal" not in browser.cookies
    assert letters() == [ANN]


def test_a_link_that_may_lie_in_a_former_mailbox_signs_nobody_in_by_itself(ann, browser, letters):
    link = link_of(ann)
    # By way of no address, as a change of several people goes.
    Contact.objects.filter(pk=ann.pk).update(email="")
    Contact.objects.filter(pk=ann.pk).update(email="anna@acme.example")

    pressed = press(browser, link)

    assert pressed["Location"] == f"{BASE}sign-in/code"
    assert letters() == ["anna@acme.example"]
    give_new_key(ann, at=timezone.now())
    press(browser, link_of(ann))
    assert greeted(browser)


@pytest.mark.parametrize("said", ["ANN@acme.example", ANN])
def test_the_same_address_again_is_no_change(ann, browser, said):
    Contact.objects.filter(pk=ann.pk).update(email="")
    Contact.objects.filter(pk=ann.pk).update(email=said)

    press(browser, link_of(ann))

    assert greeted(browser)


# Invitations that are there


def test_it_opens_no_more_than_the_invitation_did(ann, north, then, browser):
    site = Project.objects.get(name="Site")
    made = invite(ann.client, by=north, contact=ann, projects=[site.pk], at=then)
    past = then - timedelta(days=30)
    Invite.objects.filter(pk=made.pk).update(sent_at=past, expires_at=past + timedelta(days=7))

    press(browser, link_of(ann))

    (newest, _) = Invite.objects.all()
    assert list(newest.opened_projects()) == [site]
    assert greeted(browser)
    assert "statements" not in browser.get(HOME).text


def test_it_accepts_the_invitation_that_is_open(ann, north, then, browser):
    made = invite(ann.client, by=north, contact=ann, at=then)

    press(browser, link_of(ann))

    made.refresh_from_db()
    assert made.accepted_at
    assert Invite.objects.count() == 1


def test_people_of_one_address_are_one_person(ann, north, browser):
    other = enroll(north.agency, by=north, name="Zenith", people=[Person(email=ANN)])
    invite(other, by=north, at=timezone.now())

    press(browser, link_of(ann))

    assert "Zenith" in browser.get(HOME).text


def test_staff_replace_a_link(north, db):
    with acting_for(north.agency_id):
        acme = enroll(north.agency, by=north, name="Acme", people=[Person(email=ANN)])
        contact = acme.contacts.get()
    staff = Browser()
    staff.force_login(north.user)

    chosen = {"action": "replace_key_links", "_selected_action": [contact.pk]}
    answer = staff.post("/admin/contacts/contact/", chosen, follow=True)

    assert "The former links open nothing any more." in answer.text
    with acting_for(north.agency_id):
        assert Contact.objects.get().key_digest != contact.key_digest
