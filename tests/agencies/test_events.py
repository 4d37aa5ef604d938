"""What is told of a change, whichever way it was made. Order and readers: test_event_order.py."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from agencies import events
from agencies.digests import random_text
from agencies.event_models import Event, EventBatch
from agencies.scope import acting_for
from agencies.telling import VERBS
from billing import merging
from clients import bulk, lifecycle
from clients.models import (
    Category,
    Client,
    ClientGroup,
    ClientTag,
    CustomField,
    Document,
    Project,
    Removal,
    Tag,
)
from clients.purging import discard, purge
from contacts import removing
from contacts.enrolling import Person, enroll
from contacts.models import Contact


@pytest.fixture
def told(in_north):
    """What a change tells, as (type, whose id, what changed), as if it were a transaction's all."""

    def told(change):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('foyer.event_batch', '', true)")
        before = list(Event.objects.values_list("pk", flat=True))
        change()
        new = Event.objects.exclude(pk__in=before)
        return [(event.type, event.subject_id, event.changed) for event in new]

    return told


@pytest.fixture
def acme(in_north, north):
    people = [Person(email="ann@acme.example", phone="1"), Person(email="bob@acme.example")]
    return enroll(north.agency, by=north, name="Acme", people=people, tags=["vip"])


@pytest.fixture
def globex(in_north, north):
    return enroll(north.agency, by=north, name="Globex", people=[Person(email="g@globex.example")])


def one(client):
    return Client.objects.filter(pk=client.pk)


def project(client, **facts):
    return Project.objects.create(
        agency_id=client.agency_id, client=client, name="Site", currency="EUR", **facts
    )


def document(client):
    return Document.objects.create(
        agency_id=client.agency_id,
        client=client,
        name="a.txt",
        stored_name=random_text(20),
        extension="txt",
        size=1,
    )


def test_a_new_client_is_told_once_with_its_people(told, north):
    found = told(
        lambda: enroll(
            north.agency, by=north, name="A", people=[Person(email="a@a.example")], tags=["new"]
        )
    )

    client = Client.objects.get()
    assert ("client.created", client.pk, []) in found
    assert ("contact.created", client.contacts.get().pk, []) in found
    assert ("tag.created", Tag.objects.get().pk, []) in found
    assert [kind for kind, *_ in found if kind.startswith("client.")] == ["client.created"]


def test_an_update_names_what_changed_and_nothing_else(told, acme):
    found = told(
        lambda: one(acme).update(name="Acme Ltd", city="Berlin", updated_at=timezone.now())
    )

    assert found == [("client.updated", acme.pk, ["name", "city"])]


@pytest.mark.parametrize("column", ["updated_at", "people_text", "public_hash", "created_at"])
def test_a_change_that_nobody_can_see_is_no_event(told, acme, column):
    value = timezone.now() if column.endswith("_at") else "other"

    assert told(lambda: one(acme).update(**{column: value})) == []


def test_a_change_to_the_same_is_no_event(told, acme):
    assert told(lambda: one(acme).update(name="Acme", archived_at=None)) == []


def test_raw_sql_is_told_as_well(told, acme, globex):
    def change():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE clients_client SET industry = 'steel'")

    assert told(change) == [
        ("client.updated", pk, ["industry"]) for pk in sorted([acme.pk, globex.pk])
    ]


def test_states_of_a_client_have_names_of_their_own(told, acme):
    now = timezone.now()

    for change, verb in (
        (lifecycle.archive, "archived"),
        (lifecycle.restore, "restored"),
        (lifecycle.suspend, "suspended"),
        (lifecycle.resume, "resumed"),
        (lifecycle.delete, "deleted"),
    ):
        assert told(lambda change=change: change(one(acme), at=now)) == [
            (f"client.{verb}", acme.pk, [])
        ]


def test_what_is_archived_and_deleted_is_restored_once(told, acme):
    now = timezone.now()
    lifecycle.archive(one(acme), at=now)
    lifecycle.delete(one(acme), at=now)

    assert told(lambda: lifecycle.restore(one(acme), at=now)) == [("client.restored", acme.pk, [])]


