"""How a statement looks on the wire of `/v1`: minor units, plain dates."""

from datetime import date
from typing import Any

from agencies.money import to_minor
from billing.statement_shapes import (
    Ageing,
    CreditItem,
    Movement,
    OpenItem,
    Receipt,
    Section,
    Settled,
    Statement,
)


def sections_of(statement: Statement) -> list[dict[str, Any]]:
    return [_Currency(section.currency).section(section) for section in statement.sections]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


class _Currency:
    """Presents what is in one currency."""

    def __init__(self, code: str) -> None:
        self.code = code

    def minor(self, **amounts: Any) -> dict[str, int]:
        return {name: to_minor(amount, self.code) for name, amount in amounts.items()}

    def section(self, one: Section) -> dict[str, Any]:
        return {
            "currency": one.currency,
            **self.minor(
                opening_balance=one.opening,
                charged=one.charged,
                settled=one.settled,
                closing_balance=one.closing,
                unapplied=one.unapplied,
                credit_balance=one.credit_balance,
            ),
            "movements": [self.movement(movement) for movement in one.movements],
            "open_items": [self.open_item(item) for item in one.open_items],
            # What was not to be shown is null.
            "payments": None if one.receipts is None else [self.receipt(r) for r in one.receipts],
            "credits": None if one.credits is None else [self.credit(c) for c in one.credits],
            "ageing": one.ageing and self.ageing(one.ageing),
        }

    def movement(self, one: Movement) -> dict[str, Any]:
        return {
            "date": _day(one.on),
            "type": one.kind.value,
            "invoice_number": one.invoice_number,
            "source_number": one.source_number or None,
            **self.minor(amount=one.amount, balance=one.balance),
        }

    def open_item(self, one: OpenItem) -> dict[str, Any]:
        return {
            "number": one.number,
            "issue_date": _day(one.issued_on),
            "due_date": _day(one.due_on),
            **self.minor(total=one.total, balance=one.balance),
            "days_overdue": one.days_overdue,
            "bucket": one.bucket.value,
        }

    def receipt(self, one: Receipt) -> dict[str, Any]:
        return {
            "number": one.number,
            "date": _day(one.on),
            "method": one.method,
            "reference": one.reference or None,
            **self.minor(amount=one.amount, refunded=one.refunded, unapplied=one.unapplied),
            "settled": [self.share(share) for share in one.settled],
        }

    def credit(self, one: CreditItem) -> dict[str, Any]:
        return {
            "number": one.number,
            "date": _day(one.on),
            "invoice_number": one.invoice_number or None,
            **self.minor(total=one.total, balance=one.balance),
            "settled": [self.share(share) for share in one.settled],
        }

    def share(self, one: Settled) -> dict[str, Any]:
        return {
            "invoice_number": one.invoice_number,
            "date": _day(one.on),
            **self.minor(amount=one.amount),
        }

    def ageing(self, one: Ageing) -> dict[str, Any]:
        buckets = {bucket.value: amount for bucket, amount in one.amounts.items()}
        return {"date": _day(one.on), **self.minor(**buckets, total=one.total)}
