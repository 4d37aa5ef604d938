"""Two years of billing for every client of the demo, through billing's own functions."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from agencies.models import Agency, Membership
from agencies.money import rounded
from billing.applying import apply
from billing.crediting import credit_invoice
from billing.drafting import Item, draft_invoice
from billing.issuing import issue
from billing.models import Invoice, Payment
from billing.payments import record_payment
from billing.refunding import refund
from clients.merging import currency_of
from clients.models import Client
from config.demo.clients import TODAY

_TODAY = TODAY.date()
_SPAN = timedelta(days=730)
_WORK = (
    ("Retainer", "Design and upkeep, one month", "940", 3),
    ("Website", "Design and development, days", "780", 4),
    ("Photography", "Shooting, half a day", "460", 2),
    ("Print", "Brochure, proofs included", "1250", 1),
    ("Consulting", "Hours", "110", 7),
    ("Hosting", "Hosting, three months", "84.90", 1),
)
# Tax in percent where the agency lives; in the United States services mostly bear none.
_TAXES = {"DE": ("VAT", Decimal(19)), "US": ("", Decimal(0))}
# A client pays like one of these: part of what is due, and how many days late.
_MANNERS = ((1, 0), (1, 0), (1, 4), (1, 12), (1, 25), (1, 55), (0.9, 10), (0.75, 30))


def bill_clients(agency: Agency, chance: Random, *, by: Membership) -> None:
    """Two or three invoices a year, paid as each client pays; credits, refunds and drafts."""
    for position, client in enumerate(Client.objects.order_by("pk")):
        share, late = _MANNERS[position % len(_MANNERS)]
        invoices = [_bill(agency, client, chance, on=on, by=by) for on in _days(chance, position)]
        payments = [
            payment
            for invoice in invoices
            if chance.random() < share and (payment := _pay(invoice, chance, late=late, by=by))
        ]
        _add_exceptions(position, client, invoices, payments, by=by)


def _days(chance: Random, position: int) -> list[date]:
    first = _TODAY - _SPAN + timedelta(days=position % 28)
    days = [first + timedelta(days=146 * n + chance.randrange(40)) for n in range(6)]
    return [day for day in days if day <= _TODAY]


def _bill(agency: Agency, client: Client, chance: Random, *, on: date, by: Membership) -> Invoice:
    tax_name, tax_rate = _TAXES.get(agency.country.code, ("", Decimal(0)))
    currency = currency_of(client)
    lines = [
        Item(
            product=product,
            description=text,
            quantity=Decimal(chance.randint(1, most)),
            price=rounded(Decimal(price), currency),
            tax_name=tax_name,
            tax_rate=tax_rate,
        )
        for product, text, price, most in chance.sample(_WORK, chance.randint(1, 3))
    ]
    draft = draft_invoice(client, by=by, lines=lines, at=_noon(on), issued_on=on)
    return issue(draft, on=on, at=_noon(on))


def _pay(invoice: Invoice, chance: Random, *, late: int, by: Membership) -> Payment | None:
    on = (invoice.due_on or _TODAY) + timedelta(days=late - chance.randrange(6))
    if on > _TODAY:
        return None
    return record_payment(
        invoice.client,
        amount=invoice.total,
        on=on,
        by=by,
        at=_noon(on),
        currency=invoice.currency,
        reference=invoice.number,
        method=chance.choice(Payment.Method.values),
        shares=[(invoice, invoice.total)],
    )


def _add_exceptions(
    position: int,
    client: Client,
    invoices: Sequence[Invoice],
    payments: Sequence[Payment],
    *,
    by: Membership,
) -> None:
    """What makes books interesting: money on account, credits, a refund, a draft."""
    currency = currency_of(client)
    if position % 9 == 4:
        on = _TODAY - timedelta(days=3)
        amount = rounded(Decimal(250), currency)
        record_payment(
            client, amount=amount, on=on, by=by, at=_noon(on), shares=[], reference="Deposit"
        )
    if position % 7 == 2 and invoices:
        part = rounded(invoices[-1].total / 5, currency)
        credit = credit_invoice(invoices[-1], on=_TODAY, by=by, at=TODAY, amount=part)
        open_ = Invoice.objects.get(pk=invoices[-1].pk).balance
        if open_ >= part:
            apply(credit, [(invoices[-1], part)], on=_TODAY, at=TODAY)
    if position % 11 == 5 and payments:
        back = rounded(payments[-1].amount / 10, currency)
        on = max(payments[-1].paid_on, _TODAY - timedelta(days=10))
        refund(payments[-1], amount=back, on=on, by=by, at=_noon(on), note="Too many hours.")
    if position % 5 == 0:
        lines = [Item(product="Website", description="New landing page", quantity=Decimal(2),
                      price=rounded(Decimal(780), currency))]  # fmt: skip
        draft_invoice(client, by=by, lines=lines, at=TODAY)


def _noon(on: date) -> datetime:
    return TODAY.replace(year=on.year, month=on.month, day=on.day)
