from datetime import UTC, datetime

import pytest

from clients import lifecycle
from clients.creating import create_client
from clients.models import Client

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 12, tzinfo=UTC)

# How a client can stand: archived, deleted, suspended.
ACTIVE = (None, None, None)
ARCHIVED = (THEN, None, None)
DELETED = (None, THEN, None)
BOTH = (THEN, THEN, None)
SUSPENDED = (None, None, THEN)


@pytest.fixture
def client(in_north, north):
    client = create_client(in_north, by=north)
    Client.objects.update(updated_at=THEN)
    return client


def stand(client, state):
    archived, deleted, suspended = state
    Client.objects.filter(pk=client.pk).update(
        archived_at=archived, deleted_at=deleted, suspended_at=suspended
    )


def state_of(client):
    client.refresh_from_db()
    return (client.archived_at, client.deleted_at, client.suspended_at)


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (lifecycle.archive, ACTIVE, (LATER, None, None)),
        (lifecycle.archive, SUSPENDED, (LATER, None, THEN)),
        (lifecycle.delete, ACTIVE, (None, LATER, None)),
        (lifecycle.delete, ARCHIVED, (THEN, LATER, None)),
        (lifecycle.restore, ARCHIVED, ACTIVE),
        (lifecycle.restore, DELETED, ACTIVE),
        (lifecycle.restore, BOTH, ACTIVE),
        (lifecycle.restore, (THEN, None, THEN), SUSPENDED),
        (lifecycle.suspend, ACTIVE, (None, None, LATER)),
        (lifecycle.suspend, ARCHIVED, (THEN, None, LATER)),
        (lifecycle.resume, SUSPENDED, ACTIVE),
        (lifecycle.resume, (None, THEN, THEN), DELETED),
    ],
)
def test_a_change_of_state_is_counted_and_dated(client, change, before, after):
    stand(client, before)

    assert change(Client.objects.all(), at=LATER) == 1
    assert state_of(client) == after
    assert client.updated_at == LATER


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lifecycle.archive, ARCHIVED),
        (lifecycle.archive, DELETED),
        (lifecycle.archive, BOTH),
        (lifecycle.delete, DELETED),
        (lifecycle.delete, BOTH),
        (lifecycle.restore, ACTIVE),
        (lifecycle.restore, SUSPENDED),
        (lifecycle.suspend, SUSPENDED),
        (lifecycle.resume, ACTIVE),
        (lifecycle.resume, ARCHIVED),
    ],
)
def test_what_already_stands_so_is_left_alone(client, change, state):
    stand(client, state)

    assert change(Client.objects.all(), at=LATER) == 0
    assert state_of(client) == state
    assert client.updated_at == THEN


@pytest.mark.parametrize(
    "change",
    [
        lifecycle.archive,
        lifecycle.delete,
        lifecycle.restore,
        lifecycle.suspend,
        lifecycle.resume,
    ],
)
def test_a_change_is_one_statement_and_only_of_the_given_set(
    in_north, north, client, change, django_assert_num_queries
):
    other = create_client(in_north, by=north)
    stand(client, (None, THEN, THEN) if change is not lifecycle.archive else ACTIVE)
    stand(other, state := state_of(client))

    with django_assert_num_queries(1):
        change(Client.objects.filter(pk=client.pk), at=LATER)

    assert state_of(other) == state
