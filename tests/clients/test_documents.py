import io
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from time import sleep

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from PIL import Image

from agencies.errors import ScopeError
from agencies.models import Membership
from agencies.scope import acting_for
from clients import documents
from clients.creating import create_client
from clients.departing import ClientGone, lock_clients
from clients.documents import FileIsMissing, FileTooLarge, clean_name, settling, store, store_all
from clients.file_types import FileTypeRefused
from clients.models import Client, Document, Project
from clients.purging import purge

PDF = b"%PDF-1.7\n1 0 obj"


def upload(name="offer.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def pdf_of(kilobytes):
    return PDF.ljust(kilobytes * 1024, b" ")


@pytest.fixture
def shelf(settings, tmp_path):
    """The folder that files are kept in."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def files(shelf):
    return sorted(path for path in shelf.rglob("*") if path.is_file())


@pytest.fixture
def acme(shelf, north):
    with acting_for(north.agency_id):
        return create_client(north.agency, by=north, name="Acme")


@pytest.fixture
def in_room(north, acme):
    """The scope of North, with files settled when it ends."""
    with settling(), acting_for(north.agency_id):
        yield


def test_a_file_is_kept_under_a_random_name(in_room, acme, north, shelf):
    document = store(acme, upload("Offer 2026.PDF"), by=north)

    (kept,) = files(shelf)
    assert kept.read_bytes() == PDF
    assert kept.relative_to(shelf).parent.parts == (
        "documents", str(acme.agency_id), str(acme.pk),
    )  # fmt: skip
    assert re.fullmatch(r"[A-Za-z0-9]{40}\.pdf", kept.name)
    assert kept.name == document.stored_name
    document.refresh_from_db()
    assert (document.name, document.extension, document.size) == ("Offer 2026.PDF", "pdf", len(PDF))
    assert (document.width, document.height) == (0, 0)
    assert (document.uploaded_by, document.is_shared) == (north, True)


def test_an_image_knows_its_width_and_height(in_room, acme, north):
    content = io.BytesIO()
    Image.new("RGB", (31, 17)).save(content, "PNG")

    document = store(acme, upload("logo.png", content.getvalue()), by=north)

    assert (document.width, document.height, document.size) == (31, 17, len(content.getvalue()))


def test_a_project_has_files_that_may_be_private(in_room, acme, north):
    project = Project.objects.create(agency=north.agency, client=acme, name="Site", currency="EUR")

    document = store(acme, upload(), by=None, is_shared=False, project=project)

    document.refresh_from_db()
    assert (document.project, document.uploaded_by, document.is_shared) == (project, None, False)


def test_a_large_file_is_copied_in_pieces(in_room, acme, north, shelf):
    large = TemporaryUploadedFile("a.pdf", "application/pdf", 0, None)
    large.write(pdf_of(300))

    document = store(acme, large, by=north)

    assert document.size == 300 * 1024
    assert files(shelf)[0].read_bytes() == pdf_of(300)


def test_storing_moves_the_clients_moment_of_change(in_room, acme, north):
    Client.objects.update(updated_at=timezone.now() - timedelta(days=1))

    store(acme, upload(), by=north)

    assert Client.objects.get().updated_at > timezone.now() - timedelta(minutes=1)


def test_many_files_are_stored_with_few_statements(
    in_room, acme, north, django_assert_max_num_queries
):
    with django_assert_max_num_queries(4):
        store_all(acme, [upload() for _ in range(20)], by=north)


def test_one_refused_file_refuses_them_all(north, acme, shelf):
    with pytest.raises(FileTypeRefused) as refused, settling(), acting_for(north.agency_id):
        store_all(acme, [upload(), upload("evil.html", b"<html>")], by=north)

    assert refused.value.position == 1
    assert files(shelf) == []


def test_a_file_over_the_limit_is_refused(north, acme, shelf, settings):
    settings.UPLOAD_LIMIT_KB = 200
    uploads = [upload(content=pdf_of(200)), upload(content=pdf_of(201))]

    with pytest.raises(FileTooLarge) as refused, settling(), acting_for(north.agency_id):
        store_all(acme, uploads, by=north)

    assert "at most 200 kilobytes" in str(refused.value)
    assert refused.value.position == 1
    assert files(shelf) == []
    with acting_for(north.agency_id):
        assert not Document.objects.exists()


def test_the_size_that_the_sender_claims_does_not_count(in_room, acme, north, settings):
    settings.UPLOAD_LIMIT_KB = 200
    lying = upload(content=pdf_of(201))
    lying.size = 5

    with pytest.raises(FileTooLarge):
        store(acme, lying, by=north)


def test_a_file_is_examined_without_being_kept(in_room, acme, shelf, settings):
    settings.UPLOAD_LIMIT_KB = 200

    assert documents.examine(upload(content=pdf_of(200))) == "pdf"
    with pytest.raises(FileTooLarge):
        documents.examine(upload(content=pdf_of(201)))
    with pytest.raises(FileTypeRefused):
        documents.examine(upload("a.html"))

    assert files(shelf) == []


@pytest.mark.parametrize("size", [199, 200, 201, 300, 5000])
def test_no_more_of_a_file_is_taken_in_than_shows_that_it_is_too_large(rf, settings, size):
    settings.UPLOAD_LIMIT_KB = 200

    with rf.post("/", {"file": upload(content=pdf_of(size))}).FILES["file"] as taken:
        assert (taken.size > 200 * 1024) == (size > 200)
        assert taken.size <= min(size, 200 + 64) * 1024


class Torn(File):
    """A connection that breaks after the first piece."""

    def read(self, *size):
        if self.file.tell() > 100_000:
            raise ConnectionResetError
        return self.file.read(*size)


def test_a_failed_write_leaves_neither_row_nor_file(north, acme, shelf):
    with pytest.raises(ConnectionResetError), settling(), acting_for(north.agency_id):
        store(acme, Torn(io.BytesIO(pdf_of(200)), "a.pdf"), by=north)

    assert files(shelf) == []
    with acting_for(north.agency_id):
        assert not Document.objects.exists()


def test_a_refused_row_leaves_no_file(north, acme, shelf):
    def store_for_nobody():
        store(acme, upload(), by=Membership(pk=10**9))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError), settling(), acting_for(north.agency_id):
        store_for_nobody()

    assert files(shelf) == []


@pytest.mark.django_db(transaction=True)
def test_a_client_that_is_purged_meanwhile_gets_no_file(north, acme, shelf):
    held = Event()

    def purge_slowly():
        try:
            with acting_for(north.agency_id):
                (client,) = lock_clients([acme.pk])
                held.set()
                sleep(0.2)
                purge(client, by=north, at=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        purging = pool.submit(purge_slowly)
        held.wait()
        with pytest.raises(ClientGone), settling(), acting_for(north.agency_id):
            store(acme, upload(), by=north)

    assert purging.result() is None
    assert files(shelf) == []


def store_and_fail(client, by):
    store(client, upload(), by=by)
    raise RuntimeError("the answer could not be made")


def test_an_error_after_storing_leaves_no_file(north, acme, shelf):
    with pytest.raises(RuntimeError), settling(), acting_for(north.agency_id):
        store_and_fail(acme, north)

    assert files(shelf) == []


def test_a_quiet_rollback_leaves_no_file(north, acme, shelf):
    with settling(), acting_for(north.agency_id):
        store(acme, upload(), by=north)
        transaction.set_rollback(True)

    assert files(shelf) == []


def test_a_savepoint_rolled_back_leaves_no_file_and_takes_no_other(north, acme, shelf):
    with settling(), acting_for(north.agency_id):
        kept = store(acme, upload(), by=north)
        with pytest.raises(RuntimeError), transaction.atomic():
            store_and_fail(acme, north)

    assert [path.name for path in files(shelf)] == [kept.stored_name]


@pytest.mark.django_db(transaction=True)
def test_a_committed_file_outlives_an_error_after_the_commit(north, acme, shelf):
    def fail():
        raise RuntimeError("something else failed after the commit")

    def store_and_fail_later():
        store(acme, upload(), by=north)
        transaction.on_commit(fail)

    with pytest.raises(RuntimeError), settling(), acting_for(north.agency_id):
        store_and_fail_later()

    with acting_for(north.agency_id):
        assert [path.name for path in files(shelf)] == [Document.objects.get().stored_name]


def test_storing_without_settling_is_a_mistake(in_north, north, acme, shelf):
    with pytest.raises(ScopeError, match="settling"):
        store(acme, upload(), by=north)
    with pytest.raises(ScopeError, match="before the scope"), settling():
        pass

    assert files(shelf) == []


def test_a_stored_file_is_read_back(in_room, acme, north):
    document = store(acme, upload(), by=north)

    with documents.open_for_download(document) as content:
        assert content.read() == PDF


def test_a_lost_file_is_told(in_room, acme, north, shelf):
    document = store(acme, upload(), by=north)
    files(shelf)[0].unlink()

    with pytest.raises(FileIsMissing):
        documents.open_for_download(document)


def test_a_path_that_leads_out_of_the_storage_is_not_opened(in_room, acme, north):
    document = store(acme, upload(), by=north)
    document.file.name = "../../etc/passwd"

    with pytest.raises(SuspiciousFileOperation):
        documents.open_for_download(document)


def test_a_deleted_document_takes_its_file_along_after_the_commit(
    in_room, acme, north, shelf, django_capture_on_commit_callbacks
):
    document = store(acme, upload(), by=north)

    with django_capture_on_commit_callbacks(execute=True):
        documents.delete(document)
        assert len(files(shelf)) == 1

    assert files(shelf) == []
    assert not Document.objects.exists()


def test_a_deletion_moves_the_clients_moment_of_change(in_room, acme, north):
    document = store(acme, upload(), by=north)
    Client.objects.update(updated_at=timezone.now() - timedelta(days=1))

    documents.delete(document)

    assert Client.objects.get().updated_at > timezone.now() - timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_a_deletion_rolled_back_keeps_the_file(north, acme, shelf):
    with settling(), acting_for(north.agency_id):
        document = store(acme, upload(), by=north)

    with acting_for(north.agency_id):
        documents.delete(document)
        transaction.set_rollback(True)

    assert len(files(shelf)) == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.pdf", "a.pdf"),
        ("Angebot/März 2026.pdf", "Angebot-März 2026.pdf"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("a\r\nX-Evil: 1\x00.pdf", "aX-Evil: 1.pdf"),
        ("invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
        ("half \ud800 a pair.pdf", "half  a pair.pdf"),
        (" a.pdf. ", "a.pdf"),
        ("", "file.pdf"),
        ("\n", "file.pdf"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("x" * 300, "x" * 255),
        ("报价.pdf", "报价.pdf"),
    ],
)
def test_a_name_keeps_nothing_that_misleads(given, kept):
    assert clean_name(given, "pdf") == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [("New.pdf", "New.pdf"), ("New", "New.pdf"), ("New.html", "New.html.pdf"), ("", "file.pdf")],
)
def test_a_renamed_document_keeps_its_extension(in_room, acme, north, given, kept):
    document = store(acme, upload(), by=north)

    documents.rename(document, given)

    document.refresh_from_db()
    assert document.name == kept


def test_a_document_is_shared_and_withdrawn(in_room, acme, north):
    document = store(acme, upload(), by=north)

    documents.share(document, is_shared=False)

    document.refresh_from_db()
    assert not document.is_shared


def test_files_lie_beside_what_the_web_serves(settings):
    served = [settings.STATIC_ROOT, *settings.STATICFILES_DIRS]

    assert not any(settings.MEDIA_ROOT.is_relative_to(folder) for folder in served)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"FILE_STORAGE": "ftp"}, "Set it to local or s3."),
        ({"FILE_STORAGE": "s3"}, "Set FILE_STORAGE_BUCKET to the bucket's name."),
    ],
)
def test_an_unknown_storage_stops_with_a_sentence(environment, sentence):
    started = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )

    assert started.returncode != 0
    assert sentence in started.stderr


def test_a_file_of_another_agency_is_not_seen(north, south, acme):
    with settling(), acting_for(north.agency_id):
        store(acme, upload(), by=north)

    with acting_for(south.agency_id):
        assert not Document.objects.exists()


def test_content_without_a_handler_is_stored_too(in_room, acme, north):
    assert store(acme, ContentFile(PDF, "a.pdf"), by=north).size == len(PDF)
