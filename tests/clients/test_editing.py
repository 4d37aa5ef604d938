from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from agencies.models import Agency
from agencies.scope import acting_for
from clients.creating import IdNumberTaken, NumberTaken, create_client
from clients.departing import ClientGone
from clients.editing import ClientIsDeleted, edit_client, merged_settings, retag
from clients.models import Client


@pytest.fixture
def acme(in_north, north):
    return create_client(
        in_north, by=north, name="Acme", city="Kiel", settings={"a": 1, "b": {"c": 2}}
    )


def stored(client):
    return Client.objects.get(pk=client.pk)


def test_only_what_is_given_changes(acme):
    before = Client.objects.filter(pk=acme.pk).values().get()

    edit_client(acme, name="Acme & Co", currency="USD")

    after = Client.objects.filter(pk=acme.pk).values().get()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"name", "currency", "updated_at", "search_text", "sort_name"}
    assert (after["name"], after["currency"]) == ("Acme & Co", "USD")


def test_facts_may_be_emptied(acme):
    edit_client(acme, city="", group=None)

    assert stored(acme).city == ""


def test_the_returned_client_is_as_the_database_has_it(acme):
    Client.objects.filter(pk=acme.pk).update(city="Bonn")

    changed = edit_client(acme, name="New")

    assert (changed.name, changed.city) == ("New", "Bonn")


def test_the_moment_of_change_moves(acme):
    yesterday = timezone.now() - timedelta(days=1)
    Client.objects.filter(pk=acme.pk).update(updated_at=yesterday, created_at=yesterday)

    edit_client(acme, name="New")

    assert stored(acme).updated_at > yesterday
    assert stored(acme).created_at == yesterday


def test_an_empty_number_is_replaced_by_the_next(acme):
    edit_client(acme, number="X-1")

    assert edit_client(acme, number="").number == "0002"
    assert Agency.objects.get().client_number_counter == 3


def test_the_year_of_a_new_number_is_the_agencys_own(acme, monkeypatch):
    new_years_eve = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: new_years_eve)
    Agency.objects.update(time_zone="Europe/Berlin", client_number_pattern="{year}/{counter}")

    assert edit_client(acme, number="").number == "2027/2"


def test_other_edits_keep_the_number_and_the_counter(acme):
    edit_client(acme, name="New")

    assert stored(acme).number == "0001"
    assert Agency.objects.get().client_number_counter == 2


def test_the_number_of_another_client_is_refused_deleted_ones_included(acme, in_north, north):
    other = create_client(in_north, by=north, number="X-1")
    Client.objects.filter(pk=other.pk).update(deleted_at=timezone.now())

    with pytest.raises(NumberTaken) as refused:
        edit_client(acme, number="X-1", name="New")

    assert refused.value.field == "number"
    assert stored(acme).name == "Acme"


def test_the_id_number_of_another_client_is_refused(acme, in_north, north):
    create_client(in_north, by=north, id_number="HRB 1")

    with pytest.raises(IdNumberTaken):
        edit_client(acme, id_number="HRB 1")


def test_a_client_may_be_given_its_own_numbers_again(acme):
    edit_client(acme, number="0001", id_number="HRB 1")

    assert edit_client(acme, number="0001", id_number="HRB 1").id_number == "HRB 1"


def test_other_objections_of_the_database_are_not_called_taken(acme):
    with pytest.raises(IntegrityError):
        edit_client(acme, name=None)


def test_a_deleted_client_is_not_edited(acme):
    Client.objects.update(deleted_at=timezone.now())

    with pytest.raises(ClientIsDeleted):
        edit_client(acme, name="New")

    assert stored(acme).name == "Acme"


def test_an_archived_client_is_edited(acme):
    Client.objects.update(archived_at=timezone.now())

    assert edit_client(acme, name="New").archived_at is not None


def test_settings_are_merged_name_by_name(acme):
    edit_client(acme, settings={"b": {"d": 3}, "e": 4})

    assert stored(acme).settings == {"a": 1, "b": {"d": 3}, "e": 4}


def test_merging_settings_changes_neither_side():
    old, new = {"a": 1}, {"b": 2}

    assert merged_settings(old, new) == {"a": 1, "b": 2}
    assert (old, new) == ({"a": 1}, {"b": 2})


def test_a_strangers_client_is_not_found(north, south):
    with acting_for(north.agency_id):
        acme = create_client(north.agency, by=north, name="Acme")

    with acting_for(south.agency_id), pytest.raises(ClientGone):
        edit_client(acme, name="Ours now", number="")

    with acting_for(north.agency_id):
        assert stored(acme).name == "Acme"


def at_once(north, edits):
    """Run the edits in threads that begin together, each in a transaction of its own."""
    together = Barrier(len(edits))

    def run(edit):
        together.wait(10)
        try:
            with acting_for(north.agency_id):
                edit()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(edits)) as pool:
        list(pool.map(run, edits))


@pytest.mark.django_db(transaction=True)
def test_edits_at_once_lose_no_setting(north):
    with acting_for(north.agency_id):
        client = create_client(north.agency, by=north)

    at_once(north, [partial(edit_client, client, settings={str(n): n}) for n in range(8)])

    with acting_for(north.agency_id):
        assert stored(client).settings == {str(n): n for n in range(8)}


@pytest.mark.django_db(transaction=True)
def test_clients_renumbered_at_once_get_a_number_each(north):
    with acting_for(north.agency_id):
        clients = [create_client(north.agency, by=north, number=f"X-{n}") for n in range(4)]

    at_once(
        north,
        [partial(edit_client, client, number="") for client in clients]
        + [partial(create_client, north.agency, by=north) for _ in clients],
    )

    with acting_for(north.agency_id):
        numbers = Client.objects.order_by("number").values_list("number", flat=True)
        assert list(numbers) == [f"{n:04}" for n in range(1, 9)]


def test_tags_are_replaced_and_the_client_counts_as_changed(acme):
    later = acme.updated_at + timedelta(days=1)

    assert retag(acme, ["b", "a"], at=later)

    assert [row.tag.title for row in acme.client_tags.all()] == ["b", "a"]
    assert stored(acme).updated_at == later


def test_the_same_tags_are_no_change(acme):
    retag(acme, ["b", "a"], at=acme.updated_at)
    links = list(acme.client_tags.values())

    assert not retag(acme, ["B", " a ", "b", ""], at=acme.updated_at + timedelta(days=1))

    assert list(acme.client_tags.values()) == links
    assert stored(acme).updated_at == acme.updated_at


def test_another_order_of_tags_is_a_change(acme):
    retag(acme, ["b", "a"], at=acme.updated_at)

    assert retag(acme, ["a", "b"], at=acme.updated_at)


def test_a_deleted_client_is_not_retagged(acme):
    Client.objects.update(deleted_at=timezone.now())

    with pytest.raises(ClientIsDeleted):
        retag(acme, ["a"], at=timezone.now())
