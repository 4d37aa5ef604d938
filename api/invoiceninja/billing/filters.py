"""What lists of invoices, payments and credits may be asked, and how they are sorted."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django_filters import CharFilter

from api.invoiceninja.billing.serializers import CREDIT_STATUSES, INVOICE_STATUSES
from api.invoiceninja.filters import Asked, RecordFilter, hashed, same, texts
from api.invoiceninja.ids import decode
from api.invoiceninja.sorting import STATE, by_place, digits, or_zero, text
from billing.models import Credit, Invoice, Payment

_CLIENT_GONE = Q(client__deleted_at__isnull=False)
_OPEN = Q(status__in=(Invoice.Status.SENT, Invoice.Status.PARTIAL), deleted_at__isnull=True)


def _contains(*fields: str) -> Callable[[str], Q]:
    def condition(value: str) -> Q:
        found = Q()
        for field in fields:
            found |= Q(**{f"{field}__icontains": value})
        return found

    return condition


def any_of_words(words: Mapping[str, Q]) -> Callable[[str], Q | None]:
    """Any of the words, with commas; `all` and words that are unknown ask nothing."""

    def condition(value: str) -> Q | None:
        wanted = [words[word] for word in map(str.strip, value.split(",")) if word in words]
        found = Q()
        for one in wanted:
            found |= one
        return found if wanted and "all" not in value.split(",") else None

    return condition


class OfClients(RecordFilter):
    """What may be asked of everything that belongs to a client."""

    number = Asked(same("number"))
    client_id = Asked(hashed("client"))
    filter_deleted_clients = Asked(lambda value: ~_CLIENT_GONE if value == "true" else None)
    without_deleted_clients = Asked(lambda value: None if value == "false" else ~_CLIENT_GONE)


class _Documents(OfClients):
    private_notes = Asked(_contains("private_notes"))
    filter = CharFilter(method="matching")

    def matching(self, queryset, name, value):
        written = {
            f"{column}_text": Cast(column, TextField())
            for column in ("total", "balance", "issued_on")
        }
        named = _contains("number", "reference", *written, "client__name")
        return queryset.alias(**written).filter(named(value))


class InvoiceFilter(_Documents):
    """`?client_status=unpaid,overdue&client_id=…`"""

    client_status = CharFilter(method="of_status")
    overdue = CharFilter(method="of_overdue")
    payable = CharFilter(method="of_payable")

    def __init__(self, *args: Any, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.late = _OPEN & Q(balance__gt=0, due_on__lt=on)

    def of_status(self, queryset, name, value):
        words = {status.value: Q(status=status) for status in Invoice.Status}
        condition = any_of_words(words | {"unpaid": _OPEN, "overdue": self.late})(value)
        return queryset if condition is None else queryset.filter(condition)

    def of_overdue(self, queryset, name, value):
        return queryset if value == "false" else queryset.filter(self.late)

    def of_payable(self, queryset, name, value):
        """What the client whose id it is could pay now."""
        pk = decode(value)
        return queryset if pk is None else queryset.filter(_OPEN, balance__gt=0, client=pk)


class CreditFilter(_Documents):
    client_status = Asked(
        any_of_words({status.value: Q(status=status) for status in Credit.Status})
    )


def find_invoices(sent: dict[str, Any], *, on: date) -> QuerySet[Invoice]:
    """`on` is the day by which something is overdue."""
    return InvoiceFilter(texts(sent), queryset=Invoice.objects.all(), on=on).qs


def find_credits(sent: dict[str, Any]) -> QuerySet[Credit]:
    return CreditFilter(texts(sent), queryset=Credit.objects.all()).qs


_SAME = (
    "balance", "discount", "created_at", "updated_at",
)  # fmt: skip
_TEXTS = ("public_notes", "private_notes", "terms", "footer")
_DOCUMENT: dict[str, Any] = {
    **{name: F(name) for name in _SAME},
    **{name: text(name) for name in _TEXTS},
    **STATE,
    "id": F("pk"),
    "user_id": or_zero("created_by__user"),
    "client_id": F("client"),
    "amount": F("total"),
    "total_taxes": F("tax_total"),
    "number": digits("number"),
    "po_number": text("reference"),
    "date": F("issued_on"),
}
INVOICE_COLUMNS: dict[str, Any] = {
    **_DOCUMENT,
    "due_date": F("due_on"),
    "assigned_user_id": or_zero("assigned_to__user"),
    "project_id": or_zero("project"),
    "status_id": by_place(list(INVOICE_STATUSES), "status"),
}
CREDIT_COLUMNS: dict[str, Any] = {
    **_DOCUMENT,
    "invoice_id": or_zero("invoice"),
    "status_id": by_place(list(CREDIT_STATUSES), "status"),
}


class PaymentFilter(OfClients):
    """`?client_status=refunded`"""

    filter = CharFilter(method="matching")
    private_notes = Asked(_contains("private_notes"))
    client_status = Asked(
        any_of_words(
            {
                "completed": Q(refunded=0),
                "partially_refunded": Q(refunded__gt=0, refunded__lt=F("amount")),
                "refunded": Q(refunded__gte=F("amount")),
                "partially_unapplied": Q(
                    amount__gt=F("applied") + F("refunded"), deleted_at__isnull=True
                ),
            }
        )
    )

    def matching(self, queryset, name, value):
        written = {f"{column}_text": Cast(column, TextField()) for column in ("amount", "paid_on")}
        named = _contains("number", "reference", *written, "client__name")
        return queryset.alias(**written).filter(named(value))


def find_payments(sent: dict[str, Any]) -> QuerySet[Payment]:
    return PaymentFilter(texts(sent), queryset=Payment.objects.all()).qs


PAYMENT_COLUMNS: dict[str, Any] = {
    **{name: F(name) for name in ("amount", "applied", "refunded", "created_at", "updated_at")},
    **STATE,
    "id": F("pk"),
    "user_id": or_zero("created_by__user"),
    "client_id": F("client"),
    "number": digits("number"),
    "date": F("paid_on"),
    "transaction_reference": text("reference"),
    "private_notes": text("private_notes"),
}
