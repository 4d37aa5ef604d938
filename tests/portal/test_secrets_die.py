"""Whatever lets somebody in: what ends it, and that looking at it spends nothing."""

import re

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from agencies.digests import digest_of
from clients import lifecycle
from clients.models import Client
from contacts.changing import edit_contact
from contacts.keys import portal_key
from contacts.mailing import opened
from contacts.models import Contact
from portal import signing_in
from portal.inviting import invite, revoke
from portal.models import Invite, SecondFactors
from portal.second_factor import recovery_digest
from portal.sessions import begin

ANN = "ann@acme.example"
BASE = "/portal/north/"
PASSWORD = "seven green bottles 7"


@pytest.fixture
def ann(acme, north, then):
    """Invited, and has not accepted yet."""
    person = Contact.objects.get(email=ANN)
    invite(acme, by=north, contact=person, at=then)
    return Contact.objects.select_related("client__agency", "agency").get(pk=person.pk)


# How each secret is used: given a browser, after what it opens was handed out.


def invitation(ann):
    mail = Invite.objects.get(contact=ann).mail
    path = re.search(r"/portal/north/invite/\w+", opened(mail).text)[0]
    return lambda browser: browser.post(path)


def mailed(ann, asker="a" * 43):
    link = signing_in.send(ANN, agency=ann.agency, asker_digest=digest_of(asker), at=timezone.now())
    return opened(link.mail).text


def sign_in_link(ann):
    path = re.search(r"/portal/north/sign-in/\w+", mailed(ann))[0]
    return lambda browser: browser.post(path)


def code(ann):
    digits = re.search(r"\d{3} \d{3}", mailed(ann))[0]

    def use(browser):
        browser.cookies["foyer_asker"] = "a" * 43
        browser.post(f"{BASE}sign-in/code", {"code": digits})

    return use


def session(ann):
    facts = {"means": "link", "browser": "", "former": None, "at": timezone.now()}
    secret = begin(ann, address=ANN, **facts)

    def use(browser):
        browser.cookies["foyer_portal"] = secret

    return use


def pending_session(ann):
    """With a recovery code, which proves the second factor."""
    facts = {"means": "link", "browser": "", "former": None, "at": timezone.now()}
    secret = begin(ann, address=ANN, is_pending=True, **facts)
    SecondFactors.objects.create(
        agency=ann.agency, address=ANN, recovery_digests=[recovery_digest("abcdefghjk", ANN)]
    )

    def use(browser):
        browser.cookies["foyer_portal"] = secret
        browser.post(f"{BASE}second-factor", {"code": "abcde-fghjk"})

    return use


def key_link(ann):
    path = f"{BASE}client/key_login/{portal_key(ann)}"
    return lambda browser: browser.post(path)


def password(ann):
    Contact.objects.filter(pk=ann.pk).update(password=make_password(PASSWORD))

    def use(browser):
        # Also under the address that the person has by now.
        for address in {ANN, Contact.objects.get(pk=ann.pk).email}:
            browser.post(f"{BASE}sign-in/password", {"address": address, "password": PASSWORD})

    return use


SECRETS = [invitation, sign_in_link, code, session, pending_session, key_link, password]


# What ends it.


def address_changes(ann, north):
    edit_contact(ann, email="anna@acme.example")


def address_changes_and_comes_back(ann, north):
    for address in ("anna@acme.example", ANN):
        edit_contact(Contact.objects.get(pk=ann.pk), email=address)


def person_is_removed(ann, north):
    Contact.objects.filter(pk=ann.pk).update(deleted_at=timezone.now())


def person_is_locked(ann, north):
    Contact.objects.filter(pk=ann.pk).update(is_locked=True)


def client_is_suspended(ann, north):
    lifecycle.suspend(Client.objects.filter(pk=ann.client_id), at=timezone.now())


def client_is_deleted(ann, north):
    Client.objects.filter(pk=ann.client_id).update(deleted_at=timezone.now())


def staff_revoke(ann, north):
    for one in Invite.objects.filter(contact=ann):
        revoke(one, at=timezone.now())


def portal_is_switched_off(ann, north):
    north.agency.portal_enabled = False
    north.agency.save()


ENDS = [
    address_changes, address_changes_and_comes_back, person_is_removed, person_is_locked,
    client_is_suspended, client_is_deleted, staff_revoke, portal_is_switched_off,
]  # fmt: skip


def lets_in(use):
    browser = Browser()
    use(browser)
    return browser.get(f"{BASE}home").status_code == 200


@pytest.mark.parametrize("secret", SECRETS)
def test_it_lets_in_while_nothing_ended_it(ann, secret):
    use = secret(ann)

    assert lets_in(use)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("secret", SECRETS)
def test_it_dies(ann, north, secret, end):
    use = secret(ann)

    end(ann, north)

    assert not lets_in(use)


# Scanners


@pytest.mark.parametrize("secret", ["invite", "sign-in", "client/key_login"])
def test_a_scanner_spends_nothing_and_the_click_works(ann, secret):
    path = {
        "invite": lambda: re.search(
            r"/portal/north/invite/\w+", opened(Invite.objects.get(contact=ann).mail).text
        )[0],
        "sign-in": lambda: re.search(r"/portal/north/sign-in/\w+", mailed(ann))[0],
        "client/key_login": lambda: f"{BASE}client/key_login/{portal_key(ann)}",
    }[secret]()
    before, scanner = state(), Browser()

    for _ in range(50):
        assert scanner.get(path).status_code == 200
        assert scanner.head(path).status_code == 200

    assert state() == before
    assert "foyer_portal" not in scanner.cookies
    assert lets_in(lambda browser: browser.post(path))
    # A key link is good for more than once, as Invoice Ninja has it.
    assert lets_in(lambda browser: browser.post(path)) == (secret == "client/key_login")


def state():
    """Every row of the portal, and of the people."""
    tables = [
        table
        for table in connection.introspection.table_names()
        if table.startswith(("portal_", "contacts_contact"))
    ]
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(x)::text FROM "{table}" x ORDER BY 1')
            found[table] = cursor.fetchall()
    return found
