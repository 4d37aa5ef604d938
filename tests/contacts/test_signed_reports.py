"""Providers that sign what they tell: Mailgun by a shared secret, SendGrid by a key pair."""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import unquote_plus

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agencies.scope import acting_for
from contacts.mailing import queue_message
from contacts.models import Message, Suppression

# Anymail says so of each SendGrid object it makes; what it has still works.
pytestmark = pytest.mark.filterwarnings("ignore:django-anymail has dropped official support")

SECRET = "provider:a-long-secret"
ADDRESS = "birgit@birch.example"
NOW = int(time.time())
UNKNOWN_USER = "550 5.1.1 The email account that you tried to reach does not exist."
POLICY = "550 5.7.1 Message refused by policy."


class Mailgun:
    answer = (200, {"id": "<mg-1@mg.example>", "message": "Queued. Thank you."})
    settings = {
        "MAILGUN_API_KEY": "key",
        "MAILGUN_SENDER_DOMAIN": "mg.example",
        "MAILGUN_WEBHOOK_SIGNING_KEY": "signing-key",
    }

    def report(self, kind, message_id, words):
        about = {
            "delivered": {"event": "delivered"},
            "bounced": {"event": "failed", "severity": "permanent", "reason": "bounce"},
            "refused": {"event": "failed", "severity": "permanent", "reason": "generic"},
            "deferred": {"event": "failed", "severity": "temporary", "reason": "generic"},
            "complained": {"event": "complained"},
            "opt out": {"event": "unsubscribed"},
        }[kind]
        return about | {
            "timestamp": NOW + 0.5,
            "recipient": ADDRESS,
            "message": {"headers": {"message-id": "mg-1@mg.example"}},
            "user-variables": {"message": message_id} if message_id else {},
            "delivery-status": {"code": 550, "message": words, "description": ""},
        }

    def signed(self, report, *, key="signing-key"):
        timestamp, token = str(NOW), "a" * 50
        digest = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256)
        signature = {"timestamp": timestamp, "token": token, "signature": digest.hexdigest()}
        return json.dumps({"signature": signature, "event-data": report}), {}


class SendGrid:
    answer = (202, None)
    key, another = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    settings = {
        "SENDGRID_API_KEY": "key",
        "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": b64encode(
            key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        ).decode(),
    }

    def report(self, kind, message_id, words):
        about = {
            "delivered": {"event": "delivered", "response": "250 OK"},
            "bounced": {"event": "bounce", "type": "bounce", "reason": words},
            "refused": {"event": "bounce", "type": "blocked", "reason": words},
            "deferred": {"event": "deferred", "response": words},
            "complained": {"event": "spamreport"},
            "opt out": {"event": "unsubscribe"},
        }[kind]
        given = {"message": message_id} if message_id else {"smtp-id": "unheard-of"}
        return about | given | {"email": ADDRESS, "timestamp": NOW, "sg_event_id": "e"}

    def signed(self, report, *, key=None):
        body, timestamp = json.dumps([report]), str(NOW)
        signer = self.another if key else self.key
        signature = signer.sign((timestamp + body).encode(), ec.ECDSA(hashes.SHA256()))
        return body, {
            "X-Twilio-Email-Event-Webhook-Signature": b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }


class Taker(BaseHTTPRequestHandler):
    """Takes every message, in the provider's own words."""

    def do_POST(self):
        server = self.server
        server.received.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        status, body = server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode() if body else b"")

    def log_message(self, *args):
        """No word on standard error."""


@pytest.fixture(params=[Mailgun, SendGrid])
def provider(request, settings):
    found, name = request.param(), request.param.__name__.lower()
    server = HTTPServer(("127.0.0.1", 0), Taker)
    server.received, server.answer = [], found.answer
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    settings.EMAIL_PROVIDER = name
    settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"
    settings.ANYMAIL = {
        **found.settings,
        f"{name.upper()}_API_URL": f"http://127.0.0.1:{server.server_port}/",
        "WEBHOOK_SECRET": SECRET,
        "IGNORE_UNSUPPORTED_FEATURES": True,
    }
    found.server = server
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sent(north, person, provider, run_jobs):
    with acting_for(north.agency_id):
        message = queue_message(to=person, kind="note", subject="Hello", text="Hello Birgit.")
    run_jobs()
    return now_of(message)


