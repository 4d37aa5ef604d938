"""The rows of a statement's tables as a reader's language writes them, for the templates."""

from typing import Any

from billing.method_words import method_in
from billing.speaking import Speaker
from billing.statement_shapes import (
    CreditItem,
    Movement,
    MovementKind,
    OpenItem,
    Receipt,
    Section,
    Settled,
    StatementKind,
)


def section_rows(section: Section, kind: StatementKind, voice: Speaker) -> dict[str, Any]:
    """All words and figures of one currency. Tables that are not to be shown are None."""
    writer = _Writer(voice, section.currency)
    is_activity = kind == StatementKind.ACTIVITY
    return {
        **writer.figures(section),
        "currency": section.currency,
        "currency_name": voice.currency(section.currency),
        "is_activity": is_activity,
        "movements": [writer.movement(row) for row in section.movements],
        "open_items": [writer.open_item(row) for row in section.open_items],
        "receipts": _each(writer.receipt, section.receipts),
        "credits": _each(writer.credit, section.credits),
        "ageing": writer.ageing(section),
    }


def _each(write: Any, rows: tuple[Any, ...] | None) -> list[dict[str, Any]] | None:
    return None if rows is None else [write(row) for row in rows]


class _Writer:
    """Writes the rows of one currency."""

    def __init__(self, voice: Speaker, currency: str) -> None:
        self.voice = voice
        self.currency = currency

    def amount(self, value: Any) -> str:
        return self.voice.amount(value, self.currency)

    def figures(self, section: Section) -> dict[str, str]:
        return {
            "opening": self.amount(section.opening),
            "charged": self.amount(section.charged),
            "settled": self.amount(section.settled),
            "closing": self.amount(section.closing),
            "closing_money": self.voice.money(section.closing, self.currency),
            "unapplied": self.amount(section.unapplied),
            "credit_balance": self.amount(section.credit_balance),
        }

    def movement(self, row: Movement) -> dict[str, Any]:
        is_invoice = row.kind == MovementKind.INVOICE
        number = row.invoice_number if is_invoice else row.source_number or row.invoice_number
        return {
            "on": self.voice.date(row.on),
            "kind": self.voice.words.movement(row.kind),
            "number": number,
            # Which invoice it settled, where that is not what the row is about itself.
            "invoice": row.invoice_number if row.invoice_number != number else "",
            "text": row.text,
            "dir": self.voice.direction_of(row.text),
            "amount": self.amount(row.amount),
            "balance": self.amount(row.balance),
        }

    def open_item(self, row: OpenItem) -> dict[str, Any]:
        return {
            "number": row.number,
            "issued": self.voice.date(row.issued_on),
            "due": self.voice.date(row.due_on),
            "project": row.project,
            "dir": self.voice.direction_of(row.project),
            "days_overdue": str(row.days_overdue) if row.days_overdue else "",
            "total": self.amount(row.total),
            "balance": self.amount(row.balance),
        }

    def receipt(self, row: Receipt) -> dict[str, Any]:
        return {
            "on": self.voice.date(row.on),
            "number": row.number,
            "method": method_in(self.voice.words.language, row.method),
            "reference": row.reference,
            "amount": self.amount(row.amount),
            "refunded": self.amount(row.refunded) if row.refunded else "",
            "unapplied": self.amount(row.unapplied),
            "settled": [self.settled(part) for part in row.settled],
        }

    def credit(self, row: CreditItem) -> dict[str, Any]:
        return {
            "on": self.voice.date(row.on),
            "number": row.number,
            "invoice": row.invoice_number,
            "total": self.amount(row.total),
            "balance": self.amount(row.balance),
            "settled": [self.settled(part) for part in row.settled],
        }

    def settled(self, part: Settled) -> dict[str, str]:
        return {
            "invoice": part.invoice_number,
            "on": self.voice.date(part.on),
            "amount": self.amount(part.amount),
        }

    def ageing(self, section: Section) -> dict[str, Any] | None:
        if section.ageing is None:
            return None
        return {
            "on": self.voice.date(section.ageing.on),
            "buckets": [
                (self.voice.words.bucket(bucket), self.amount(value), bool(value))
                for bucket, value in section.ageing.amounts.items()
            ],
            "total": self.amount(section.ageing.total),
        }
