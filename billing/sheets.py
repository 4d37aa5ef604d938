"""A statement as CSV and as a spreadsheet: numbers stay numbers, dates dates, and text is text.

The CSV is for programs: one table with English column names, decimal points and ISO dates. The
spreadsheet is for people: a sheet for each kind of row, in the language of the statement.
"""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import xlsxwriter

from agencies.money import digits, rounded
from billing.formulas import looks_like_formula, neutral
from billing.method_words import method_in
from billing.speaking import speaker
from billing.statement_shapes import CreditItem, Receipt, Section, Statement, StatementKind
from billing.words import Words

# What a cell can hold, and the first day that spreadsheets know. Source: Excel's limits.
_LONGEST = 32_767
_FIRST_DAY = date(1900, 1, 1)

Cell = str | Decimal | date | int | None


@dataclass(frozen=True)
class Line:
    """One line of the CSV; its fields are the columns.

    `row` is opening, movement, open_item, closing, payment, payment_part, credit, credit_part,
    ageing, unapplied or credit_balance. `kind` is a movement's kind, a payment's method or an age.
    `amount` is what the row is about; `balance` what was owed after it, or what is left of it.
    """

    currency: str
    row: str
    on: date | None = None
    due_on: date | None = None
    kind: str = ""
    number: str = ""
    invoice: str = ""
    text: str = ""
    amount: Decimal | None = None
    balance: Decimal | None = None


def statement_csv(statement: Statement) -> bytes:
    """UTF-8 with a byte order mark, by which spreadsheets know it. Undo formulas.neutral()."""
    written = StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(field.name for field in fields(Line))
    for section in statement.sections:
        for line in _lines(section, statement):
            writer.writerow(_written(cell, section.currency) for cell in asdict(line).values())
    return written.getvalue().encode("utf-8-sig")


def _written(cell: Cell, currency: str) -> str:
    if isinstance(cell, str):
        return neutral(cell)
    if isinstance(cell, Decimal):
        return f"{rounded(cell, currency):f}"
    return "" if cell is None else str(cell)


def _lines(section: Section, statement: Statement) -> Iterator[Line]:
    code = section.currency
    yield Line(code, "opening", on=statement.start, balance=section.opening)
    for move in section.movements:
        yield Line(
            code,
            "movement",
            on=move.on,
            kind=move.kind,
            number=move.source_number or move.invoice_number,
            invoice=move.invoice_number,
            text=move.text,
            amount=move.amount,
            balance=move.balance,
        )
    for item in section.open_items:
        yield Line(
            code,
            "open_item",
            on=item.issued_on,
            due_on=item.due_on,
            kind=item.bucket,
            number=item.number,
            invoice=item.number,
            text=item.project,
            amount=item.total,
            balance=item.balance,
        )
    yield Line(code, "closing", on=statement.end, balance=section.closing)
    for receipt in section.receipts or ():
        yield from _receipt_lines(receipt, code)
    for credit in section.credits or ():
        yield from _credit_lines(credit, code)
    if section.ageing:
        for bucket, amount in section.ageing.amounts.items():
            yield Line(code, "ageing", on=section.ageing.on, kind=bucket, balance=amount)
    yield Line(code, "unapplied", on=statement.end, balance=section.unapplied)
    yield Line(code, "credit_balance", on=statement.end, balance=section.credit_balance)


def _receipt_lines(receipt: Receipt, code: str) -> Iterator[Line]:
    yield Line(
        code,
        "payment",
        on=receipt.on,
        kind=receipt.method,
        number=receipt.number,
        text=receipt.reference,
        amount=receipt.amount,
        balance=receipt.unapplied,
    )
    if receipt.refunded:
        on, number = receipt.on, receipt.number
        yield Line(code, "payment_refunded", on=on, number=number, amount=receipt.refunded)
    for part in receipt.settled:
        yield Line(
            code,
            "payment_part",
            on=part.on,
            number=receipt.number,
            invoice=part.invoice_number,
            amount=part.amount,
        )


def _credit_lines(credit: CreditItem, code: str) -> Iterator[Line]:
    yield Line(
        code,
        "credit",
        on=credit.on,
        number=credit.number,
        invoice=credit.invoice_number,
        amount=credit.total,
        balance=credit.balance,
    )
    for part in credit.settled:
        yield Line(
            code,
            "credit_part",
            on=part.on,
            number=credit.number,
            invoice=part.invoice_number,
            amount=part.amount,
        )


def statement_xlsx(statement: Statement) -> bytes:
    words = speaker(statement.language).words
    made = BytesIO()
    # Every cell is written by its type; the library guesses nothing.
    options = {"in_memory": True, "constant_memory": False}
    with xlsxwriter.Workbook(made, options) as workbook:
        created = statement.as_of.astimezone(UTC).replace(tzinfo=None)
        title = words.title(statement.kind)
        workbook.set_properties(
            {"title": title, "author": statement.seller.name, "created": created}
        )
        book = _Book(workbook, words)
        book.add(words.balance, *_summary(statement, words))
        for name, headings, rows in _tables(statement, words):
            if rows:
                book.add(name, headings, rows)
    return made.getvalue()


Rows = list[tuple[str, list[Cell]]]


