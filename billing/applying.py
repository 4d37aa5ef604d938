"""What of a payment or credit settles which invoice. Applying moves no money: it says what for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from agencies.errors import DomainError
from billing import ledger
from billing.holding import DocumentGone, exact, hold, worded
from billing.ledger import Change, Kind
from billing.models import Allocation, Credit, Invoice, Payment
from billing.standing import standing_of

Source: TypeAlias = Payment | Credit
Share: TypeAlias = tuple[Invoice, Decimal]


class NotEnoughLeft(DomainError):
    """The payment or credit has less left than was asked for."""

    code = "not_enough_left"


class MoreThanOpen(DomainError):
    """Less is open on the invoice than was to be settled."""

    code = "more_than_open"


class OtherCurrency(DomainError):
    code = "other_currency"


class OtherClient(DomainError):
    code = "other_client"


class NotOpen(DomainError):
    """A draft, cancelled or deleted invoice, or a deleted or unissued source."""

    code = "not_open"


class NotApplied(DomainError):
    code = "not_applied"


@dataclass(frozen=True)
class Taken:
    """What was taken off an invoice, so that it can be put there again."""

    invoice: Invoice
    amount: Decimal
    on: date


@transaction.atomic
def apply(source: Source, shares: Sequence[Share], *, on: date, at: datetime) -> Source:
    """Settle invoices with what is left of a payment or credit; returns it as it is now.

    Amounts in major units of its currency. It counts from `on`, or from the day of the later of
    both documents. Raises NotEnoughLeft, MoreThanOpen, OtherCurrency, OtherClient, NotOpen and
    BadAmount.
    """
    client, held = hold(source)
    refuse_unusable(held)
    changes = [
        settle(held, hold_invoice(invoice), exact(amount, held.currency), on=on)
        for invoice, amount in shares
    ]
    save_source(held, at=at)
    ledger.append(client.pk, held.currency, changes)
    return held


@transaction.atomic
def unapply(
    source: Source, invoice: Invoice, *, at: datetime, amount: Decimal | None = None
) -> Source:
    """Take a payment or credit off an invoice, all of it or `amount`, newest first.

    It counts as if it had never been there. Raises NotApplied, NotEnoughLeft and BadAmount.
    """
    client, held = hold(source)
    invoice = hold_invoice(invoice)
    there = applied_to(held, invoice)
    if not there:
        raise NotApplied(f"Nothing of {held} is applied to {invoice}.")
    wanted = there if amount is None else exact(amount, held.currency)
    if wanted > there:
        raise NotEnoughLeft(
            f"Only {worded(there, held)} of {held} is applied to {invoice}.", field="amount"
        )
    taken = release(held, invoice, wanted)
    changes = [released_change(held, one) for one in taken]
    save_source(held, at=at)
    ledger.append(client.pk, held.currency, changes)
    return held


def oldest_first(client_id: int, currency: str, amount: Decimal) -> list[Share]:
    """How `amount` settles the client's open invoices, by due date; the rest settles none."""
    shares = []
    open_ones = Invoice.objects.open().filter(client_id=client_id, currency=currency)
    for invoice in open_ones.order_by(F("due_on").asc(nulls_last=True), "issued_on", "id"):
        part = min(amount, invoice.balance)
        if part <= 0:
            break
        shares.append((invoice, part))
        amount -= part
    return shares


def refuse_unusable(source: Source) -> None:
    if source.deleted_at:
        raise NotOpen(f"{source} is deleted. Restore it first.")
    if isinstance(source, Credit) and not source.is_issued:
        raise NotOpen("This credit is a draft. Issue it first.")


def left_of(source: Source) -> Decimal:
    """What can still be used, in major units."""
    whole = source.total if isinstance(source, Credit) else source.amount
    return whole - source.applied - source.refunded


def applied_to(source: Source, invoice: Invoice) -> Decimal:
    """How much of the source settles the invoice now."""
    parts = _allocations(source).filter(invoice=invoice).values_list("amount", flat=True)
    return sum(parts, Decimal(0))


def hold_invoice(invoice: Invoice) -> Invoice:
    """As it is now, held; the caller holds the client. Raises DocumentGone."""
    held = Invoice.objects.select_for_update(no_key=True).filter(pk=invoice.pk).first()
    if held is None:
        raise DocumentGone("This invoice was removed meanwhile.")
    return held


