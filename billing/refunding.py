"""Money paid back: out of a payment or a credit, and taken back if it never happened."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from agencies.errors import DomainError
from agencies.models import Membership
from billing import ledger
from billing.applying import (
    NotEnoughLeft,
    Share,
    Source,
    Taken,
    applied_to,
    hold_invoice,
    left_of,
    put,
    refuse_unusable,
    release,
    released_change,
    save_source,
)
from billing.holding import exact, hold, worded
from billing.ledger import Change, Kind
from billing.models import Credit, Payment, Refund
from billing.releasing import recalled, refuse_used, remembered


class RefundUndone(DomainError):
    code = "refund_undone"


class RefundedBeforePaid(DomainError):
    code = "refunded_before_paid"


@transaction.atomic
def refund(
    source: Source,
    *,
    amount: Decimal,
    on: date,
    by: Membership | None,
    at: datetime,
    shares: Sequence[Share] | None = None,
    **facts: Any,
) -> Refund:
    """Pay back `amount`, in major units of the source's currency; returns the refund.

    `shares` say from which invoices it is taken, which are open again by as much; without them it
    is taken from what is on account, then from the invoices settled last. Raises NotEnoughLeft,
    NotOpen, RefundedBeforePaid and BadAmount.
    """
    client, held = hold(source)
    refuse_unusable(held)
    exact(amount, held.currency)
    first_day = held.issued_on if isinstance(held, Credit) else held.paid_on
    if first_day and on < first_day:
        raise RefundedBeforePaid("Money is paid back on the day it came or later.", field="on")
    taken = _take(held, amount, shares)
    if amount > left_of(held):
        raise NotEnoughLeft(
            f"Only {worded(left_of(held), held)} of {held} can be refunded.", field="amount"
        )
    held.refunded += amount
    owner = {"credit": held} if isinstance(held, Credit) else {"payment": held}
    made = Refund.objects.create(
        agency_id=held.agency_id, amount=amount, refunded_on=on, created_by=by, created_at=at,
        released=[remembered(share) for share in taken], **owner, **facts,
    )  # fmt: skip
    save_source(held, at=at)
    # The invoice was settled until the day the money went back.
    changes = [released_change(held, share, on=on) for share in taken]
    ledger.append(client.pk, held.currency, [*changes, _paid_back(held, made, amount)])
    return made


@transaction.atomic
def undo_refund(made: Refund, *, at: datetime) -> Source:
    """As if the money had stayed; what was taken off invoices settles them again.

    Raises RefundUndone and MoneyUsedElsewhere.
    """
    client, held = hold(made.source)
    refuse_unusable(held)
    made = Refund.objects.select_for_update().get(pk=made.pk)
    if made.undone_at:
        raise RefundUndone("This refund was taken back before.")
    held.refunded -= made.amount
    changes = [_paid_back(held, made, -made.amount)]
    for share in recalled(made.released):
        refuse_used(held, share)
        put(held, share)
        # The day it had been taken off; the share itself has its old one.
        changes.append(released_change(held, _negative(share), on=made.refunded_on))
    made.undone_at = at
    made.save(update_fields=["undone_at"])
    save_source(held, at=at)
    ledger.append(client.pk, held.currency, changes)
    return held


def _take(source: Source, amount: Decimal, shares: Sequence[Share] | None) -> list[Taken]:
    taken: list[Taken] = []
    if shares is None:
        missing = amount - left_of(source)
        for allocation in source.allocations.select_related("invoice").order_by("-on", "-id"):
            part = min(missing, allocation.amount)
            if part > 0:
                taken += release(source, hold_invoice(allocation.invoice), part)
                missing -= part
        return taken
    for invoice, part in shares:
        held = hold_invoice(invoice)
        there = applied_to(source, held)
        if exact(part, source.currency) > there:
            raise NotEnoughLeft(
                f"Only {worded(there, source)} of {source} is applied to {held}.", field="amount"
            )
        taken += release(source, held, part)
    return taken


def _negative(share: Taken) -> Taken:
    return Taken(share.invoice, -share.amount, share.on)


def _paid_back(source: Source, made: Refund, amount: Decimal) -> Change:
    kind = Kind.REFUND_UNDONE if amount < 0 else Kind.PAYMENT_REFUNDED
    if isinstance(source, Payment):
        return Change(
            kind, on=made.refunded_on, paid_to_date=-amount, payment_balance=-amount,
            payment=source, refund=made,
        )  # fmt: skip
    if amount > 0:
        kind = Kind.CREDIT_REFUNDED
    return Change(kind, on=made.refunded_on, credit_balance=-amount, credit=source, refund=made)
