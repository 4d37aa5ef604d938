"""Files of clients and projects: kept under random names, outside of anything the web serves."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import IO, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from agencies.digests import random_text
from agencies.errors import DomainError, ScopeError
from agencies.models import Membership
from agencies.scope import acting_for, current
from clients import file_types
from clients.departing import ClientGone
from clients.models import Client, Document, Project, document_path

_LONGEST_NAME = 255
# Characters that turn the direction of writing: they make exe.fdp read as pdf.exe.
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})

# Agency and path of every file written inside settling().
_written: ContextVar[list[tuple[int, str]] | None] = ContextVar("foyer_written_files", default=None)


class FileTooLarge(DomainError):
    """`position` is the file's place among those sent with it, from 0."""

    code = "file_too_large"
    position = 0


class FileIsMissing(DomainError):
    """The row is there, the file is not: somebody changed the storage behind our back."""

    code = "file_is_missing"


@contextmanager
def settling() -> Iterator[None]:
    """Wraps the scope in which files are stored; at its end no file is left without a row.

    A storage knows no transactions. So when the scope has ended, in whatever way, the database is
    asked which of the files written it knows, and the others are deleted. Raises ScopeError inside
    a scope, since there the end is not known yet.
    """
    if current() is not None:
        raise ScopeError("Enter settling() before the scope: it acts when that has ended.")
    written: list[tuple[int, str]] = []
    token = _written.set(written)
    try:
        yield
    finally:
        _written.reset(token)
        _delete_unknown(written)


def store(
    client: Client,
    upload: File,
    *,
    by: Membership | None,
    is_shared: bool = True,
    project: Project | None = None,
) -> Document:
    """Keep one file; see store_all()."""
    (document,) = store_all(client, [upload], by=by, is_shared=is_shared, project=project)
    return document


@transaction.atomic
def store_all(
    client: Client,
    uploads: Sequence[File],
    *,
    by: Membership | None,
    is_shared: bool = True,
    project: Project | None = None,
) -> list[Document]:
    """Keep files of a client, or of one of its projects: all of them or none.

    The size is counted while a file is copied, whatever its sender said. Raises FileTypeRefused
    and FileTooLarge, which name the file by its position, ClientGone where the client was purged or
    merged meanwhile, and ScopeError outside of settling().
    """
    written = _written.get()
    if written is None:
        raise ScopeError("Enter settling() before the scope in which files are stored.")
    documents = []
    for position, upload in enumerate(uploads):
        with _naming(position):
            documents.append(_judged(client, upload))
    for position, (document, upload) in enumerate(zip(documents, uploads, strict=True)):
        document.project, document.uploaded_by, document.is_shared = project, by, is_shared
        # Noted before it is written, so that half a file is deleted too.
        written.append((client.agency_id, document_path(document, "")))
        with _naming(position):
            _write(document, upload)
    # Last, so that nobody waits for the client while files are written.
    if not _touch(client.pk):
        raise ClientGone("This client does not exist any more. Look for its survivor.")
    return Document.objects.bulk_create(documents)


def examine(upload: File) -> str:
    """The extension under which store() would keep the file; nothing is kept.

    Raises FileTypeRefused and FileTooLarge, as that would.
    """
    if upload.size > settings.UPLOAD_LIMIT_KB * 1024:
        raise _too_large()
    return file_types.extension_for(upload.name or "", cast(IO[bytes], upload))


def open_for_download(document: Document) -> File:
    """The content, to be streamed as an attachment of file_types.MEDIA_TYPES. Close it after use.

    Raises FileIsMissing.
    """
    try:
        return document.file.storage.open(document.file.name)
    except FileNotFoundError as error:
        raise FileIsMissing("This file is missing. Ask for it to be sent again.") from error


def rename(document: Document, name: str) -> None:
    """The extension stays: a name that claims another one gets the document's own behind it."""
    name = clean_name(name, document.extension)
    if file_types.claimed_extension(name) != document.extension:
        name = clean_name(f"{name}.{document.extension}", document.extension)
    document.name = name
    document.save(update_fields=["name", "updated_at"])


def share(document: Document, *, is_shared: bool) -> None:
    """Show the document in the portal, or show it no longer."""
    document.is_shared = is_shared
    document.save(update_fields=["is_shared", "updated_at"])


@transaction.atomic
def delete(document: Document) -> None:
    """The row goes with the transaction, the file once that is committed.

    The client's moment of change moves, so that whoever follows its changes learns of it.
    """
    # The client first, as everybody does who takes away what it owns.
    _touch(document.client_id)
    storage, name = document.file.storage, document.file.name
    document.delete()
    transaction.on_commit(partial(storage.delete, name), robust=True)


def clean_name(name: str, extension: str) -> str:
    """What people called the file, without what could mislead or break a line; 255 at most."""
    kept = "".join(
        character
        for character in name.replace("/", "-")
        if unicodedata.category(character) not in ("Cc", "Cs")
        and unicodedata.bidirectional(character) not in _TURNING
    ).strip(" .")
    if len(kept) > _LONGEST_NAME:
        stem, dot, ending = kept.rpartition(".")
        ending = dot + ending if file_types.claimed_extension(kept) == extension else ""
        kept = (stem or kept)[: _LONGEST_NAME - len(ending)] + ending
    return kept or f"file.{extension}"


class _Measured(File):
    """Reads on until more bytes came than are allowed."""

    file: IO[bytes]
    reached = 0

    def read(self, *size: int) -> bytes:
        content = self.file.read(*size)
        # A storage may go back and read again.
        self.reached = max(self.reached, self.file.tell())
        if self.reached > settings.UPLOAD_LIMIT_KB * 1024:
            raise _too_large()
        return content


def _too_large() -> FileTooLarge:
    most = settings.UPLOAD_LIMIT_KB
    return FileTooLarge(f"This file is too large. Send at most {most} kilobytes.", field="file")


def _touch(client_id: int) -> bool:
    """Whether the client is there. Locks it."""
    return bool(Client.objects.filter(pk=client_id).update(updated_at=timezone.now()))


@contextmanager
def _naming(position: int) -> Iterator[None]:
    """Tells in a refusal which of several files it is about."""
    try:
        yield
    except (file_types.FileTypeRefused, FileTooLarge) as refused:
        refused.position = position
        raise


def _judged(client: Client, upload: File) -> Document:
    name = upload.name or ""
    extension = file_types.extension_for(name, cast(IO[bytes], upload))
    return Document(
        agency_id=client.agency_id,
        client=client,
        name=clean_name(name, extension),
        stored_name=f"{random_text(40)}.{extension}",
        extension=extension,
    )


def _write(document: Document, upload: File) -> None:
    measured = _Measured(upload)
    document.file.save(document.stored_name, measured, save=False)
    document.size = measured.reached
    if document.extension in file_types.IMAGES:
        document.width, document.height = file_types.image_size(cast(IO[bytes], upload))


def _delete_unknown(written: list[tuple[int, str]]) -> None:
    by_agency = defaultdict(set)
    for agency_id, path in written:
        by_agency[agency_id].add(path)
    for agency_id, paths in by_agency.items():
        with acting_for(agency_id):
            known = set(Document.objects.filter(file__in=paths).values_list("file", flat=True))
        for path in paths - known:
            default_storage.delete(path)
