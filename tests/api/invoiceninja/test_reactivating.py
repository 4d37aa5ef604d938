"""`POST /reactivate_email/{bounce_id}`: lifted at a real server that stands in for the provider."""

import json
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from threading import Thread

import pytest
from anymail.signals import EventType, RejectReason
from django.utils import timezone

from agencies.scope import acting_for
from contacts.enrolling import Person, enroll
from contacts.mailing import queue_message
from contacts.models import Message, Suppression
from contacts.progress import advance
from contacts.suppressing import suppress
from contacts.tracking import Report, hear

# Anymail says so of each SendGrid object it makes; what it has still works.
pytestmark = pytest.mark.filterwarnings("ignore:django-anymail has dropped official support")

URL = "/api/v1/reactivate_email"
SUCCESS = (200, {"message": "Success"})
UNKNOWN = (400, {"message": "Bounce ID not found"})
BIRGIT = "birgit+x@birch.example"
NAME = "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"
BOUNCE = {"ID": 692560173, "MessageID": NAME, "Email": BIRGIT, "CanActivate": True}


class Provider(BaseHTTPRequestHandler):
    """Answers what the test says, by method and the beginning of the path."""

    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.received.append((self.command, self.path, body))
        self.server.heads.append(self.headers)
        status, content = next(
            (
                answer
                for asked, answer in self.server.answers.items()
                if f"{self.command} {self.path}".startswith(asked)
            ),
            (404, {"Message": "Nothing is here.", "message": "Nothing is here."}),
        )
        if status == "hang up":
            self.connection.close()
            return
        self.send_response(status)
        self.end_headers()
        if content is not None:
            self.wfile.write(
                content if isinstance(content, bytes) else json.dumps(content).encode()
            )

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, *args):
        """No word on standard error."""


@pytest.fixture
def server(settings):
    server = HTTPServer(("127.0.0.1", 0), Provider)
    server.received, server.heads, server.answers = [], [], {}
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def use(server, settings):
    """Lets mail go out by a provider whose API is our server."""

    def use(name, **more):
        settings.EMAIL_PROVIDER = name
        settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"
        address = f"http://127.0.0.1:{server.server_port}/"
        settings.ANYMAIL = {
            f"{name.upper()}_API_URL": address,
            "POSTMARK_SERVER_TOKEN": "token",
            "MAILGUN_API_KEY": "key",
            "MAILGUN_SENDER_DOMAIN": "mg.example",
            "SENDGRID_API_KEY": "key",
            **more,
        }
        return server

    return use


@pytest.fixture
def postmark(use):
    server = use("postmark")
    server.answers = {
        f"GET /bounces/{BOUNCE['ID']}": (200, BOUNCE),
        "GET /bounces?": (200, {"TotalCount": 1, "Bounces": [BOUNCE]}),
        f"PUT /bounces/{BOUNCE['ID']}/activate": (200, {"Message": "OK", "Bounce": BOUNCE}),
    }
    return server


def bounced(owner, event=EventType.BOUNCED, reason=RejectReason.BOUNCED, name=NAME):
    """A message of the agency's that the provider told of."""
    with acting_for(owner.agency_id):
        people = [Person(first_name="Birgit", email=BIRGIT)]
        contact = enroll(owner.agency, by=owner, name="Birch", people=people).contacts.get()
        message = queue_message(to=contact, kind="note", subject="Hello", text="Hello.")
        advance(message, Message.Status.ACCEPTED, provider_id=name, at=timezone.now())
        if event:
            hear(Report((name,), event, reason, "", timezone.now()))
    return message


@pytest.fixture
def message(north):
    return bounced(north)


@pytest.fixture
def reactivate(north, ninja):
    def reactivate(bounce_id, member=north, **key):
        response = ninja(member, **key).post(f"{URL}/{bounce_id}")
        return response.status_code, response.json()

    return reactivate


def in_force(owner):
    with acting_for(owner.agency_id):
        return list(Suppression.objects.in_force().values_list("address", flat=True))


def test_a_message_of_postmarks_is_activated_by_its_bounce(postmark, north, message, reactivate):
    assert in_force(north) == [BIRGIT]

    assert reactivate(NAME) == SUCCESS

    assert postmark.received == [
        ("GET", f"/bounces?count=1&offset=0&messageID={NAME}", None),
        ("PUT", "/bounces/692560173/activate", None),
    ]
    assert {head["X-Postmark-Server-Token"] for head in postmark.heads} == {"token"}
    assert in_force(north) == []
    with acting_for(north.agency_id):
        lifted = Suppression.objects.get()
    assert lifted.lifted_by == north


