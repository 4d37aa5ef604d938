"""Statements whose figures add up, to be printed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

from PIL import Image, ImageDraw

from billing.document_shapes import DocumentKind, PrintedDocument, PrintedLine, PrintedTax
from billing.statement_shapes import (
    Ageing,
    Bucket,
    CreditItem,
    Movement,
    MovementKind,
    OpenItem,
    Party,
    Receipt,
    Section,
    Settled,
    Statement,
    StatementKind,
)

START, END = date(2026, 1, 1), date(2026, 11, 21)
SELLER = Party(
    name="Nordlicht Studio GmbH",
    address=("Hafenstraße 12", "20457 Hamburg", "Germany"),
    vat_id="DE136695976",
    email="billing@nordlicht.example",
)
BUYER = Party(
    name="Acme Robotics Ltd",
    address=("221b Baker Street", "London NW1 6XE", "United Kingdom"),
    vat_id="GB123456789",
    number="C-0042",
)


def movements(rows: int, *, opening: Decimal, unit: Decimal, text: str = "") -> list[Movement]:
    """Invoices, and a payment after every third."""
    found, balance = [], opening
    for index in range(rows):
        is_payment = index % 3 == 2
        amount = -unit * 7 if is_payment else unit * (5 + index % 11)
        balance += amount
        found.append(
            Movement(
                on=START + timedelta(days=index * 320 // max(rows, 1)),
                kind=MovementKind.PAYMENT if is_payment else MovementKind.INVOICE,
                invoice_number=f"2026-{index - 2 * is_payment + 1:04}",
                source_number=f"P-{index:04}" if is_payment else "",
                amount=amount,
                balance=balance,
                text=text or ("Bank transfer" if is_payment else "Website relaunch, phase 2"),
            )
        )
    return found


def section(
    rows: int = 8, *, currency: str = "EUR", unit: str = "123.45", text: str = ""
) -> Section:
    opening, step = Decimal(unit) * 10, Decimal(unit)
    found = movements(rows, opening=opening, unit=step, text=text)
    charged = sum((row.amount for row in found if row.amount > 0), Decimal(0))
    settled = -sum((row.amount for row in found if row.amount < 0), Decimal(0))
    closing = opening + charged - settled
    paid = [row for row in found if row.kind == MovementKind.PAYMENT]
    return Section(
        currency=currency,
        opening=opening,
        charged=charged,
        settled=settled,
        closing=closing,
        unapplied=step,
        credit_balance=step * 2,
        movements=tuple(found),
        open_items=tuple(open_items(rows, closing=closing, text=text)),
        receipts=tuple(_receipt(row, unapplied=step * (row is paid[0])) for row in paid),
        credits=(
            CreditItem("CN-7", date(2026, 6, 30), step * 3, step * 2, "2026-0001",
                       (Settled("2026-0001", date(2026, 7, 1), step),)),
        ),
        ageing=ageing(closing),
    )  # fmt: skip


def open_items(rows: int, *, closing: Decimal, text: str = "") -> list[OpenItem]:
    """So many that add up to `closing`; the last one is what is left."""
    part = (closing / rows).quantize(Decimal("0.01")) if rows else Decimal(0)
    amounts = [part] * (rows - 1) + [closing - part * (rows - 1)] if rows else []
    return [
        OpenItem(
            number=f"2026-{index + 1:04}",
            issued_on=START + timedelta(days=index),
            due_on=START + timedelta(days=index + 14),
            total=amount * 2,
            balance=amount,
            days_overdue=(END - START).days - index - 14,
            bucket=Bucket.OVER_120,
            project=text or "Relaunch",
        )
        for index, amount in enumerate(amounts)
    ]


def ageing(total: Decimal) -> Ageing:
    amounts = dict.fromkeys(Bucket, Decimal(0))
    amounts[Bucket.DAYS_1_30] = Decimal(100)
    amounts[Bucket.CURRENT] = total - 100
    return Ageing(END, amounts)


def statement(*sections: Section, language: str = "en", **changed: object) -> Statement:
    made = Statement(
        kind=StatementKind.ACTIVITY,
        client_id=42,
        start=START,
        end=END,
        as_of=datetime(2026, 11, 21, 16, 30, tzinfo=UTC),
        language=language,
        buyer=BUYER,
        seller=SELLER,
        sections=sections or (section(),),
        footer="Please pay to IBAN DE02 1203 0000 0000 2020 51, BIC BYLADEM1001.\nThank you.",
    )
    return replace(made, **changed)


def logo() -> bytes:
    picture = Image.new("RGBA", (600, 160), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((10, 10, 150, 150), fill="#0b7a75")
    draw.rectangle((190, 50, 590, 110), fill="#12343b")
    written = BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def _receipt(row: Movement, *, unapplied: Decimal) -> Receipt:
    return Receipt(
        number=row.source_number,
        on=row.on,
        method="Bank transfer",
        reference=f"TX-{row.source_number}",
        amount=-row.amount + unapplied,
        refunded=Decimal(0),
        unapplied=unapplied,
        settled=(Settled(row.invoice_number, row.on, -row.amount),),
    )


def document(**changed: object) -> PrintedDocument:
    """An invoice over 2,000.00 with a discount, two rates of tax and a payment."""
    made = PrintedDocument(
        kind=DocumentKind.INVOICE,
        number="2026-0042",
        is_draft=False,
        currency="EUR",
        language="en",
        issued_on=date(2026, 11, 2),
        due_on=date(2026, 11, 16),
        buyer=BUYER,
        seller=SELLER,
        lines=(
            PrintedLine(
                product="Website relaunch",
                description="Design of twelve templates\nTwo rounds of changes",
                quantity=Decimal("12.5"),
                price=Decimal(120),
                amount=Decimal("1350.00"),
                discount=Decimal(10),
                tax_name="VAT",
                tax_rate=Decimal(19),
            ),
            PrintedLine(
                product="Hosting",
                description="Traffic in gigabytes",
                quantity=Decimal(1000),
                price=Decimal("0.0525"),
                amount=Decimal("52.50"),
                tax_name="VAT",
                tax_rate=Decimal(7),
            ),
        ),
        subtotal=Decimal("1402.50"),
        discount=Decimal("52.50"),
        taxes=(
            PrintedTax("VAT", Decimal(19), Decimal("1299.47"), Decimal("246.90")),
            PrintedTax("VAT", Decimal(7), Decimal("50.53"), Decimal("3.54")),
        ),
        includes_tax=False,
        total=Decimal("1600.44"),
        settled=Decimal("600.44"),
        balance=Decimal("1000.00"),
        made_at=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
        reference="PO-77-1",
        project="Relaunch 2026",
        payment_details="IBAN DE02 1203 0000 0000 2020 51\nBIC BYLADEM1001",
        notes="Thank you for working with us.",
        terms="Payable within 14 days without deduction.",
        footer="Nordlicht Studio GmbH · HRB 123456 · Managing director: Ada Nord",
    )
    return replace(made, **changed)
