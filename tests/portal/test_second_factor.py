"""What is proven beside the way one came in: codes of an app, recovery codes, and who asks."""

import re
from datetime import timedelta
from uuid import uuid4

import pyotp
import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client as Browser
from django.utils import timezone

from agencies.digests import digest_of
from agencies.scope import acting_for
from clients.models import Client
from contacts.enrolling import Person, enroll
from contacts.keys import portal_key
from contacts.mailing import opened
from contacts.models import Contact, Message
from contacts.removing import remove
from portal import second_factor, signing_in
from portal.inviting import invite
from portal.models import Passkey, PortalSession, SecondFactors
from portal.sessions import PENDING, begin
from portal.tries import MOST, WINDOW
from tests.portal.pages.test_strangers import NEEDS, asked
from tests.portal.test_front import words

ANN = "ann@acme.example"
BASE = "/portal/north/"
HOME = f"{BASE}home"
PROOF = f"{BASE}second-factor"
APP = f"{BASE}security/app"


@pytest.fixture
def ann(acme, north, then):
    """Invited, and has accepted."""
    person = Contact.objects.get(email=ANN)
    invite(acme, by=north, contact=person, at=then)
    return Contact.objects.select_related("client__agency", "agency").get(pk=person.pk)


@pytest.fixture
def clock(time_machine):
    """Stands still; moves on by so much."""
    now = [timezone.now().replace(microsecond=0)]
    time_machine.move_to(now[0], tick=False)

    def clock(**by):
        now[0] += timedelta(**by)
        time_machine.move_to(now[0], tick=False)
        return now[0]

    return clock


def inside(contact, *, means="link"):
    """A browser in which the person is signed in."""
    facts = {"means": means, "browser": "", "former": None, "at": timezone.now()}
    browser = Browser()
    browser.cookies["foyer_portal"] = begin(contact, address=contact.email, **facts)
    return browser


def come_in(contact):
    """A browser that has pressed the button of a mailed link."""
    facts = {"asker_digest": uuid4().hex, "at": timezone.now()}
    made = signing_in.send(contact.email, agency=contact.agency, **facts)
    secret = re.search(r"sign-in/(\w+)", opened(made.mail).text)[1]
    browser = Browser()
    browser.answer = browser.post(f"{BASE}sign-in/{secret}")
    return browser


def set_up_app(browser):
    """The secret that the app got, and the recovery codes that were shown."""
    page = browser.get(APP)
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)[1]
    answer = browser.post(APP, {"sealed": sealed, "code": code_of(secret)})
    assert answer.status_code == 200
    return secret, codes_in(answer)


def code_of(secret, *, steps=0):
    return pyotp.TOTP(secret).at(timezone.now(), counter_offset=steps)


def codes_in(answer):
    return re.findall(r"<code>(\w{5}-\w{5})</code>", answer.text)


def is_in(browser):
    return browser.get(HOME).status_code == 200


def told():
    """The first paragraphs of the mails about changes, the oldest first."""
    found = Message.objects.filter(kind="security").order_by("id")
    return [opened(one).text.splitlines()[2] for one in found]


@pytest.fixture
def with_app(ann, clock):
    """The secret and the recovery codes of Ann's app, set up some minutes ago."""
    found = set_up_app(inside(ann))
    Message.objects.filter(kind="security").delete()
    PortalSession.objects.all().delete()
    clock(minutes=5)
    return found


# Setting up


def test_an_app_is_set_up_and_told_of(ann, clock):
    browser, elsewhere = inside(ann), inside(ann)

    secret, codes = set_up_app(browser)

    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert is_in(browser)
    assert not is_in(elsewhere)
    assert told() == [
        "A second factor was set up for your access. You are signed out everywhere else."
    ]
    shown = words(browser.get(f"{BASE}security"))
    assert "App for codes" in shown
    assert "10 are left." in shown
    assert secret not in repr(list(SecondFactors.objects.values()))
    assert not any(code.replace("-", "") in repr(SecondFactors.objects.values()) for code in codes)


def test_looking_at_the_page_stores_nothing(ann, clock):
    browser = inside(ann)

    seen = {re.search(r'class="secret">([A-Z2-7 ]+)<', browser.get(APP).text)[1] for _ in range(5)}

    assert len(seen) == 5
    assert not SecondFactors.objects.exists()