def test_postmarks_number_of_a_bounce_does_as_well(postmark, north, message, reactivate):
    assert reactivate("692560173") == SUCCESS

    assert [asked[:2] for asked in postmark.received] == [
        ("GET", "/bounces/692560173"),
        ("PUT", "/bounces/692560173/activate"),
    ]
    assert in_force(north) == []


def test_our_own_name_of_the_message_does_too(postmark, north, message, reactivate):
    assert reactivate(message.message_id.strip("<>")) == SUCCESS

    assert in_force(north) == []


def test_a_bounce_that_postmark_forgot_is_taken_off_the_streams_list(
    postmark, north, message, reactivate, settings
):
    settings.ANYMAIL["POSTMARK_MESSAGE_STREAM"] = "notes"
    postmark.answers = {
        "GET /bounces?": (200, {"TotalCount": 0, "Bounces": []}),
        "POST /message-streams/notes/suppressions/delete": (
            200,
            {"Suppressions": [{"EmailAddress": BIRGIT, "Status": "Deleted", "Message": None}]},
        ),
    }

    assert reactivate(NAME) == SUCCESS

    assert postmark.received[-1][2] == {"Suppressions": [{"EmailAddress": BIRGIT}]}
    assert in_force(north) == []


def test_what_stays_on_the_streams_list_is_told(postmark, north, message, reactivate):
    words = "You do not have the required authority to change this suppression."
    failed = {"Suppressions": [{"EmailAddress": BIRGIT, "Status": "Failed", "Message": words}]}
    postmark.answers = {
        "GET /bounces?": (200, {"Bounces": []}),
        "POST /message-streams/outbound/suppressions/delete": (200, failed),
    }

    assert reactivate(NAME) == (400, {"message": words})
    assert in_force(north) == [BIRGIT]


def test_what_the_provider_refuses_is_a_400_with_its_words(postmark, north, message, reactivate):
    words = "This bounce cannot be activated."
    postmark.answers["PUT /bounces"] = (422, {"ErrorCode": 406, "Message": words})
    del postmark.answers[f"PUT /bounces/{BOUNCE['ID']}/activate"]

    assert reactivate(NAME) == (400, {"message": words})
    assert in_force(north) == [BIRGIT]


@pytest.mark.parametrize("answer", [("hang up", None), (503, {}), (429, {}), (500, b"\xff<html>")])
def test_a_provider_that_does_not_answer_is_a_400(postmark, north, message, reactivate, answer):
    postmark.answers = {"": answer}

    told = {"message": "The mail provider does not answer. Try again later."}
    assert reactivate(NAME) == (400, told)
    assert in_force(north) == [BIRGIT]


@pytest.mark.parametrize(
    "answer", [(200, b"nothing"), (200, []), (200, {"Bounces": "x"}), (401, {}), (302, {})]
)
def test_nonsense_from_the_provider_lifts_nothing(postmark, north, message, reactivate, answer):
    postmark.answers = {"GET": answer, "": (401, {"Message": "No server token."})}

    assert reactivate(NAME) == (400, {"message": "No server token."})
    assert in_force(north) == [BIRGIT]


def test_settings_that_are_not_complete_are_a_400(use, settings, message, reactivate):
    use("postmark")
    del settings.ANYMAIL["POSTMARK_SERVER_TOKEN"]

    assert reactivate(NAME)[0] == 400


MAILGUN = [
    ("DELETE", f"/mg.example/{name}/birgit%2Bx%40birch.example", None)
    for name in ("bounces", "complaints")
]
SENDGRID = [
    ("DELETE", f"/suppression/{name}/birgit%2Bx%40birch.example", None)
    for name in ("bounces", "invalid_emails", "spam_reports")
]


