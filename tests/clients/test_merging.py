from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier, Event
from time import sleep

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Sum

from agencies.errors import DomainError
from agencies.models import Membership
from agencies.scope import acting_for
from billing.models import Account, KeptStatement
from clients import lifecycle
from clients.creating import create_client
from clients.departing import ClientGone, departure_of, survivor_of
from clients.merging import (
    EXEMPT,
    FIGURES,
    DifferentCurrencies,
    SameClient,
    SumsDiffer,
    moving_keys,
)
from clients.models import (
    Category,
    Client,
    ClientGroup,
    ClientMerge,
    ClientTag,
    Document,
    Project,
    Tag,
)
from clients.owning import keys_to, name_of
from clients.sorting import set_tags
from clients.unmerging import WITHIN, AlreadyUndone, SurvivorGone, TooLateToUndo
from contacts.merging import merge, preview, undo
from contacts.models import Contact

# Money moves with billing.merging; tests/billing/test_merging.py looks at it.
MONEY_KEYS = [
    f"billing_{table}.client_id"
    for table in (
        "account",
        "invoice",
        "credit",
        "payment",
        "keptstatement",
        "statementschedule",
    )
]


@pytest.fixture
def furnish(furnish):
    return partial(furnish, bills=False)


@pytest.fixture
def pair(in_north, furnish):
    """The survivor and the one to be merged; they share the tag vip."""
    return furnish("Ann", tags=["vip", "old"]), furnish("Bob", tags=["new", "vip"], unit="3.5")


@pytest.fixture
def same_before_and_after(dump):
    """What must stand as before when a merge was undone: everything but dates of change.

    The audit trail tells of both, and the record of the merge is kept.
    """

    def look():
        found = dump(without=["updated_at"])
        return {
            table: texts
            for table, texts in found.items()
            if "event" not in table and table != "clients_clientmerge"
        }

    return look


def figures(client):
    return {name: getattr(client, name) for name in FIGURES}


def tags(client):
    return [row.tag.title for row in client.client_tags.select_related("tag")]


def keys_in_the_database():
    """Every foreign key to a client that PostgreSQL knows, as "table.column"."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT f.conrelid::regclass || '.' || a.attname
            FROM pg_constraint f
            JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = ANY(f.conkey)
            WHERE f.contype = 'f' AND f.confrelid = 'clients_client'::regclass
            AND a.attname <> 'agency_id'
            """
        )
        return {row[0] for row in cursor.fetchall()}


def test_every_key_to_a_client_moves_or_is_exempt_with_a_reason(db):
    moving = {name_of(key) for key in moving_keys()}

    assert moving | set(EXEMPT) == keys_in_the_database()
    assert moving | set(EXEMPT) == {name_of(key) for key in keys_to(Client)}
    assert not moving & set(EXEMPT)
    assert all(EXEMPT.values())


