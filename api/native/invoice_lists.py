"""How invoices are found, sorted and summed up."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from agencies.money import to_minor
from api.native.billing_filters import Currencies, Deleted, period
from api.native.filters import Amount, If, Matching, Moment, Same, SameClient, Since
from api.native.sorting import amount, day, moment, text
from api.operators import ChoiceInFilter, OperatorFilter
from billing.days import day_in
from billing.models import Invoice

State = Invoice.Status
_OWED = Q(status__in=[State.SENT, State.PARTIAL])
# Nextoria Hub's five words.
STATUSES = ("draft", "sent", "paid", "overdue", "void")


def status_of(state: str, due_on: date | None, *, today: date) -> str:
    """Nextoria Hub's word for it."""
    if state in (State.CANCELLED, State.REVERSED):
        return "void"
    if state in (State.SENT, State.PARTIAL):
        return "overdue" if due_on and due_on < today else "sent"
    return state


def _with_status(word: str, today: date) -> Q:
    overdue = Q(due_on__lt=today)
    return {
        "draft": Q(status=State.DRAFT),
        "sent": _OWED & (Q(due_on__isnull=True) | ~overdue),
        "paid": Q(status=State.PAID),
        "overdue": _OWED & overdue,
        "void": Q(status__in=[State.CANCELLED, State.REVERSED]),
    }[word]


class StatusFilter(ChoiceInFilter):
    """`status=sent,overdue`, by the agency's own today."""

    def __init__(self):
        super().__init__(choices=[(word, word) for word in STATUSES])

    def filter(self, qs, value):
        if value is None:
            return qs
        today = day_in(self.parent.request.auth.agency, timezone.now())
        wanted = Q()
        for word in value:
            wanted |= _with_status(word, today)
        return qs.filter(wanted)


_Period: Any = period("issued_on")


class InvoiceFilter(_Period):
    """`?status=sent,overdue&balance=gt:100000&from=2026-01-01&to=2026-01-31`"""

    q = Matching()
    status = StatusFilter()
    state = ChoiceInFilter(choices=State.choices, field_name="status")
    client_id = SameClient()
    project_id = Same("proj", "project")
    currency = Currencies()
    total = Amount("total")
    balance = Amount("balance")
    issue_date = OperatorFilter(date, field_name="issued_on")
    due_date = OperatorFilter(date, field_name="due_on")
    archived = If(Q(archived_at__isnull=False))
    deleted = Deleted()
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")
    updated_since = Since("updated_at")


SORTS = {
    "created_at": moment("created_at"),
    "updated_at": moment("updated_at"),
    "issue_date": day("issued_on"),
    "due_date": day("due_on"),
    "number": text("number"),
    "total": amount("total"),
    "balance": amount("balance"),
}


def counted(invoices: QuerySet[Invoice], *, default: str) -> dict[str, Any]:
    """How many, and what is open of them where all that is open is in one currency.

    Two currencies are never added: then nothing is said. Where nothing is open it is none of the
    `default`'s.
    """
    meta: dict[str, Any] = {"total": invoices.count()}
    # Few are open, and an index knows which ones.
    owed = invoices.filter(balance__gt=0).order_by().values_list("currency")
    sums = list(owed.annotate(sum=Sum("balance")))
    if len(sums) > 1:
        return meta
    currency, outstanding = sums[0] if sums else (default, Decimal(0))
    return meta | {"currency": currency, "total_outstanding": to_minor(outstanding, currency)}