@pytest.mark.parametrize(
    ("provider", "asked", "authorization", "answers"),
    [
        (
            "mailgun",
            MAILGUN,
            f"Basic {b64encode(b'api:key').decode()}",
            {"DELETE /mg.example/bounces": (200, {"message": "Bounced address has been removed"})},
        ),
        ("sendgrid", SENDGRID, "Bearer key", {"DELETE /suppression/bounces": (204, None)}),
    ],
)
def test_of_other_providers_the_address_is_taken_off_every_list(
    use, north, message, reactivate, provider, asked, authorization, answers
):
    server = use(provider)
    server.answers = answers

    assert reactivate(NAME) == SUCCESS

    assert server.received == asked
    assert {head["Authorization"] for head in server.heads} == {authorization}
    assert in_force(north) == []


def test_mailgun_has_the_domain_that_mail_comes_from(use, north, message, reactivate):
    server = use("mailgun", MAILGUN_SENDER_DOMAIN="")
    with acting_for(north.agency_id):
        north.agency.sender_address = "Nora <nora@own.example>"
        north.agency.save()

    assert reactivate(NAME) == SUCCESS

    assert {path.split("/")[1] for _, path, _ in server.received} == {"own.example"}


@pytest.mark.parametrize("provider", ["mailgun", "sendgrid"])
def test_a_key_that_the_provider_does_not_know_lifts_nothing(
    use, north, message, reactivate, provider
):
    use(provider).answers = {"DELETE": (401, {"message": "Forbidden"})}

    assert reactivate(NAME) == (400, {"message": "Forbidden"})
    assert in_force(north) == [BIRGIT]


def test_without_a_provider_our_own_suppression_is_lifted(north, message, reactivate, outbox):
    assert reactivate(NAME) == SUCCESS

    assert in_force(north) == []


def test_a_complaint_is_lifted_as_well(north, reactivate, outbox):
    bounced(north, EventType.COMPLAINED, None)
    assert in_force(north) == [BIRGIT]

    assert reactivate(NAME) == SUCCESS

    assert in_force(north) == []


def test_who_asked_for_no_more_mail_gets_none(postmark, north, reactivate):
    bounced(north, EventType.UNSUBSCRIBED, None)

    told = {"message": "The recipient asked for no more mail. Staff can lift that."}
    assert reactivate(NAME) == (400, told)
    assert in_force(north) == [BIRGIT]
    assert postmark.received == []


def test_a_message_that_did_not_come_back_has_no_bounce(north, reactivate, outbox):
    bounced(north, event=None)

    assert reactivate(NAME) == UNKNOWN


def test_an_address_that_staff_entered_is_lifted_by_a_message_to_it(north, reactivate, outbox):
    bounced(north, event=None)
    with acting_for(north.agency_id):
        suppress(BIRGIT.upper(), cause=Suppression.Cause.BY_HAND, at=timezone.now())

    assert reactivate(NAME) == SUCCESS
    assert in_force(north) == []


@pytest.mark.parametrize(
    "odd", ["x-1", "1", "9" * 300, "%C3%A9-", "%00-", "-", "%3Ca-b%3E", "a b-"]
)
def test_whatever_names_nothing_is_not_found(postmark, message, reactivate, odd):
    del postmark.answers[f"GET /bounces/{BOUNCE['ID']}"]

    assert reactivate(odd) == UNKNOWN


@pytest.mark.parametrize("bounce_id", [NAME, "692560173"])
def test_a_strangers_bounce_is_not_found_and_stays(
    postmark, south, north, message, reactivate, bounce_id
):
    assert reactivate(bounce_id, member=south) == UNKNOWN

    assert in_force(north) == [BIRGIT]
    assert "PUT" not in [method for method, *_ in postmark.received]


def test_who_only_reads_lifts_nothing(north, message, reactivate, outbox):
    told = (401, {"message": "This action is unauthorized."})

    assert reactivate(NAME, scopes=["clients:read", "invoices:write"]) == told
    assert in_force(north) == [BIRGIT]


def test_a_repetition_is_answered_as_the_first_time(postmark, north, ninja, message):
    caller, once = ninja(north), {"Idempotency-Key": "once"}

    answers = [caller.post(f"{URL}/{NAME}", headers=once).json() for _ in range(2)]

    assert answers == [{"message": "Success"}] * 2
    assert len(postmark.received) == 2


def test_a_provider_inside_our_own_network_is_not_asked(postmark, settings, message, reactivate):
    settings.WEBHOOK_ALLOWED_NETWORKS = []

    assert reactivate(NAME)[0] == 400
    assert postmark.received == []