@pytest.mark.parametrize("code", ["", "000000", "١٢٣٤٥٦", "x" * 500, "½", "-1"])
def test_the_app_must_show_right_codes_first(ann, clock, code):
    browser = inside(ann)
    page = browser.get(APP)
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)[1]

    answer = browser.post(APP, {"sealed": sealed, "code": code})

    assert answer.status_code == 422
    assert "This code does not fit." in answer.text
    # The same secret, which the app has by now.
    assert re.search(r'class="secret">([^<]+)<', page.text)[0] in answer.text
    assert not SecondFactors.objects.exists()


@pytest.mark.parametrize("sealed", ["", "nonsense", "gAAAAAB" + "x" * 60])
def test_nobody_chooses_the_secret(ann, clock, sealed):
    browser, other = inside(ann), inside(ann)
    theirs = re.search(r'name="sealed" value="([^"]+)"', other.get(APP).text)[1]

    for given in (sealed, theirs):
        answer = browser.post(APP, {"sealed": given, "code": "123456"})
        assert answer["Location"] == APP
    assert not SecondFactors.objects.exists()


def test_another_factor_is_added_only_after_one_was_proven(with_app, ann, clock):
    secret, _ = with_app
    browser = come_in(ann)
    browser.post(PROOF, {"code": code_of(secret)})
    clock(minutes=11)

    asked = browser.get(f"{BASE}security/passkeys")
    assert asked["Location"] == f"{PROOF}?next=/portal/north/security/passkeys"
    assert browser.post(APP, {}).headers["Location"] == PROOF
    assert browser.post(f"{BASE}security/passkeys/offer").headers["Location"] == PROOF
    proven = browser.post(PROOF, {"code": code_of(secret), "next": f"{BASE}security/passkeys"})

    assert proven["Location"] == f"{BASE}security/passkeys"
    assert browser.get(f"{BASE}security/passkeys").status_code == 200


# Coming in


def test_who_has_one_proves_it_after_the_link(with_app, ann):
    secret, _ = with_app
    browser = come_in(ann)
    assert browser.answer["Location"] == PROOF
    former = browser.cookies["foyer_portal"].value
    assert not is_in(browser)

    proven = browser.post(PROOF, {"code": code_of(secret)})

    assert proven["Location"] == HOME
    assert is_in(browser)
    assert browser.cookies["foyer_portal"].value != former
    assert not is_in(Browser(headers={"cookie": f"foyer_portal={former}"}))


@pytest.mark.parametrize("door", ["invitation", "key", "password", "code"])
def test_it_is_asked_for_whatever_the_door(with_app, ann, north, door):
    browser = Browser()
    if door == "invitation":
        made = invite(ann.client, by=north, contact=ann, at=timezone.now())
        path = re.search(r"/portal/north/invite/\w+", opened(made.mail).text)[0]
        answer = browser.post(path)
    elif door == "key":
        answer = browser.post(f"{BASE}client/key_login/{portal_key(ann)}")
    elif door == "password":
        Contact.objects.filter(pk=ann.pk).update(password=make_password("seven bottles 7"))
        sent = {"address": ANN, "password": "seven bottles 7"}
        answer = browser.post(f"{BASE}sign-in/password", sent)
    else:
        asker = "a" * 43
        made = signing_in.send(
            ANN, agency=ann.agency, asker_digest=digest_of(asker), at=timezone.now()
        )
        browser.cookies["foyer_asker"] = asker
        code = re.search(r"\d{3} \d{3}", opened(made.mail).text)[0]
        answer = browser.post(f"{BASE}sign-in/code", {"code": code})

    assert answer["Location"] == PROOF
    assert not is_in(browser)
    browser.post(PROOF, {"code": code_of(with_app[0])})
    assert is_in(browser)


def test_one_is_led_to_where_one_wanted_to_be(with_app, ann):
    browser = come_in(ann)
    asked = browser.get(f"{BASE}invoices?status=open")
    assert asked["Location"] == f"{PROOF}?next=/portal/north/invoices%3Fstatus%3Dopen"
    onward = re.search(r'name="next" value="([^"]+)"', browser.get(asked["Location"]).text)[1]

    proven = browser.post(PROOF, {"code": code_of(with_app[0]), "next": onward})

    assert proven["Location"] == f"{BASE}invoices?status=open"
    away = come_in(ann)
    clock_safe = {"code": with_app[1][0], "next": "https://evil.example/"}
    assert away.post(PROOF, clock_safe)["Location"] == HOME


