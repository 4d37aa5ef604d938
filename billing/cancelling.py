"""Invoices that are not owed after all: cancelled, reversed or deleted; each can be undone."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from agencies.errors import DomainError
from agencies.models import Membership
from billing import ledger
from billing.applying import (
    Source,
    Taken,
    applied_to,
    left_of,
    put,
    release,
    released_change,
    save_invoice,
    save_source,
    settle,
)
from billing.crediting import credit_invoice, take_out
from billing.holding import hold
from billing.ledger import Change, Kind
from billing.models import Credit, Invoice, Payment
from billing.releasing import MoneyUsedElsewhere, refuse_used, sources_of
from billing.standing import reversal_of, standing_of

_ZERO = Decimal(0)
# Why something came off an invoice.
_DELETION, _REVERSAL, _CREDIT = "deletion", "reversal", "credit"


class NotCancellable(DomainError):
    """A draft, a deleted invoice, or one of which nothing is open."""

    code = "not_cancellable"


class NotCancelled(DomainError):
    code = "not_cancelled"


class NotReversed(DomainError):
    code = "not_reversed"


@transaction.atomic
def cancel(invoice: Invoice, *, on: date, at: datetime) -> Invoice:
    """Ask no more for what is open of it; what was paid stays paid. Raises NotCancellable."""
    client, held = hold(invoice)
    if not held.is_issued or held.deleted_at or held.balance <= 0:
        raise NotCancellable(f"Nothing of {held} is open, so there is nothing to cancel.")
    held.cancelled, held.balance = held.balance, _ZERO
    held.cancelled_on = max(on, held.issued_on or on)
    save_invoice(held)
    change = _open_less(Kind.INVOICE_CANCELLED, held, held.cancelled, on=held.cancelled_on)
    ledger.append(client.pk, held.currency, [change])
    return held


@transaction.atomic
def reopen(invoice: Invoice, *, at: datetime) -> Invoice:
    """As if it had not been cancelled. Raises NotCancelled."""
    client, held = hold(invoice)
    if not held.cancelled_on or held.deleted_at:
        raise NotCancelled(f"{held} is not cancelled.")
    change = _open_less(Kind.INVOICE_REOPENED, held, -held.cancelled, on=held.cancelled_on)
    held.balance, held.cancelled, held.cancelled_on = held.cancelled, _ZERO, None
    save_invoice(held)
    ledger.append(client.pk, held.currency, [change])
    return held


@transaction.atomic
def reverse(invoice: Invoice, *, on: date, by: Membership | None, at: datetime) -> Credit:
    """Give all of it back: what was paid is on account again, a credit settles the whole.

    Returns the credit. Raises NotCancellable where a credit of it was used otherwise.
    """
    client, held = hold(invoice)
    if not held.is_issued or held.deleted_at or held.cancelled_on:
        raise NotCancellable(f"{held} is not open, so there is nothing to reverse.")
    freed = _take_off(held, Payment, why=_REVERSAL)
    ledger.append(client.pk, held.currency, freed.changes)
    credit = credit_invoice(held, on=on, by=by, at=at)
    held.refresh_from_db()
    if left_of(credit) < held.balance:
        raise NotCancellable(f"{held} was corrected before. Credit what is left of it instead.")
    if held.balance:
        change = settle(credit, held, held.balance, on=on)
        save_source(credit, at=at)
        ledger.append(client.pk, held.currency, [change])
    held.released = [{"reversal": credit.pk, "why": _CREDIT}, *freed.released]
    held.status = standing_of(held)
    held.save(update_fields=["status", "released"])
    return credit


@transaction.atomic
def undo_reversal(invoice: Invoice, *, at: datetime) -> Invoice:
    """Take the credit back, and let the payments settle it again.

    Raises NotReversed, RefundedAlready and MoneyUsedElsewhere.
    """
    client, held = hold(invoice)
    reversal = reversal_of(held)
    if not reversal or held.deleted_at:
        raise NotReversed(f"{held} is not reversed.")
    take_out(Credit.objects.get(pk=reversal), at=at)
    held.refresh_from_db()
    changes = _put_back(held, _because(_REVERSAL, held.released), at=at)
    held.released = []
    held.status = standing_of(held)
    held.save(update_fields=["status", "released"])
    ledger.append(client.pk, held.currency, changes)
    return held


@transaction.atomic
def delete_invoice(invoice: Invoice, *, at: datetime) -> Invoice:
    """Take it out of the books, as if it had never been; what settled it is free again.

    Its number stays taken. Once more changes nothing.
    """
    client, held = hold(invoice)
    if held.deleted_at:
        return held
    changes: list[Change] = []
    if held.is_issued and held.issued_on:
        former = held.cancelled
        freed = _take_off(held, Payment, Credit, why=_DELETION)
        changes += freed.changes
        held.released = [*held.released, *freed.released]
        # All of a cancelled one is cancelled by now, and owed no more.
        owed = held.total - held.cancelled
        changes.append(_open_less(Kind.INVOICE_DELETED, held, owed, on=held.issued_on))
        held.balance, held.cancelled = _ZERO, former
    held.deleted_at = held.updated_at = at
    held.save()
    ledger.append(client.pk, held.currency, changes)
    return held


@transaction.atomic
def restore_invoice(invoice: Invoice, *, at: datetime) -> Invoice:
    """Put it back as it was, with what settled it; takes it out of the archive as well.

    Raises MoneyUsedElsewhere.
    """
    client, held = hold(invoice)
    held.archived_at = None
    changes: list[Change] = []
    if held.deleted_at and held.is_issued and held.issued_on:
        former = held.cancelled
        held.cancelled = held.total if held.cancelled_on else _ZERO
        held.deleted_at, held.balance = None, held.total - held.cancelled
        changes.append(_open_less(Kind.INVOICE_RESTORED, held, -held.balance, on=held.issued_on))
        changes += _put_back(held, _because(_DELETION, held.released), at=at)
        held.released = [one for one in held.released if one["why"] != _DELETION]
        if held.cancelled != former:
            raise MoneyUsedElsewhere(f"{held} was cancelled otherwise than it is now.")
        held.status = standing_of(held)
    held.deleted_at, held.updated_at = None, at
    held.save()
    ledger.append(client.pk, held.currency, changes)
    return held


@transaction.atomic
def archive_invoice(invoice: Invoice, *, at: datetime) -> Invoice:
    """Put aside; no figure changes. Once more changes nothing."""
    _, held = hold(invoice)
    if not held.archived_at:
        held.archived_at = held.updated_at = at
        held.save(update_fields=["archived_at", "updated_at"])
    return held


@dataclass
class _Freed:
    """What came off an invoice: ledger entries, and what is remembered of it."""

    changes: list[Change] = field(default_factory=list)
    released: list[dict[str, Any]] = field(default_factory=list)


def _take_off(invoice: Invoice, *kinds: type[Payment] | type[Credit], why: str) -> _Freed:
    freed = _Freed()
    for source in sources_of(invoice):
        if isinstance(source, kinds):
            taken = release(source, invoice, applied_to(source, invoice))
            save_source(source, at=invoice.updated_at)
            freed.changes += [released_change(source, share) for share in taken]
            freed.released += [_remembered(source, share, why) for share in taken]
    return freed


def _put_back(invoice: Invoice, released: list[dict[str, Any]], *, at: datetime) -> list[Change]:
    """Settle the invoice again with what was taken off. Raises MoneyUsedElsewhere."""
    changes = []
    for one in sorted(released, key=lambda one: one["on"]):
        source = _source(one)
        share = Taken(invoice, Decimal(one["amount"]), date.fromisoformat(one["on"]))
        refuse_used(source, share)
        changes.append(put(source, share))
        save_source(source, at=at)
    return changes


def _remembered(source: Source, share: Taken, why: str) -> dict[str, Any]:
    kind = "credit" if isinstance(source, Credit) else "payment"
    return {kind: source.pk, "amount": str(share.amount), "on": share.on.isoformat(), "why": why}


def _source(one: dict[str, Any]) -> Source:
    found: Source | None
    if "credit" in one:
        found = Credit.objects.select_for_update(no_key=True).filter(pk=one["credit"]).first()
    else:
        found = Payment.objects.select_for_update(no_key=True).filter(pk=one["payment"]).first()
    if found is None:
        raise MoneyUsedElsewhere("What settled it is gone for good.")
    return found


def _because(why: str, released: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in released if one["why"] == why]


def _open_less(kind: Kind, invoice: Invoice, amount: Decimal, *, on: date) -> Change:
    """The entry for so much less, or with a minus more, to be owed of what was billed."""
    return Change(kind, on=on, balance=-amount, total_billed=-amount, invoice=invoice)
