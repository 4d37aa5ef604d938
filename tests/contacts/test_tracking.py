"""What a provider tells of messages, at the address where it tells it."""

import json
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from agencies.keys import create_api_key
from agencies.scope import acting_for
from contacts.mailing import queue_message, send_again
from contacts.models import Message, Suppression

URL = "/mail/events/postmark"
SECRET = "provider:a-long-secret"
ADDRESS = "birgit@birch.example"


class Provider(BaseHTTPRequestHandler):
    """Postmark's way to take a message, or one of the ways not to."""

    def do_POST(self):
        server = self.server
        server.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if server.answer == "hang up":
            self.connection.close()
            return
        status, body = server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        """No word on standard error."""


TAKEN = {"To": ADDRESS, "MessageID": "pm-1", "ErrorCode": 0, "Message": "OK"}


@pytest.fixture
def provider(settings):
    server = HTTPServer(("127.0.0.1", 0), Provider)
    server.received, server.answer = [], (200, json.dumps(TAKEN))
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    settings.EMAIL_PROVIDER = "postmark"
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "token",
        "POSTMARK_API_URL": f"http://127.0.0.1:{server.server_port}/",
        "WEBHOOK_SECRET": SECRET,
        "REQUESTS_TIMEOUT": 2,
        "IGNORE_UNSUPPORTED_FEATURES": True,
    }
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def message(north, person, provider):
    with acting_for(north.agency_id):
        return queue_message(to=person, kind="note", subject="Hello", text="Hello Birgit.")


@pytest.fixture
def sent(message, run_jobs):
    run_jobs()
    return now_of(message)


@pytest.fixture
def tell(client, provider):
    def tell(body, secret=SECRET, url=URL):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"}
        return client.post(url, content, content_type="application/json", headers=headers)

    return tell


def now_of(message):
    with acting_for(message.agency_id):
        return Message.objects.get(pk=message.pk)


def told(message):
    message = now_of(message)
    return message.status, message.reason


def suppressed(agency_id):
    with acting_for(agency_id):
        return list(Suppression.objects.in_force().values_list("address", "cause"))


DELIVERY = {"RecordType": "Delivery", "MessageID": "pm-1", "DeliveredAt": "2026-03-01T10:00:00Z"}
BOUNCE = {
    "RecordType": "Bounce", "MessageID": "pm-1", "Type": "HardBounce", "Email": ADDRESS,
    "Description": "The server was unable to deliver.", "Details": "550 5.1.1 unknown",
}  # fmt: skip
SOFT = {**BOUNCE, "Type": "VirusNotification"}
TRANSIENT = {**BOUNCE, "Type": "Transient"}
COMPLAINT = {**BOUNCE, "RecordType": "SpamComplaint", "Type": "SpamComplaint"}
REJECTION = {**BOUNCE, "Type": "Blocked"}
OPT_OUT = {
    "RecordType": "SubscriptionChange", "MessageID": "pm-1", "SuppressSending": True,
    "SuppressionReason": "ManualSuppression",
}  # fmt: skip


# Sending


def test_a_provider_is_given_the_whole_message_and_names_it(sent, provider):
    (given,) = provider.received

    assert given["To"] == "Birgit Berg <birgit@birch.example>"
    assert given["From"] == "North <foyer@localhost>"
    assert given["Metadata"] == {"message": sent.message_id}
    assert (sent.status, sent.provider_id) == ("accepted", "pm-1")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((429, "{}"), ("queued", "")),
        ((503, "{}"), ("queued", "")),
        ((401, '{"ErrorCode": 10, "Message": "Bad token"}'), ("queued", "")),
        ((422, '{"ErrorCode": 300, "Message": "Invalid From"}'), ("failed", "refused")),
        ((500, "oops"), ("failed", "outcome_unknown")),
        ((504, "gateway"), ("failed", "outcome_unknown")),
        ((200, "<html>"), ("failed", "outcome_unknown")),
        ("hang up", ("failed", "outcome_unknown")),
    ],
)
def test_what_a_providers_answer_means(provider, message, run_jobs, answer, expected):
    provider.answer = answer

    run_jobs()

    assert told(message) == expected
    assert now_of(message).detail
    assert len(provider.received) == 1


