"""Holds every account of a client's money against each other: what is kept, the ledger, the open
invoices, both statements, and what is read back out of table, page, mail and paper."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import TypeAlias

from django.db import connection
from django.utils import timezone

from billing.looks import Look
from billing.models import Invoice, KeptStatement
from billing.pdf import Limits
from billing.proving import proved
from billing.sheets import statement_csv
from billing.statement_pages import statement_page, statements_pdf
from billing.statement_shapes import Section, Statement, StatementKind
from billing.statements import Wanted, build
from billing.stating import again, mail, make, told_of
from clients.models import FIGURES, Client
from contacts.mailing import opened
from contacts.models import Message
from tests.billing.reading import papers_of, text_of
from tests.billing.telling import (
    Told,
    text_of_page,
    told_by_csv,
    told_by_mail,
    told_by_text,
)

# By currency; each a sum of the client's, in the order of FIGURES.
Books: TypeAlias = Mapping[str, tuple[Decimal, ...]]

NOTHING = (Decimal(0),) * len(FIGURES)
# How many days late the last invoice of each age is.
_LATEST = (0, 30, 60, 90, 120, 10**6)


_BOOKS = f"""
SELECT 'kept', client_id, currency, 0, {", ".join(FIGURES)}
FROM billing_account WHERE merged_from IS NULL
UNION ALL
SELECT 'entered', a.client_id, a.currency, max(e.id),
    {", ".join(f"sum(e.{one})" for one in FIGURES)}
FROM billing_ledgerentry e JOIN billing_account a ON a.id = e.account_id
WHERE a.merged_from IS NULL GROUP BY 2, 3
UNION ALL
SELECT 'on its row', c.id, coalesce(nullif(c.currency, ''), a.currency), 0,
    {", ".join(f"c.{one}" for one in FIGURES)}
FROM clients_client c JOIN agencies_agency a ON a.id = c.agency_id
UNION ALL
SELECT 'open', client_id, currency, 0, sum(balance), 0, 0, 0, 0
FROM billing_invoice WHERE issued_at IS NOT NULL AND deleted_at IS NULL GROUP BY 2, 3
"""


def agreed_books() -> dict[int, tuple[Books, int]]:
    """What is kept of each client, and its last entry.

    Held against its ledger, its documents, its own row and what is open of its invoices.
    """
    told = defaultdict(lambda: defaultdict(dict))
    last = defaultdict(int)
    with connection.cursor() as cursor:
        cursor.execute(_BOOKS)
        for source, client, currency, entry, *sums in cursor.fetchall():
            told[client][source][currency] = tuple(sums)
            last[client] = max(last[client], entry)
    for one in proved():
        figures = tuple(one.figures[name] for name in FIGURES)
        told[one.client_id]["documented"][one.currency] = figures
    for sources in told.values():
        kept = sources["kept"]
        assert without_nothing(sources["entered"]) == without_nothing(kept)
        assert without_nothing(sources["documented"]) == without_nothing(kept)
        owed = {currency: sums[0] for currency, sums in kept.items() if sums[0]}
        assert {code: sums[0] for code, sums in sources["open"].items() if sums[0]} == owed
        ((currency, on_row),) = sources["on its row"].items()
        assert on_row == kept.get(currency, NOTHING)
    return {client: (without_nothing(told[client]["kept"]), last[client]) for client in told}


def without_nothing(books: Books) -> Books:
    return {currency: sums for currency, sums in books.items() if any(sums)}


def statement_of(client: Client, kind: StatementKind, *, start: date, end: date) -> Statement:
    as_of = timezone.now() + timedelta(days=1)
    return build(client, Wanted(kind=kind, start=start, end=end), as_of=as_of)


@dataclass(frozen=True)
class Stated:
    """A statement, and what its paper has to say."""

    statement: Statement
    books: Books
    ages: Mapping[str, list[Decimal]]


def agrees(statement: Statement, client: Client, books: Books) -> Stated:
    """What is stated is what is kept, whoever tells it: the statement, its CSV, page and mail."""
    for section in statement.sections:
        _adds_up(section, statement)
    ages = _ages_of(client, on=statement.end)
    for told in (told_by_csv(statement_csv(statement)), told_on_screen(statement)):
        _is_told(told, statement, books, ages)
    assert told_by_mail("\n".join(told_of(statement))) == _closings(statement, books)
    return Stated(statement, books, ages)


def agree_on_paper(stated: Sequence[Stated]) -> None:
    """So is what is read out of their PDFs, printed one after the other in one file."""
    made = statements_pdf([one.statement for one in stated], Look(), limits=Limits(seconds=1200))
    papers = papers_of(made)
    for one, paper in zip(stated, papers, strict=True):
        _is_told(told_by_text(paper), one.statement, one.books, one.ages)


def agrees_by_mail(client: Client, wanted: Wanted, books: Books) -> KeptStatement:
    """The same of a statement that is kept and mailed: of the mail, and of the PDF within it."""
    kept = make(client, wanted, by=None)
    statement = again(kept)
    mail(kept, at=timezone.now())
    content = opened(Message.objects.latest("pk"))
    (attached,) = content.attachments
    assert told_by_mail(content.text) == _closings(statement, books)
    on_paper = told_by_text(text_of(attached.content))
    _is_told(on_paper, statement, books, _ages_of(client, on=statement.end))
    return kept


def told_on_screen(statement: Statement) -> Mapping[str, Told]:
    return told_by_text(text_of_page(statement_page(statement, Look()).html))


def _is_told(
    told: Mapping[str, Told],
    statement: Statement,
    books: Books,
    ages: Mapping[str, list[Decimal]],
) -> None:
    is_activity = statement.kind is StatementKind.ACTIVITY
    closings = _closings(statement, books)
    assert told.keys() == closings.keys()
    for currency, one in told.items():
        balance, _, unused, on_account, _ = books.get(currency, NOTHING)
        assert one.closing == closings[currency] == balance
        assert (one.unapplied, one.credit_balance) == (on_account, unused)
        assert list(one.ages) == ages.get(currency, [Decimal(0)] * len(_LATEST))
        if is_activity:
            amounts = [amount for amount, _ in one.movements]
            running = list(accumulate(amounts, initial=one.opening))
            assert running[1:] == [after for _, after in one.movements]
            assert running[-1] == one.closing
        if one.items or not is_activity:
            assert sum(one.items) == one.closing


def _closings(statement: Statement, books: Books) -> Mapping[str, Decimal]:
    """What is owed in each currency that the statement has a section of."""
    return {one.currency: books.get(one.currency, NOTHING)[0] for one in statement.sections}


def _adds_up(section: Section, statement: Statement) -> None:
    assert section.opening + section.charged - section.settled == section.closing
    assert sum(one.balance for one in section.open_items) == section.closing
    for receipt in section.receipts:
        parts = sum(part.amount for part in receipt.settled)
        assert receipt.amount == receipt.refunded + receipt.unapplied + parts
    for early, late in pairwise(section.movements):
        assert early.on <= late.on
    assert all(statement.start <= one.on <= statement.end for one in section.movements)


def _ages_of(client: Client, *, on: date) -> Mapping[str, list[Decimal]]:
    """What is open by how late it is, reckoned from the invoices."""
    ages = defaultdict(lambda: [Decimal(0)] * len(_LATEST))
    open_ones = Invoice.objects.open().filter(client=client)
    for currency, due_on, balance in open_ones.values_list("currency", "due_on", "balance"):
        late = max((on - due_on).days, 0)
        place = next(place for place, latest in enumerate(_LATEST) if late <= latest)
        ages[currency][place] += balance
    return ages
