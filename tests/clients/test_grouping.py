from datetime import UTC, datetime

import pytest

from clients.creating import create_client
from clients.grouping import (
    archive_groups,
    create_group,
    delete_groups,
    edit_group,
    restore_groups,
)
from clients.models import ClientGroup

AT, LATER = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def big(in_north):
    return create_group(in_north, name="Big", settings={"currency_id": "2", "terms": "30"})


def state(group):
    group.refresh_from_db()
    return group.archived_at, group.deleted_at


def test_an_edit_keeps_what_it_does_not_name(big):
    edit_group(big, name="Huge")
    edited = edit_group(big, settings={"terms": "14"})

    assert edited.name == "Huge"
    assert edited.settings == {"currency_id": "2", "terms": "14"}


def test_an_edit_builds_on_what_is_stored_not_on_what_was_read(big):
    ClientGroup.objects.update(settings={"other": "1"})

    edited = edit_group(big, settings={"terms": "14"})

    assert edited.settings == {"other": "1", "terms": "14"}


def test_archiving_deleting_and_restoring_are_separate_and_asked_twice_change_nothing(big):
    groups = ClientGroup.objects.all()

    assert (archive_groups(groups, at=AT), archive_groups(groups, at=LATER)) == (1, 0)
    assert state(big) == (AT, None)
    assert (delete_groups(groups, at=AT), delete_groups(groups, at=LATER)) == (1, 0)
    assert state(big) == (AT, AT)
    assert archive_groups(groups, at=LATER) == 0
    assert (restore_groups(groups, at=LATER), restore_groups(groups, at=AT)) == (1, 0)
    assert state(big) == (None, None)
    assert big.updated_at == LATER


def test_a_deleted_group_keeps_its_clients(in_north, north, big):
    client = create_client(in_north, by=north, group=big)

    delete_groups(ClientGroup.objects.all(), at=AT)

    client.refresh_from_db()
    assert client.group == big


def test_a_set_is_changed_in_one_statement(in_north, django_assert_num_queries):
    for n in range(20):
        create_group(in_north, name=str(n))

    with django_assert_num_queries(1):
        assert delete_groups(ClientGroup.objects.all(), at=AT) == 20
