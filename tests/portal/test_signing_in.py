"""Coming in by mail: the page, the mail with link and code, and who does not get one."""

import json
import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agencies.models import SecretDigest
from agencies.scope import acting_for
from clients.models import Client
from contacts.enrolling import Person, enroll
from contacts.models import Contact, Message
from portal.inviting import invite, revoke
from portal.models import Invite, PortalSession, SignInLink
from portal.signing_in import PER_HOUR, TRIES, TRIES_PER_DAY
from portal.tasks import forget_portal_visits

ANN = "ann@acme.example"
BASE = "/portal/north/"


@pytest.fixture
def browser():
    return Browser(enforce_csrf_checks=True)


@pytest.fixture
def ann(acme, north, then):
    """Invited, and has not accepted yet."""
    person = Contact.objects.get(email=ANN)
    invite(acme, by=north, contact=person, at=then)
    return person


@pytest.fixture
def alone(north):
    """Ann again, but the test stays outside: it walks through two agencies' doors."""
    with acting_for(north.agency_id):
        acme = enroll(north.agency, by=north, name="Acme", people=[Person(email=ANN)])
        invite(acme, by=north, at=timezone.now())


@pytest.fixture
def letters(outbox, run_jobs):
    """The texts of the sign-in mails, the newest last."""

    def letters():
        run_jobs()
        run_jobs()
        found = [
            message_from_bytes(path.read_bytes(), policy=default)
            for path in sorted(outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        ]
        return [
            one.get_body(("plain",)).get_content()
            for one in found
            if "Sign in to the client portal" in one["Subject"]
        ]

    return letters


def press(browser, page, **words):
    """Loads the page and sends its form, as a browser does."""
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(page).text)[1]
    return browser.post(page, {"csrfmiddlewaretoken": token, **words})


def ask(browser, address=ANN, base=BASE, **words):
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(base).text)[1]
    sent = {"csrfmiddlewaretoken": token, "address": address, **words}
    return browser.post(f"{base}sign-in", sent)


def link_in(letter):
    return re.search(r"/portal/north/sign-in/\w+", letter)[0]


def code_in(letter):
    return re.search(r"(\d{3} \d{3})", letter)[1]


def is_in(browser, base=BASE):
    return browser.get(f"{base}home").status_code == 200


def test_the_link_lets_in_once(ann, browser, letters):
    asked = ask(browser)
    (letter,) = letters()
    assert asked["Location"] == f"{BASE}sign-in/code"

    pressed = press(browser, link_in(letter))

    assert pressed["Location"] == f"{BASE}home"
    assert "Hello Ann" in browser.get(pressed["Location"]).text
    again = Browser()
    assert again.get(link_in(letter)).status_code == 404
    assert again.post(link_in(letter)).status_code == 404
    assert not is_in(again)


def test_the_code_lets_in_where_it_was_asked_for_and_nowhere_else(ann, browser, letters):
    ask(browser)
    (letter,) = letters()
    elsewhere = Browser(enforce_csrf_checks=True)
    ask(elsewhere, "nobody@acme.example")

    assert press(elsewhere, f"{BASE}sign-in/code", code=code_in(letter)).status_code == 422
    assert not is_in(elsewhere)
    assert press(browser, f"{BASE}sign-in/code", code=code_in(letter)).status_code == 302
    assert is_in(browser)
    # Nor does the link that came with it.
    assert Browser().get(link_in(letter)).status_code == 404


def test_a_code_may_be_typed_with_or_without_the_space(ann, browser, letters):
    ask(browser)

    code = code_in(letters()[0]).replace(" ", "")

    assert press(browser, f"{BASE}sign-in/code", code=code).status_code == 302


def test_after_some_wrong_codes_the_right_one_is_no_use(ann, browser, letters):
    ask(browser)
    code = code_in(letters()[0])
    wrong = "000 000" if code != "000 000" else "000 001"

    for _ in range(TRIES):
        assert press(browser, f"{BASE}sign-in/code", code=wrong).status_code == 422
    assert press(browser, f"{BASE}sign-in/code", code=code).status_code == 422

    assert not is_in(browser)