def test_a_state_and_a_fact_changed_at_once_are_two_events(told, acme):
    found = told(lambda: one(acme).update(name="Gone", archived_at=timezone.now()))

    assert found == [("client.updated", acme.pk, ["name"]), ("client.archived", acme.pk, [])]


def test_a_visit_to_the_portal_is_seen_and_not_updated(told, acme):
    person = acme.contacts.first()

    def visit():
        now = timezone.now()
        one(acme).update(portal_last_seen_at=now)
        Contact.objects.filter(pk=person.pk).update(last_seen_at=now)

    assert told(visit) == [("client.seen", acme.pk, []), ("contact.seen", person.pk, [])]


def test_two_changes_in_one_transaction_are_one_event_with_both(told, acme):
    def change():
        one(acme).update(name="One")
        one(acme).update(name="Two", phone="2")

    assert told(change) == [("client.updated", acme.pk, ["name", "phone"])]


def test_what_happened_again_is_told_where_it_happened_last(told, acme):
    now = timezone.now()

    def change():
        for step in (lifecycle.archive, lifecycle.restore, lifecycle.archive):
            step(one(acme), at=now)

    assert [kind for kind, *_ in told(change)] == ["client.restored", "client.archived"]


def test_what_was_rolled_back_is_not_told(told, acme):
    def change():
        with transaction.atomic():
            one(acme).update(name="Never")
            transaction.set_rollback(True)

    assert told(change) == []
    # And the next one finds its batch all the same.
    assert told(lambda: one(acme).update(name="Now")) == [("client.updated", acme.pk, ["name"])]


def test_the_primary_contacts_address_is_the_clients_as_well(told, acme):
    primary, other = acme.contacts.primary_first()

    assert told(lambda: Contact.objects.filter(pk=primary.pk).update(email="new@x.example")) == [
        ("client.updated", acme.pk, ["email"]),
        ("contact.updated", primary.pk, ["email"]),
    ]
    assert told(lambda: Contact.objects.filter(pk=other.pk).update(email="else@x.example")) == [
        ("contact.updated", other.pk, ["email"])
    ]


def test_another_primary_contact_changes_the_clients_address(told, acme):
    primary, other = acme.contacts.primary_first()

    def change():
        Contact.objects.filter(pk=primary.pk).update(is_primary=False)
        Contact.objects.filter(pk=other.pk).update(is_primary=True)

    assert ("client.updated", acme.pk, ["email", "phone"]) in told(change)


def test_secrets_of_a_contact_are_told_nobody(told, acme):
    person = acme.contacts.first()

    def change():
        Contact.objects.filter(pk=person.pk).update(password="x", key_seed="y", key_digest="z")

    assert told(change) == []


def test_tags_are_a_clients_own(told, acme, north):
    tag = Tag.objects.create(agency=north.agency, title="big")

    def change():
        ClientTag.objects.create(agency=north.agency, client=acme, tag=tag)

    assert told(change) == [("client.updated", acme.pk, ["tags"])]
    assert told(lambda: Tag.objects.filter(pk=tag.pk).delete()) == [
        ("client.updated", acme.pk, ["tags"]),
        ("tag.deleted", tag.pk, []),
    ]


def test_a_project_counts_for_its_client_while_it_runs(told, acme):
    found = told(lambda: project(acme))
    made = Project.objects.get()

    assert found == [
        ("client.updated", acme.pk, ["active_projects"]),
        ("project.created", made.pk, []),
    ]
    assert told(lambda: Project.objects.update(name="Shop")) == [
        ("project.updated", made.pk, ["name"])
    ]
    assert told(lambda: Project.objects.update(status="completed")) == [
        ("client.updated", acme.pk, ["active_projects"]),
        ("project.updated", made.pk, ["status"]),
    ]
    assert told(lambda: Project.objects.update(archived_at=timezone.now())) == [
        ("project.archived", made.pk, [])
    ]


