"""What a statement says, before anybody prints it: amounts as Decimal, days as dates.

billing.statements fills these; PDF, page, CSV, spreadsheet, mail and every API print them and
compute nothing of their own. Amounts are in major units of the section's currency, rounded to its
digits; plus is what the client owes.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class StatementKind(StrEnum):
    ACTIVITY = "activity"
    OPEN_ITEMS = "open_items"


class Bucket(StrEnum):
    """Days past due: nothing is due or it is due later, then 1 to 30 days, and so on."""

    CURRENT = "current"
    DAYS_1_30 = "1-30"
    DAYS_31_60 = "31-60"
    DAYS_61_90 = "61-90"
    DAYS_91_120 = "91-120"
    OVER_120 = "over-120"


class MovementKind(StrEnum):
    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT = "credit"
    # What a refund reopened.
    REFUND = "refund"
    CANCELLATION = "cancellation"
    TRANSFER = "transfer"


@dataclass(frozen=True)
class Party:
    """Somebody as the statement names them; `address` are lines without the name."""

    name: str
    address: tuple[str, ...] = ()
    vat_id: str = ""
    # Of a client: its number.
    number: str = ""
    email: str = ""


@dataclass(frozen=True)
class Movement:
    """One change of what is owed; `balance` is what was owed after it."""

    on: date
    kind: MovementKind
    # The number of the invoice that is concerned, and of the payment or credit that settled it.
    invoice_number: str
    source_number: str
    amount: Decimal
    balance: Decimal
    # How it was paid, or what staff called it; text of people, never markup.
    text: str = ""


@dataclass(frozen=True)
class OpenItem:
    """An invoice as it stands at the end of the period."""

    number: str
    issued_on: date
    due_on: date | None
    total: Decimal
    balance: Decimal
    # Zero where it is not due yet.
    days_overdue: int
    bucket: Bucket
    project: str = ""


@dataclass(frozen=True)
class Settled:
    """How much of a payment or credit went to which invoice."""

    invoice_number: str
    on: date
    amount: Decimal


@dataclass(frozen=True)
class Receipt:
    """A payment: `amount` was received, `unapplied` of it is on account."""

    number: str
    on: date
    method: str
    reference: str
    amount: Decimal
    refunded: Decimal
    unapplied: Decimal
    settled: tuple[Settled, ...] = ()


@dataclass(frozen=True)
class CreditItem:
    """A credit: `balance` of `total` can still be used."""

    number: str
    on: date
    total: Decimal
    balance: Decimal
    # The invoice it corrects, if any.
    invoice_number: str = ""
    settled: tuple[Settled, ...] = ()


@dataclass(frozen=True)
class Ageing:
    """What is open by its days past due; the buckets add up to `total`."""

    on: date
    amounts: dict[Bucket, Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.amounts.values(), Decimal(0))


@dataclass(frozen=True)
class Section:
    """All of one currency. opening + charged - settled = closing, in either kind of statement.

    Movements are empty in a statement of open items; `open_items` are always there. `receipts` and
    `credits` are None where they are not to be shown, and so is `ageing`: no figure changes by it.
    """

    currency: str
    opening: Decimal
    charged: Decimal
    settled: Decimal
    closing: Decimal
    # Money on account and credits that can still be used, at the end of the period.
    unapplied: Decimal
    credit_balance: Decimal
    movements: tuple[Movement, ...] = ()
    open_items: tuple[OpenItem, ...] = ()
    receipts: tuple[Receipt, ...] | None = None
    credits: tuple[CreditItem, ...] | None = None
    ageing: Ageing | None = None


@dataclass(frozen=True)
class Statement:
    """Of one client, over `start` to `end` with both days in it.

    `as_of` is the moment up to which what was recorded counts. A client without any movement has
    one empty section in its own currency.
    """

    kind: StatementKind
    client_id: int
    start: date
    end: date
    as_of: datetime
    # A tag such as de or pt-BR, for words, numbers and dates.
    language: str
    buyer: Party
    seller: Party
    sections: tuple[Section, ...]
    footer: str = ""
