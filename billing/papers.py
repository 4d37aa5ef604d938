"""The PDF of an issued document: made once, kept, and the same bytes ever after."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.db import transaction

from agencies.digests import random_text
from agencies.errors import DomainError
from agencies.models import Agency
from agencies.scope import acting_for
from billing.document_models import pdf_path
from billing.models import Credit, Invoice
from billing.pdf import PrintingFailed, PrintingUnavailable
from billing.printing import printed_pdf
from clients.documents import FileIsMissing
from clients.sweeping import Folder

# Where they lie, and which columns know of them.
FOLDER = Folder("billing", ((Invoice, "pdf"), (Credit, "pdf")))
# Of each agency, each time the job runs: a flood is worked off slowly, and nobody notices.
AT_ONCE = 10

_log = structlog.get_logger("foyer.billing")
# What this process could not print, and leaves alone until it starts again.
_given_up: set[tuple[str, int]] = set()


class CannotKeep(RuntimeError):
    """The storage does not take the file: its disk is full, or it cannot be reached."""


@dataclass(frozen=True)
class Paper:
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256, as the document's row has it."""
        return sha256(self.content).hexdigest()


def paper_of(document: Invoice | Credit) -> Paper:
    """What was kept of an issued document; made and kept now where it was not yet.

    A draft is printed as it is, and nothing is kept. Where the storage takes nothing, the paper is
    made for this once. Raises FileIsMissing, and what printing raises.
    """
    if not document.is_issued:
        return Paper(printed_pdf(document))
    if document.pdf:
        return _read(document)
    made = Paper(printed_pdf(document))
    try:
        return _keep(document, made)
    except CannotKeep:
        _log.exception("The PDF of a document could not be kept.", document=str(document))
        return made


def keep_missing() -> int:
    """Keep the papers of what was issued and has none, newest first; returns how many.

    Each in a transaction of its own. A full disk or a printer that cannot print ends the run: the
    next one tries again. Mistakes of ours are raised at the end.
    """
    kept, failures = 0, list[Exception]()
    printer = _Patience()
    try:
        for agency_id in Agency.objects.order_by("pk").values_list("pk", flat=True):
            for document in _waiting(agency_id):
                with printer.bearing():
                    kept += _kept_by_job(document, failures)
    except (CannotKeep, PrintingUnavailable) as error:
        _log.error("PDFs of issued documents wait to be kept.", why=str(error), kept=kept)
    if failures:
        raise ExceptionGroup("Some documents could not be printed.", failures)
    return kept


class _Patience:
    """Once may be the document's fault, if it takes more memory than there is; twice is not."""

    failed_before = False

    @contextmanager
    def bearing(self) -> Iterator[None]:
        try:
            yield
        except PrintingUnavailable:
            if self.failed_before:
                raise
            self.failed_before = True
        else:
            self.failed_before = False


def damage_of(document: Invoice | Credit) -> str:
    """What is wrong with the kept file: `missing`, or the digest it has now; empty if nothing."""
    try:
        found = _stored(document)
    except FileNotFoundError:
        return "missing"
    return "" if found.digest == document.pdf_digest else found.digest


@transaction.atomic
def _keep(document: Invoice | Credit, made: Paper) -> Paper:
    """Of several who made one at a time the first one's is kept, and all return that."""
    model: Any = type(document)
    held = model.objects.select_for_update(no_key=True).filter(pk=document.pk).first()
    if held is None:
        # Removed meanwhile, with its client.
        return made
    if held.pdf:
        return _read(held)
    path = pdf_path(held, f"{random_text(40)}.pdf")
    storage = held.pdf.storage
    try:
        held.pdf = storage.save(path, ContentFile(made.content))
    except Exception as error:  # any storage, any error.
        with suppress(Exception):
            storage.delete(path)
        raise CannotKeep(f"The file storage refused a PDF: {error}") from error
    held.pdf_digest = made.digest
    held.save(update_fields=["pdf", "pdf_digest"])
    return made


def _read(document: Invoice | Credit) -> Paper:
    try:
        found = _stored(document)
    except FileNotFoundError as error:
        raise FileIsMissing("The file of this document is missing. Tell your admin.") from error
    if found.digest != document.pdf_digest:
        raise FileIsMissing("The file of this document is damaged. Tell your admin.")
    return found


def _stored(document: Invoice | Credit) -> Paper:
    with document.pdf.storage.open(document.pdf.name) as file:
        return Paper(file.read())


def _waiting(agency_id: int) -> Iterator[Invoice | Credit]:
    models: tuple[Any, ...] = (Invoice, Credit)
    with acting_for(agency_id, door="job"):
        found = [
            document
            for model in models
            for document in model.objects.issued()
            .filter(pdf="")
            .exclude(pk__in=[pk for name, pk in _given_up if name == model.__name__])
            .order_by("-issued_at")[:AT_ONCE]
        ]
    yield from sorted(found, key=lambda one: one.issued_at, reverse=True)[:AT_ONCE]


def _kept_by_job(document: Invoice | Credit, failures: list[Exception]) -> bool:
    try:
        with acting_for(document.agency_id, door="job"):
            _keep(document, Paper(printed_pdf(document)))
    except PrintingUnavailable:
        raise
    except (DomainError, PrintingFailed) as error:
        _given_up.add((type(document).__name__, document.pk))
        _log.warning("A document cannot be printed.", document=document.pk, why=str(error))
        if isinstance(error, PrintingFailed):
            failures.append(error)
        return False
    return True