def test_a_document_comes_changes_and_goes(told, acme):
    assert [kind for kind, *_ in told(lambda: document(acme))] == ["document.created"]
    made = Document.objects.get()
    assert told(lambda: Document.objects.update(is_shared=True, file="moved")) == [
        ("document.updated", made.pk, ["is_shared"])
    ]
    assert told(lambda: Document.objects.filter(pk=made.pk).delete()) == [
        ("document.deleted", made.pk, [])
    ]


@pytest.mark.parametrize(
    ("model", "kind", "facts"),
    [
        (Category, "category", {"name": "Retail"}),
        (ClientGroup, "group", {"name": "Big"}),
        (CustomField, "custom_field", {"name": "po", "label": "PO"}),
        (Tag, "tag", {"title": "vip"}),
    ],
)
def test_what_clients_are_sorted_by_is_told_too(told, north, model, kind, facts):
    word = "label" if model is CustomField else next(iter(facts))

    assert [t for t, *_ in told(lambda: model.objects.create(agency=north.agency, **facts))] == [
        f"{kind}.created"
    ]
    assert [
        (t, c) for t, _, c in told(lambda: model.objects.filter(**facts).update(**{word: "Other"}))
    ] == [(f"{kind}.updated", [word])]
    gone = "purged" if model is ClientGroup else "deleted"
    assert [t for t, *_ in told(lambda: model.objects.filter(**{word: "Other"}).delete())] == [
        f"{kind}.{gone}"
    ]


def test_a_merged_client_names_its_survivor(told, acme, globex):
    found = told(lambda: merging.merge(acme, globex, by=None, at=timezone.now()))

    assert ("client.merged", globex.pk, []) in found
    assert "client.purged" not in {kind for kind, *_ in found}
    assert Event.objects.get(type="client.merged").survivor_id == acme.pk
    moved = acme.contacts.get(email="g@globex.example")
    assert ("contact.updated", moved.pk, ["client_id", "is_primary"]) in found


def test_a_merge_taken_back_restores_the_client(told, acme, globex):
    record = merging.merge(acme, globex, by=None, at=timezone.now())

    found = told(lambda: merging.undo(record, at=timezone.now()))

    assert ("client.restored", globex.pk, []) in found
    assert "client.created" not in {kind for kind, *_ in found}


def test_a_removed_client_is_deleted_with_all_it_has_and_can_come_back(told, acme):
    site, file = project(acme), document(acme)
    people = list(acme.contacts.values_list("pk", flat=True))
    all_of_it = [
        ("client", acme.pk),
        ("project", site.pk),
        ("document", file.pk),
        *(("contact", pk) for pk in people),
    ]

    gone = told(lambda: removing.remove(acme, by=None, at=timezone.now()))
    removal = Removal.objects.get()
    back = told(lambda: removing.restore(removal, at=timezone.now()))

    assert {(kind, pk) for kind, pk, _ in gone} == {(f"{k}.deleted", pk) for k, pk in all_of_it}
    assert {(kind, pk) for kind, pk, _ in back} == {
        ("client.updated", acme.pk),
        *((f"{k}.restored", pk) for k, pk in all_of_it),
    }


def test_a_purged_client_leaves_a_tombstone_in_the_log(told, acme):
    found = told(lambda: purge(acme, by=None, at=timezone.now()))

    assert ("client.purged", acme.pk, []) in found
    assert {kind for kind, *_ in found} == {"client.deleted", "contact.deleted", "client.purged"}


def test_a_removed_client_is_purged_when_its_time_is_over(told, acme):
    removing.remove(acme, by=None, at=timezone.now() - timedelta(days=31))

    found = told(lambda: discard(Removal.objects.get(), by=None, at=timezone.now()))

    assert found == [("client.purged", acme.pk, [])]


