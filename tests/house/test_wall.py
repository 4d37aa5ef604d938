"""PostgreSQL itself keeps one agency from another's rows, whatever the code forgets."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from agencies.checks import wall_has_no_holes
from agencies.confirming import require_confirmation
from agencies.errors import ScopeError
from agencies.keys import create_api_key
from agencies.models import WebhookAttempt
from agencies.scope import acting_for
from agencies.wall import OUTSIDE, holes
from agencies.webhooks import create_endpoint, ping
from billing.batching import ask_for_batch
from billing.crediting import credit_invoice
from billing.drafting import Item, draft_invoice
from billing.issuing import issue
from billing.models import StatementSchedule
from billing.payments import record_payment
from billing.refunding import refund
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import make
from billing.verifying import verify_one
from clients.models import (
    Category,
    Client,
    ClientGroup,
    ClientMerge,
    ClientTag,
    CustomField,
    DepartedClient,
    Document,
    Note,
    Project,
    Tag,
)
from contacts.enrolling import Person, enroll
from contacts.mailing import queue_message
from contacts.models import Contact, Suppression
from contacts.removing import remove
from contacts.suppressing import suppress
from portal import signing_in, tries
from portal.details import ADDRESS, change_address
from portal.document_links import make_link
from portal.inviting import invite
from portal.models import AddressChange, Passkey, PortalSession, PortalUpload, SecondFactors
from portal.rights import Right, give_rights
from portal.sessions import begin


def furnish(owner):
    """At least one row in every walled table."""
    agency = owner.agency
    key, _ = create_api_key(owner, name="one")
    require_confirmation(key, "correct horse 9", at=timezone.now())
    with acting_for(agency.pk):
        client = enroll(
            agency, by=owner, name="Acme", people=[Person(email="a@acme.example")], tags=["vip"]
        )
        ClientGroup.objects.create(agency=agency, name="Group")
        CustomField.objects.create(agency=agency, name="po", label="PO")
        project = Project.objects.create(
            agency=agency, client=client, name="Site", currency="EUR", lead=owner
        )
        Document.objects.create(
            agency=agency,
            client=client,
            project=project,
            name="a.pdf",
            stored_name=f"{agency.slug}.pdf",
            file="a.pdf",
            extension="pdf",
            size=1,
        )
        now = timezone.now()
        ClientMerge.objects.create(
            agency=agency, survivor=client, into_id=client.pk, merged_id=0, merged_at=now
        )
        DepartedClient.objects.create(
            agency=agency, client_id=0, kind=DepartedClient.Kind.PURGED, departed_at=now
        )
        Note.objects.create(agency=agency, client=client, member=owner, text="Called.")
        remove(enroll(agency, by=owner, name="Gone"), by=owner, at=now)
        queue_message(to=client.contacts.get(), kind="note", subject="Hello", text="Hello.")
        suppress("b@acme.example", cause=Suppression.Cause.BY_HAND, at=now)
        invite(client, by=owner, projects=[project.pk], at=now)
        furnish_portal(client.contacts.get(), at=now)
        endpoint, _ = create_endpoint(agency, url="https://93.184.216.34/", types=["*"])
        WebhookAttempt.objects.create(
            agency=agency, delivery=ping(endpoint, at=now), number=1, started_at=now
        )
        furnish_money(client, owner, at=now)
        agency.legal_name = "Ltd"
        agency.save()
    return client


def furnish_portal(contact, *, at):
    document = contact.client.documents.get()
    PortalUpload.objects.create(agency=contact.agency, document=document, contact=contact)
    give_rights(contact, frozenset(Right))
    tries.count("password", contact.email, agency=contact.agency, at=at)
    AddressChange.objects.create(agency=contact.agency, contact=contact, address=contact.email)
    change_address(contact, dict.fromkeys(ADDRESS, "") | {"city": "Husum"}, at=at)
    signing_in.send(contact.email, agency=contact.agency, asker_digest=contact.agency.slug, at=at)
    means = PortalSession.Means.LINK
    begin(contact, address=contact.email, means=means, browser="", former=None, at=at)
    factors = SecondFactors.objects.create(agency=contact.agency, address=contact.email)
    Passkey.objects.create(
        agency=contact.agency, factors=factors, name="Phone", host="x", credential=b"x"
    )


def furnish_money(client, owner, *, at):
    lines = [Item(quantity=Decimal(1), price=Decimal(9))]
    invoice = issue(draft_invoice(client, by=owner, lines=lines, at=at), on=at.date(), at=at)
    payment = record_payment(client, amount=Decimal(9), on=at.date(), by=owner, at=at)
    refund(payment, amount=Decimal(1), on=at.date(), by=owner, at=at)
    credit_invoice(invoice, on=at.date(), by=owner, at=at)
    verify_one(client.agency, at=at)
    StatementSchedule.objects.create(
        agency=client.agency, client=client, next_on=at.date().replace(day=1)
    )
    wanted = Wanted(kind=StatementKind.ACTIVITY, start=at.date(), end=at.date())
    kept = make(client, wanted, by=owner)
    make_link(kept, client.contacts.select_related("agency").first(), at=at)
    ask_for_batch([client], by=owner, at=at)


def walled_tables():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relforcerowsecurity ORDER BY relname")
        return [row[0] for row in cursor.fetchall()]


def count(table):
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        return cursor.fetchone()[0]


def test_every_table_is_walled_or_on_the_list(db):
    assert holes() == []


def test_the_list_names_only_tables_that_exist_and_have_no_wall(db):
    existing = set(connection.introspection.table_names())

    assert existing >= OUTSIDE
    assert not OUTSIDE & set(walled_tables())


def test_every_model_with_an_agency_is_walled_or_on_the_list(db):
    owned = {
        model._meta.db_table
        for model in apps.get_models()
        if any(field.name == "agency" for field in model._meta.fields)
    }

    assert owned - OUTSIDE <= set(walled_tables())


@pytest.mark.parametrize(
    "damage",
    [
        "DROP POLICY wall ON clients_client",
        "ALTER TABLE clients_client NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE clients_client DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY more ON clients_client USING (true)",
        "ALTER POLICY wall ON clients_client USING (true)",
        "CREATE TABLE clients_forgotten (id bigint, agency_id bigint)",
        "ALTER TABLE contacts_contact DROP CONSTRAINT contacts_contact_client_id_same_agency",
    ],
)
def test_a_hole_is_found(db, damage):
    with connection.cursor() as cursor:
        cursor.execute(damage)

    assert len(holes()) == 1
    assert [error.id for error in wall_has_no_holes()] == ["agencies.E002"]


def test_no_scope_sees_nothing_and_the_scope_sees_its_own(north, south):
    furnish(north)
    furnish(south)
    # Rows of these appear with later work; an empty one would prove nothing.
    tables = [table for table in walled_tables() if table != "agencies_storedanswer"]

    without = {table: count(table) for table in tables}
    with acting_for(north.agency_id):
        within = {table: count(table) for table in tables}
    with acting_for(south.agency_id):
        beside = {table: count(table) for table in tables}

    assert set(without.values()) == {0}
    assert all(within.values())
    assert within == beside


def test_the_scope_ends_with_the_block_even_inside_a_transaction(north):
    furnish(north)

    with transaction.atomic():
        with acting_for(north.agency_id):
            assert Client.objects.exists()

        assert not Client.objects.exists()


def test_the_scope_ends_with_an_error_too(north):
    furnish(north)

    with pytest.raises(ValueError, match="stop"), acting_for(north.agency_id):
        raise ValueError("stop")

    assert not Client.objects.exists()


def test_two_agencies_cannot_be_mixed(north, south):
    with (
        acting_for(north.agency_id),
        pytest.raises(ScopeError),
        acting_for(south.agency_id),
    ):
        pass


def refused(change):
    """Whether PostgreSQL refuses `change`; constraints that wait for the commit are asked now."""

    def change_and_check():
        with transaction.atomic():
            change()
            connection.check_constraints()

    with pytest.raises((ProgrammingError, IntegrityError)):
        change_and_check()
    return True


def test_a_foreign_insert_is_refused(north, south):
    with acting_for(north.agency_id):
        assert refused(lambda: Tag.objects.create(agency=south.agency, title="mine"))
        assert refused(lambda: Tag.objects.bulk_create([Tag(agency=south.agency, title="x")]))


def test_an_insert_without_a_scope_is_refused(north):
    assert refused(lambda: Tag.objects.create(agency=north.agency, title="nobody's"))


def test_a_foreign_row_cannot_be_updated_saved_or_deleted(north, south):
    theirs = furnish(south)

    with acting_for(north.agency_id):
        assert Client.objects.filter(pk=theirs.pk).update(name="stolen") == 0
        assert Client.objects.filter(pk=theirs.pk).delete()[0] == 0
        theirs.name = "stolen"
        with pytest.raises(DatabaseError), transaction.atomic():
            theirs.save()

    with acting_for(south.agency_id):
        assert Client.objects.get(pk=theirs.pk).name == "Acme"


def test_a_row_cannot_be_moved_to_another_agency(north, south):
    ours = furnish(north)

    with acting_for(north.agency_id):
        assert refused(lambda: Client.objects.filter(pk=ours.pk).update(agency=south.agency))


def test_a_foreign_row_cannot_be_upserted(north, south):
    theirs = furnish(south)

    def upsert():
        stolen = Category(pk=theirs.category_id, agency=north.agency, name="stolen")
        Category.objects.bulk_create(
            [stolen], update_conflicts=True, unique_fields=["id"], update_fields=["name"]
        )

    with acting_for(north.agency_id):
        assert refused(upsert)


def test_a_child_cannot_be_put_under_a_foreign_parent(north, south):
    ours, theirs = furnish(north), furnish(south)
    with acting_for(south.agency_id):
        their_tag, their_project = Tag.objects.get(), Project.objects.get()

    def contact():
        Contact.objects.create(
            agency=north.agency, client=theirs, key_seed="x" * 32, key_digest="x" * 64
        )

    with acting_for(north.agency_id):
        assert refused(contact)
        assert refused(
            lambda: ClientTag.objects.create(agency=north.agency, client=ours, tag=their_tag)
        )
        assert refused(lambda: Document.objects.update(project=their_project))
        assert refused(lambda: Client.objects.update(category=theirs.category_id))
        assert refused(lambda: Client.objects.update(assigned_to=south))
        assert refused(lambda: Project.objects.update(lead=south))


def test_raw_sql_stays_behind_the_wall(north, south):
    furnish(south)

    with acting_for(north.agency_id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM clients_client")
        assert cursor.fetchone() == (0,)
        cursor.execute("UPDATE contacts_contact SET email = 'stolen@north.example'")
        assert cursor.rowcount == 0
        cursor.execute("SELECT count(*) FROM clients_clientevent")
        assert cursor.fetchone() == (0,)


def test_the_planner_uses_the_agency_index_behind_the_wall(north):
    with acting_for(north.agency_id), connection.cursor() as cursor:
        # An empty table is read whole and sorted unless that is forbidden.
        for other_way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{other_way} = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM clients_client ORDER BY agency_id, sort_name LIMIT 9"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "client_by_name" in plan
    assert "InitPlan" in plan
