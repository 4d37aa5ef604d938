"""What an invoice or a credit says, before anybody prints it: amounts as Decimal, days as dates.

Amounts are in major units of `currency` and rounded to its digits, but for a line's `price`, which
may have more. Whoever fills these computes; whoever prints them does not.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from billing.statement_shapes import Party


class DocumentKind(StrEnum):
    INVOICE = "invoice"
    CREDIT = "credit"


@dataclass(frozen=True)
class PrintedLine:
    """`price` is for one; `amount` is after the discount, which is in percent or an amount."""

    description: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    product: str = ""
    discount: Decimal = Decimal(0)
    discount_is_amount: bool = False
    tax_name: str = ""
    # In percent.
    tax_rate: Decimal = Decimal(0)


@dataclass(frozen=True)
class PrintedTax:
    """Of one rate and name: `base` without the tax, and the tax."""

    name: str
    rate: Decimal
    base: Decimal
    tax: Decimal


@dataclass(frozen=True)
class PrintedDocument:
    """total = subtotal - discount + taxes, or subtotal - discount where prices include the tax."""

    kind: DocumentKind
    # A draft has none yet, and is marked as a draft on every page.
    number: str
    is_draft: bool
    currency: str
    # A tag such as de or pt-BR, for words, numbers and dates.
    language: str
    issued_on: date | None
    due_on: date | None
    buyer: Party
    seller: Party
    lines: tuple[PrintedLine, ...]
    subtotal: Decimal
    discount: Decimal
    taxes: tuple[PrintedTax, ...]
    includes_tax: bool
    total: Decimal
    # Of an invoice: what was paid and credited, and what is still due. Of a credit: what was used,
    # and what can still be. None where the paper is not to say it, as on what is kept for ever.
    settled: Decimal | None
    balance: Decimal | None
    # The moment that the file says it was made at; the same document then gives the same bytes.
    made_at: datetime
    # The client's order number.
    reference: str = ""
    project: str = ""
    # Of a credit: the number of the invoice it corrects.
    invoice_number: str = ""
    # Where and how to pay, remarks, conditions and the small print; all plain text of people.
    payment_details: str = ""
    notes: str = ""
    terms: str = ""
    footer: str = ""
