"""Payments and credits as pages show them, in the client's language; adds up nothing itself."""

from collections.abc import Collection, Iterator
from typing import Any

from django.utils.translation import gettext_lazy

from billing.models import Allocation, Credit, Payment, Refund
from billing.speaking import Speaker
from contacts.models import Contact
from portal.seeing import invoices_for

_METHODS = {
    Payment.Method.BANK_TRANSFER: gettext_lazy("bank transfer"),
    Payment.Method.CARD: gettext_lazy("card"),
    Payment.Method.CASH: gettext_lazy("cash"),
    Payment.Method.CHEQUE: gettext_lazy("cheque"),
    Payment.Method.DIRECT_DEBIT: gettext_lazy("direct debit"),
    Payment.Method.PAYPAL: gettext_lazy("PayPal"),
    Payment.Method.OTHER: gettext_lazy("other"),
}


def payment_row(one: Payment, voice: Speaker) -> dict[str, Any]:
    return {
        "pk": one.pk,
        "number": one.number,
        "on": voice.date(one.paid_on),
        "method": _METHODS[Payment.Method(one.method)],
        "reference": one.reference,
        "amount": voice.money(one.amount, one.currency),
        "unapplied": voice.money(one.unapplied, one.currency) if one.unapplied else "",
        "refunded": voice.money(one.refunded, one.currency) if one.refunded else "",
    }


def credit_row(one: Credit, voice: Speaker) -> dict[str, Any]:
    return {
        "pk": one.pk,
        "number": one.number,
        "on": voice.date(one.issued_on),
        "total": voice.money(one.total, one.currency),
        "used": voice.money(one.used, one.currency) if one.used else "",
        "balance": voice.money(one.balance, one.currency) if one.balance else "",
    }


def shares_of(
    contact: Contact, sources: Collection[Payment] | Collection[Credit], voice: Speaker
) -> dict[int, list[dict[str, Any]]]:
    """By payment, or by credit, what of it settles which invoice; two queries for all of them.

    Without the invoice's number where the client is not shown that one.
    """
    rows: dict[int, list[dict[str, Any]]] = {one.pk: [] for one in sources}
    for source, share, shown in _shares(contact, sources):
        invoice = {"pk": share.invoice_id, "number": share.invoice.number}
        rows[source.pk].append(
            {
                "invoice": invoice if shown else None,
                "on": voice.date(share.on),
                "amount": voice.money(share.amount, source.currency),
            }
        )
    return rows


def settled_row(one: Allocation, currency: str, voice: Speaker) -> dict[str, Any]:
    """The same, seen from the invoice."""
    return {
        "payment": one.payment,
        "credit": one.credit,
        "on": voice.date(one.on),
        "amount": voice.money(one.amount, currency),
    }


def refund_row(one: Refund, currency: str, voice: Speaker) -> dict[str, Any]:
    return {
        "on": voice.date(one.refunded_on),
        "reference": one.reference,
        "amount": voice.money(one.amount, currency),
    }


def _shares(
    contact: Contact, sources: Collection[Payment] | Collection[Credit]
) -> Iterator[tuple[Payment | Credit, Allocation, bool]]:
    by_pk = {one.pk: one for one in sources}
    column = "credit" if any(isinstance(one, Credit) for one in sources) else "payment"
    found = Allocation.objects.filter(**{f"{column}__in": by_pk}).select_related("invoice")
    theirs = invoices_for(contact, everything=True)
    shown = set(theirs.filter(allocations__in=found).values_list("pk", flat=True))
    for one in found:
        yield by_pk[getattr(one, f"{column}_id")], one, one.invoice_id in shown