def test_a_code_works_once(with_app, ann, clock):
    code = code_of(with_app[0])
    first, second = come_in(ann), come_in(ann)

    assert first.post(PROOF, {"code": code}).status_code == 302
    assert second.post(PROOF, {"code": code}).status_code == 422
    assert not is_in(second)
    clock(seconds=30)
    assert second.post(PROOF, {"code": code_of(with_app[0])}).status_code == 302


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 302), (0, 302), (1, 302), (2, 422)])
def test_a_clock_may_be_wrong_by_one_step(with_app, ann, steps, status):
    answer = come_in(ann).post(PROOF, {"code": code_of(with_app[0], steps=steps)})

    assert answer.status_code == status


def test_a_code_of_before_is_no_use_after_a_later_one(with_app, ann):
    secret = with_app[0]
    browser, late = come_in(ann), come_in(ann)

    assert browser.post(PROOF, {"code": code_of(secret, steps=1)}).status_code == 302
    assert late.post(PROOF, {"code": code_of(secret)}).status_code == 422


def test_a_recovery_code_works_once_and_is_told(with_app, ann):
    code = with_app[1][3].upper()
    browser = come_in(ann)

    assert browser.post(PROOF, {"code": f" {code} "}).status_code == 302
    assert is_in(browser)
    assert "9 are left." in words(browser.get(f"{BASE}security"))
    assert told() == ["One of your recovery codes was used to sign in."]
    assert come_in(ann).post(PROOF, {"code": code}).status_code == 422


@pytest.mark.parametrize("code", ["", "x", "\0", "ü" * 10, "x" * 5000, "<b>", "١٢٣٤٥٦"])
def test_nonsense_proves_nothing(with_app, ann, code):
    browser = come_in(ann)

    answer = browser.post(PROOF, {"code": code})

    assert answer.status_code == 422
    assert "<b>" not in answer.text
    assert not is_in(browser)


def test_an_app_whose_secret_cannot_be_read_any_more_proves_nothing(with_app, ann, settings):
    browser = come_in(ann)
    settings.SECRET_KEY = "another secret of the installation, without the former one"

    assert browser.post(PROOF, {"code": code_of(with_app[0])}).status_code == 422


def test_guessing_ends_soon_and_politely(with_app, ann, clock):
    browser = come_in(ann)
    for _ in range(MOST):
        assert browser.post(PROOF, {"code": "000000"}).status_code == 422

    locked = browser.post(PROOF, {"code": code_of(with_app[0])})

    assert locked.status_code == 429
    assert "Too many tries. Try again in 15 minutes." in locked.text
    assert not is_in(browser)
    # In any browser, and after another mail.
    assert come_in(ann).post(PROOF, {"code": with_app[1][0]}).status_code == 429
    clock(seconds=WINDOW.total_seconds())
    assert browser.post(PROOF, {"code": code_of(with_app[0])}).status_code == 302


# Pending


def test_who_is_half_in_reaches_nothing_else(with_app, ann):
    browser = come_in(ann)
    for route in sorted(set(NEEDS) - {"second-factor", "second-factor/passkey", "sign-out"}):
        answer = asked(browser, route, ann)
        assert answer.status_code == 302, route
        assert answer["Location"].startswith(PROOF), route

    session = PortalSession.objects.get()
    assert session.is_pending
    ann.refresh_from_db()
    assert ann.last_seen_at is None or ann.last_seen_at < session.opened_at
    shown = browser.get(PROOF).text
    assert "Acme" not in shown
    assert "invoices" not in shown


def test_half_in_is_not_in(with_app, ann):
    browser, other = come_in(ann), inside(ann)

    assert browser.get(BASE).status_code == 200
    assert "One more step" not in other.get(f"{BASE}security").text
    assert len(re.findall(r"Signed in", words(other.get(f"{BASE}security")))) == 1


def test_half_in_ends_by_itself(with_app, ann, clock):
    browser = come_in(ann)
    clock(seconds=PENDING.total_seconds())

    assert browser.post(PROOF, {"code": code_of(with_app[0])})["Location"] == BASE
    assert not is_in(browser)


