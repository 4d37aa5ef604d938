"""Passkeys, by an authenticator in Python: what is taken, and what is not."""

import json
import os
import re

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client as Browser
from django.utils import timezone
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from contacts.models import Contact, Message
from portal.inviting import invite
from portal.models import Passkey, PortalSession, SecondFactors
from portal.passkeys import WITHIN
from tests.portal.test_second_factor import (
    ANN,
    BASE,
    PROOF,
    code_of,
    codes_in,
    come_in,
    inside,
    is_in,
    set_up_app,
    told,
)

NEW = f"{BASE}security/passkeys"
OFFER = f"{NEW}/offer"
QUESTION = f"{PROOF}/passkey"
# Django's test browser.
HERE = "http://testserver"
UP, UV, AT = AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.UV, AuthenticatorData.FLAG.AT


class Device:
    """Makes one passkey, and signs with it. `count` is what it says the next time."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.count = 0
        self.flags = UP | UV
        self.origin = HERE
        self.host = "testserver"

    def make(self, asked):
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        seen = self._seen(self.flags | AT, credential)
        return self._answer(
            attestationObject=AttestationObject.create("none", seen, {}),
            clientDataJSON=self._told("webauthn.create", asked),
        )

    def sign(self, asked):
        seen, told = self._seen(self.flags), self._told("webauthn.get", asked)
        signature = self.key.sign(seen + told.hash, ec.ECDSA(hashes.SHA256()))
        return self._answer(authenticatorData=seen, clientDataJSON=told, signature=signature)

    def _seen(self, flags, credential=b""):
        return AuthenticatorData.create(sha256(self.host.encode()), flags, self.count, credential)

    def _told(self, kind, asked):
        challenge = websafe_decode(asked["challenge"])
        return CollectedClientData.create(kind, challenge, self.origin)

    def _answer(self, **response):
        own = websafe_encode(self.id)
        said = {name: websafe_encode(bytes(value)) for name, value in response.items()}
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": said})


@pytest.fixture
def ann(acme, north, then):
    person = Contact.objects.get(email=ANN)
    invite(acme, by=north, contact=person, at=then)
    return Contact.objects.select_related("client__agency", "agency").get(pk=person.pk)


@pytest.fixture
def device():
    return Device()


def asked_by(browser, page):
    return browser.post(page).json()["publicKey"]


def add(browser, device, name="Phone"):
    answer = device.make(asked_by(browser, OFFER))
    return browser.post(NEW, {"name": name, "credential": answer})


def prove(browser, device):
    return browser.post(PROOF, {"credential": device.sign(asked_by(browser, QUESTION))})


@pytest.fixture
def with_passkey(ann, device):
    """Ann has the device's passkey; nobody is signed in."""
    add(inside(ann), device)
    Message.objects.filter(kind="security").delete()
    PortalSession.objects.all().delete()
    return device


def test_a_passkey_is_set_up_with_recovery_codes_and_told_of(ann, device):
    browser = inside(ann)

    added = add(browser, device, name="Ann's <b>phone</b>")

    assert len(codes_in(added)) == 10
    assert is_in(browser)
    shown = browser.get(f"{BASE}security").text
    assert "Ann&#x27;s &lt;b&gt;phone&lt;/b&gt;" in shown
    assert told() == [
        "A second factor was set up for your access. You are signed out everywhere else."
    ]


def test_what_the_browser_is_asked_names_the_portals_host_and_wants_the_person_seen(ann, device):
    browser = inside(ann)
    asked = asked_by(browser, OFFER)
    browser.post(NEW, {"name": "x", "credential": device.make(asked)})
    again = asked_by(browser, OFFER)

    assert asked["rp"] == {"id": "testserver", "name": "North"}
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert len(websafe_decode(asked["challenge"])) == 32
    assert asked["challenge"] != again["challenge"]
    assert [one["id"] for one in again["excludeCredentials"]] == [websafe_encode(device.id)]
    assert ANN not in str(websafe_decode(asked["user"]["id"]))


def test_it_is_the_second_step(with_passkey, ann):
    browser = come_in(ann)
    assert browser.answer["Location"] == PROOF
    assert "Use a passkey" in browser.get(PROOF).text
    former = browser.cookies["foyer_portal"].value

    proven = prove(browser, with_passkey)

    assert proven["Location"] == f"{BASE}home"
    assert is_in(browser)
    assert browser.cookies["foyer_portal"].value != former
    assert Passkey.objects.get().used_at


def test_an_answer_works_once(with_passkey, ann):
    browser = come_in(ann)
    answer = with_passkey.sign(asked_by(browser, QUESTION))

    assert browser.post(PROOF, {"credential": answer}).status_code == 302
    assert browser.post(PROOF, {"credential": answer}).status_code == 422


def test_an_answer_is_one_browsers(with_passkey, ann):
    asked, other = come_in(ann), come_in(ann)
    answer = with_passkey.sign(asked_by(asked, QUESTION))
    asked_by(other, QUESTION)

    assert other.post(PROOF, {"credential": answer}).status_code == 422
    assert not is_in(other)


