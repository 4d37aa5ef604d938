"""Invoices and credits before they are issued: written, reckoned, written again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction

from agencies.errors import DomainError
from agencies.models import Membership
from billing.holding import BadAmount, hold
from billing.models import Credit, CreditLine, Invoice, InvoiceLine, NumberSeries
from billing.numbering import refuse_taken
from billing.settings import settings_of
from billing.totals import Priced, Rounding, Totals, reckon
from clients.editing import hold_client
from clients.merging import currency_of
from clients.models import Client

Drafted = TypeVar("Drafted", bound="Invoice | Credit")

_LARGEST = Decimal(10) ** 12
_KINDS = {Invoice: NumberSeries.Kind.INVOICE, Credit: NumberSeries.Kind.CREDIT}
# What may be changed on an issued document: its paper does not say it.
_INTERNAL = frozenset({"private_notes", "project", "assigned_to", "payment_url"})


class AlreadyIssued(DomainError):
    code = "already_issued"


class DocumentIsDeleted(DomainError):
    code = "document_is_deleted"


class ProjectOfAnother(DomainError):
    code = "project_of_another"


class DueBeforeIssue(DomainError):
    code = "due_before_issue"


@dataclass(frozen=True)
class Item(Priced):
    """A line as somebody writes it; see Priced for the units."""

    product: str = ""
    description: str = ""


@transaction.atomic
def draft_invoice(
    client: Client,
    *,
    by: Membership | None,
    lines: Sequence[Item],
    at: datetime,
    currency: str = "",
    number: str = "",
    **facts: Any,
) -> Invoice:
    """Write an invoice that nobody owes yet; `facts` are fields of Invoice.

    Without a currency it is the client's; without a number one is given at issue. Terms, footer and
    whether prices include tax are the agency's unless given. Raises BadAmount, DocumentNumberTaken,
    ProjectOfAnother, DueBeforeIssue and ClientGone.
    """
    settings = settings_of(client.agency)
    texts = {"terms": settings.invoice_terms, "footer": settings.invoice_footer}
    return _draft(
        Invoice, client, by=by, lines=lines, at=at, currency=currency, number=number,
        **{**texts, **facts},
    )  # fmt: skip


@transaction.atomic
def draft_credit(
    client: Client,
    *,
    by: Membership | None,
    lines: Sequence[Item],
    at: datetime,
    currency: str = "",
    number: str = "",
    **facts: Any,
) -> Credit:
    """Write a credit that nobody can use yet; see draft_invoice()."""
    return _draft(
        Credit, client, by=by, lines=lines, at=at, currency=currency, number=number, **facts
    )


@transaction.atomic
def edit_document(
    document: Drafted, *, at: datetime, lines: Sequence[Item] | None = None, **facts: Any
) -> Drafted:
    """Change the given facts, and all lines where some are given; returns it as it is now.

    Of an issued document only what its paper does not say changes; facts that are as they were do
    not count. Raises AlreadyIssued, DocumentIsDeleted and what draft_invoice() raises.
    """
    client, held = hold(document)
    if held.deleted_at:
        raise DocumentIsDeleted("This is deleted. Restore it to edit it.")
    changed = {name: value for name, value in facts.items() if getattr(held, name) != value}
    if lines is not None and same_lines(held, lines):
        lines = None
    spoken = [*sorted(changed.keys() - _INTERNAL), *(["lines"] if lines is not None else [])]
    if held.is_issued and spoken:
        raise AlreadyIssued(
            f"{held} is issued and does not change. Correct it with a credit.", field=spoken[0]
        )
    if not changed and lines is None:
        return held
    for name, value in changed.items():
        setattr(held, name, value)
    held.updated_at = at
    if held.is_issued:
        held.save(update_fields=[*changed, "updated_at"])
        return held
    return _store(held, client, lines)


def items_of(document: Invoice | Credit) -> list[Item]:
    """Its lines as they were written."""
    return [
        Item(product=line.product, description=line.description, **asdict(line.priced()))
        for line in document.lines.all()
    ]


def same_lines(document: Invoice | Credit, lines: Sequence[Item]) -> bool:
    return items_of(document) == list(lines)


def reckoned(document: Invoice | Credit, lines: Sequence[Priced]) -> Totals:
    """What these lines add up to under the document's own rules."""
    return reckon(
        lines,
        currency=document.currency,
        discount=document.discount,
        discount_is_amount=document.discount_is_amount,
        includes_tax=document.includes_tax,
        rounding=Rounding(document.rounding),
    )


def _draft(
    model: type[Drafted],
    client: Client,
    *,
    by: Membership | None,
    lines: Sequence[Item],
    at: datetime,
    currency: str,
    number: str,
    **facts: Any,
) -> Drafted:
    client = hold_client(client.pk)
    settings = settings_of(client.agency)
    document: Drafted = model(
        agency_id=client.agency_id,
        client=client,
        created_by=by,
        number=number,
        currency=currency or currency_of(client),
        rounding=settings.rounding,
        **{"includes_tax": settings.includes_tax, "created_at": at, "updated_at": at, **facts},
    )
    return _store(document, client, lines)


def _store(document: Drafted, client: Client, lines: Sequence[Item] | None) -> Drafted:
    refuse_taken(_KINDS[type(document)], document.number, except_for=document.pk)
    _refuse_contradictions(document, client)
    items = items_of(document) if lines is None else list(lines)
    totals = reckoned(document, items)
    _refuse_unbillable(document, totals)
    document.subtotal, document.discount_total = totals.subtotal, totals.discount
    document.tax_total, document.total = totals.tax, totals.total
    document.taxes = [
        {"name": tax.name, "rate": str(tax.rate), "base": str(tax.base), "tax": str(tax.tax)}
        for tax in totals.taxes
    ]
    document.save()
    if lines is not None or not document.lines.exists():
        _write_lines(document, items, totals)
    else:
        for line, amount in zip(document.lines.all(), totals.amounts, strict=True):
            if line.amount != amount:
                line.amount = amount
                line.save(update_fields=["amount"])
    return document


def _write_lines(document: Invoice | Credit, items: Sequence[Item], totals: Totals) -> None:
    document.lines.all().delete()
    model: Any = InvoiceLine if isinstance(document, Invoice) else CreditLine
    owner = {"invoice" if isinstance(document, Invoice) else "credit": document}
    model.objects.bulk_create(
        model(agency_id=document.agency_id, position=place, amount=amount, **owner, **asdict(item))
        for place, (item, amount) in enumerate(zip(items, totals.amounts, strict=True))
    )


def _refuse_contradictions(document: Invoice | Credit, client: Client) -> None:
    if isinstance(document, Credit):
        if document.invoice and document.invoice.client_id != client.pk:
            raise ProjectOfAnother("That invoice is another client's.", field="invoice")
        return
    if document.project and document.project.client_id != client.pk:
        raise ProjectOfAnother("That project is another client's.", field="project")
    refuse_early_due(document.issued_on, document.due_on)


def refuse_early_due(issued_on: date | None, due_on: date | None) -> None:
    if issued_on and due_on and due_on < issued_on:
        raise DueBeforeIssue("It is due on the day of issue or later.", field="due_on")


def _refuse_unbillable(document: Invoice | Credit, totals: Totals) -> None:
    if totals.total < 0 or totals.subtotal < totals.discount:
        raise BadAmount("It adds up to less than nothing. Write a credit instead.", field="lines")
    if any(abs(amount) >= _LARGEST for amount in (*totals.amounts, totals.total)):
        raise BadAmount("It adds up to too much.", field="lines")