@pytest.fixture
def tell(client, settings, provider):
    def tell(signed, *, secret=SECRET):
        body, headers = signed
        headers = {**headers, "Authorization": f"Basic {b64encode(secret.encode()).decode()}"}
        url = f"/mail/events/{settings.EMAIL_PROVIDER}"
        return client.post(url, body, content_type="application/json", headers=headers)

    return tell


def now_of(message):
    with acting_for(message.agency_id):
        return Message.objects.get(pk=message.pk)


def state_of(message):
    message = now_of(message)
    with acting_for(message.agency_id):
        suppressed = Suppression.objects.in_force().values_list("address", "cause")
        return message.status, message.reason, list(suppressed)


def test_the_provider_is_given_our_name_of_the_message(sent, provider):
    (given,) = provider.server.received

    assert sent.message_id in unquote_plus(given)
    assert (sent.status, bool(sent.provider_id)) == ("accepted", True)


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        ("delivered", "OK", ("delivered", "", [])),
        ("bounced", UNKNOWN_USER, ("bounced", "bounced", [(ADDRESS, "bounce")])),
        ("refused", POLICY, ("bounced", "bounced", [])),
        ("deferred", "451 4.7.1 Try again later.", ("accepted", "", [])),
        ("complained", "", ("complained", "complained", [(ADDRESS, "complaint")])),
        ("opt out", "", ("accepted", "", [(ADDRESS, "opt_out")])),
    ],
)
def test_what_is_told_with_a_good_signature_is_noted(sent, provider, tell, kind, words, expected):
    signed = provider.signed(provider.report(kind, sent.message_id, words))

    for _ in range(2):
        assert tell(signed).status_code == 200

    assert state_of(sent) == expected
    if expected[0] == "bounced":
        assert words in now_of(sent).detail


def forged(provider, report):
    """By another key, of another body, cut, empty, and none at all."""
    body, headers = provider.signed(report)
    yield provider.signed(report, key="another")
    if headers:
        yield body.replace(ADDRESS, "other@birch.example"), headers
        name = "X-Twilio-Email-Event-Webhook-Signature"
        yield body, {**headers, name: headers[name][:-8]}
        yield body, {**headers, name: "no base64!"}
        yield body, {}
    else:
        whole = json.loads(body)
        for signature in ({**whole["signature"], "token": "b" * 50},
                          {**whole["signature"], "signature": ""}, {}, None, [], "x"):  # fmt: skip
            yield json.dumps({**whole, "signature": signature}), {}
        yield json.dumps({"event-data": report}), {}


def test_what_is_told_with_a_forged_signature_is_refused(sent, provider, tell):
    report = provider.report("bounced", sent.message_id, UNKNOWN_USER)
    attempts = list(forged(provider, report))

    answers = {tell(attempt).status_code for attempt in attempts}

    assert (len(attempts) >= 5, answers) == (True, {400})
    assert state_of(sent) == ("accepted", "", [])


def test_a_signature_does_not_stand_for_the_password(sent, provider, tell):
    signed = provider.signed(provider.report("delivered", sent.message_id, "OK"))

    assert tell(signed, secret="provider:wrong").status_code == 400

    assert state_of(sent) == ("accepted", "", [])


def test_a_report_without_our_name_is_found_by_the_providers(sent, provider, tell):
    report = provider.report("delivered", None, "OK")
    if isinstance(provider, SendGrid):
        report["anymail_id"] = sent.provider_id

    assert tell(provider.signed(report)).status_code == 200

    assert state_of(sent)[0] == "delivered"
