"""What a caller has done to an invoice along with saving it, or in bulk."""

from datetime import datetime
from decimal import Decimal

from agencies.models import Membership
from api.invoiceninja.billing.fields import today
from billing.cancelling import cancel
from billing.issuing import issue
from billing.models import Invoice, Payment
from billing.payments import record_payment


def mark_sent(invoice: Invoice, *, at: datetime) -> Invoice:
    """Issue a draft; once more changes nothing."""
    if invoice.is_issued:
        return invoice
    return issue(invoice, on=today(invoice.agency, at), at=at)


def mark_paid(
    invoice: Invoice, *, by: Membership, at: datetime, amount: Decimal | None = None
) -> Invoice:
    """Record `amount` as paid, or all that is open; of an issued one, in its currency.

    What is more than open stays on account. With nothing open and no amount it changes nothing.
    """
    paid = invoice.balance if amount is None else amount
    if paid > 0:
        record_payment(
            invoice.client,
            amount=paid,
            on=today(invoice.agency, at),
            by=by,
            at=at,
            currency=invoice.currency,
            shares=[(invoice, min(paid, invoice.balance))] if invoice.balance else [],
            method=Payment.Method.OTHER,
        )
        invoice.refresh_from_db()
    return invoice


def withdraw(invoice: Invoice, *, at: datetime) -> Invoice:
    """Cancel it; once more changes nothing."""
    if invoice.cancelled_on:
        return invoice
    return cancel(invoice, on=today(invoice.agency, at), at=at)