def test_an_answer_comes_in_time(with_passkey, ann, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    browser = come_in(ann)
    answer = with_passkey.sign(asked_by(browser, QUESTION))
    time_machine.move_to(now + WITHIN, tick=False)

    assert browser.post(PROOF, {"credential": answer}).status_code == 422


def elsewhere(device):
    device.origin = "http://evil.example"


def another_port(device):
    device.origin = "http://testserver:8443"


def below(device):
    device.origin = "https://login.testserver"


def another_host(device):
    device.host = "evil.example"


def unseen(device):
    device.flags = UP


def untouched(device):
    device.flags = UV


def another_key(device):
    device.key = ec.generate_private_key(ec.SECP256R1())


def another_id(device):
    device.id = os.urandom(32)


@pytest.mark.parametrize(
    "wrong",
    [elsewhere, another_port, below, another_host, unseen, untouched, another_key, another_id],
)
def test_what_proves_nothing_lets_nobody_in(with_passkey, ann, wrong):
    browser = come_in(ann)
    wrong(with_passkey)

    answer = prove(browser, with_passkey)

    assert answer.status_code == 422
    assert "The passkey did not work." in answer.text
    assert not is_in(browser)


@pytest.mark.parametrize("wrong", [elsewhere, another_port, below, another_host, unseen, untouched])
def test_what_proves_nothing_is_not_set_up(ann, device, wrong):
    browser = inside(ann)
    wrong(device)

    answer = add(browser, device)

    assert answer.status_code == 422
    assert "The passkey could not be set up." in answer.text
    assert not SecondFactors.objects.exists()


@pytest.mark.parametrize(
    "answer",
    [
        "", "null", "[]", "{}", "5", '"x"', "{", "[" * 20000, '{"id": 1}', "\0",
        '{"id":"YQ","rawId":"YQ","type":"public-key","response":{}}',
        '{"id":"YQ","rawId":"YQ","type":"public-key","response":'
        '{"clientDataJSON":"e30","attestationObject":"oA","authenticatorData":"YQ","signature":""}}',
        '{"id":"YQ","rawId":"YQ","type":"public-key","response":'
        '{"clientDataJSON":"W10","attestationObject":"n__-","authenticatorData":"","signature":5}}',
    ],
)  # fmt: skip
def test_nonsense_is_no_passkey(with_passkey, ann, answer):
    browser = come_in(ann)
    asked_by(browser, QUESTION)
    assert browser.post(PROOF, {"credential": answer, "code": ""}).status_code == 422
    assert not is_in(browser)

    prove(browser, with_passkey)
    asked_by(browser, OFFER)
    assert browser.post(NEW, {"name": "x", "credential": answer}).status_code == 422
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize(
    ("before", "now", "status"), [(0, 0, 302), (0, 5, 302), (5, 6, 302), (5, 5, 422), (5, 0, 422)]
)
def test_a_copy_is_told_by_its_counter(with_passkey, ann, before, now, status):
    Passkey.objects.update(sign_count=before)
    with_passkey.count = now

    assert prove(come_in(ann), with_passkey).status_code == status


def test_one_device_is_not_added_twice(with_passkey, ann):
    browser = come_in(ann)
    prove(browser, with_passkey)

    assert add(browser, with_passkey).status_code == 422
    assert Passkey.objects.count() == 1


def test_a_second_one_is_told_of_and_gives_no_new_codes(with_passkey, ann):
    browser = come_in(ann)
    prove(browser, with_passkey)

    added = add(browser, Device(), name="Laptop")

    assert added["Location"] == f"{BASE}security"
    assert told() == ["A passkey was set up for your access."]
    assert Passkey.objects.count() == 2


def test_it_works_where_it_was_made_alone(with_passkey, ann, hosted):
    Passkey.objects.update(host="clients.north.example")
    browser = come_in(ann)

    assert "Use a passkey" not in browser.get(PROOF).text
    assert prove(browser, with_passkey).status_code == 422


def test_it_is_removed_by_itself(with_passkey, ann):
    browser = come_in(ann)
    prove(browser, with_passkey)
    page = f"{BASE}security/factors/{Passkey.objects.get().pk}/remove"
    assert "Remove the passkey “Phone”" in browser.get(page).text
    assert browser.post(page).status_code == 422

    answer = browser.post(page, {"credential": with_passkey.sign(asked_by(browser, QUESTION))})

    assert answer["Location"] == f"{BASE}security"
    assert not SecondFactors.objects.exists()
    assert told()[-1] == "A passkey was removed from your access."


def test_beside_an_app_either_lets_in(with_passkey, ann, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    browser = come_in(ann)
    prove(browser, with_passkey)
    page = browser.get(f"{BASE}security/app")
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)[1]
    browser.post(f"{BASE}security/app", {"sealed": sealed, "code": code_of(secret, steps=-1)})

    assert prove(come_in(ann), with_passkey).status_code == 302
    assert come_in(ann).post(PROOF, {"code": code_of(secret)}).status_code == 302


def test_who_guessed_codes_for_too_long_still_gets_in_by_it(with_passkey, ann):
    browser = come_in(ann)
    for _ in range(11):
        answer = browser.post(PROOF, {"code": "000000"})
    assert answer.status_code == 429

    assert prove(browser, with_passkey).status_code == 302


def test_where_it_is_demanded_a_passkey_will_do(ann, north, change, device):
    change(north, portal_demands_second_factor=True)
    browser = come_in(ann)
    assert "Set up a passkey" in browser.get(PROOF).text

    added = add(browser, device)

    assert len(codes_in(added)) == 10
    assert is_in(browser)


def test_strangers_are_asked_nothing(ann, device):
    stranger = Browser()

    assert stranger.post(OFFER)["Location"] == BASE
    assert stranger.post(QUESTION)["Location"] == BASE


def test_another_persons_passkey_proves_nothing(with_passkey, ann, north):
    bob = Contact.objects.select_related("client__agency", "agency").get(email="bob@acme.example")
    invite(ann.client, by=north, contact=bob, at=timezone.now())
    set_up_app(inside(bob))
    browser = come_in(bob)

    assert prove(browser, with_passkey).status_code == 422
    assert not is_in(browser)
