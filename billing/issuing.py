"""Issuing: a draft gets its number, is frozen, and is owed from then on."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from agencies.errors import DomainError
from billing import ledger
from billing.drafting import AlreadyIssued, DocumentIsDeleted, refuse_early_due
from billing.holding import hold, worded
from billing.ledger import Change, Kind
from billing.models import Credit, Invoice, NumberSeries
from billing.numbering import take_number
from billing.parties import buyer_of, seller_of
from billing.standing import standing_of
from clients.models import Client


class NothingToIssue(DomainError):
    code = "nothing_to_issue"


class DueTooLate(DomainError):
    code = "due_too_late"


class ExceedsInvoice(DomainError):
    """All credits of an invoice together would be more than the invoice."""

    code = "exceeds_invoice"


@transaction.atomic
def issue(invoice: Invoice, *, on: date, at: datetime) -> Invoice:
    """Number a draft, freeze it, and let the client owe it; returns it as it is now.

    Issued on its own date where it has one, else on `on`; due after the client's days, or the
    agency's, where no date is given. Raises AlreadyIssued, DocumentIsDeleted, NothingToIssue and
    DueBeforeIssue.
    """
    client, held = hold(invoice)
    _refuse(held)
    held.issued_on = held.issued_on or on
    held.due_on = held.due_on or _due(held.issued_on, days=terms_of(client))
    refuse_early_due(held.issued_on, held.due_on)
    _freeze(held, client, NumberSeries.Kind.INVOICE, at=at)
    held.status = standing_of(held)
    held.save()
    ledger.append(
        client.pk,
        held.currency,
        [
            Change(
                Kind.INVOICE_ISSUED,
                on=held.issued_on,
                balance=held.total,
                total_billed=held.total,
                invoice=held,
            )
        ],
    )
    return held


@transaction.atomic
def issue_credit(credit: Credit, *, on: date, at: datetime) -> Credit:
    """Number a draft and let the client use it; see issue(). Raises ExceedsInvoice as well."""
    client, held = hold(credit)
    _refuse(held)
    held.issued_on = held.issued_on or on
    refuse_excess(held)
    _freeze(held, client, NumberSeries.Kind.CREDIT, at=at)
    held.status = standing_of(held)
    held.save()
    ledger.append(
        client.pk,
        held.currency,
        [Change(Kind.CREDIT_ISSUED, on=held.issued_on, credit_balance=held.total, credit=held)],
    )
    return held


def terms_of(client: Client) -> int:
    """Days until the client's new invoices are due."""
    days = client.invoice_due_days
    return client.agency.payment_terms_days if days is None else days


def _due(issued_on: date, *, days: int) -> date:
    try:
        return issued_on + timedelta(days=days)
    except OverflowError as error:
        raise DueTooLate("It would be due after the year 9999.", field="due_on") from error


def correctable(invoice: Invoice) -> Decimal:
    """How much of an invoice no credit has given back yet."""
    credited = Credit.objects.issued().filter(invoice=invoice).aggregate(sum=Sum("total"))["sum"]
    return invoice.total - (credited or Decimal(0))


def refuse_excess(credit: Credit) -> None:
    """Raises ExceedsInvoice; for a credit that is about to count."""
    if credit.invoice and credit.total > correctable(credit.invoice):
        raise ExceedsInvoice(
            f"Only {worded(correctable(credit.invoice), credit)} of {credit.invoice} is not "
            "credited yet.",
            field="lines",
        )


def _refuse(document: Invoice | Credit) -> None:
    if document.deleted_at:
        raise DocumentIsDeleted("This is deleted. Restore it first.")
    if document.is_issued:
        raise AlreadyIssued(f"{document} was already issued.")
    if not document.lines.exists():
        raise NothingToIssue("There is no line on it. Add one first.", field="lines")


def _freeze(
    document: Invoice | Credit, client: Client, kind: NumberSeries.Kind, *, at: datetime
) -> None:
    assert document.issued_on  # noqa: S101 (set by the caller; said for the type checker)
    document.number = document.number or take_number(client, kind, on=document.issued_on)
    document.language = language = client.language or client.agency.language
    document.buyer = buyer_of(client, language=language)
    document.seller = seller_of(client.agency, language=language)
    document.balance = document.total
    document.issued_at = document.updated_at = at