def test_one_may_go_without_a_proof(with_app, ann):
    browser = come_in(ann)

    assert browser.post(f"{BASE}sign-out")["Location"] == f"{BASE}?left=1"
    assert PortalSession.objects.get().ended_at


def test_somebody_elses_factor_opens_nothing(with_app, ann, north):
    bob = Contact.objects.select_related("client__agency", "agency").get(email="bob@acme.example")
    invite(ann.client, by=north, contact=bob, at=timezone.now())
    set_up_app(inside(bob))
    browser = come_in(bob)

    for code in (code_of(with_app[0]), with_app[1][0]):
        assert browser.post(PROOF, {"code": code}).status_code == 422


# Where the agency demands it


@pytest.fixture
def strict(north, change):
    return change(north, portal_demands_second_factor=True)


def test_an_agency_may_demand_one_of_everybody(ann, strict, clock):
    browser = come_in(ann)
    assert browser.answer["Location"] == PROOF
    assert "North asks everybody for a second factor" in words(browser.get(PROOF))
    assert not is_in(browser)

    _, codes = set_up_app(browser)

    assert len(codes) == second_factor.RECOVERY_CODES
    assert is_in(browser)


def test_who_is_in_when_it_comes_sets_one_up_first(ann, north, change, clock):
    browser = inside(ann)
    assert is_in(browser)

    change(north, portal_demands_second_factor=True)

    assert browser.get(HOME)["Location"].startswith(PROOF)
    set_up_app(browser)
    assert is_in(browser)


def test_of_two_who_set_one_up_at_once_the_first_wins(ann, strict, clock):
    mine, theirs = come_in(ann), come_in(ann)
    page = theirs.get(APP)
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)[1]
    mine_secret, _ = set_up_app(mine)

    answer = theirs.post(APP, {"sealed": sealed, "code": code_of(secret)})

    assert answer.status_code == 302
    assert not is_in(theirs)
    clock(minutes=1)
    assert come_in(ann).post(PROOF, {"code": code_of(mine_secret)}).status_code == 302


def test_whose_last_one_is_gone_sets_up_another(with_app, strict, ann, clock):
    browser = come_in(ann)
    browser.post(PROOF, {"code": code_of(with_app[0])})
    clock(minutes=1)
    browser.post(f"{BASE}security/factors/app/remove", {"code": code_of(with_app[0])})

    assert browser.get(HOME)["Location"].startswith(PROOF)
    assert "Set up a second factor" in browser.get(PROOF).text


# Taking away


@pytest.fixture
def proven(with_app, ann, clock):
    """A browser in which Ann is in, so long ago that nothing is fresh."""
    browser = come_in(ann)
    browser.post(PROOF, {"code": code_of(with_app[0])})
    clock(hours=1)
    return browser


@pytest.mark.parametrize("page", ["security/factors/app/remove", "security/recovery"])
def test_a_proof_is_asked_for_each_time(proven, with_app, page):
    assert "First prove that it is you." in proven.get(BASE + page).text

    for code in ("", "000000", "nonsense"):
        assert proven.post(BASE + page, {"code": code}).status_code == 422
    assert SecondFactors.objects.get().has_app()
    assert told() == []


@pytest.mark.parametrize("by", ["app", "recovery"])
def test_the_app_is_removed_by_a_code_or_a_recovery_code(proven, with_app, ann, by):
    code = code_of(with_app[0]) if by == "app" else with_app[1][0]

    answer = proven.post(f"{BASE}security/factors/app/remove", {"code": code})

    assert answer["Location"] == f"{BASE}security"
    assert not SecondFactors.objects.exists()
    assert told()[-1] == "The app for codes was removed from your access."
    assert come_in(ann).answer["Location"] == HOME


def test_new_recovery_codes_replace_the_former(proven, with_app, ann):
    shown = proven.post(f"{BASE}security/recovery", {"code": code_of(with_app[0])})

    assert len(codes_in(shown)) == second_factor.RECOVERY_CODES
    assert not set(codes_in(shown)) & set(with_app[1])
    assert come_in(ann).post(PROOF, {"code": with_app[1][0]}).status_code == 422
    assert come_in(ann).post(PROOF, {"code": codes_in(shown)[0]}).status_code == 302
    assert told()[0].startswith("You got new recovery codes.")


