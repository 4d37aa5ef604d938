"""What a caller has done to invoices along with saving or paying them, or in bulk."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from agencies.models import Membership
from billing.applying import Share, apply, hold_invoice
from billing.cancelling import cancel, reopen, restore_invoice, undo_reversal
from billing.days import day_in
from billing.issuing import issue, issue_credit
from billing.models import Credit, Invoice, Payment
from billing.payments import record_payment
from clients.editing import hold_client
from clients.models import Client


def mark_sent(invoice: Invoice, *, at: datetime) -> Invoice:
    """Issue a draft; once more changes nothing."""
    if invoice.is_issued:
        return invoice
    return issue(invoice, on=day_in(invoice.agency, at), at=at)


def grant(credit: Credit, *, at: datetime) -> Credit:
    """Issue a draft; once more changes nothing."""
    if credit.is_issued:
        return credit
    return issue_credit(credit, on=day_in(credit.agency, at), at=at)


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
            on=day_in(invoice.agency, at),
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
    return cancel(invoice, on=day_in(invoice.agency, at), at=at)


def bring_back(invoice: Invoice, *, at: datetime) -> Invoice:
    """Restore what is archived or deleted; what is neither is cancelled or reversed no more.

    The original has no way back from a cancellation: there a restore of such changes nothing.
    """
    if invoice.deleted_at or invoice.archived_at:
        return restore_invoice(invoice, at=at)
    if invoice.status == Invoice.Status.REVERSED:
        return undo_reversal(invoice, at=at)
    return reopen(invoice, at=at) if invoice.cancelled_on else restore_invoice(invoice, at=at)


def receive(
    client: Client,
    shares: Sequence[Share],
    credits_: Sequence[tuple[Credit, Decimal]],
    *,
    amount: Decimal,
    on: date,
    by: Membership,
    at: datetime,
    **facts: Any,
) -> Payment | None:
    """Settle these invoices, the credits first, then a payment; what is left stays on account.

    Drafts among them are issued. None where credits alone paid: money has not moved.
    """
    client = hold_client(client.pk)
    # As they are now that nobody else changes them: another payment may have issued a draft.
    shares = [(mark_sent(hold_invoice(invoice), at=at), part) for invoice, part in shares]
    currencies = {invoice.currency for invoice, _ in shares}
    shares = _credited(shares, credits_, on=on, at=at)
    if not amount:
        return None
    return record_payment(
        client,
        amount=amount,
        on=on,
        by=by,
        at=at,
        currency=currencies.pop() if len(currencies) == 1 else "",
        shares=shares,
        **facts,
    )


def _credited(
    shares: Sequence[Share],
    credits_: Sequence[tuple[Credit, Decimal]],
    *,
    on: date,
    at: datetime,
) -> list[Share]:
    """Apply the credits in this order; returns what is left for money to settle."""
    left = list(shares)
    for credit, given in credits_:
        taken: list[Share] = []
        rest: list[Share] = []
        for invoice, part in left:
            share = min(given, part)
            given -= share
            taken += [(invoice, share)] if share else []
            rest += [(invoice, part - share)] if part > share else []
        apply(credit, taken, on=on, at=at)
        left = rest
    return left
