import logging
from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import FileSystemStorage
from django.db import DataError, IntegrityError, connection, models, transaction

from agencies.models import Agency, SecretDigest
from agencies.scope import acting_for
from billing import merging
from clients.departing import ClientGone, departure_of, survivor_of
from clients.keeping import thawed
from clients.models import Client, ClientMerge, DepartedClient, Project
from clients.owning import OUTLIVES, belongings, keys_to, name_of, rows
from clients.purging import purge
from clients.sorting import set_tags
from contacts.models import Contact

PLANT = "Planted-7f3a"


@pytest.fixture
def client(in_north, furnish):
    return furnish("Acme")


@pytest.fixture
def absorbed(in_north, furnish, client, north, then):
    """Another client that was merged into `client`."""
    other = furnish("Absorbed", tags=["merged"])
    plant(other)
    merging.merge(client, other, by=north, at=then)
    client.refresh_from_db()
    return other


def plant(client):
    """Write the planted word into every text of every row of the client that takes it."""
    with thawed(belongings([client.pk])):
        plant_everywhere(client)


def plant_everywhere(client):
    for model, ids in belongings([client.pk]).items():
        for field in model._meta.concrete_fields:
            word = {"word": PLANT} if isinstance(field, models.JSONField) else PLANT
            if isinstance(field, models.CharField | models.TextField | models.JSONField):
                try:
                    with transaction.atomic():
                        rows(model, "pk", ids).update(**{field.name: word})
                except (IntegrityError, DataError, ValueError):
                    pass


def log_edit(owner, row):
    """What the admin writes when somebody edits the row."""
    LogEntry.objects.create(
        user=owner.user,
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=PLANT,
        action_flag=CHANGE,
        change_message=PLANT,
    )


def holding(found, word):
    return {table for table, texts in found.items() if any(word in text for text in texts)}