def test_a_merged_clients_id_is_purged_with_its_survivor(told, acme, globex):
    merging.merge(acme, globex, by=None, at=timezone.now())

    found = told(lambda: purge(acme, by=None, at=timezone.now()))

    purged = {pk for kind, pk, _ in found if kind == "client.purged"}
    assert purged == {acme.pk, globex.pk}


def test_every_one_of_many_is_told(told, north, acme, globex):
    found = told(
        lambda: bulk.set_column(
            bulk.chosen([acme.pk, globex.pk]), "industry", "steel", at=timezone.now()
        )
    )

    assert found == [("client.updated", pk, ["industry"]) for pk in sorted([acme.pk, globex.pk])]


def test_a_plan_made_for_one_row_does_not_compare_each_of_many_with_each(in_north, acme):
    """Plans of triggers are kept for as long as a connection, so the plan is asked for one row."""
    (trigger,) = (t for t in Client._meta.triggers if t.name == "tell_update")
    statement = trigger.get_func(Client).replace("RETURN NULL;", "")

    with connection.cursor() as cursor:
        for name in ("old_rows", "new_rows"):
            cursor.execute(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS TABLE clients_client")
            cursor.execute(f"ANALYZE {name}")
        cursor.execute("EXPLAIN " + statement.replace("%", "%%"), [])
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Full Join" in plan


def test_events_are_never_changed_nor_deleted(in_north, acme):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    for change in (
        lambda: Event.objects.update(type="client.invented"),
        lambda: Event.objects.all().delete(),
        lambda: EventBatch.objects.update(position=0),
        lambda: EventBatch.objects.update(committed_at=timezone.now()),
        lambda: EventBatch.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_every_table_of_clients_and_contacts_is_told_of_or_has_a_reason_not_to(db):
    silent = {
        # What is kept to undo a merge or a removal: clients, their people and work tell of these.
        "clients_clientmerge",
        "clients_removal",
        "clients_removedrow",
        # Remarks that only staff read; `/v1` does not show them.
        "clients_note",
        # Letters to people, which have a log of their own.
        "contacts_message",
        "contacts_suppression",
    }
    ours = [m for app in ("clients", "contacts") for m in apps.get_app_config(app).get_models()]
    owned = [m for m in ours if not m.__name__.endswith("Event")]

    quiet = {
        m._meta.db_table
        for m in owned
        if not any(t.name.startswith("tell") for t in getattr(m._meta, "triggers", []))
    }

    assert quiet == silent


def test_types_are_known_by_name(db):
    assert {"client.created", "client.merged", "client.purged", "contact.seen"} <= set(
        events.types()
    )
    assert len(events.types()) == sum(map(len, VERBS.values()))


def told_in_all(agency_id):
    with acting_for(agency_id):
        return Event.objects.count()


def settle():
    """As if what was done so far had been committed."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_events_are_forgotten_after_a_while_and_who_missed_them_is_told(north, south):
    for owner in (north, south):
        with acting_for(owner.agency_id):
            enroll(owner.agency, by=owner, name="Acme")
    settle()
    with acting_for(north.agency_id):
        last = EventBatch.objects.latest("position")
        before, here = events.Place(), events.Place(last.position, 2**63 - 1)
        assert not events.is_forgotten(before)
    now = timezone.now()

    assert events.forget_old(before=now - timedelta(days=1)) == 0
    assert events.forget_old(before=now + timedelta(days=1)) > 0

    assert told_in_all(north.agency_id) == told_in_all(south.agency_id) == 0
    with acting_for(north.agency_id):
        assert events.is_forgotten(before)
        assert not events.is_forgotten(here)
        assert EventBatch.objects.count() == 1


def test_forgetting_leaves_what_came_later(north):
    with acting_for(north.agency_id):
        enroll(north.agency, by=north, name="Old")
    settle()
    between = timezone.now()
    with acting_for(north.agency_id):
        late = enroll(north.agency, by=north, name="New")
    settle()

    events.forget_old(before=between)

    with acting_for(north.agency_id):
        assert Event.objects.get(type="client.created").subject_id == late.pk
        assert events.is_forgotten(events.Place())
