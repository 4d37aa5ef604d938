"""Shares that go with what is deleted, kept with it, and put back when it is restored."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from agencies.errors import DomainError
from billing.applying import (
    Source,
    Taken,
    hold_invoice,
    left_of,
    put,
    release,
    released_change,
)
from billing.holding import worded
from billing.ledger import Change
from billing.models import Credit, Invoice, Payment


class MoneyUsedElsewhere(DomainError):
    """What was settled before cannot be settled again: the money or the debt has gone elsewhere."""

    code = "money_used_elsewhere"


def release_source(source: Source, *, on: date | None = None) -> list[Change]:
    """Take a payment or credit off every invoice; `source.released` remembers what there was."""
    invoices = {one.invoice_id: one.invoice for one in source.allocations.select_related("invoice")}
    taken = [
        share
        for _, invoice in sorted(invoices.items())
        for share in _all_of(source, hold_invoice(invoice))
    ]
    source.released = [remembered(share) for share in taken]
    return [released_change(source, share, on=on) for share in taken]


def put_back_source(source: Source) -> list[Change]:
    """The reverse. Raises MoneyUsedElsewhere."""
    changes = []
    for share in recalled(source.released):
        refuse_used(source, share)
        changes.append(put(source, share))
    source.released = []
    return changes


def remembered(share: Taken) -> dict[str, Any]:
    """A share as it is stored in `released`."""
    return {
        "invoice": share.invoice.pk,
        "amount": str(share.amount),
        "on": share.on.isoformat(),
    }


def recalled(released: Iterable[dict[str, Any]]) -> list[Taken]:
    """Shares that were stored, their invoices held and as they are now, oldest first."""
    invoices: dict[int, Invoice] = {}
    shares = []
    for one in sorted(released, key=lambda one: (one["invoice"], one["on"])):
        pk = one["invoice"]
        invoices[pk] = invoices.get(pk) or hold_invoice(Invoice(pk=pk))
        amount, on = Decimal(one["amount"]), date.fromisoformat(one["on"])
        shares.append(Taken(invoices[pk], amount, on))
    return shares


def refuse_used(source: Source, share: Taken) -> None:
    """Raises MoneyUsedElsewhere where the share does not fit any more."""
    invoice = share.invoice
    room = invoice.cancelled if invoice.cancelled_on else invoice.balance
    if invoice.deleted_at or source.deleted_at or share.amount > min(room, left_of(source)):
        raise MoneyUsedElsewhere(
            f"{source} settled {worded(share.amount, source)} of {invoice}, which is not possible "
            "any more. Undo what was done since, then try again."
        )


def _all_of(source: Source, invoice: Invoice) -> list[Taken]:
    total = sum(
        source.allocations.filter(invoice=invoice).values_list("amount", flat=True), Decimal(0)
    )
    return release(source, invoice, total)


def sources_of(invoice: Invoice) -> list[Source]:
    """Payments and credits that settle the invoice, held; the caller holds the client."""
    payments = Payment.objects.select_for_update(no_key=True).order_by("pk")
    credits_ = Credit.objects.select_for_update(no_key=True).order_by("pk")
    shares = invoice.allocations.all()
    return [
        *payments.filter(pk__in=shares.values("payment")),
        *credits_.filter(pk__in=shares.values("credit")),
    ]