def files(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def test_the_furnished_client_has_a_row_in_every_table_that_can_be_a_clients(client, absorbed):
    empty = [model for model, ids in belongings([client.pk]).items() if not ids]

    # A new table belongs into the fixture `furnish`, or the tests below prove nothing about it.
    assert empty == []


def test_every_table_whose_keys_lead_to_a_client_is_known_to_the_walk(client, absorbed):
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE reach(child) AS (
                SELECT 'clients_client'::regclass
                UNION SELECT f.conrelid::regclass FROM pg_constraint f
                JOIN reach ON f.confrelid = reach.child WHERE f.contype = 'f'
            ) SELECT child::text FROM reach
            """
        )
        reach = {row[0] for row in cursor.fetchall()}
    outliving = {name.partition(".")[0] for name in OUTLIVES}

    assert reach == {model._meta.db_table for model in belongings([client.pk])} | outliving


def test_a_row_that_can_do_without_its_parent_is_owned_otherwise(client, absorbed):
    owned = belongings([client.pk])
    loose = [
        name_of(key)
        for model in owned
        for key in keys_to(model)
        if key.remote_field.on_delete is models.SET_NULL
        and key.model not in owned
        and name_of(key) not in OUTLIVES
    ]

    # Personal data could stay behind in such a table: let it cascade or give a reason in OUTLIVES.
    assert loose == []


def test_nothing_of_a_purged_client_is_found_anywhere(
    client, absorbed, north, media, then, dump, django_capture_on_commit_callbacks
):
    plant(client)
    for row in (client, Contact.objects.filter(client=client).first()):
        log_edit(north, row)
    Contact.objects.filter(client=client).last().delete()
    Project.objects.filter(client=client).last().delete()
    assert len(holding(dump(), PLANT)) > 8

    with django_capture_on_commit_callbacks(execute=True):
        purge(client, by=north, at=then)

    assert holding(dump(), PLANT) == set()
    assert holding(dump(), "Acme") == set()
    assert files(media) == set()


def test_a_purge_touches_nothing_else(
    in_north, furnish, north, media, then, dump, django_capture_on_commit_callbacks
):
    twin = furnish("Twin")
    log_edit(north, twin)
    kept, before = files(media), dump()
    client, other = furnish("Acme"), furnish("Other")
    merging.merge(client, other, by=north, at=then)
    log_edit(north, client)

    with django_capture_on_commit_callbacks(execute=True):
        purge(client, by=north, at=then)

    after = dump()
    # Counters of numbers have moved on; that is all that is left besides tombstones.
    for table in ("agencies_agency", "billing_numberseries"):
        del before[table], after[table]
    assert len(after.pop("clients_departedclient")) == 2
    del before["clients_departedclient"]
    # Jobs carry ids only, and find nothing to do.
    for table in ("procrastinate_jobs", "procrastinate_events"):
        del before[table], after[table]
    # What happened is told by ids alone.
    for table in ("agencies_event", "agencies_eventbatch"):
        del before[table], after[table]
    assert after == before
    assert files(media) == kept
    assert Agency.objects.get().client_number_counter == 4


def test_a_purged_client_has_no_secret_left_to_find_its_agency_by(client, north, then):
    digests = list(Contact.objects.values_list("key_digest", flat=True))
    assert SecretDigest.objects.filter(digest__in=digests).count() == 2

    purge(client, by=north, at=then)

    assert not SecretDigest.objects.filter(digest__in=digests).exists()


def test_the_tombstone_tells_when_and_by_whom_and_nothing_more(client, north, then):
    purge(client, by=north, at=then)

    tomb = departure_of(client.pk)
    assert (tomb.kind, tomb.departed_at, tomb.departed_by) == ("purged", then, north)
    assert survivor_of(client.pk) is None


def test_clients_merged_into_a_purged_one_are_purged_as_well(client, absorbed, north, then):
    assert survivor_of(absorbed.pk) == client.pk
    later = then + timedelta(days=400)

    purge(client, by=north, at=later)

    tomb = departure_of(absorbed.pk)
    assert (tomb.kind, tomb.departed_at) == (DepartedClient.Kind.PURGED, later)
    assert survivor_of(absorbed.pk) is None
    assert not ClientMerge.objects.exists()


def test_a_purge_forgets_a_merge_that_was_undone(client, furnish, north, then, dump):
    other = furnish("Fickle")
    plant(other)
    merging.undo(merging.merge(client, other, by=north, at=then), at=then)

    purge(Client.objects.get(pk=other.pk), by=north, at=then)

    assert holding(dump(), PLANT) == set()
    assert Client.objects.filter(pk=client.pk).exists()
    assert set(client.contacts.values_list("first_name", flat=True)) == {"Acme", "Second"}


def test_a_row_brought_back_by_an_undo_is_not_purged_with_where_it_was_meanwhile(
    client, furnish, north, then
):
    other = furnish("Fickle", tags=["mine"])
    record = merging.merge(client, other, by=north, at=then)
    set_tags(client, ["vip"])
    merging.undo(record, at=then)

    purge(client, by=north, at=then)

    assert [row.tag.title for row in other.client_tags.all()] == ["mine"]


def test_another_clients_row_that_can_do_without_stays(client, furnish, north, then):
    twin = furnish("Twin")
    ours, theirs = twin.documents.filter(project=None), client.projects.get()
    ours.update(project=theirs)

    purge(client, by=north, at=then)

    assert twin.documents.filter(project=None).count() == 1
    assert twin.documents.count() == 2


def test_a_later_table_two_steps_away_is_purged_without_being_named(
    later_table, client, furnish, north, then
):
    twin = furnish("Twin")
    for owner in (client, twin):
        later_table.objects.create(project=owner.projects.get())

    purge(client, by=north, at=then)

    assert [row.project.client for row in later_table.objects.all()] == [twin]


@pytest.mark.parametrize("state", ["archived_at", "suspended_at", "deleted_at"])
def test_a_client_is_purged_from_any_state(client, north, then, state):
    Client.objects.update(**{state: then})

    purge(client, by=north, at=then)

    assert not Client.objects.exists()


def test_a_client_is_purged_once(client, north, then):
    purge(client, by=north, at=then)

    with pytest.raises(ClientGone):
        purge(client, by=north, at=then)


def test_a_stranger_cannot_purge(north, south, furnish, then):
    with acting_for(north.agency_id):
        ours = furnish("Ours")

    with acting_for(south.agency_id), pytest.raises(ClientGone):
        purge(ours, by=south, at=then)

    with acting_for(north.agency_id):
        assert Client.objects.filter(pk=ours.pk).exists()


def test_a_rollback_leaves_every_row_and_file(
    client, north, media, then, dump, django_capture_on_commit_callbacks
):
    before, there = dump(), files(media)

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        purge(client, by=north, at=then)
        transaction.set_rollback(True)

    assert dump() == before
    assert files(media) == there


def test_a_missing_file_is_no_error(
    client, north, media, then, caplog, django_capture_on_commit_callbacks
):
    for path in files(media):
        path.unlink()

    with django_capture_on_commit_callbacks(execute=True):
        purge(client, by=north, at=then)

    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_file_that_cannot_be_deleted_is_told_and_the_others_go(
    client, north, media, then, monkeypatch, capfd, caplog, django_capture_on_commit_callbacks
):
    stubborn = client.documents.first().file.name
    delete = FileSystemStorage.delete

    def refuse_one(storage, name):
        if name == stubborn:
            raise PermissionError(name)
        delete(storage, name)

    monkeypatch.setattr(FileSystemStorage, "delete", refuse_one)

    with django_capture_on_commit_callbacks(execute=True):
        purge(client, by=north, at=then)

    assert {path.relative_to(media).as_posix() for path in files(media)} == {stubborn}
    assert stubborn in "".join(capfd.readouterr()) + caplog.text


def test_the_trail_of_others_stays_append_only(client, furnish, north, then):
    furnish("Twin")
    purge(client, by=north, at=then)

    with pytest.raises(Exception, match="Cannot update or delete"), transaction.atomic():
        Client.pgh_event_model.objects.all().delete()
