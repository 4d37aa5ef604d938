"""Statements that are kept: made now, made again later with the same figures, and mailed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db import connection, transaction

from agencies.errors import DomainError
from agencies.models import Membership
from billing.looks import look_of
from billing.mailing import post
from billing.models import LedgerEntry
from billing.speaking import speaker
from billing.statement_models import KeptStatement, StatementSchedule
from billing.statement_pages import statement_pdf
from billing.statement_shapes import Statement
from billing.statements import Status, Wanted, build
from clients.editing import hold_client
from clients.models import Client
from contacts.mailing import Attachment
from contacts.models import Contact

# Texts that may be edited later, and say nothing about figures.
_WORDS = frozenset({"text", "reference", "method", "project"})


class EndsBeforeStart(DomainError):
    code = "ends_before_start"


@transaction.atomic
def make(
    client: Client,
    wanted: Wanted,
    *,
    by: Membership | None,
    schedule: StatementSchedule | None = None,
) -> KeptStatement:
    """Build the statement as of now, and keep what was asked with the digest of its figures.

    The client is held: whoever is writing to its ledger comes before or after, and what comes
    after is later than this statement's `as_of`. Raises EndsBeforeStart and ClientGone.
    """
    if wanted.end < wanted.start:
        raise EndsBeforeStart("The period ends on the day it starts or later.", field="end")
    client = hold_client(client.pk)
    as_of = ledger_now()
    statement = build(client, wanted, as_of=as_of)
    return KeptStatement.objects.create(
        agency_id=client.agency_id,
        client=client,
        created_by=by,
        schedule=schedule,
        as_of=as_of,
        digest=digest_of(statement),
        kind=wanted.kind,
        start=wanted.start,
        end=wanted.end,
        status=wanted.status,
        payments=wanted.payments,
        credits=wanted.credits,
        ageing=wanted.ageing,
        language=wanted.language,
        currency=wanted.currency,
    )


def again(kept: KeptStatement, *, as_of: datetime | None = None) -> Statement:
    """The same statement once more; with another `as_of`, what it would say by then."""
    wanted = Wanted(
        start=kept.start,
        end=kept.end,
        status=Status(kept.status),
        currency=kept.currency,
        **kept.options(),
    )
    return build(kept.client, wanted, as_of=as_of or kept.as_of)


def is_the_same(kept: KeptStatement) -> bool:
    """Whether it still has the figures it had. A merge since may have brought in others."""
    return digest_of(again(kept)) == kept.digest


def back_dated(kept: KeptStatement) -> Sequence[LedgerEntry]:
    """What was recorded after it was made, and counts for its period or before."""
    entries = LedgerEntry.objects.filter(recorded_at__gt=kept.as_of, on__lte=kept.end)
    theirs = [
        entries.filter(**{f"{document}__client": kept.client})
        for document in ("invoice", "payment", "credit")
    ]
    found = {entry.pk: entry for some in theirs for entry in some.select_related("account")}
    return [found[pk] for pk in sorted(found)]


def digest_of(statement: Statement) -> str:
    """SHA-256 over days, numbers and amounts; not over names and other words."""
    sections = [_plain(asdict(section)) for section in statement.sections]
    figures = {
        "kind": statement.kind,
        "start": statement.start.isoformat(),
        "end": statement.end.isoformat(),
        "sections": sections,
    }
    return hashlib.sha256(json.dumps(figures, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def mail(
    kept: KeptStatement, *, at: datetime, to: Sequence[Contact] | None = None
) -> list[Contact]:
    """Queue it with its PDF to these people, or to all of the client who get documents by mail.

    Returns to whom. Raises NobodyToMail, and what printing raises.
    """
    agency = kept.client.agency
    statement = again(kept)
    voice = speaker(statement.language)
    period = f"{voice.date(kept.start)} – {voice.date(kept.end)}"
    printed = statement_pdf(statement, look_of(agency))
    people = post(
        kept.client,
        kind="statement",
        document=kept,
        title=f"{voice.words.title(statement.kind)}: {period}",
        told=told_of(statement),
        attachment=Attachment(f"{kept.end.isoformat()}.pdf", printed, "application/pdf"),
        at=at,
        to=to,
    )
    kept.mailed_at = at
    kept.save(update_fields=["mailed_at"])
    return people


def told_of(statement: Statement) -> list[str]:
    """What the mail says itself: a line for each currency."""
    voice = speaker(statement.language)
    return [
        f"{voice.words.closing}: {voice.money(section.closing, section.currency)}"
        for section in statement.sections
    ]


def _plain(value: Any) -> Any:
    """As JSON has it; amounts without trailing zeros, so that storing them changes nothing."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items() if k not in _WORDS}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Enum) else value


def ledger_now() -> datetime:
    """By the clock that stamps the ledger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    return moment
