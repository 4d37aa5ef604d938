from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from agencies.scope import acting_for
from clients import bulk, lifecycle
from clients.creating import create_client
from clients.models import Client, ClientGroup

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 12, tzinfo=UTC)
# The count of statements is the same for any number; more rows would only take longer.
MANY = 1_000


@pytest.fixture
def clients(in_north, north):
    """Three clients, last changed THEN."""
    made = [create_client(in_north, by=north) for _ in range(3)]
    Client.objects.update(updated_at=THEN)
    return made


def changed():
    """How many clients moved their date of change."""
    return Client.objects.filter(updated_at=LATER).count()


def test_the_chosen_are_those_with_the_ids_whatever_their_state(clients):
    Client.objects.filter(pk=clients[0].pk).update(deleted_at=THEN, archived_at=THEN)

    assert set(bulk.chosen([clients[0].pk, clients[2].pk])) == {clients[0], clients[2]}


def test_an_id_given_twice_is_one_client(clients):
    assert bulk.chosen([clients[0].pk, clients[0].pk]).count() == 1


def test_nobody_chosen_is_nobody(clients):
    assert not bulk.chosen([]).exists()


@pytest.mark.parametrize("unknown", [0, -1, 2**63 - 1, 2**63, -(10**40), 10**40])
def test_one_unknown_id_refuses_all_and_is_named(clients, unknown):
    with pytest.raises(bulk.UnknownClients) as refused:
        bulk.chosen([clients[0].pk, unknown, clients[1].pk])

    assert refused.value.ids == [unknown]


def test_another_agencys_client_is_unknown(north, south):
    with acting_for(south.agency_id):
        theirs = create_client(south.agency, by=south)

    with acting_for(north.agency_id):
        ours = create_client(north.agency, by=north)
        with pytest.raises(bulk.UnknownClients) as refused:
            bulk.chosen([ours.pk, theirs.pk])

    assert refused.value.ids == [theirs.pk]


def test_a_group_is_assigned_and_taken_away(in_north, clients):
    group = ClientGroup.objects.create(agency=in_north, name="Retainers")
    some = bulk.chosen([clients[0].pk, clients[1].pk])

    assert bulk.assign_group(some, group, at=LATER) == 2
    assert bulk.assign_group(some, group, at=LATER) == 0
    assert set(group.clients.all()) == {clients[0], clients[1]}
    assert changed() == 2
    assert bulk.assign_group(Client.objects.all(), None, at=LATER) == 2
    assert not group.clients.exists()


@pytest.mark.parametrize("column", sorted(bulk.COLUMNS))
def test_an_allowed_column_is_set_and_cleared(clients, column):
    value = "DE" if column == "country" else "8"
    one = bulk.chosen([clients[0].pk])

    assert bulk.set_column(one, column, value, at=LATER) == 1
    assert bulk.set_column(one, column, value, at=LATER) == 0
    assert list(Client.objects.filter(**{column: value})) == [clients[0]]
    assert changed() == 1
    assert bulk.set_column(one, column, "", at=LATER) == 1


@pytest.mark.parametrize(
    "column", ["balance", "name", "number", "agency", "agency_id", "deleted_at", "pk", "no such"]
)
def test_any_other_column_is_refused(clients, column):
    with pytest.raises(bulk.ColumnNotAllowed):
        bulk.set_column(Client.objects.all(), column, "1", at=LATER)

    assert changed() == 0


@pytest.mark.parametrize(
    ("column", "value"), [("country", "Narnia"), ("size", "x" * 31), ("industry", "x" * 101)]
)
def test_a_value_the_column_cannot_hold_is_refused(clients, column, value):
    with pytest.raises(bulk.ValueNotAllowed) as refused:
        bulk.set_column(Client.objects.all(), column, value, at=LATER)

    assert refused.value.field == column
    assert changed() == 0


def test_any_number_is_a_handful_of_statements(in_north, clients, django_assert_num_queries):
    Client.objects.bulk_create(
        Client(
            agency=in_north,
            category=clients[0].category,
            number=f"M-{n}",
            public_hash=f"many{n}",
        )
        for n in range(MANY)
    )
    ids = list(Client.objects.filter(number__startswith="M-").values_list("pk", flat=True))
    group = ClientGroup.objects.create(agency=in_north, name="Many")

    with django_assert_num_queries(5):
        many = bulk.chosen(ids)
        assert bulk.assign_group(many, group, at=LATER) == MANY
        assert bulk.set_column(many, "size", "8", at=LATER) == MANY
        assert lifecycle.archive(many, at=LATER) == MANY
        assert many.count() == MANY

    assert Client.pgh_event_model.objects.filter(pgh_label="update").count() >= 3 * MANY


@pytest.mark.django_db(transaction=True)
def test_two_bulks_with_the_same_clients_wait_for_each_other(north):
    with acting_for(north.agency_id):
        ids = [create_client(north.agency, by=north).pk for _ in range(20)]

    def mark(turn):
        try:
            with acting_for(north.agency_id), transaction.atomic():
                some = bulk.chosen(ids if turn % 2 else ids[::-1])
                bulk.set_column(some, "public_notes", f"{turn}", at=LATER)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(mark, range(12)))

    with acting_for(north.agency_id):
        assert Client.objects.values("public_notes").distinct().count() == 1
