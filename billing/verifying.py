"""Recomputing every figure from documents and ledger, and naming each that differs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import connection
from psycopg import IsolationLevel

from agencies.models import Agency
from agencies.scope import acting_for
from billing.drafting import items_of, reckoned
from billing.ledger_sums import CHECKS
from billing.models import Account, Credit, Invoice, LedgerEntry, Verification
from billing.papers import damage_of
from billing.proving import proved
from clients.models import FIGURES, Client

_AT_ONCE = 500
_log = structlog.get_logger("foyer.billing")


@dataclass(frozen=True)
class Difference:
    """A figure that is not what it has to be; amounts as text, in major units."""

    what: str
    id: int
    figure: str
    kept: str
    proved: str

    def __str__(self) -> str:
        return f"{self.what} {self.id}: {self.figure} is {self.kept} and should be {self.proved}."


def verify_all(*, at: datetime) -> int:
    """Look at every agency; returns how many differences there are."""
    agencies = Agency.objects.order_by("pk")
    return sum(len(verify_one(agency, at=at).differences) for agency in agencies)


def verify_one(agency: Agency, *, at: datetime) -> Verification:
    """Look at everything of the agency as of one moment; stores and returns what was found.

    Nothing else is changed. Call it outside of a transaction: what others commit while it looks is
    not seen, so that no figure differs merely because it moved meanwhile.
    """
    with _at_one_moment(), acting_for(agency.pk, door="verify"):
        found = [asdict(one) for one in differences_of()]
        result = Verification.objects.create(
            agency=agency,
            ran_at=at,
            differences=found,
            clients=Client.objects.count(),
            entries=LedgerEntry.objects.count(),
        )
    if found:
        _log.error("Figures are not what they have to be.", agency=agency.slug, differences=found)
    return result


@contextmanager
def _at_one_moment() -> Iterator[None]:
    """All statements of the next transaction see the same rows; within one nothing can be done."""
    connection.ensure_connection()
    if connection.in_atomic_block:
        yield
        return
    session: Any = connection.connection
    session.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        yield
    finally:
        session.isolation_level = None


def differences_of() -> Iterator[Difference]:
    """Every difference there is, in no order."""
    yield from _by_statement()
    yield from _against_documents()
    yield from _against_lines()
    yield from _against_files()


def _by_statement() -> Iterator[Difference]:
    with connection.cursor() as cursor:
        for what, figure, statement in CHECKS:
            cursor.execute(statement)
            for pk, kept, right in cursor.fetchall():
                yield _difference(what, pk, figure, kept, right)


def _against_documents() -> Iterator[Difference]:
    """Accounts against invoices, payments and credits."""
    right = {(one.client_id, one.currency): one.figures for one in proved()}
    living = Account.objects.filter(merged_from__isnull=True)
    for account in living.iterator(_AT_ONCE):
        figures = right.pop((account.client_id, account.currency), {})
        for name in FIGURES:
            kept, wanted = getattr(account, name), figures.get(name, Decimal(0))
            if kept != wanted:
                yield _difference(f"account in {account.currency} of client", account.client_id,
                                  name, kept, wanted)  # fmt: skip
    for (client_id, currency), figures in right.items():
        for name, wanted in figures.items():
            if wanted:
                yield _difference(f"account in {currency} of client", client_id, name, 0, wanted)


def _against_lines() -> Iterator[Difference]:
    """Totals against the lines they add up from."""
    for model in (Invoice, Credit):
        documents = model.objects.prefetch_related("lines").order_by("pk")
        for document in documents.iterator(_AT_ONCE):
            totals = reckoned(document, items_of(document))
            taxes = sum((Decimal(one["tax"]) for one in document.taxes), Decimal(0))
            pairs = {
                "subtotal": (document.subtotal, totals.subtotal),
                "total": (document.total, totals.total),
                "tax_total": (document.tax_total, taxes),
            }
            for name, (kept, right) in pairs.items():
                if kept != right:
                    yield _difference(model.__name__.lower(), document.pk, name, kept, right)


def _against_files() -> Iterator[Difference]:
    """The PDFs that were kept against their digests."""
    models: tuple[Any, ...] = (Invoice, Credit)
    for model in models:
        for document in model.objects.exclude(pdf="").order_by("pk").iterator(_AT_ONCE):
            damage = damage_of(document)
            if damage:
                name = model.__name__.lower()
                yield _difference(name, document.pk, "pdf", damage, document.pdf_digest)


def _difference(what: str, pk: int, figure: str, kept: object, right: object) -> Difference:
    return Difference(what, pk, figure, str(kept), str(right))