def test_a_provider_that_is_not_there_is_asked_later(provider, message, run_jobs, settings):
    settings.ANYMAIL = {**settings.ANYMAIL, "POSTMARK_API_URL": "http://127.0.0.1:1/"}

    run_jobs()

    assert told(message) == ("queued", "")


def test_a_provider_without_its_settings_costs_no_message(message, run_jobs, settings):
    settings.ANYMAIL = {}

    run_jobs()

    assert told(message) == ("queued", "")
    assert "postmark" in now_of(message).detail.lower()


# What comes back


@pytest.mark.parametrize(
    ("event", "expected", "suppressions"),
    [
        (DELIVERY, ("delivered", ""), []),
        (BOUNCE, ("bounced", "bounced"), [(ADDRESS, "bounce")]),
        (SOFT, ("bounced", "bounced"), []),
        (TRANSIENT, ("accepted", ""), []),
        (COMPLAINT, ("complained", "complained"), [(ADDRESS, "complaint")]),
        (REJECTION, ("failed", "refused"), []),
        (OPT_OUT, ("accepted", ""), [(ADDRESS, "opt_out")]),
    ],
)
def test_what_is_told_is_noted(sent, tell, event, expected, suppressions):
    for _ in range(2):
        assert tell(event).status_code == 200

    assert told(sent) == expected
    assert suppressed(sent.agency_id) == suppressions


def test_the_log_says_why_and_when(sent, tell):
    tell(DELIVERY)
    tell(BOUNCE)

    message = now_of(sent)
    assert message.delivered_at.isoformat() == "2026-03-01T10:00:00+00:00"
    assert message.detail == "The server was unable to deliver. – 550 5.1.1 unknown"
    assert message.failed_at is not None


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([BOUNCE, DELIVERY], ("bounced", "bounced")),
        ([DELIVERY, BOUNCE], ("bounced", "bounced")),
        ([DELIVERY, REJECTION], ("delivered", "")),
        ([COMPLAINT, DELIVERY, BOUNCE], ("complained", "complained")),
        ([DELIVERY, COMPLAINT], ("complained", "complained")),
    ],
)
def test_a_late_report_takes_back_no_graver_one(sent, tell, events, expected):
    for event in events:
        tell(event)

    assert told(sent) == expected


def test_a_report_that_is_faster_than_the_answer_finds_its_message(message, tell, provider):
    tell({**DELIVERY, "MessageID": "unheard-of", "Metadata": {"message": message.message_id}})

    assert told(message) == ("delivered", "")


def test_a_delivered_message_is_not_sent_again_by_its_job(message, tell, provider, run_jobs):
    tell({**DELIVERY, "Metadata": {"message": message.message_id}})

    run_jobs()

    assert provider.received == []
    assert told(message) == ("delivered", "")


def test_a_report_clears_up_what_nobody_knew(message, tell, provider, run_jobs):
    provider.answer = "hang up"
    run_jobs()
    assert told(message) == ("failed", "outcome_unknown")

    tell({**DELIVERY, "Metadata": {"message": message.message_id}})

    assert told(message) == ("delivered", "")
    assert not now_of(message).can_be_sent_again()


def test_a_second_sending_is_followed_under_its_own_name(message, tell, provider, run_jobs):
    from django.utils import timezone

    provider.answer = (422, "{}")
    run_jobs()
    provider.answer = (200, json.dumps({**TAKEN, "MessageID": "pm-2"}))
    with acting_for(message.agency_id):
        send_again(message, at=timezone.now())
    run_jobs()

    tell({**DELIVERY, "MessageID": "pm-2"})

    assert told(message) == ("delivered", "")


