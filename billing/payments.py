"""Money received: recorded once, kept on account or used, taken out of the books and put back."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from agencies.errors import DomainError
from agencies.models import Membership
from billing import ledger
from billing.applying import Share, hold_invoice, oldest_first, save_source, settle
from billing.holding import exact, hold
from billing.ledger import Change, Kind
from billing.models import NumberSeries, Payment
from billing.numbering import refuse_taken, take_number
from billing.releasing import put_back_source, release_source
from clients.creating import constraint_of
from clients.editing import hold_client
from clients.merging import currency_of
from clients.models import Client

# What may be changed of a payment: never how much, when, or whose.
_EDITABLE = frozenset({"method", "reference", "private_notes"})


class AlreadyRecorded(DomainError):
    """A payment with this external reference is there; `payment` is it."""

    code = "already_recorded"

    def __init__(self, payment: Payment) -> None:
        super().__init__(
            f"The payment {payment.external_reference} was recorded before, as {payment}.",
            field="external_reference",
        )
        self.payment = payment


class PaymentIsDeleted(DomainError):
    code = "payment_is_deleted"


class PaymentIsNotDeleted(DomainError):
    code = "payment_is_not_deleted"


class PaymentDoesNotChange(DomainError):
    code = "payment_does_not_change"


@transaction.atomic
def record_payment(
    client: Client,
    *,
    amount: Decimal,
    on: date,
    by: Membership | None,
    at: datetime,
    currency: str = "",
    number: str = "",
    shares: Sequence[Share] | None = None,
    **facts: Any,
) -> Payment:
    """Write down money received, in major units of `currency`, which is else the client's.

    `shares` say which invoices it settles, by how much; without them it is the oldest first. What
    is more than they take stays on account. `facts` are further fields of Payment; with an
    `external_reference` it is recorded once. Raises AlreadyRecorded, BadAmount,
    DocumentNumberTaken, ClientGone and what applying.apply() raises.
    """
    client = hold_client(client.pk)
    currency = currency or currency_of(client)
    exact(amount, currency)
    _refuse_twice(facts.get("external_reference", ""))
    refuse_taken(NumberSeries.Kind.PAYMENT, number)
    payment = Payment(
        agency_id=client.agency_id,
        client=client,
        number=number or take_number(client, NumberSeries.Kind.PAYMENT, on=on),
        currency=currency,
        amount=amount,
        paid_on=on,
        created_by=by,
        **{"created_at": at, "updated_at": at, **facts},
    )
    _insert(payment)
    if shares is None:
        shares = oldest_first(client.pk, currency, amount)
    changes = [_received(Kind.PAYMENT_RECORDED, payment, payment.amount)]
    for invoice, part in shares:
        changes.append(settle(payment, hold_invoice(invoice), exact(part, currency), on=on))
    save_source(payment, at=at)
    ledger.append(client.pk, currency, changes)
    return payment


@transaction.atomic
def edit_payment(payment: Payment, *, at: datetime, **facts: Any) -> Payment:
    """Change how it was paid, its reference or notes; facts that are as they were do not count.

    Raises PaymentDoesNotChange and PaymentIsDeleted.
    """
    _, held = hold(payment)
    changed = {name: value for name, value in facts.items() if getattr(held, name) != value}
    if held.deleted_at and changed:
        raise PaymentIsDeleted("This payment is deleted. Restore it to edit it.")
    if not changed.keys() <= _EDITABLE:
        name = sorted(changed.keys() - _EDITABLE)[0]
        raise PaymentDoesNotChange(
            "A payment's amount, day and client do not change. Delete it and record another.",
            field=name,
        )
    for name, value in changed.items():
        setattr(held, name, value)
    if changed:
        held.updated_at = at
        held.save(update_fields=[*changed, "updated_at"])
    return held


@transaction.atomic
def delete_payment(payment: Payment, *, at: datetime) -> Payment:
    """Take it out of the books, as if it had never come; what it settled is open again.

    Once more changes nothing.
    """
    client, held = hold(payment)
    if held.deleted_at:
        return held
    changes = release_source(held)
    changes.append(_received(Kind.PAYMENT_DELETED, held, -(held.amount - held.refunded)))
    held.deleted_at = held.updated_at = at
    held.save(update_fields=["applied", "released", "deleted_at", "updated_at"])
    ledger.append(client.pk, held.currency, changes)
    return held


@transaction.atomic
def restore_payment(payment: Payment, *, at: datetime) -> Payment:
    """Put it back as it was, with what it settled; takes it out of the archive as well.

    Raises MoneyUsedElsewhere where an invoice was settled otherwise or is gone.
    """
    client, held = hold(payment)
    held.archived_at = None
    changes = []
    if held.deleted_at:
        held.deleted_at = None
        received = _received(Kind.PAYMENT_RESTORED, held, held.amount - held.refunded)
        changes = [received, *put_back_source(held)]
    held.updated_at = at
    held.save(update_fields=["applied", "released", "archived_at", "deleted_at", "updated_at"])
    ledger.append(client.pk, held.currency, changes)
    return held


@transaction.atomic
def archive_payment(payment: Payment, *, at: datetime) -> Payment:
    """Put aside; no figure changes. Once more changes nothing."""
    _, held = hold(payment)
    if not held.archived_at:
        held.archived_at = held.updated_at = at
        held.save(update_fields=["archived_at", "updated_at"])
    return held


def _received(kind: Kind, payment: Payment, amount: Decimal) -> Change:
    return Change(
        kind, on=payment.paid_on, paid_to_date=amount, payment_balance=amount, payment=payment
    )


def _refuse_twice(reference: str) -> None:
    if reference:
        known = Payment.objects.filter(external_reference=reference).first()
        if known:
            raise AlreadyRecorded(known)


def _insert(payment: Payment) -> None:
    try:
        with transaction.atomic():
            payment.save(force_insert=True)
    except IntegrityError as error:
        # Reported for another client at the same moment: that one is committed now.
        if constraint_of(error) != "payment_reported_once":
            raise
        _refuse_twice(payment.external_reference)
        raise