def _summary(statement: Statement, words: Words) -> tuple[list[str], Rows]:
    """Whose it is and for when, then the figures of each currency."""
    buyer, seller = statement.buyer, statement.seller
    facts: list[list[Cell]] = [
        [words.title(statement.kind), seller.name],
        [words.prepared_for, buyer.name],
        [words.client_number, buyer.number],
        [words.period, statement.start, statement.end],
        [],
    ]
    headings = [words.opening, words.charged, words.settled, words.closing]
    facts.append(["", *headings, words.unapplied, words.credit_balance])
    rows: Rows = [("", fact) for fact in facts]
    for one in statement.sections:
        sums = [one.opening, one.charged, one.settled, one.closing]
        rows.append((one.currency, [one.currency, *sums, one.unapplied, one.credit_balance]))
    return [], rows


def _tables(statement: Statement, words: Words) -> Iterator[tuple[str, list[str], Rows]]:
    sections = statement.sections
    if statement.kind == StatementKind.ACTIVITY:
        yield (
            words.activity,
            [
                words.date,
                words.document,
                words.number,
                words.invoice,
                words.details,
                words.amount,
                words.balance,
            ],
            [(one.currency, row) for one in sections for row in _movement_rows(one, words)],
        )
    yield (
        words.open_items,
        [
            words.number,
            words.issued,
            words.due,
            words.project,
            words.days_overdue,
            words.total,
            words.still_open,
        ],
        [(one.currency, row) for one in sections for row in _item_rows(one)],
    )
    yield (
        words.payments,
        [
            words.date,
            words.number,
            words.method,
            words.reference,
            words.amount,
            words.refunded,
            words.on_account,
        ],
        [(one.currency, row) for one in sections for row in _receipt_rows(one, words)],
    )
    yield (
        words.credits,
        [words.date, words.number, words.invoice, words.total, words.remaining],
        [(one.currency, row) for one in sections for row in _credit_rows(one)],
    )
    yield (
        words.ageing,
        [words.date, words.days_overdue, words.still_open],
        [(one.currency, row) for one in sections for row in _ageing_rows(one, words)],
    )


def _movement_rows(section: Section, words: Words) -> Iterator[list[Cell]]:
    for row in section.movements:
        kind = words.movement(row.kind)
        number = row.source_number or row.invoice_number
        yield [row.on, kind, number, row.invoice_number, row.text, row.amount, row.balance]


def _item_rows(section: Section) -> Iterator[list[Cell]]:
    for row in section.open_items:
        dates = (row.issued_on, row.due_on)
        yield [row.number, *dates, row.project, row.days_overdue, row.total, row.balance]


def _receipt_rows(section: Section, words: Words) -> Iterator[list[Cell]]:
    for row in section.receipts or ():
        sums = (row.amount, row.refunded, row.unapplied)
        method = method_in(words.language, row.method)
        yield [row.on, row.number, method, row.reference, *sums]


def _credit_rows(section: Section) -> Iterator[list[Cell]]:
    for row in section.credits or ():
        yield [row.on, row.number, row.invoice_number, row.total, row.balance]


def _ageing_rows(section: Section, words: Words) -> Iterator[list[Cell]]:
    if section.ageing:
        for bucket, amount in section.ageing.amounts.items():
            yield [section.ageing.on, words.bucket(bucket), amount]


class _Book:
    """Writes sheets; knows how a cell of each type looks."""

    def __init__(self, workbook: Any, words: Words) -> None:
        self._workbook = workbook
        self._words = words
        self._day = workbook.add_format({"num_format": 14, "align": "left"})
        self._heading = workbook.add_format({"bold": True, "bottom": 1})
        self._text = workbook.add_format({})
        # What Excel itself notes when somebody types an apostrophe before a formula.
        self._not_formula = workbook.add_format({"quote_prefix": True})
        self._amounts: dict[int, Any] = {}

    def add(self, name: str, headings: list[str], rows: Rows) -> None:
        """A sheet of rows, each with its currency; with headings it names the currency first."""
        sheet = self._workbook.add_worksheet(name[:31])
        if self._words.right_to_left:
            sheet.right_to_left()
        sheet.set_column(0, 8, 18)
        for column, heading in enumerate(["", *headings] if headings else []):
            sheet.write_string(0, column, heading, self._heading)
        if headings:
            sheet.freeze_panes(1, 0)
            rows = [(currency, [currency, *cells]) for currency, cells in rows]
        for line, (currency, cells) in enumerate(rows, start=1 if headings else 0):
            for column, cell in enumerate(cells):
                self._write(sheet, line, column, cell, currency)

    def _write(self, sheet: Any, line: int, column: int, cell: Cell, currency: str) -> None:
        if isinstance(cell, Decimal):
            sheet.write_number(line, column, rounded(cell, currency), self._amount(currency))
        elif isinstance(cell, int):
            sheet.write_number(line, column, cell)
        elif isinstance(cell, date) and cell >= _FIRST_DAY:
            sheet.write_datetime(line, column, cell, self._day)
        elif cell is not None:
            text = _fitting(str(cell))
            look = self._not_formula if looks_like_formula(text) else self._text
            sheet.write_string(line, column, text, look)

    def _amount(self, currency: str) -> Any:
        places = digits(currency)
        if places not in self._amounts:
            pattern = "#,##0" + ("." + "0" * places if places else "")
            self._amounts[places] = self._workbook.add_format({"num_format": pattern})
        return self._amounts[places]


def _fitting(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