def test_who_asks_again_and_again_for_somebodys_mail_guesses_little(ann, letters):
    for _ in range(TRIES_PER_DAY // TRIES):
        stranger = Browser(enforce_csrf_checks=True)
        ask(stranger)
        wrong = "000 000" if "000 000" not in letters()[-1] else "000 001"
        for _ in range(TRIES):
            press(stranger, f"{BASE}sign-in/code", code=wrong)
    ask(stranger)
    letter = letters()[-1]

    assert press(stranger, f"{BASE}sign-in/code", code=code_in(letter)).status_code in (422, 429)
    assert not is_in(stranger)
    # Whoever has the mailbox gets in.
    browser = Browser(enforce_csrf_checks=True)
    press(browser, link_in(letter))
    assert is_in(browser)


def test_no_address_is_in_what_a_job_is_given(ann, browser):
    ask(browser)

    (job,) = ProcrastinateJob.objects.filter(task_name="portal.tasks.mail_sign_in")
    assert "acme" not in json.dumps(job.args)


@pytest.mark.parametrize("word", ["", "١٢٣٤٥٦", "½", "1" * 5000, "<b>"])
def test_any_nonsense_is_a_wrong_code(ann, browser, letters, word):
    ask(browser)
    letters()

    assert press(browser, f"{BASE}sign-in/code", code=word).status_code == 422


def test_looking_at_the_link_signs_nobody_in(ann, browser, letters):
    ask(browser)
    link = link_in(letters()[0])
    scanner = Browser()

    for _ in range(50):
        assert scanner.get(link).status_code == 200
        assert scanner.head(link).status_code == 200

    assert not scanner.cookies.get("foyer_portal")
    assert not PortalSession.objects.exists()
    assert press(browser, link).status_code == 302


def test_nobody_learns_who_is_known(ann, north, browser, letters):
    answers = {
        (answer.status_code, answer["Location"], answer.text, frozenset(answer.cookies))
        for answer in (ask(Browser(), address) for address in (ANN, "nobody@acme.example"))
    }

    assert len(answers) == 1
    assert len(letters()) == 1


def test_what_the_page_does_is_the_same_for_known_and_unknown(ann):
    known, unknown = Browser(), Browser()
    with CaptureQueriesContext(connection) as one:
        known.post(f"{BASE}sign-in", {"address": ANN})
    with CaptureQueriesContext(connection) as other:
        unknown.post(f"{BASE}sign-in", {"address": "nobody@acme.example"})

    assert [shape(q) for q in one] == [shape(q) for q in other]


def shape(query):
    return re.sub(r"'[^']*'|\d+", "?", query["sql"])


@pytest.mark.parametrize(
    "closed",
    [
        {"client": {"suspended_at": timezone.now()}},
        {"contact": {"is_locked": True}},
        {"contact": {"email": "anna@acme.example"}},
    ],
)
def test_who_may_not_come_in_gets_no_mail(ann, browser, letters, closed):
    Client.objects.update(**closed.get("client", {"name": "Acme"}))
    Contact.objects.filter(pk=ann.pk).update(**closed.get("contact", {"first_name": "Ann"}))

    ask(browser)

    assert letters() == []


def test_who_was_never_invited_or_not_any_more_gets_no_mail(ann, acme, north, browser, letters):
    ask(browser, "bob@acme.example")
    revoke(Invite.objects.get(contact=ann), at=timezone.now())
    ask(browser)

    assert letters() == []


def test_an_invitation_that_ran_out_unaccepted_lets_nobody_in(ann, browser, letters):
    past = timezone.now() - timedelta(days=9)
    Invite.objects.update(sent_at=past, expires_at=past + timedelta(days=7))

    ask(browser)

    assert letters() == []


def test_signing_in_accepts_the_open_invitation(ann, browser, letters):
    ask(browser)
    press(browser, link_in(letters()[0]))

    assert Invite.objects.get(contact=ann).accepted_at


def test_an_agencys_people_are_strangers_to_another(south, alone, browser, letters):
    ask(browser, base="/portal/south/")
    assert letters() == []
    ask(browser)
    secret = link_in(letters()[0]).rpartition("/")[2]

    assert browser.get(f"/portal/south/sign-in/{secret}").status_code == 404
    assert browser.post(f"/portal/south/sign-in/{secret}").status_code in (403, 404)


def test_a_session_opens_its_own_portal_alone(south, alone, browser, letters):
    ask(browser)
    press(browser, link_in(letters()[0]))
    secret = browser.cookies["foyer_portal"]
    stranger = Browser(headers={"cookie": f"foyer_portal={secret.value}"})

    assert secret["path"] == BASE
    assert secret["httponly"]
    assert secret["samesite"] == "Lax"
    assert is_in(stranger)
    assert not is_in(stranger, "/portal/south/")


def test_one_person_gets_so_many_mails_an_hour(ann, letters):
    for _ in range(PER_HOUR + 2):
        ask(Browser())

    assert len(letters()) == PER_HOUR


def test_one_network_asks_so_often_a_minute(ann, time_machine):
    time_machine.move_to(timezone.now().replace(second=1), tick=False)

    answers = [ask(Browser(), f"n{n}@x.example").status_code for n in range(12)]

    assert answers == [302] * 10 + [429] * 2


@pytest.mark.parametrize("address", ["", "ann", "@", "a b@c.example", "a\0@b.example", "a" * 400])
def test_what_is_no_address_is_told_so(ann, browser, address):
    answer = ask(browser, address)

    assert answer.status_code == 422
    assert "This is no e-mail address" in answer.text


def test_secrets_are_kept_as_digests(ann, browser, letters):
    ask(browser)
    (letter,) = letters()
    link, code = link_in(letter), code_in(letter).replace(" ", "")
    press(browser, link)

    kept = repr(list(SignInLink.objects.values()) + list(PortalSession.objects.values()))
    for secret in (link.rpartition("/")[2], f"'{code}'", browser.cookies["foyer_portal"].value):
        assert secret not in kept
    assert Message.objects.get(kind="sign_in").content in (None, b"", memoryview(b""))


@pytest.mark.parametrize(
    ("onward", "leads"),
    [
        (f"{BASE}invoices?status=open", f"{BASE}invoices?status=open"),
        ("https://evil.example/", f"{BASE}home"),
        ("//evil.example/", f"{BASE}home"),
        ("/portal/north//evil.example", f"{BASE}home"),
        ("/portal/north/..//evil.example", f"{BASE}home"),
        ("/portal/south/home", f"{BASE}home"),
        (r"/portal/north/\evil.example", f"{BASE}home"),
        ("/portal/north/\r\nX: y", f"{BASE}home"),
        ("javascript:alert(1)", f"{BASE}home"),
    ],
)
def test_afterwards_one_is_where_one_wanted_to_be_if_that_is_here(
    ann, browser, letters, onward, leads
):
    ask(browser, next=onward)
    code = code_in(letters()[0])

    pressed = press(browser, f"{BASE}sign-in/code", code=code, next=onward)

    assert pressed["Location"] == leads


def test_a_page_behind_the_door_leads_back_to_itself(ann, browser):
    answer = browser.get(f"{BASE}invoices?status=open")

    assert answer["Location"] == f"{BASE}?next=/portal/north/invoices%3Fstatus%3Dopen"
    assert "no-store" in answer["Cache-Control"]
    assert 'value="/portal/north/invoices?status=open"' in browser.get(answer["Location"]).text


def test_somebody_elses_link_asks_before_it_switches(ann, acme, north, browser, letters):
    bob = Contact.objects.get(email="bob@acme.example")
    invite(acme, by=north, contact=bob, at=timezone.now())
    ask(browser)
    press(browser, link_in(letters()[0]))
    former = browser.cookies["foyer_portal"].value
    ask(Browser(), bob.email)
    link = link_in(letters()[-1])

    page = browser.get(link)
    assert f"In this browser {ANN} is signed in now." in page.text
    assert "Hello Ann" in browser.get(f"{BASE}home").text
    press(browser, link)

    assert "Hello Bob" in browser.get(f"{BASE}home").text
    assert not is_in(Browser(headers={"cookie": f"foyer_portal={former}"}))


def test_one_person_at_two_clients_switches_between_them(ann, north, browser, letters):
    other = enroll(north.agency, by=north, name="Zenith", people=[Person(email=ANN.upper())])
    invite(other, by=north, at=timezone.now())
    stranger = enroll(north.agency, by=north, name="Else", people=[Person(email="e@x.example")])
    ask(browser)
    press(browser, link_in(letters()[0]))
    page = browser.get(f"{BASE}home").text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]

    def switch(contact):
        browser.post(f"{BASE}switch", {"csrfmiddlewaretoken": token, "contact": contact})
        (session,) = PortalSession.objects.filter(ended_at__isnull=True)
        return session.contact.client.name

    assert "Zenith" in page
    assert switch(other.contacts.get().pk) == "Zenith"
    assert switch(stranger.contacts.get().pk) == "Zenith"
    assert switch("nonsense") == "Zenith"
    assert switch(ann.pk) == "Acme"