def test_a_table_outside_the_models_is_noticed(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forgotten (client_id bigint REFERENCES clients_client)")

    assert "forgotten.client_id" in keys_in_the_database()


def test_no_moving_row_can_collide_with_one_of_the_survivors(db):
    """A key that is part of something unique needs a rule of its own before it may move."""
    unique = {
        key.model
        for key in moving_keys()
        for constraint in key.model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        and key.name in str(constraint.fields) + str(constraint.expressions)
    }

    assert not any(key.unique for key in moving_keys())
    # contacts.merging sees to people before they move.
    # billing.merging empties accounts, and parts statements from schedules, before they move.
    assert unique == {Contact, Account, KeptStatement}


def test_a_forgotten_row_stops_the_merge_instead_of_being_lost(pair, north, then, dump):
    ann, bob = pair
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE forgotten (client_id bigint REFERENCES clients_client "
            "DEFERRABLE INITIALLY DEFERRED)"
        )
        cursor.execute("INSERT INTO forgotten VALUES (%s)", [bob.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    before = dump()

    with pytest.raises(IntegrityError, match="forgotten"):
        merge(ann, bob, by=north, at=then)

    assert dump() == before


def test_a_preview_tells_what_moves_and_changes_nothing(pair, dump):
    ann, bob = pair
    before = dump()

    seen = preview(ann, bob).reckoning

    assert dump() == before
    assert seen.currency == "EUR"
    assert seen.counts == {
        "contacts_contact.client_id": 2,
        "clients_project.client_id": 1,
        "clients_document.client_id": 2,
        "clients_note.client_id": 1,
        "portal_invite.client_id": 1,
        "portal_detailrequest.client_id": 1,
        "clients_clientmerge.survivor_id": 0,
        "clients_departedclient.survivor_id": 0,
        "clients_clienttag.client_id": 1,
        **dict.fromkeys(MONEY_KEYS, 0),
    }
    assert (seen.survivor, seen.merged) == (figures(ann), figures(bob))
    assert seen.total["balance"] == ann.balance + bob.balance


def test_everything_moves_and_the_sums_stay_the_same(pair, north, then):
    ann, bob = pair
    seen = preview(ann, bob).reckoning
    sums = Client.objects.aggregate(**{name: Sum(name) for name in FIGURES})

    record = merge(ann, bob, by=north, at=then)

    ann.refresh_from_db()
    assert not Client.objects.filter(pk=bob.pk).exists()
    assert figures(ann) == seen.total
    assert Client.objects.aggregate(**{name: Sum(name) for name in FIGURES}) == sums
    assert {name: len(ids) for name, ids in record.moved.items()} | {
        "clients_clienttag.client_id": 1
    } == seen.counts
    for model in (Contact, Project, Document):
        assert set(model.objects.values_list("client", flat=True)) == {ann.pk}
    assert ann.updated_at == then


def test_the_survivors_own_fields_win(pair, north, then):
    ann, bob = pair
    Client.objects.filter(pk=ann.pk).update(custom_fields={"po": "7"})
    Client.objects.filter(pk=bob.pk).update(
        private_notes="secret", vat_number="DE1", custom_fields={"po": "8", "vip": True}
    )
    untouched = {
        "name", "number", "settings", "private_notes", "vat_number", "public_hash",
        "custom_fields", "custom_value1",
    }  # fmt: skip
    before = Client.objects.values(*untouched).get(pk=ann.pk)

    merge(ann, bob, by=north, at=then)

    assert Client.objects.values(*untouched).get(pk=ann.pk) == before


def test_tags_are_united(pair, north, then):
    ann, bob = pair

    merge(ann, bob, by=north, at=then)

    assert sorted(tags(ann)) == ["new", "old", "vip"]
    assert ClientTag.objects.count() == 3


def test_the_number_of_the_merged_client_is_free_again(in_north, pair, north, then):
    ann, bob = pair

    merge(ann, bob, by=north, at=then)

    assert create_client(in_north, by=north, number=bob.number).number == bob.number


def test_the_trail_of_the_merged_client_stays(pair, north, then):
    ann, bob = pair

    merge(ann, bob, by=north, at=then)

    trail = Client.pgh_event_model.objects.filter(pgh_obj_id=bob.pk)
    assert [event.pgh_label for event in trail.order_by("pgh_id")][-1] == "delete"
    assert {event.name for event in trail} == {"Bob"}


def test_the_old_id_leads_to_the_survivor(pair, north, then):
    ann, bob = pair
    assert survivor_of(bob.pk) is None

    merge(ann, bob, by=north, at=then)

    tomb = departure_of(bob.pk)
    assert survivor_of(bob.pk) == ann.pk
    assert (tomb.kind, tomb.departed_at, tomb.departed_by) == ("merged", then, north)


def test_a_client_is_not_merged_into_itself(pair, north, then):
    with pytest.raises(SameClient):
        preview(pair[0], pair[0])
    with pytest.raises(SameClient):
        merge(pair[0], Client.objects.get(pk=pair[0].pk), by=north, at=then)


def test_different_currencies_are_refused(pair, north, then, dump):
    ann, bob = pair
    Client.objects.filter(pk=bob.pk).update(currency="USD")
    before = dump()

    with pytest.raises(DifferentCurrencies):
        preview(ann, bob)
    with pytest.raises(DifferentCurrencies):
        merge(ann, bob, by=north, at=then)
    assert dump() == before


def test_the_agencys_currency_stands_for_an_empty_one(pair, north, then):
    ann, bob = pair
    Client.objects.filter(pk=bob.pk).update(currency="EUR")

    merge(ann, bob, by=north, at=then)

    assert survivor_of(bob.pk) == ann.pk


def test_another_agencys_client_cannot_be_seen(north, south, furnish, then):
    with acting_for(north.agency_id):
        ours = furnish("Ours")
    with acting_for(south.agency_id):
        theirs = create_client(south.agency, by=south)

    with acting_for(north.agency_id):
        for pair in ((ours, theirs), (theirs, ours)):
            with pytest.raises(ClientGone):
                preview(*pair)
            with pytest.raises(ClientGone):
                merge(*pair, by=north, at=then)


def test_sums_that_do_not_add_up_are_never_stored(pair, north, then, dump):
    ann, bob = pair
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.balance := OLD.balance; RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER swallow BEFORE UPDATE ON clients_client "
            "FOR EACH ROW EXECUTE FUNCTION swallow()"
        )
    before = dump()

    with pytest.raises(SumsDiffer):
        merge(ann, bob, by=north, at=then)

    assert dump() == before


@pytest.mark.parametrize("state", [None, "archived_at", "suspended_at", "deleted_at"])
def test_merge_and_undo_leave_everything_as_before(pair, north, then, state, same_before_and_after):
    ann, bob = pair
    if state:
        Client.objects.filter(pk=bob.pk).update(**{state: then})
    before = same_before_and_after()
    seen = preview(ann, bob).reckoning

    record = merge(ann, bob, by=north, at=then)
    undone = undo(record, at=then + WITHIN)

    assert same_before_and_after() == before
    assert preview(ann, bob).reckoning == seen
    assert (undone.client, undone.survivor, undone.changed) == (bob, ann, {})
    assert survivor_of(bob.pk) is None


def test_a_row_returns_exactly_whatever_its_values(pair, north, then, same_before_and_after):
    ann, bob = pair
    Client.objects.filter(pk=bob.pk).update(
        balance=Decimal("-12345678901234.654321"),
        invited_at=then,
        custom_fields={"n": 12345678901234567890, "f": 0.1, "deep": [None, True, {"ü": '"'}]},
        public_notes="Zeile 1\nZeile 2\t\\ ' \" %s {0} ☃",
        invoice_due_days=30,
        assigned_to=north,
        group=ClientGroup.objects.create(agency=north.agency, name="Retainers"),
        country="DE",
        is_tax_exempt=True,
    )
    before = same_before_and_after()

    undo(merge(ann, bob, by=north, at=then), at=then)

    assert same_before_and_after() == before


def test_a_merge_is_undone_once(pair, north, then):
    record = merge(*pair, by=north, at=then)
    undo(record, at=then)

    with pytest.raises(AlreadyUndone):
        undo(record, at=then)


def test_a_merge_undone_can_be_made_again(pair, north, then):
    ann, bob = pair
    undo(merge(ann, bob, by=north, at=then), at=then)

    again = merge(bob, ann, by=north, at=then)

    assert survivor_of(ann.pk) == bob.pk
    assert survivor_of(bob.pk) is None
    undo(again, at=then)
    assert set(Client.objects.all()) == {ann, bob}


def test_after_thirty_days_a_merge_stays(pair, north, then, dump):
    record = merge(*pair, by=north, at=then)
    before = dump()

    with pytest.raises(TooLateToUndo):
        undo(record, at=then + timedelta(days=30, seconds=1))

    assert dump() == before


def test_a_number_taken_meanwhile_is_replaced_by_the_next_free_one(in_north, pair, north, then):
    ann, bob = pair
    record = merge(ann, bob, by=north, at=then)
    create_client(in_north, by=north, number=bob.number, id_number="HRB 1")
    Client.objects.filter(pk=ann.pk).update(id_number="HRB 2")

    undone = undo(record, at=then)

    assert undone.changed == {"number": "0002"}
    assert undone.client.number == "0003"


def test_an_id_number_taken_meanwhile_is_left_empty(pair, north, then):
    ann, bob = pair
    Client.objects.filter(pk=bob.pk).update(id_number="HRB 1")
    record = merge(ann, bob, by=north, at=then)
    Client.objects.filter(pk=ann.pk).update(id_number="HRB 1")

    undone = undo(record, at=then)

    assert undone.changed == {"id_number": "HRB 1"}
    assert Client.objects.get(pk=bob.pk).id_number == ""


def test_what_came_since_stays_and_what_went_since_stays_away(in_north, pair, north, then):
    ann, bob = pair
    record = merge(ann, bob, by=north, at=then)
    newer = Project.objects.create(agency=in_north, client=ann, name="Newer", currency="EUR")
    Document.objects.filter(pk=record.moved["clients_document.client_id"][0]).delete()
    Client.objects.filter(pk=ann.pk).update(balance=Decimal(100))

    undone = undo(record, at=then)

    assert newer in ann.projects.all()
    assert bob.projects.count() == 1
    assert bob.documents.count() == 1
    assert undone.client.balance == bob.balance
    assert undone.survivor.balance == 100 - bob.balance


def test_a_row_given_to_somebody_else_since_is_not_taken_back(pair, furnish, north, then):
    ann, bob = pair
    record = merge(ann, bob, by=north, at=then)
    third = furnish("Third")
    Project.objects.filter(pk__in=record.moved["clients_project.client_id"]).update(client=third)

    undo(record, at=then)

    assert third.projects.count() == 2
    assert bob.projects.count() == 0


def test_tags_return_even_when_the_survivors_were_set_anew(pair, north, then):
    ann, bob = pair
    before = list(bob.client_tags.values_list("id", "tag"))
    record = merge(ann, bob, by=north, at=then)
    set_tags(ann, ["new", "newest"])
    Tag.objects.filter(title="vip").delete()

    undo(record, at=then)

    assert tags(ann) == ["new", "newest"]
    assert list(bob.client_tags.values_list("id", "tag")) == before[:1]


def test_parents_deleted_since_and_columns_added_since_are_no_obstacle(
    in_north, pair, north, join, then
):
    ann, bob = pair
    member = Membership.objects.get(pk=join(north, "staff").pk)
    special = Category.objects.create(agency=in_north, name="Special")
    group = ClientGroup.objects.create(agency=in_north, name="Group")
    Client.objects.filter(pk=bob.pk).update(category=special, group=group, assigned_to=member)
    record = merge(ann, bob, by=north, at=then)
    for parent in (special, group, member):
        parent.delete()
    # As if the columns were younger than the record.
    ClientMerge.objects.update(
        snapshot={
            name: value
            for name, value in ClientMerge.objects.get().snapshot.items()
            if name not in ("phone", "tax_info")
        }
    )

    back = undo(record, at=then).client

    back.refresh_from_db()
    assert (back.category.name, back.group, back.assigned_to) == ("Default", None, None)
    assert (back.phone, back.tax_info, back.name) == ("", {}, "Bob")


def test_a_chain_of_merges_leads_to_its_end_and_is_undone_from_there(
    pair, furnish, north, then, same_before_and_after
):
    ann, bob = pair
    carl = furnish("Carl")
    before = same_before_and_after()

    inner = merge(bob, ann, by=north, at=then)
    between = same_before_and_after()
    outer = merge(carl, bob, by=north, at=then)

    assert survivor_of(ann.pk) == survivor_of(bob.pk) == carl.pk
    with pytest.raises(SurvivorGone):
        undo(inner, at=then)
    undo(outer, at=then)
    assert same_before_and_after() == between
    assert survivor_of(ann.pk) == bob.pk
    undo(inner, at=then)
    assert same_before_and_after() == before


def test_two_merges_into_one_client_are_undone_in_either_order(
    pair, furnish, north, then, same_before_and_after
):
    ann, bob = pair
    carl = furnish("Carl")
    before = same_before_and_after()

    first = merge(ann, bob, by=north, at=then)
    second = merge(ann, carl, by=north, at=then)
    undo(first, at=then)
    undo(second, at=then)

    assert same_before_and_after() == before


class Together:
    """Runs changes at the same moment, each in a transaction of its own."""

    def __init__(self, owner):
        self.owner = owner

    def __call__(self, *changes):
        start = Barrier(len(changes))

        def run(change):
            try:
                start.wait(timeout=10)
                with acting_for(self.owner.agency_id):
                    return change()
            except (DomainError, IntegrityError) as refused:
                return refused
            finally:
                connection.close()

        with ThreadPoolExecutor(len(changes)) as pool:
            return list(pool.map(run, changes))


@pytest.fixture
def together(transactional_db, north):
    return Together(north)


@pytest.fixture
def couple(together, north, furnish):
    with acting_for(north.agency_id):
        return furnish("Ann"), furnish("Bob")


ROUNDS = range(4)


@pytest.mark.parametrize("turn", ROUNDS)
def test_merges_in_opposite_directions_leave_one_client(couple, together, north, then, turn):
    ann, bob = couple

    results = together(
        lambda: merge(ann, bob, by=north, at=then), lambda: merge(bob, ann, by=north, at=then)
    )

    assert sorted(type(result).__name__ for result in results) == ["ClientGone", "ClientMerge"]
    with acting_for(north.agency_id):
        (left,) = Client.objects.all()
        assert left.balance == ann.balance + bob.balance
        assert left.contacts.filter(is_primary=True).count() == 1


@pytest.mark.parametrize("turn", ROUNDS)
def test_an_update_comes_before_the_merge_or_finds_nobody(couple, together, north, then, turn):
    ann, bob = couple

    _, updated = together(
        lambda: merge(ann, bob, by=north, at=then),
        lambda: Client.objects.filter(pk=bob.pk).update(name="Robert"),
    )

    with acting_for(north.agency_id):
        assert ClientMerge.objects.get().snapshot["name"] == ("Robert" if updated else "Bob")
        assert not Client.objects.filter(pk=bob.pk).exists()


@pytest.mark.parametrize("turn", ROUNDS)
def test_a_delete_comes_before_the_merge_or_finds_nobody(couple, together, north, then, turn):
    ann, bob = couple

    _, deleted = together(
        lambda: merge(ann, bob, by=north, at=then),
        lambda: lifecycle.delete(Client.objects.filter(pk=bob.pk), at=then),
    )

    with acting_for(north.agency_id):
        assert (ClientMerge.objects.get().snapshot["deleted_at"] is not None) == bool(deleted)
        assert Client.objects.get().deleted_at is None


@pytest.mark.parametrize("turn", ROUNDS)
def test_a_child_made_meanwhile_moves_or_is_refused(couple, together, north, then, turn):
    ann, bob = couple

    def build():
        return Project.objects.create(
            agency=north.agency, client=bob, name="Late", currency="EUR", lead=north
        )

    together(lambda: merge(ann, bob, by=north, at=then), build)

    with acting_for(north.agency_id):
        assert set(Project.objects.values_list("client", flat=True)) == {ann.pk}


def test_a_number_that_is_being_taken_is_waited_for(couple, together, north, then):
    ann, bob = couple
    with acting_for(north.agency_id):
        merge(ann, bob, by=north, at=then)
    inserted = Event()

    def create():
        client = create_client(north.agency, by=north, number=bob.number)
        inserted.set()
        # Long enough for the undo to come here while this is not committed.
        sleep(0.3)
        return client

    def undo_meanwhile():
        inserted.wait(timeout=10)
        return undo(ClientMerge.objects.get(), at=then)

    created, undone = together(create, undo_meanwhile)

    assert created.number == bob.number
    assert undone.changed == {"number": bob.number}


def test_a_merge_undone_twice_at_once_is_undone_once(couple, together, north, then):
    ann, bob = couple
    with acting_for(north.agency_id):
        record = merge(ann, bob, by=north, at=then)

    results = together(*[lambda: undo(ClientMerge.objects.get(), at=then)] * 3)

    assert sorted(type(result).__name__ for result in results) == [
        "AlreadyUndone",
        "AlreadyUndone",
        "Undone",
    ]
    with acting_for(north.agency_id), transaction.atomic():
        assert Client.objects.get(pk=ann.pk).balance == ann.balance
        assert Client.objects.get(pk=bob.pk).balance == Decimal(record.figures["balance"])
