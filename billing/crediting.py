"""Credits: given back for an invoice or freely, used, taken out of the books and put back."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from agencies.errors import DomainError
from agencies.models import Membership
from billing import ledger
from billing.applying import save_source
from billing.drafting import Item, draft_credit
from billing.holding import BadAmount, exact, hold, worded
from billing.issuing import correctable, issue_credit, refuse_excess
from billing.ledger import Change, Kind
from billing.models import Credit, Invoice
from billing.releasing import put_back_source, release_source
from billing.standing import reversal_of
from billing.totals import spread

_ZERO = Decimal(0)


class NothingToCorrect(DomainError):
    """A draft or deleted invoice, or one that was credited whole."""

    code = "nothing_to_correct"


class IsReversal(DomainError):
    code = "is_reversal"


class RefundedAlready(DomainError):
    code = "refunded_already"


@transaction.atomic
def credit_invoice(
    invoice: Invoice,
    *,
    on: date,
    by: Membership | None,
    at: datetime,
    amount: Decimal | None = None,
    note: str = "",
) -> Credit:
    """Issue a credit over `amount` of an invoice, tax included, or all that is not credited yet.

    Its tax is the invoice's in proportion; the last credit takes what rounding left, so that all
    of them together never exceed the invoice, in total or in tax. It is not applied yet. Raises
    NothingToCorrect, ExceedsInvoice and BadAmount.
    """
    client, held = hold(invoice)
    left = correctable(held)
    if not held.is_issued or held.deleted_at or left <= 0:
        raise NothingToCorrect(f"Nothing of {held} is left to credit.")
    wanted = left if amount is None else exact(amount, held.currency)
    if wanted > left:
        raise BadAmount(f"Only {worded(left, held)} of {held} is not credited yet.", field="amount")
    shares = _shares(held, wanted)
    lines = [
        Item(
            quantity=Decimal(1), price=gross, tax_name=name, tax_rate=rate,
            description=note or f"Correction of {held.number}",
        )
        for (name, rate), (gross, _) in shares.items()
    ]  # fmt: skip
    credit = draft_credit(
        client, by=by, lines=lines, at=at, currency=held.currency, invoice=held, includes_tax=True
    )
    credit.taxes = [
        {"name": name, "rate": str(rate), "base": str(gross - tax), "tax": str(tax)}
        for (name, rate), (gross, tax) in shares.items()
        if rate or name
    ]
    credit.tax_total = sum((tax for _, tax in shares.values()), _ZERO)
    credit.save(update_fields=["taxes", "tax_total"])
    return issue_credit(credit, on=max(on, held.issued_on or on), at=at)


@transaction.atomic
def delete_credit(credit: Credit, *, at: datetime) -> Credit:
    """Take it out of the books, as if it had never been; what it settled is open again.

    Once more changes nothing. Raises RefundedAlready, and IsReversal for what reversed an invoice.
    """
    if credit.invoice and reversal_of(credit.invoice) == credit.pk:
        raise IsReversal(f"{credit} reversed {credit.invoice}. Undo the reversal instead.")
    return take_out(credit, at=at)


@transaction.atomic
def take_out(credit: Credit, *, at: datetime) -> Credit:
    """Delete it whatever it stands for; for billing.cancelling."""
    client, held = hold(credit)
    if held.deleted_at:
        return held
    if held.refunded:
        raise RefundedAlready("This credit was refunded. Undo the refund first.")
    changes: list[Change] = []
    if held.is_issued:
        changes = release_source(held)
        changes.append(_given(Kind.CREDIT_DELETED, held, -held.total))
        held.balance = _ZERO
    held.deleted_at = held.updated_at = at
    held.save(update_fields=["applied", "balance", "released", "deleted_at", "updated_at"])
    ledger.append(client.pk, held.currency, changes)
    return held


@transaction.atomic
def restore_credit(credit: Credit, *, at: datetime) -> Credit:
    """Put it back as it was, with what it settled; takes it out of the archive as well.

    Raises MoneyUsedElsewhere and ExceedsInvoice.
    """
    client, held = hold(credit)
    held.archived_at = None
    changes: list[Change] = []
    if held.deleted_at:
        held.deleted_at = None
        if held.is_issued:
            refuse_excess(held)
            changes = [_given(Kind.CREDIT_RESTORED, held, held.total), *put_back_source(held)]
    held.updated_at = at
    held.save(update_fields=["released", "archived_at", "deleted_at", "updated_at"])
    if held.is_issued:
        save_source(held, at=at)
    ledger.append(client.pk, held.currency, changes)
    return held


@transaction.atomic
def archive_credit(credit: Credit, *, at: datetime) -> Credit:
    """Put aside; no figure changes. Once more changes nothing."""
    _, held = hold(credit)
    if not held.archived_at:
        held.archived_at = held.updated_at = at
        held.save(update_fields=["archived_at", "updated_at"])
    return held


def _given(kind: Kind, credit: Credit, amount: Decimal) -> Change:
    assert credit.issued_on  # noqa: S101 (issued; said for the type checker)
    return Change(kind, on=credit.issued_on, credit_balance=amount, credit=credit)


def _shares(
    invoice: Invoice, amount: Decimal
) -> dict[tuple[str, Decimal], tuple[Decimal, Decimal]]:
    """By tax name and rate: how much of it this credit takes, and how much of that is tax."""
    groups = _groups(invoice)
    before = _corrections(invoice)
    so_far = sum((credit.total for credit in before), _ZERO) + amount
    wholes = [gross for gross, _ in groups.values()]
    upto = spread(so_far, wholes, invoice.currency)
    shares = {}
    for (key, (gross, tax)), gross_upto in zip(groups.items(), upto, strict=True):
        tax_upto = spread(tax, [gross_upto, gross - gross_upto], invoice.currency)[0]
        gross_before, tax_before = _credited(before, key)
        part = (gross_upto - gross_before, tax_upto - tax_before)
        if part != (_ZERO, _ZERO):
            shares[key] = part
    return shares


def _groups(invoice: Invoice) -> dict[tuple[str, Decimal], tuple[Decimal, Decimal]]:
    """What the invoice consists of, by tax: with it, and the tax."""
    groups = {}
    for one in invoice.taxes:
        tax = Decimal(one["tax"])
        groups[one["name"], Decimal(one["rate"])] = (Decimal(one["base"]) + tax, tax)
    untaxed = invoice.total - sum((gross for gross, _ in groups.values()), _ZERO)
    if untaxed:
        groups["", _ZERO] = (untaxed, _ZERO)
    return groups


def _corrections(invoice: Invoice) -> list[Credit]:
    return list(Credit.objects.issued().filter(invoice=invoice))


def _credited(credits_: Sequence[Credit], key: tuple[str, Decimal]) -> tuple[Decimal, Decimal]:
    gross = tax = _ZERO
    for credit in credits_:
        taxed = _ZERO
        for one in credit.taxes:
            both = Decimal(one["base"]) + Decimal(one["tax"])
            taxed += both
            if (one["name"], Decimal(one["rate"])) == key:
                gross += both
                tax += Decimal(one["tax"])
        if key == ("", _ZERO):
            gross += credit.total - taxed
    return gross, tax
