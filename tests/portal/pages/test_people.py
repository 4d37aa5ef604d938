"""Colleagues: seen, invited, invited anew, taken back and taken away."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.admin_history import changes_of
from agencies.scope import acting_for
from clients.models import Client
from contacts.changing import add_colleague
from contacts.mailing import opened
from contacts.models import Contact, Message, Suppression
from contacts.suppressing import suppress
from portal import colleagues
from portal.colleagues import invite_colleague
from portal.inviting import invite
from portal.models import Invite, PersonRights, PortalSession
from portal.rights import Right, give_rights, set_rights
from portal.sessions import begin
from tests.portal.test_front import words

BASE = "/portal/north/"
HOSTILE = "<script>alert(1)</script>"
EVERYTHING = [right.value for right in Right]


@pytest.fixture
def bob(acme, north):
    """A contact who was never invited."""
    with acting_for(north.agency_id):
        return add_colleague(acme, email="bob@acme.example", first_name="Bob")


@pytest.fixture
def let_in(north):
    """A browser in which the contact is signed in."""

    def let_in(contact):
        now = timezone.now()
        with acting_for(north.agency_id):
            contact = Contact.objects.select_related("client__agency").get(pk=contact.pk)
            invite(contact.client, by=north, contact=contact, at=now)
            facts = {"means": PortalSession.Means.LINK, "browser": "", "former": None, "at": now}
            secret = begin(contact, address=contact.email, **facts)
        return Browser(headers={"cookie": f"foyer_portal={secret}"})

    return let_in


@pytest.fixture
def ask(browser):
    """Sends the form; empty fields are left out, as rights that are not ticked are."""

    def ask(email="bob@acme.example", by=browser, **facts):
        facts = {"email": email, "rights": ["invoices", "files"], **facts}
        return by.post(f"{BASE}people/invite", facts)

    return ask


def invited():
    return Invite.objects.select_related("contact", "mail", "asked_by").latest("pk")


def test_the_page_tells_who_has_access_and_since_when(browser, acme, north, bob):
    with acting_for(north.agency_id):
        now = timezone.now()
        eve = add_colleague(acme, email="eve@acme.example")
        dan = add_colleague(acme, email="dan@acme.example", last_name="Dorn")
        ran_out = now - timedelta(days=9)
        invite(acme, by=north, contact=eve, at=now)
        invite(acme, by=north, contact=dan, at=ran_out)
        Invite.objects.filter(contact__is_primary=True).update(accepted_at="2026-03-04T23:30Z")

    north.agency.time_zone = "Europe/Berlin"
    with acting_for(north.agency_id):
        north.agency.save()
    shown = words(browser.get(f"{BASE}people"))

    assert "acme@north.example (you) acme@north.example has access since Mar 5, 2026" in shown
    assert "Bob bob@acme.example no access Invite" in shown
    assert re.search(r"eve@acme.example invited on \w+ \d+, \d{4} Send anew", shown)
    assert re.search(r"Dorn dan@acme.example invitation ran out on", shown)


def test_somebody_new_becomes_a_contact_who_gets_no_documents(ask, acme, north):
    answer = ask(first_name="Bob", last_name="Bird", message="Welcome\nBob")

    assert answer.status_code == 302
    assert answer["Location"] == f"{BASE}people?told=invited"
    with acting_for(north.agency_id):
        bob = acme.contacts.get(email="bob@acme.example")
        assert (bob.full_name, bob.is_primary, bob.receives_mail) == ("Bob Bird", False, False)
        assert set_rights(bob) == {Right.INVOICES, Right.FILES}
        made = invited()
        assert (made.contact, made.asked_by.email) == (bob, "acme@north.example")
        assert made.opens_all_projects
        content = opened(made.mail)
    for text in (content.text, content.html):
        assert "acme@north.example has asked for this invitation." in text
        assert "Welcome" in text


def test_the_invited_colleague_comes_in_with_the_rights_that_were_given(ask, north, run_jobs):
    ask()
    with acting_for(north.agency_id):
        content = opened(invited().mail)
    (secret,) = set(re.findall(r"/invite/(\w+)", content.text))

    browser = Browser()
    assert browser.post(f"{BASE}invite/{secret}").status_code == 302

    assert browser.get(f"{BASE}invoices").status_code == 200
    for closed in ("statements", "people"):
        assert browser.get(f"{BASE}{closed}").status_code == 404


def test_the_trail_tells_which_person_did_it(ask, acme, north):
    ask(first_name="Bob")

    with acting_for(north.agency_id):
        ann = acme.contacts.get(is_primary=True)
        bob = acme.contacts.get(email="bob@acme.example")
        for row in (invited(), bob, PersonRights.objects.get(contact=bob)):
            trail = type(row).pgh_event_model.objects.filter(pgh_obj_id=row.pk)
            assert {(e.pgh_context["door"], e.pgh_context["contact"]) for e in trail} == {
                ("portal", ann.pk)
            }
        _, (newest, *_) = changes_of(bob, page=None)
        assert (newest.who, newest.door) == ("acme@north.example of Acme", "portal")


def test_only_held_rights_are_offered_and_no_others_are_given(acme, north, sign_in, ask):
    browser = sign_in(acme, north, rights={Right.INVITE, Right.FILES})

    offered = re.findall(r'name="rights" value="(\w+)"', browser.get(f"{BASE}people/invite").text)
    refused = ask(by=browser, rights=["statements", "files"])

    assert offered == ["files", "invite"]
    assert refused.status_code == 422
    with acting_for(north.agency_id):
        assert not acme.contacts.filter(email="bob@acme.example").exists()
        with pytest.raises(colleagues.RightNotHeld):
            invite_colleague(
                acme.contacts.get(), held=frozenset({Right.INVITE}), email="b@acme.example",
                first_name="", last_name="", message="", rights=frozenset({Right.FILES}),
                at=timezone.now(),
            )  # fmt: skip


def test_the_right_to_invite_may_be_given_on(ask, acme, north, let_in):
    ask(rights=["invite"])
    with acting_for(north.agency_id):
        bob = acme.contacts.get(email="bob@acme.example")

    answer = ask("cleo@acme.example", by=let_in(bob), rights=["invite"])

    assert answer.status_code == 302
    with acting_for(north.agency_id):
        assert invited().asked_by == bob


def test_what_the_agency_chose_for_somebody_stays(ask, acme, north, bob):
    with acting_for(north.agency_id):
        give_rights(bob, frozenset({Right.PROJECTS}))

    assert ask(rights=EVERYTHING).status_code == 302

    with acting_for(north.agency_id):
        assert set_rights(bob) == {Right.PROJECTS}


def test_what_a_colleague_chose_can_be_chosen_anew(ask, acme, north, bob, browser):
    ask(rights=["files"])
    browser.post(f"{BASE}people/{bob.pk}/take-back")
    ask(rights=["files", "statements"], first_name="Robert")

    with acting_for(north.agency_id):
        assert set_rights(bob) == {Right.FILES, Right.STATEMENTS}
        bob.refresh_from_db()
        assert bob.first_name == "Bob"


def test_who_is_in_is_not_invited_again(ask, bob, let_in):
    let_in(bob)

    answer = ask("BOB@acme.example")

    assert answer.status_code == 422
    assert "This person has access already." in words(answer)


@pytest.mark.parametrize("elsewhere", ["another client", "another agency", "staff", "nowhere"])
def test_nobody_learns_whether_an_address_is_known_elsewhere(
    elsewhere, ask, north, south, client_of, acme, sign_in
):
    other = client_of(north, "Other")
    strange = client_of(south, "Strange")
    sign_in(other, north)
    email = {
        "another client": "other@north.example",
        "another agency": "strange@south.example",
        "staff": "nora@north.example",
        "nowhere": "nobody@nowhere.example",
    }[elsewhere]

    answer = ask(email)

    assert (answer.status_code, answer["Location"]) == (302, f"{BASE}people?told=invited")
    with acting_for(north.agency_id):
        assert invited().client == acme
        assert invited().mail.status == Message.Status.QUEUED
        assert other.contacts.count() == 1
    with acting_for(south.agency_id):
        assert strange.contacts.count() == 1


def test_nothing_is_sent_to_a_suppressed_address_and_only_staff_see_it(ask, browser, acme, north):
    with acting_for(north.agency_id):
        facts = {"cause": Suppression.Cause.BOUNCE, "at": timezone.now()}
        suppress("bob@acme.example", **facts)

    ask("cleo@acme.example")
    answer = ask()
    shown = words(browser.get(answer["Location"]))

    assert "The invitation is on its way. If no mail arrives, check the address or ask us." in shown
    like = r"{0} {0} invited on \w+ \d+, \d{{4}} Send anew to {0} Take back the invitation of {0}"
    for address in ("bob@acme.example", "cleo@acme.example"):
        assert re.search(like.format(address), shown)
    with acting_for(north.agency_id):
        mail = invited().mail
        assert (mail.status, mail.reason) == ("failed", "suppressed")
        bob = acme.contacts.get(email="bob@acme.example")
    again = browser.post(f"{BASE}people/{bob.pk}/again")
    assert again["Location"] == f"{BASE}people?told=invited"


@pytest.mark.parametrize(
    "facts",
    [
        {"email": "nobody"},
        {"email": ""},
        {"email": "a@b.example\nBcc: x@y.example"},
        {"email": "a" * 250 + "@b.example"},
        {"email": "\0@b.example"},
        {"first_name": "\0"},
        {"first_name": "x" * 256},
        {"message": "x" * 1001},
        {"rights": []},
        {"rights": ["everything"]},
    ],
)
def test_a_bad_value_is_answered_with_the_form_and_nobody_is_invited(facts, ask, acme, north):
    answer = ask(**facts)

    assert answer.status_code == 422
    assert "alert" in answer.text
    with acting_for(north.agency_id):
        assert acme.contacts.count() == 1


def test_names_and_messages_are_text_in_page_and_letter(ask, browser, north):
    ask(first_name=HOSTILE, last_name="{{ 7*7 }}", message=HOSTILE)

    shown = browser.get(f"{BASE}people").text
    with acting_for(north.agency_id):
        html = opened(invited().mail).html

    assert "<script" not in shown + html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in shown


def test_a_fresh_link_ends_the_old_one(ask, browser, acme, north):
    ask()
    with acting_for(north.agency_id):
        old = invited()
    (secret,) = set(re.findall(r"/invite/(\w+)", opened(old.mail).text))

    assert browser.post(f"{BASE}people/{old.contact_id}/again").status_code == 302

    assert Browser().get(f"{BASE}invite/{secret}").status_code == 404
    with acting_for(north.agency_id):
        assert invited().pk > old.pk
        assert (invited().asked_by, invited().message) == (old.asked_by, old.message)


def test_an_invitation_is_taken_back(ask, browser, north):
    ask()
    with acting_for(north.agency_id):
        made = invited()
    (secret,) = set(re.findall(r"/invite/(\w+)", opened(made.mail).text))

    answer = browser.post(f"{BASE}people/{made.contact_id}/take-back")

    assert "The invitation opens nothing any more." in words(browser.get(answer["Location"]))
    assert Browser().post(f"{BASE}invite/{secret}").status_code == 404


def test_the_primary_contact_takes_access_away_after_asking(browser, acme, north, bob, let_in):
    his = let_in(bob)
    assert his.get(f"{BASE}home").status_code == 200

    asked = browser.get(f"{BASE}people/{bob.pk}/end")
    assert "Take away the access of Bob?" in words(asked)
    assert his.get(f"{BASE}home").status_code == 200
    assert browser.post(f"{BASE}people/{bob.pk}/end").status_code == 302

    assert his.get(f"{BASE}home").status_code == 302
    assert "Bob bob@acme.example no access Invite" in words(browser.get(f"{BASE}people"))
    let_in(bob)
    assert his.get(f"{BASE}home").status_code == 302


def test_others_take_no_access_away_and_the_primary_contact_keeps_it(
    acme, north, browser, bob, let_in
):
    with acting_for(north.agency_id):
        ann = acme.contacts.get(is_primary=True)
        cleo = add_colleague(acme, email="cleo@acme.example")
        give_rights(bob, frozenset(Right))
    his, hers = let_in(bob), let_in(cleo)

    for whom in (ann, cleo, bob):
        assert his.get(f"{BASE}people/{whom.pk}/end").status_code == 404
        assert his.post(f"{BASE}people/{whom.pk}/end").status_code == 404
    assert his.post(f"{BASE}people/{ann.pk}/take-back").status_code == 422
    assert browser.post(f"{BASE}people/{ann.pk}/end").status_code == 404

    for inside in (browser, hers, his):
        assert inside.get(f"{BASE}home").status_code == 200
    with acting_for(north.agency_id), pytest.raises(colleagues.MayNotTakeAway):
        colleagues.take_away(cleo, by=bob, at=timezone.now())


@pytest.mark.parametrize("act", ["again", "take-back", "end"])
def test_strangers_and_nobody_are_answered_alike(act, browser, north, south, client_of, acme):
    other, strange = client_of(north, "Other"), client_of(south)
    with acting_for(north.agency_id):
        theirs, own = other.contacts.get().pk, acme.contacts.get().pk
    with acting_for(south.agency_id):
        foreign = strange.contacts.get().pk

    answers = {
        (answer.status_code, answer.content)
        for pk in (theirs, foreign, own, 0, 10**12, 10**30, "x", "-1", "١")
        for answer in [browser.post(f"{BASE}people/{pk}/{act}")]
    }

    assert {status for status, _ in answers} == {404}
    assert len(answers) == 1


def test_the_form_says_nothing_of_strangers(browser, north, client_of, bob):
    other = client_of(north, "Other")
    with acting_for(north.agency_id):
        theirs = other.contacts.get().pk

    pages = [browser.get(f"{BASE}people/invite?to={pk}").text for pk in (theirs, 10**12, "x")]

    assert 'value="bob@acme.example"' in browser.get(f"{BASE}people/invite?to={bob.pk}").text
    token = r'name="csrfmiddlewaretoken" value="\w+"'
    assert len({re.sub(token, "", page) for page in pages}) == 1


def test_one_day_has_room_for_so_many_invitations(ask, browser, monkeypatch):
    monkeypatch.setattr(colleagues, "PER_DAY", 2)

    answers = [ask(f"{name}@acme.example") for name in ("a", "b", "c")]

    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert "That is enough for today. Try again tomorrow." in words(answers[2])


def test_one_mailbox_gets_few_mails_a_day(ask, browser, north):
    ask()
    with acting_for(north.agency_id):
        bob = invited().contact_id

    answers = [browser.post(f"{BASE}people/{bob}/again").status_code for _ in range(3)]

    assert answers == [302, 302, 422]


def test_one_browser_asks_no_faster_than_a_person(ask):
    answers = [ask(f"{n}@").status_code for n in range(12)]

    assert set(answers) == {422, 429}


@pytest.mark.django_db(transaction=True)
def test_inviting_the_same_person_twice_at_once_makes_one_contact(north, acme):
    with acting_for(north.agency_id):
        ann = acme.contacts.select_related("client").get()
    ready = Barrier(3)

    def send(_):
        try:
            ready.wait()
            with acting_for(north.agency_id):
                invite_colleague(
                    ann, held=frozenset(Right), email="bob@acme.example", first_name="",
                    last_name="", message="", rights=frozenset({Right.FILES}), at=timezone.now(),
                )  # fmt: skip
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        list(pool.map(send, range(3)))

    with acting_for(north.agency_id):
        assert acme.contacts.filter(email="bob@acme.example").count() == 1
        assert Invite.objects.unused().count() == 1


def test_a_locked_colleague_is_a_matter_for_the_agency(ask, bob, north):
    with acting_for(north.agency_id):
        Contact.objects.filter(pk=bob.pk).update(is_locked=True)

    answer = ask()

    assert answer.status_code == 422
    assert "This person cannot be invited from here. Please ask us." in words(answer)


def test_the_page_takes_as_many_queries_for_ten_people_as_for_two(browser, acme, north, bob):
    def queries():
        with CaptureQueriesContext(connection) as counted:
            assert browser.get(f"{BASE}people").status_code == 200
        return len(counted)

    few = queries()
    with acting_for(north.agency_id):
        for number in range(8):
            one = add_colleague(acme, email=f"{number}@acme.example")
            invite(acme, by=north, contact=one, at=timezone.now())

    assert queries() == few < 20


def test_the_page_is_german_for_german_clients(browser, acme, north, bob):
    with acting_for(north.agency_id):
        Client.objects.update(language="de")

    shown = words(browser.get(f"{BASE}people"))

    assert "Kollegin oder Kollegen einladen" in shown
    assert "kein Zugang" in shown