@pytest.mark.parametrize(
    "change",
    [
        lambda ann, agency: Contact.objects.filter(pk=ann.pk).update(email="x@acme.example"),
        lambda ann, agency: Contact.objects.filter(pk=ann.pk).update(is_locked=True),
        lambda ann, agency: Contact.objects.filter(pk=ann.pk).update(deleted_at=timezone.now()),
        lambda ann, agency: Client.objects.update(suspended_at=timezone.now()),
        lambda ann, agency: Client.objects.update(deleted_at=timezone.now()),
        lambda ann, agency: revoke(Invite.objects.get(contact=ann), at=timezone.now()),
        lambda ann, agency: PortalSession.objects.update(
            seen_at=timezone.now() - timedelta(days=15)
        ),
        lambda ann, agency: PortalSession.objects.update(
            opened_at=timezone.now() - timedelta(days=91)
        ),
    ],
    ids=["address", "locked", "gone", "suspended", "deleted", "revoked", "idle", "old"],
)
def test_a_session_ends_with_what_it_rests_on(ann, north, browser, letters, change):
    ask(browser)
    press(browser, link_in(letters()[0]))
    assert is_in(browser)

    change(ann, north.agency)

    assert not is_in(browser)


def test_signing_out_ends_the_session_itself(ann, browser, letters):
    ask(browser)
    press(browser, link_in(letters()[0]))
    secret = browser.cookies["foyer_portal"].value
    page = browser.get(f"{BASE}home").text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]

    assert browser.get(f"{BASE}sign-out").status_code == 405
    assert is_in(browser)
    left = browser.post(f"{BASE}sign-out", {"csrfmiddlewaretoken": token})

    assert "You are signed out." in browser.get(left["Location"]).text
    assert not is_in(Browser(headers={"cookie": f"foyer_portal={secret}"}))