@pytest.mark.parametrize("factor", ["0", "x", "99999999999999999999", "app2", "-1"])
def test_what_is_not_there_cannot_be_removed(proven, with_app, factor):
    page = f"{BASE}security/factors/{factor}/remove"

    assert proven.get(page).status_code == 404
    assert proven.post(page, {"code": code_of(with_app[0])}).status_code == 404


def test_another_persons_passkey_cannot_be_removed(proven, with_app, in_north):
    theirs = SecondFactors.objects.create(agency=in_north, address="bob@acme.example")
    key = Passkey.objects.create(
        agency=in_north, factors=theirs, name="Bob's", host="x", credential=b"x"
    )

    page = f"{BASE}security/factors/{key.pk}/remove"

    assert proven.get(page).status_code == 404
    assert proven.get(page).content == proven.get(f"{BASE}security/factors/0/remove").content


def test_who_has_none_has_nothing_to_prove_or_to_remove(ann):
    browser = inside(ann)

    assert browser.get(PROOF)["Location"] == HOME
    assert browser.get(f"{BASE}security/recovery").status_code == 404
    assert browser.get(f"{BASE}security/factors/app/remove").status_code == 404


# They fall with the person


def test_they_are_one_persons_at_every_client(with_app, ann, north):
    other = enroll(north.agency, by=north, name="Zenith", people=[Person(email=ANN.upper())])
    invite(other, by=north, at=timezone.now())
    there = Contact.objects.select_related("agency", "client__agency").get(client=other)

    assert come_in(there).answer["Location"] == PROOF


def test_a_new_address_is_a_new_person(with_app, ann):
    for address in ("", "anna@acme.example"):
        Contact.objects.filter(pk=ann.pk).update(email=address)

    assert not SecondFactors.objects.exists()


def test_an_address_that_is_away_for_a_moment_loses_nothing(with_app, ann):
    for address in ("", ANN):
        Contact.objects.filter(pk=ann.pk).update(email=address)

    assert SecondFactors.objects.exists()


def test_they_stay_while_somebody_has_the_address(with_app, ann, north):
    other = enroll(north.agency, by=north, name="Zenith", people=[Person(email=ANN)])
    Passkey.objects.create(
        agency=north.agency, factors=SecondFactors.objects.get(), name="x", host="x",
        credential=b"x",
    )  # fmt: skip
    Contact.objects.filter(pk=ann.pk).update(email="anna@acme.example")
    assert SecondFactors.objects.exists()

    remove(other, by=north, at=timezone.now())

    assert not SecondFactors.objects.exists()
    assert not Passkey.objects.exists()


def test_they_go_with_a_person_who_has_no_address_any_more(with_app, ann, north):
    Contact.objects.filter(pk=ann.pk).update(email="")

    remove(ann.client, by=north, at=timezone.now())

    assert not SecondFactors.objects.exists()


# Staff


def test_staff_take_them_away_from_whom_has_lost_them(north, db):
    with acting_for(north.agency_id):
        acme = enroll(north.agency, by=north, name="Acme", people=[Person(email=ANN)])
        invite(acme, by=north, at=timezone.now())
        people = Contact.objects.select_related("client__agency", "agency")
        contact = people.get(client=acme)
        facts = {"means": "link", "browser": "", "former": None, "at": timezone.now()}
        begin(contact, address=ANN, **facts)
        SecondFactors.objects.create(agency=north.agency, address=ANN)
    staff = Browser()
    staff.force_login(north.user)

    chosen = {"action": "reset_second_factors", "_selected_action": [contact.pk]}
    first = staff.post("/admin/contacts/contact/", chosen, follow=True)
    second = staff.post("/admin/contacts/contact/", chosen, follow=True)

    assert "has no second factor any more, is signed out, and is told by mail." in first.text
    assert "had no second factor." in second.text
    with acting_for(north.agency_id):
        assert not SecondFactors.objects.exists()
        assert PortalSession.objects.get().ended_at
        assert len(told()) == 1
        gone = SecondFactors.pgh_event_model.objects.get(pgh_label="delete")
        assert gone.pgh_context["member"] == north.pk


def test_the_pages_speak_the_clients_language(with_app, ann):
    Client.objects.update(language="de")

    assert "Noch ein Schritt" in come_in(ann).get(PROOF).text
