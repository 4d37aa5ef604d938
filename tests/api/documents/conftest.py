"""Each dialect's document, a caller who sends its examples, and the rows that they name."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from anymail.signals import EventType, RejectReason
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from jsonschema import Draft202012Validator

from agencies.scope import acting_for
from agencies.webhooks import create_endpoint, ping
from api.openapi import document
from api.reference import NAMES, dialects
from billing.applying import apply
from billing.batching import ask_for_batch
from billing.cancelling import cancel
from billing.drafting import Item, draft_credit, draft_invoice
from billing.issuing import issue, issue_credit
from billing.merging import merge
from billing.payments import record_payment
from billing.planning import plan
from billing.refunding import refund
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import make
from clients.custom_fields import define_field
from clients.documents import settling, store
from clients.grouping import create_group
from clients.models import Category
from clients.projects import create_project
from clients.tagging import create_tag
from contacts.changing import add_contact
from contacts.enrolling import Person, enroll
from contacts.mailing import queue_message
from contacts.models import Message
from contacts.progress import advance
from contacts.tracking import Report, hear
from portal.inviting import invite

JSON = "application/json"


class Documented:
    """A dialect by its document."""

    def __init__(self, name):
        self.name = name
        self.whole = document(dialects()[name])

    @property
    def operations(self):
        return [
            Described(self, method, path, operation)
            for path, item in self.whole["paths"].items()
            for method, operation in item.items()
        ]

    def faults(self, shape, body):
        whole = {**shape, "components": self.whole["components"]}
        return [error.message for error in Draft202012Validator(whole).iter_errors(body)]


class Described:
    """One operation, and what its document says against an answer."""

    def __init__(self, told, method, path, operation):
        self.told, self.method, self.path, self.operation = told, method, path, operation
        self.parameters = operation.get("parameters", [])
        self.success = min(map(int, operation["responses"]))
        _, told, needed = operation["description"].rpartition("Scope: ")
        self.scopes = {part.strip("`") for part in needed.split(" and ")} if told else set()
        self.any_key = "Any key will do." in operation["description"]

    def __str__(self):
        return f"{self.method.upper()} {self.path}"

    @property
    def address(self):
        """The path with the examples of its parameters."""
        path = self.path
        for one in self.parameters:
            if one["in"] == "path":
                path = path.replace(f"{{{one['name']}}}", str(one["schema"]["examples"][0]))
        return path

    @property
    def bodies(self):
        """What can be sent as JSON, as the document shows it; None where it takes no body."""
        content = self.operation.get("requestBody", {}).get("content", {})
        examples = content.get(JSON, {}).get("examples", {})
        return [example["value"] for example in examples.values()] or [None]

    def send(self, door, query="", body=None, **options):
        """The operation's own example, or what is given in its place."""
        query = self._with_needed(query)
        sent = self.bodies[0] if body is None else body
        if sent is None and self.form:
            return self._send_form(door, query, **options)
        if sent is None and self.method == "post":
            # Django's client would send an empty form.
            options.setdefault("content_type", JSON)
            sent = b""
        given = {
            one["name"]: one["schema"]["examples"][0]
            for one in self.parameters
            if one["in"] == "header" and "examples" in one["schema"]
        }
        headers = given | options.pop("headers", {})
        address = options.pop("address", self.address) + query
        response = getattr(door, self.method)(address, sent, headers=headers, **options)
        if response.streaming:
            # Django's client closes it where it ends.
            list(response)
        return response

    def _with_needed(self, query):
        """The query string with examples of what has to be asked."""
        for one in self.parameters:
            if one["in"] == "query" and one.get("required") and f"{one['name']}=" not in query:
                query += f"{'&' if query else '?'}{one['name']}={one['schema']['examples'][0]}"
        return query

    @property
    def form(self):
        """The fields of a body that is a form and nothing else."""
        content = self.operation.get("requestBody", {}).get("content", {})
        if set(content) != {"multipart/form-data"}:
            return {}
        return content["multipart/form-data"]["schema"]["properties"]

    def _send_form(self, door, query, headers=None, **options):
        sent = {
            name: SimpleUploadedFile("a.txt", b"Hello.")
            if field.get("format") == "binary"
            else field["examples"][0]
            for name, field in self.form.items()
            if field.get("format") == "binary" or "examples" in field
        }
        address = options.pop("address", self.address) + query
        return door.browser.post(address, sent, headers=headers or {}, **options)

    def complaints(self, response, status=None):
        """What the document says against an answer, and which status was wanted instead."""
        found = self._complaints(response)
        if status not in (None, response.status_code):
            found.append(f"{response.status_code} instead of {status}")
        content = b"" if response.streaming else response.content[:500]
        return [f"{self}: {complaint}: {content!r}" for complaint in found]

    def _complaints(self, response):
        answer = self.operation["responses"].get(str(response.status_code))
        if answer is None:
            return [f"status {response.status_code} is not documented"]
        kind = response.get("Content-Type", "").partition(";")[0]
        if "content" not in answer:
            return ["a body is not documented"] if response.content else []
        if not {kind, "*/*"} & set(answer["content"]):
            return [f"{kind} is not documented for {response.status_code}"]
        if kind != JSON:
            return []
        return self.told.faults(answer["content"][kind]["schema"], response.json())