def test_one_sees_where_one_is_signed_in_and_ends_it(ann, acme, north, letters):
    browsers = [Browser(headers={"user-agent": name}) for name in ("Desk <b>", "Phone")]
    for one in browsers:
        ask(one)
        press(one, link_in(letters()[-1]))
    desk, phone = browsers
    page = desk.get(f"{BASE}security").text
    assert "Phone" in page
    assert "Desk &lt;b&gt;" in page
    (other,) = re.findall(r"security/(\d+)/end", page)
    bob = Contact.objects.get(email="bob@acme.example")
    foreign = PortalSession.objects.create(
        agency=north.agency, contact=bob, address=bob.email, digest="x", means="link"
    )

    for unknown in (foreign.pk, 10**12, 10**30, "x"):
        assert desk.post(f"{BASE}security/{unknown}/end").status_code == 404
    desk.post(f"{BASE}security/{other}/end")

    assert is_in(desk)
    assert not is_in(phone)


def test_one_signs_out_everywhere(ann, letters):
    browsers = [Browser(), Browser()]
    for one in browsers:
        ask(one)
        press(one, link_in(letters()[-1]))

    browsers[0].post(f"{BASE}sign-out", {"everywhere": "yes"})

    assert [is_in(one) for one in browsers] == [False, False]


def test_accepting_an_invitation_signs_in(ann, north, outbox, secret_of):
    browser = Browser(enforce_csrf_checks=True)

    press(browser, f"{BASE}invite/{secret_of()}")

    assert is_in(browser)
    with acting_for(north.agency_id):
        assert PortalSession.objects.get().means == "invitation"


def test_what_is_over_is_forgotten(ann, north, browser, letters):
    ask(browser)
    press(browser, link_in(letters()[0]))
    timestamp = int(timezone.now().timestamp())
    digest = SignInLink.objects.get().digest

    forget_portal_visits(timestamp + 3600)
    assert SignInLink.objects.exists()
    forget_portal_visits(timestamp + 2 * 24 * 3600)
    assert not SignInLink.objects.exists()
    assert not SecretDigest.objects.filter(digest=digest).exists()
    assert is_in(browser)

    forget_portal_visits(timestamp + 91 * 24 * 3600)
    assert not PortalSession.objects.exists()
