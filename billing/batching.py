"""Statements of many clients asked for at once: made by a job, as one PDF or as mail to each."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from agencies.errors import DomainError
from agencies.models import Agency, Membership
from agencies.scope import acting_for
from billing.days import day_in
from billing.looks import Look, look_of
from billing.mailing import NobodyToMail, readers
from billing.pdf import LIMITS, PrintingFailed, PrintingUnavailable
from billing.statement_models import StatementBatch
from billing.statement_pages import statements_pdf
from billing.statement_shapes import Section, Statement, StatementKind
from billing.statements import Status, Wanted, build
from billing.stating import ledger_now, mail, make
from clients.arrays import any_of
from clients.editing import hold_client
from clients.models import Client
from contacts.mailing import deliverable

MOST = 100
ROWS_PER_PAGE = 33
KEPT = timedelta(days=1)
# Before a printer that was not there is tried again.
PAUSE = timedelta(minutes=1)

_log = structlog.get_logger("foyer.billing")


class TooManyClients(DomainError):
    code = "too_many_clients"


@transaction.atomic
def ask_for_batch(
    clients: Sequence[Client], *, by: Membership, at: datetime, mailed: bool = False
) -> StatementBatch:
    """Let a job make the statements of this year to date: payments and ages shown, no credits.

    Raises TooManyClients and, where they are to be mailed, NobodyToMail for the first client of
    whom nobody gets documents by mail; then none is mailed.
    """
    if len(clients) > MOST:
        raise TooManyClients(f"Choose at most {MOST} clients at a time.", field="clients")
    if mailed:
        _refuse_without_reader(clients)
    today = day_in(by.agency, at)
    batch = StatementBatch.objects.create(
        agency_id=by.agency_id,
        client_ids=[client.pk for client in clients],
        start=date(today.year, 1, 1),
        end=today,
        is_mailed=mailed,
        created_by=by,
        created_at=at,
    )
    _enqueue(batch, at=at)
    return batch


@transaction.atomic
def ask_for_print(client: Client, wanted: Wanted, *, at: datetime) -> StatementBatch:
    """Let a job print one statement that somebody waits for; its pages tell how far it is.

    Who asks for the same while it is not done gets that one.
    """
    # Two clicks at once come one after the other.
    client = hold_client(client.pk)
    options = {"kind": wanted.kind, "status": wanted.status, "credits": wanted.credits}
    period = {"start": wanted.start, "end": wanted.end}
    same = StatementBatch.objects.filter(client_ids=[client.pk], options=options, **period)
    waiting = same.filter(pdf=b"", trouble="", created_by=None).first()
    if waiting:
        return waiting
    batch = StatementBatch.objects.create(
        agency_id=client.agency_id,
        client_ids=[client.pk],
        start=wanted.start,
        end=wanted.end,
        options=options,
        created_at=at,
    )
    _enqueue(batch, at=at)
    return batch


def make_batch(agency_id: int, batch_id: int) -> None:
    """Do what is not done of it yet. Call it in no scope.

    A printer that is not there now is tried again, as long as the batch is kept. What cannot be
    printed is noted as the batch's trouble; a mistake of ours is raised besides.
    """
    with acting_for(agency_id, door="job"):
        batch = StatementBatch.objects.filter(pk=batch_id).first()
    if batch is None or batch.pdf:
        return
    try:
        if batch.is_mailed:
            _mail_each(batch)
        else:
            _print_all(batch)
    except PrintingUnavailable as error:
        _log.error("Statements wait to be printed.", batch=batch_id, why=str(error))
        _enqueue(batch, at=timezone.now() + PAUSE)
    except (DomainError, PrintingFailed) as error:
        with acting_for(agency_id, door="job"):
            theirs = isinstance(error, DomainError)
            why = str(error) if theirs else "Something went wrong. Tell your admin."
            StatementBatch.objects.filter(pk=batch_id).update(trouble=why[:500])
        if not theirs:
            raise


def forget_old(*, before: datetime) -> int:
    """Delete the batches asked for earlier; returns how many."""
    deleted = 0
    for agency_id in Agency.objects.values_list("pk", flat=True):
        with acting_for(agency_id, door="job"):
            deleted += StatementBatch.objects.filter(created_at__lt=before).delete()[0]
    return deleted


def _enqueue(batch: StatementBatch, *, at: datetime) -> None:
    job = app.configure_task("billing.tasks.make_batch", schedule_at=at)
    job.defer(agency_id=batch.agency_id, batch_id=batch.pk)


def _refuse_without_reader(clients: Sequence[Client]) -> None:
    for client in clients:
        if all(deliverable(person.email) for person in readers(client)):
            raise NobodyToMail(
                f"Nobody at {client} gets documents by mail at an address that can be used. "
                "Nothing was mailed."
            )


def _wanted(batch: StatementBatch) -> Wanted:
    return Wanted(
        kind=StatementKind(batch.options.get("kind", StatementKind.ACTIVITY)),
        start=batch.start,
        end=batch.end,
        status=Status(batch.options.get("status", Status.LIVE)),
        credits=batch.options.get("credits", False),
    )


def _print_all(batch: StatementBatch) -> None:
    """Nothing of the database is open while it is printed."""
    statements, look = _read(batch)
    _note(batch, pages_expected=sum(map(pages_of, statements)))
    printed = statements_pdf(
        statements, look, limits=LIMITS, on_page=lambda page: _note(batch, pages_done=page)
    )
    with acting_for(batch.agency_id, door="job"):
        # Gone meanwhile where one of its clients is.
        StatementBatch.objects.filter(pk=batch.pk).update(pdf=printed, trouble="")


def pages_of(statement: Statement) -> int:
    """About how many it takes: as many as its rows, and two for what stands around them."""
    return 2 + sum(rows_of(section) for section in statement.sections) // ROWS_PER_PAGE


def rows_of(section: Section) -> int:
    tables = (section.movements, section.open_items, section.receipts, section.credits)
    return sum(len(table or ()) for table in tables)


def _note(batch: StatementBatch, **pages: int) -> None:
    """For whoever looks on, at once."""
    with acting_for(batch.agency_id, door="job"):
        StatementBatch.objects.filter(pk=batch.pk).update(**pages)


def _read(batch: StatementBatch) -> tuple[list[Statement], Look]:
    wanted = _wanted(batch)
    with acting_for(batch.agency_id, door="job"):
        at = ledger_now()
        clients = Client.objects.select_related("agency").filter(any_of("pk", batch.client_ids))
        by_pk = {client.pk: client for client in clients}
        statements = [build(by_pk[pk], wanted, as_of=at) for pk in batch.client_ids if pk in by_pk]
        return statements, look_of(Agency.objects.get(pk=batch.agency_id))


def _mail_each(batch: StatementBatch) -> None:
    """Each in a transaction that also notes that it was done, so that none goes out twice.

    One that cannot be made keeps none of the others.
    """
    failures: list[Exception] = []
    for client_id in batch.client_ids:
        try:
            with acting_for(batch.agency_id, door="job"):
                _mail_one(batch.pk, client_id)
        except PrintingUnavailable:
            raise
        except (DomainError, PrintingFailed) as error:
            _log.warning("A statement could not be mailed.", client=client_id, why=str(error))
            failures.append(error)
    if failures:
        raise failures[0]


def _mail_one(batch_id: int, client_id: int) -> None:
    # The client first, as whoever takes it away with its batches.
    client = Client.objects.existing().filter(pk=client_id).select_for_update(no_key=True).first()
    held = StatementBatch.objects.select_for_update(no_key=True).filter(pk=batch_id).first()
    if held is None or client is None or client_id in held.done_ids:
        return
    kept = make(client, _wanted(held), by=held.created_by)
    mail(kept, at=timezone.now())
    held.done_ids = [*held.done_ids, client_id]
    held.save(update_fields=["done_ids"])