def test_reports_stay_in_the_agency_whose_message_it_is(sent, south, tell):
    tell(BOUNCE)

    assert suppressed(south.agency_id) == []


# Strangers and nonsense


@pytest.mark.parametrize(
    "event",
    [
        {**BOUNCE, "MessageID": "unknown"},
        {**BOUNCE, "MessageID": ""},
        {**BOUNCE, "MessageID": None},
        {**BOUNCE, "MessageID": ["pm-1"]},
        {**BOUNCE, "MessageID": {"a": 1}},
        {**BOUNCE, "MessageID": "\ud800"},
        {**BOUNCE, "MessageID": "unknown", "Metadata": {"message": 7}},
        {**BOUNCE, "RecordType": "Open"},
        {"RecordType": "Nonsense", "MessageID": "pm-1"},
        {},
    ],
)
def test_what_concerns_no_message_is_ignored(sent, tell, event):
    assert tell(event).status_code == 200

    assert told(sent) == ("accepted", "")
    assert suppressed(sent.agency_id) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"RecordType": {}}',
     b'{"RecordType": "Delivery", "DeliveredAt": "when?", "Metadata": []}',
     b'{"RecordType": "Delivery", "DeliveredAt": 7}'],
)  # fmt: skip
def test_nonsense_is_refused_and_changes_nothing(sent, tell, body):
    assert tell(body).status_code in (200, 400)

    assert told(sent) == ("accepted", "")


def test_hostile_words_are_kept_as_words(sent, tell):
    words = "<script>\0\ud800" + "x" * 9000

    assert (
        tell({**BOUNCE, "Details": words, "BouncedAt": "9999-12-31T23:59:59Z"}).status_code == 200
    )

    message = now_of(sent)
    assert len(message.detail) == 500
    assert "\0" not in message.detail
    assert message.failed_at.year < 9999


def test_a_message_cannot_be_found_by_somebody_elses_secret(sent, north, tell):
    _, secret = create_api_key(north, name="one")

    assert tell({**BOUNCE, "MessageID": secret}).status_code == 200

    assert suppressed(north.agency_id) == []


@pytest.mark.parametrize("secret", ["", ":", "provider:wrong", "provider:a-long-secre", "x" * 9000])
def test_a_stranger_tells_nothing(sent, tell, secret):
    assert tell(BOUNCE, secret=secret).status_code == 400
    assert told(sent) == ("accepted", "")


def test_only_the_provider_that_is_set_is_listened_to(sent, tell, client, settings):
    # Brevo's reports need no key of their own, Mailgun's do.
    for other in ("brevo", "mailgun"):
        assert tell(BOUNCE, url=f"/mail/events/{other}").status_code == 404
    assert tell(BOUNCE, url="/mail/events/nobody").status_code == 404
    assert client.get(URL).status_code == 405
    assert client.head(URL).status_code == 200

    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": ""}
    assert tell(BOUNCE).status_code == 404
    settings.EMAIL_PROVIDER = "outbox"
    assert tell(BOUNCE, url="/mail/events/outbox").status_code == 404


@pytest.mark.parametrize("provider_name", ["mailgun", "scaleway", "postal"])
def test_a_provider_whose_keys_are_missing_is_not_listened_to(db, tell, settings, provider_name):
    settings.EMAIL_PROVIDER = provider_name

    assert tell({}, url=f"/mail/events/{provider_name}").status_code == 404


def test_every_provider_that_can_be_set_has_a_backend():
    from django.utils.module_loading import import_string

    from config.env import MAIL_BACKENDS

    assert all(import_string(path) for path in MAIL_BACKENDS.values())


def test_an_agencys_own_host_knows_no_such_address(client, north, provider, settings):
    settings.ALLOWED_HOSTS = ["clients.north.example"]
    with acting_for(north.agency_id):
        north.agency.portal_host = "clients.north.example"
        north.agency.save()

    answer = client.post(URL, {}, headers={"host": "clients.north.example"})

    assert answer.status_code == 404
