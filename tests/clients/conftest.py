"""Clients with something in every table, and a look at every table of the database."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection, models
from django.utils import timezone

from agencies.digests import digest_of
from billing.crediting import credit_invoice
from billing.drafting import Item, draft_invoice
from billing.issuing import issue
from billing.models import StatementSchedule
from billing.payments import record_payment
from billing.refunding import refund
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import make
from clients.models import FIGURES, Client, Document, Note, Project
from contacts.enrolling import Person, enroll
from contacts.mailing import queue_message
from contacts.models import Suppression
from contacts.suppressing import suppress
from portal import signing_in
from portal.details import ADDRESS, change_address
from portal.document_links import make_link
from portal.inviting import invite
from portal.models import AddressChange, PortalSession, PortalUpload
from portal.rights import Right, give_rights
from portal.sessions import begin


@pytest.fixture
def then():
    return datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def enter_portal(contact):
    """As somebody who asked for a mail, and is in by now."""
    now, address = timezone.now(), contact.email
    signing_in.send(address, agency=contact.agency, asker_digest=digest_of(address), at=now)
    give_rights(contact, frozenset(Right))
    AddressChange.objects.create(agency=contact.agency, contact=contact, address=address)
    change_address(contact, dict.fromkeys(ADDRESS, "") | {"city": "Husum"}, at=now)
    means = PortalSession.Means.LINK
    begin(contact, address=address, means=means, browser="", former=None, at=now)


@pytest.fixture
def furnish(north, media):
    """Makes a client of North with two people, tags, sums and rows in every table of a client."""

    def furnish(name, *, tags=("vip", "retail"), unit="1.000001", bills=True, **facts):
        people = [
            Person(first_name=name, email=f"{name}@x.example".lower()),
            Person(first_name="Second", email=f"second@{name}.example".lower()),
        ]
        facts = {"people": people, "settings": {"colour": name}, **facts}
        client = enroll(north.agency, by=north, name=name, tags=tags, **facts)
        sums = {figure: Decimal(unit) * n for n, figure in enumerate(FIGURES, start=1)}
        Client.objects.filter(pk=client.pk).update(**sums)
        Note.objects.create(
            agency=client.agency, client=client, member=north, text=f"{name} called."
        )
        contact = client.contacts.first()
        queue_message(to=contact, kind="note", subject=f"To {name}", text="Hello.")
        suppress(
            f"old@{name}.example",
            cause=Suppression.Cause.BOUNCE,
            contact=contact,
            at=timezone.now(),
        )
        project = Project.objects.create(
            agency=north.agency, client=client, name=f"{name}'s site", currency="EUR", lead=north
        )
        invite(client, by=north, projects=[project.pk], message=f"Dear {name}", at=timezone.now())
        enter_portal(client.contacts.get(is_primary=True))
        for owner in (project, None):
            document = Document.objects.create(
                agency=north.agency,
                client=client,
                project=owner,
                name=f"{name}.txt",
                stored_name=f"{name}-{owner is None}.txt",
                file=ContentFile(f"about {name}".encode(), name="any.txt"),
                extension="txt",
                size=1,
            )
            PortalUpload.objects.create(agency=north.agency, document=document, contact=contact)
        if bills:
            bill(client, by=north)
        client.refresh_from_db()
        return client

    return furnish


def bill(client, *, by):
    """A row in every table of billing, in another currency than the client's own."""
    at = datetime(2026, 2, 1, tzinfo=UTC)
    on = at.date()
    lines = [Item(quantity=Decimal(1), price=Decimal(9), description=f"Work for {client.name}")]
    draft = draft_invoice(client, by=by, lines=lines, at=at, currency="USD")
    invoice = issue(draft, on=on, at=at)
    payment = record_payment(client, amount=Decimal(9), on=on, by=by, at=at, currency="USD")
    refund(payment, amount=Decimal(1), on=on, by=by, at=at)
    credit_invoice(invoice, on=on, by=by, at=at)
    schedule = StatementSchedule.objects.create(agency=client.agency, client=client, next_on=on)
    wanted = Wanted(kind=StatementKind.ACTIVITY, start=on, end=on)
    kept = make(client, wanted, by=by, schedule=schedule)
    make_link(kept, client.contacts.select_related("agency").first(), at=at)


@pytest.fixture
def dump():
    """All rows of all tables that the scope shows, as texts by table, less some columns."""

    def dump(*, without=()):
        with connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
            found = {}
            for table in tables:
                cursor.execute(
                    f'SELECT (to_jsonb(x) - %s::text[])::text FROM "{table}" x', [list(without)]
                )
                found[table] = {row[0] for row in cursor.fetchall()}
        return found

    return dump


@pytest.fixture
def later_table(db):
    """A model that the code under test has never heard of."""

    class Visit(models.Model):
        project = models.ForeignKey(Project, models.CASCADE)

        class Meta:
            app_label = "clients"

    with connection.schema_editor() as editor:
        editor.create_model(Visit)
    yield Visit
    del apps.all_models["clients"]["visit"]
    apps.clear_cache()
