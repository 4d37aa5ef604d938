"""Files without a row go after a day, and no file goes that may yet get one."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from threading import Event

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from agencies.scope import acting_for
from clients import sweeping
from clients.creating import create_client
from clients.documents import settling, store
from clients.models import Client, Document
from clients.removing import take_away
from clients.sweeping import sweep_orphans
from clients.tasks import sweep_orphaned_files

PDF = b"%PDF-1.7"
# Other sessions of the tests' own database are idle: their transactions hold nothing back.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(north, media):
    with acting_for(north.agency_id):
        return create_client(north.agency, by=north, name="Acme")


@pytest.fixture
def keep(north, acme):
    """Stores a file with its row; returns the file's name."""

    def keep(name="a.pdf"):
        with settling(), acting_for(north.agency_id):
            return store(acme, SimpleUploadedFile(name, PDF), by=north).stored_name

    return keep


@pytest.fixture
def orphan(media, acme):
    """A file as a killed process leaves it, so many hours old."""

    def orphan(*, hours=25, agency=acme.agency_id, client=acme.pk, name="orphan.pdf"):
        path = media / "documents" / str(agency) / str(client) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PDF)
        _age(path, hours)
        return path

    return orphan


def _age(path, hours):
    then = (timezone.now() - timedelta(hours=hours)).timestamp()
    os.utime(path, (then, then))


def files_in(media):
    return sorted(path.name for path in media.rglob("*") if path.is_file())


def test_a_file_without_a_row_goes_after_a_day(orphan, keep, media):
    young, kept = orphan(hours=23, name="young.pdf"), keep()
    orphan(hours=25)
    for path in media.rglob(kept):
        _age(path, 1000)

    assert sweep_orphans(at=timezone.now()) == 1
    assert files_in(media) == sorted([young.name, kept])
    assert sweep_orphans(at=timezone.now()) == 0


def test_files_of_every_agency_and_client_are_looked_at(orphan, south, media):
    orphan()
    orphan(client=10**9)
    orphan(agency=south.agency_id)

    assert sweep_orphans(at=timezone.now()) == 3
    assert files_in(media) == []


def test_files_of_agencies_that_are_not_ours_are_left_alone(orphan, media):
    orphan(agency=10**9)
    orphan(agency="logos")

    assert sweep_orphans(at=timezone.now()) == 0
    assert len(files_in(media)) == 2


def test_an_installation_without_files_has_nothing_to_sweep(north, media):
    assert sweep_orphans(at=timezone.now()) == 0


def test_the_file_of_a_merged_client_stays(north, keep, acme, media):
    kept = keep()
    with acting_for(north.agency_id):
        survivor = create_client(north.agency, by=north, name="Survivor")
        Document.objects.update(client=survivor)
        Client.objects.filter(pk=acme.pk).delete()
    _age(next(media.rglob(kept)), 1000)

    assert sweep_orphans(at=timezone.now()) == 0
    assert files_in(media) == [kept]


def test_the_file_of_a_removed_client_stays_as_long_as_it_can_be_brought_back(
    north, keep, acme, media
):
    kept = keep()
    with acting_for(north.agency_id):
        take_away(acme, by=north, at=timezone.now())
    _age(next(media.rglob(kept)), 1000)

    assert sweep_orphans(at=timezone.now()) == 0
    assert files_in(media) == [kept]


def test_a_file_whose_transaction_is_still_running_stays(north, acme, media):
    written, swept = Event(), Event()

    def store_slowly():
        with closing(connection), settling(), acting_for(north.agency_id):
            store(acme, SimpleUploadedFile("a.pdf", PDF), by=north)
            written.set()
            assert swept.wait(60)

    with ThreadPoolExecutor(1) as pool:
        storing = pool.submit(store_slowly)
        assert written.wait(60)
        try:
            in_two_days = timezone.now() + timedelta(days=2)
            assert sweep_orphans(at=in_two_days) == 0
        finally:
            swept.set()
        storing.result()

    assert len(files_in(media)) == 1
    with acting_for(north.agency_id):
        assert Document.objects.count() == 1


def test_a_database_that_knows_hardly_any_of_the_files_deletes_none(
    orphan, keep, media, monkeypatch, caplog
):
    monkeypatch.setattr(sweeping, "_SUSPICIOUS", 2)
    for n in range(3):
        orphan(name=f"{n}.pdf")
    keep()

    assert sweep_orphans(at=timezone.now()) == 0
    assert len(files_in(media)) == 4
    assert "none was deleted" in caplog.text

    keep()
    keep()
    assert sweep_orphans(at=timezone.now()) == 3


def test_the_nightly_job_sweeps(orphan, media):
    orphan(hours=1)

    sweep_orphaned_files(timestamp=int(timezone.now().timestamp()))
    assert len(files_in(media)) == 1
    sweep_orphaned_files(timestamp=int((timezone.now() + timedelta(hours=24)).timestamp()))
    assert files_in(media) == []