def settle(source: Source, invoice: Invoice, amount: Decimal, *, on: date) -> Change:
    """Both held: put `amount` on the invoice; the caller saves the source and appends the change.

    Raises what apply() raises.
    """
    if invoice.client_id != source.client_id:
        raise OtherClient(f"{invoice} is another client's.", field="invoice")
    if invoice.currency != source.currency:
        raise OtherCurrency(
            f"{invoice} is in {invoice.currency} and {source} in {source.currency}.",
            field="currency",
        )
    if not invoice.is_issued or invoice.deleted_at or invoice.cancelled_on:
        raise NotOpen(f"{invoice} is not open.", field="invoice")
    if amount > left_of(source):
        raise NotEnoughLeft(
            f"Only {worded(left_of(source), source)} of {source} is left.", field="amount"
        )
    if amount > invoice.balance:
        raise MoreThanOpen(
            f"Only {worded(invoice.balance, invoice)} of {invoice} is open.", field="amount"
        )
    day = max(on, _day_of(source), invoice.issued_on or on)
    return put(source, Taken(invoice, amount, day))


def put(source: Source, share: Taken) -> Change:
    """Put a share on its invoice on its day, without asking whether it may."""
    invoice, amount = share.invoice, share.amount
    allocation, created = source.allocations.get_or_create(
        invoice=invoice,
        on=share.on,
        defaults={"agency_id": source.agency_id, "amount": amount},
    )
    if not created:
        allocation.amount += amount
        allocation.save(update_fields=["amount"])
    _move(source, invoice, amount)
    return _change(source, invoice, amount, on=share.on)


def release(source: Source, invoice: Invoice, amount: Decimal) -> list[Taken]:
    """Take `amount` off the invoice, the newest shares first; returns what was taken."""
    taken = []
    for allocation in _allocations(source).filter(invoice=invoice).order_by("-on", "-id"):
        part = min(amount, allocation.amount)
        if part <= 0:
            break
        if part == allocation.amount:
            allocation.delete()
        else:
            allocation.amount -= part
            allocation.save(update_fields=["amount"])
        taken.append(Taken(invoice, part, allocation.on))
        amount -= part
    _move(source, invoice, -sum((one.amount for one in taken), Decimal(0)))
    return taken


def released_change(source: Source, share: Taken, *, on: date | None = None) -> Change:
    """The entry for a share that was taken off; on its own day, as if it had never been."""
    return _change(source, share.invoice, -share.amount, on=on or share.on)


def save_source(source: Source, *, at: datetime) -> None:
    """Store how much of it is used."""
    source.updated_at = at
    if isinstance(source, Credit):
        source.balance = source.total - source.applied - source.refunded
        source.status = standing_of(source)
        source.save(update_fields=["applied", "refunded", "balance", "status", "updated_at"])
    else:
        source.save(update_fields=["applied", "refunded", "updated_at"])


def save_invoice(invoice: Invoice) -> None:
    """Store what is open of it, and where it stands."""
    invoice.status = standing_of(invoice)
    invoice.updated_at = timezone.now()
    invoice.save(update_fields=["balance", "cancelled", "cancelled_on", "status", "updated_at"])


def _move(source: Source, invoice: Invoice, amount: Decimal) -> None:
    source.applied += amount
    if invoice.cancelled_on:
        # Nobody owes what comes off a cancelled invoice.
        invoice.cancelled -= amount
    else:
        invoice.balance -= amount
    save_invoice(invoice)


def _change(source: Source, invoice: Invoice, amount: Decimal, *, on: date) -> Change:
    """The entry for a share put on (plus) or taken off (minus)."""
    owed = Decimal(0) if invoice.cancelled_on else amount
    facts: dict[str, Any] = {"on": on, "balance": -owed, "total_billed": amount - owed}
    if isinstance(source, Credit):
        return Change(
            Kind.CREDIT_APPLIED if amount > 0 else Kind.CREDIT_UNAPPLIED,
            **facts, credit_balance=-amount, paid_to_date=amount, invoice=invoice, credit=source,
        )  # fmt: skip
    return Change(
        Kind.PAYMENT_APPLIED if amount > 0 else Kind.PAYMENT_UNAPPLIED,
        **facts, payment_balance=-amount, invoice=invoice, payment=source,
    )  # fmt: skip


def _allocations(source: Source) -> QuerySet[Allocation]:
    return source.allocations.all()


def _day_of(source: Source) -> date:
    day = source.issued_on if isinstance(source, Credit) else source.paid_on
    assert day  # noqa: S101 (an issued credit has one; said for the type checker)
    return day