@pytest.fixture(scope="session")
def documents():
    return {name: Documented(name) for name in NAMES}


@pytest.fixture
def each(known, documents):
    """One operation of a dialect after the other, each before the same rows."""

    def each(name):
        for operation in documents[name].operations:
            with undone():
                yield operation

    return each


@contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def door(north, key, doors):
    """A caller of a dialect whose key may do everything, unless facts of it are named."""

    def door(name, **facts):
        return doors(key(north, **facts))[name]

    return door


@pytest.fixture
def known(north, media):
    """The rows of North's that the documents' examples name."""
    with settling(), acting_for(north.agency_id):
        _next_id("clients_category", 2)
        Category.objects.create(agency=north.agency, name="Standard")
        _next_id("clients_clientgroup", 4)
        create_group(north.agency, name="Big")
        for pk in (391, 12):
            _next_id("clients_client", pk)
            _next_id("contacts_contact", pk + 22)
            person = Person(first_name="Jane", email=f"jane{pk}@known.example")
            client = enroll(north.agency, by=north, name=f"Known {pk}", people=[person])
        # Nobody's primary contact, so that it can be deleted.
        _next_id("contacts_contact", 40)
        add_contact(client, first_name="Ann", email="ann@known.example")
        _next_id("clients_tag", 5)
        create_tag(north.agency, "Known")
        _next_id("clients_customfield", 6)
        define_field(north.agency, name="known", label="Known", kind="text")
        _next_id("portal_invite", 9)
        invite(client, by=north, at=timezone.now())
        _next_id("clients_document", 2)
        store(client, ContentFile(b"Hello.", name="hello.txt"), by=north)
        _next_id("clients_project", 7)
        create_project(client, name="Website")
        # What was merged takes along what it had, so it is somebody else.
        _next_id("clients_client", 17)
        former = enroll(north.agency, by=north, name="Former", people=[])
        _next_id("clients_clientmerge", 11)
        merge(client, former, by=north, at=timezone.now())
        _known_event(north.agency)
        _next_id("agencies_webhookendpoint", 3)
        hook, _ = create_endpoint(north.agency, url="https://93.184.216.34/", types=["client.*"])
        _next_id("agencies_webhookdelivery", 8)
        ping(hook, at=timezone.now())
        _known_bounce("back@acme.example")
        _known_money(client, north)


def _known_bounce(address):
    """A message that came back, and an address that nothing is sent to since."""
    message, at = queue_message(to=address, kind="note", subject="Hi", text="Hi."), timezone.now()
    name = "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"
    advance(message, Message.Status.ACCEPTED, provider_id=name, at=at)
    hear(Report((name,), EventType.BOUNCED, RejectReason.BOUNCED, "", at))


def _known_money(client, owner):
    """Invoices that are owed, drafted and cancelled; a payment with a refund, and two credits."""
    at = timezone.now()
    facts = {"by": owner, "at": at, "lines": [Item(quantity=Decimal(1), price=Decimal(100))]}
    _next_id("billing_invoice", 21)
    owed, _, cancelled = (draft_invoice(client, **facts) for _ in range(3))
    for invoice in (owed, cancelled):
        issue(invoice, on=at.date(), at=at)
    cancel(cancelled, on=at.date(), at=at)
    _next_id("billing_payment", 31)
    payment = record_payment(
        client, amount=Decimal(60), on=at.date(), by=owner, at=at, shares=[(owed, Decimal(40))]
    )
    _next_id("billing_credit", 41)
    credit = draft_credit(client, **facts)
    issue_credit(credit, on=at.date(), at=at)
    draft_credit(client, **facts)
    apply(credit, [(owed, Decimal(10))], on=at.date(), at=at)
    _next_id("billing_refund", 51)
    refund(payment, amount=Decimal(1), on=at.date(), by=owner, at=at)
    _next_id("billing_keptstatement", 3)
    make(client, Wanted(StatementKind.ACTIVITY, start=at.date(), end=at.date()), by=owner)
    batch = ask_for_batch([client], by=owner, at=at)
    batch.key, batch.pdf = "9b2f6c1e-4d7a-4c58-9f0e-2a6b1d3c8e75", b"%PDF-1.7"
    batch.save()
    _next_id("billing_statementschedule", 8)
    plan(owner.agency, on=at.date(), at=at, client=client)


def _known_event(agency):
    """Events come with everything that is made: one far away from the others' ids."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('agencies_event', 'id'))")
        (next_one,) = cursor.fetchone()
        _next_id("agencies_event", 10**9)
        create_tag(agency, "Told")
        _next_id("agencies_event", next_one)
        # As at the end of the transaction, when events take their places in the log.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _next_id(table, pk):
    """Let the next row of the table have this primary key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [table, pk])
