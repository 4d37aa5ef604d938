"""What a client owes and why, over a period: the one place where these figures are made.

Everything comes from the ledger, as far as it was recorded by `as_of`: entries never change, so
that the same question has the same answer for ever. What was taken back cancels out, and is not
shown. Currencies are never added.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from django.db.models import Case, F, Q, QuerySet, Sum, When

from billing.models import Credit, Invoice, LedgerEntry, Payment
from billing.parties import buyer_of, seller_of
from billing.statement_shapes import (
    Ageing,
    Bucket,
    CreditItem,
    Movement,
    MovementKind,
    OpenItem,
    Party,
    Receipt,
    Section,
    Settled,
    Statement,
    StatementKind,
)
from clients.merging import currency_of
from clients.models import FIGURES, Client

_ZERO = Decimal(0)
Kind = LedgerEntry.Kind

# What each kind of entry is about, and so what it cancels out with.
_TOPICS = {
    MovementKind.INVOICE: {Kind.INVOICE_ISSUED, Kind.INVOICE_DELETED, Kind.INVOICE_RESTORED},
    MovementKind.CANCELLATION: {Kind.INVOICE_CANCELLED, Kind.INVOICE_REOPENED},
    MovementKind.PAYMENT: {Kind.PAYMENT_APPLIED, Kind.PAYMENT_UNAPPLIED},
    MovementKind.CREDIT: {Kind.CREDIT_APPLIED, Kind.CREDIT_UNAPPLIED},
}
_TOPIC = {kind: topic for topic, kinds in _TOPICS.items() for kind in kinds}
_DELETED = {Kind.INVOICE_DELETED, Kind.PAYMENT_DELETED, Kind.CREDIT_DELETED}
_RESTORED = {Kind.INVOICE_RESTORED, Kind.PAYMENT_RESTORED, Kind.CREDIT_RESTORED}
_CANCELLATION = MovementKind.CANCELLATION
_PLACE = {topic: place for place, topic in enumerate(MovementKind)}


class Status(StrEnum):
    """Which invoices a statement is about: all, or only those that stand.

    One that was cancelled or wholly given back by the statement's `as_of` does not stand. Of
    those that do, what is open at the end of the period tells the paid from the unpaid.
    """

    ALL = "all"
    LIVE = "live"
    PAID = "paid"
    UNPAID = "unpaid"


@dataclass(frozen=True)
class Wanted:
    """What a statement is to show. No figure depends on what is shown, but for `status`."""

    kind: StatementKind
    # Both days count.
    start: date
    end: date
    status: Status = Status.ALL
    payments: bool = True
    credits: bool = True
    ageing: bool = True
    # Empty for the client's own; one currency, or empty for all.
    language: str = ""
    currency: str = ""


def this_year(*, on: date) -> tuple[date, date]:
    """The period where none is given: from the first of January to this day."""
    return on.replace(month=1, day=1), on


def build(client: Client, wanted: Wanted, *, as_of: datetime) -> Statement:
    """Of what was recorded by `as_of`; a period that ends before it starts has no movements."""
    books = _read(client, wanted, as_of=as_of)
    if not books:
        books[wanted.currency or currency_of(client)] = _Books(client.pk)
    language = wanted.language or client.language or client.agency.language
    return Statement(
        kind=wanted.kind,
        client_id=client.pk,
        start=wanted.start,
        end=wanted.end,
        as_of=as_of,
        language=language,
        buyer=party(buyer_of(client, language=language)),
        seller=party(seller_of(client.agency, language=language)),
        sections=tuple(_section(name, one, wanted) for name, one in sorted(books.items())),
        footer=client.agency.statement_footer,
    )


def party(facts: dict[str, Any]) -> Party:
    """Somebody as billing.parties writes them down."""
    return Party(**{**facts, "address": tuple(facts["address"])})


# An invoice, what it is about, the document that settled it, and the day.
_Key: TypeAlias = tuple[Invoice, MovementKind, Payment | Credit | None, date]


@dataclass
class _Books:
    """The entries of one client in one currency up to the end of the period."""

    client_id: int
    # Changes of what is owed, by what cancels out with what.
    owed: dict[_Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    refunded: dict[Payment, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    unapplied: dict[Payment, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    unused: dict[Credit, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    gone: set[Invoice | Payment | Credit] = field(default_factory=set)
    # Since when they are.
    cancelled: dict[Invoice, date] = field(default_factory=dict)

    def add(self, entry: LedgerEntry) -> None:
        kind, invoice = Kind(entry.kind), entry.invoice
        if invoice and kind in _TOPIC:
            self._add_owed(entry, invoice, kind)
        # Another client's may have settled an invoice of this one as long as they were merged.
        if entry.payment and entry.payment.client_id == self.client_id:
            self.unapplied[entry.payment] += entry.payment_balance
            self.refunded[entry.payment] -= entry.paid_to_date if entry.refund_id else 0
        if entry.credit and entry.credit.client_id == self.client_id:
            self.unused[entry.credit] += entry.credit_balance
        document = entry.payment or entry.credit or invoice
        if document and kind in _DELETED:
            self.gone.add(document)
        elif document and kind in _RESTORED:
            self.gone.discard(document)

    def _add_owed(self, entry: LedgerEntry, invoice: Invoice, kind: LedgerEntry.Kind) -> None:
        source = entry.payment or entry.credit
        if kind is Kind.INVOICE_CANCELLED:
            self.cancelled[invoice] = entry.on
        elif kind is Kind.INVOICE_REOPENED:
            for key in [key for key in self.owed if key[:2] == (invoice, _CANCELLATION)]:
                del self.owed[key]
            return
        # What goes on or off a cancelled invoice moves nothing that is owed, but what is billed:
        # so much less or more of it was cancelled.
        moved = entry.total_billed if source else _ZERO
        self.owed[invoice, _TOPIC[kind], source, entry.on] += entry.balance - moved
        if moved and invoice in self.cancelled:
            day = max(self.cancelled[invoice], entry.on)
            self.owed[invoice, _CANCELLATION, None, day] += moved

    def changes(self) -> dict[_Key, Decimal]:
        """What remains of them: nothing of a deleted invoice, payment or credit."""
        return {
            key: amount
            for key, amount in self.owed.items()
            if amount and key[0] not in self.gone and key[2] not in self.gone
        }


def _read(client: Client, wanted: Wanted, *, as_of: datetime) -> dict[str, _Books]:
    """By currency. Documents say whose an entry is: a merge moves them, and never an entry."""
    entries = (
        LedgerEntry.objects.filter(recorded_at__lte=as_of, on__lte=wanted.end)
        .exclude(kind=Kind.TRANSFERRED)
        .annotate(currency=F("account__currency"))
        .only(*_OF_ENTRIES)
        .order_by("id")
    )
    if wanted.currency:
        entries = entries.filter(account__currency=wanted.currency)
    of_invoices = entries.filter(invoice__client=client)
    if wanted.status is not Status.ALL:
        of_invoices = of_invoices.exclude(invoice__in=_taken_back(client, as_of=as_of))
    found = list(of_invoices)
    for document in ("payment", "credit"):
        found += entries.filter(**{f"{document}__client": client, "invoice": None})
    _attach_documents(found)
    books: dict[str, _Books] = defaultdict(lambda: _Books(client.pk))
    for entry in found:
        books[entry.currency].add(entry)
    return books


def _taken_back(client: Client, *, as_of: datetime) -> list[int]:
    """Invoices that do not stand, whichever day that counts for."""
    cancelled = Case(
        When(kind=Kind.INVOICE_CANCELLED, then=1),
        When(kind=Kind.INVOICE_REOPENED, then=-1),
        default=0,
    )
    given_back = Sum("balance", filter=Q(credit__invoice=F("invoice")), default=_ZERO)
    invoices = (
        LedgerEntry.objects.filter(invoice__client=client, recorded_at__lte=as_of)
        .values("invoice", "invoice__total")
        .annotate(cancelled=Sum(cancelled), given_back=given_back)
    )
    return [
        one["invoice"]
        for one in invoices
        if one["cancelled"] > 0
        or (one["given_back"] and -one["given_back"] >= one["invoice__total"])
    ]


# What is read of each: an entry has many neighbours, and each of them many columns.
_OF_ENTRIES = (
    "kind", "on", *FIGURES, "invoice_id", "payment_id", "credit_id", "refund_id",
)  # fmt: skip
_OF_INVOICES = ("number", "reference", "issued_on", "due_on", "total", "project__name")
_OF_PAYMENTS = ("client_id", "number", "reference", "method", "paid_on", "amount")
_OF_CREDITS = ("client_id", "number", "issued_on", "total", "invoice__number")


def _attach_documents(entries: Sequence[LedgerEntry]) -> None:
    """Each document once, however many entries it has."""
    documents: dict[str, QuerySet[Any]] = {
        "invoice": Invoice.objects.select_related("project").only(*_OF_INVOICES),
        "payment": Payment.objects.only(*_OF_PAYMENTS),
        "credit": Credit.objects.select_related("invoice").only(*_OF_CREDITS),
    }
    for name, some in documents.items():
        known = some.in_bulk({getattr(entry, f"{name}_id") for entry in entries} - {None})
        for entry in entries:
            setattr(entry, name, known.get(getattr(entry, f"{name}_id")))


def _section(currency: str, books: _Books, wanted: Wanted) -> Section:
    changes = _chosen(books.changes(), wanted.status)
    before = {key: amount for key, amount in changes.items() if key[3] < wanted.start}
    within = {key: amount for key, amount in changes.items() if key[3] >= wanted.start}
    opening = sum(before.values(), _ZERO)
    movements = _movements(within, opening)
    items = _open_items(changes, on=wanted.end)
    is_activity = wanted.kind is StatementKind.ACTIVITY
    return Section(
        currency=currency,
        opening=opening,
        charged=sum((one.amount for one in movements if one.amount > 0), _ZERO),
        settled=-sum((one.amount for one in movements if one.amount < 0), _ZERO),
        closing=sum(changes.values(), _ZERO),
        unapplied=sum(books.unapplied.values(), _ZERO),
        credit_balance=sum(books.unused.values(), _ZERO),
        movements=movements if is_activity else (),
        open_items=items,
        receipts=_receipts(books, changes, wanted) if wanted.payments else None,
        credits=_credit_items(books, changes, wanted) if wanted.credits else None,
        ageing=age(items, on=wanted.end) if wanted.ageing else None,
    )


def _chosen(changes: dict[_Key, Decimal], status: Status) -> dict[_Key, Decimal]:
    if status in (Status.ALL, Status.LIVE):
        return changes
    open_ = _balances(changes)
    return {
        key: amount
        for key, amount in changes.items()
        if (open_[key[0]] > 0) == (status is Status.UNPAID)
    }


def _balances(changes: dict[_Key, Decimal]) -> dict[Invoice, Decimal]:
    balances: dict[Invoice, Decimal] = defaultdict(Decimal)
    for (invoice, *_), amount in changes.items():
        balances[invoice] += amount
    return balances


def _movements(changes: dict[_Key, Decimal], opening: Decimal) -> tuple[Movement, ...]:
    """In the order of days; on one day invoices come before what settles them."""
    ordered = sorted(
        changes.items(),
        key=lambda one: (one[0][3], _PLACE[one[0][1]], one[0][0].pk, _pk(one[0][2])),
    )
    found, balance = [], opening
    for (invoice, topic, source, on), amount in ordered:
        balance += amount
        found.append(
            Movement(
                on=on,
                kind=MovementKind.REFUND if source and amount > 0 else topic,
                invoice_number=invoice.number,
                source_number=source.number if source else "",
                amount=amount,
                balance=balance,
                text=_words(invoice, source),
            )
        )
    return tuple(found)


def _words(invoice: Invoice, source: Payment | Credit | None) -> str:
    if isinstance(source, Payment):
        return source.reference
    return "" if source else invoice.reference


def _pk(source: Payment | Credit | None) -> int:
    return source.pk if source else 0


def _open_items(changes: dict[_Key, Decimal], *, on: date) -> tuple[OpenItem, ...]:
    """By the day they are due, then by the day they were issued."""
    items = [
        OpenItem(
            number=invoice.number,
            issued_on=invoice.issued_on or on,
            due_on=invoice.due_on,
            total=invoice.total,
            balance=balance,
            days_overdue=overdue_days(invoice.due_on, on=on),
            bucket=bucket_of(overdue_days(invoice.due_on, on=on)),
            project=invoice.project.name if invoice.project else "",
        )
        for invoice, balance in _balances(changes).items()
        if balance
    ]
    return tuple(sorted(items, key=lambda one: (one.due_on or date.max, one.issued_on, one.number)))


def overdue_days(due_on: date | None, *, on: date) -> int:
    """Days past due; zero for what is due on that day, later, or never."""
    return max((on - due_on).days, 0) if due_on else 0


def bucket_of(days: int) -> Bucket:
    limits = ((0, Bucket.CURRENT), (30, Bucket.DAYS_1_30), (60, Bucket.DAYS_31_60),
              (90, Bucket.DAYS_61_90), (120, Bucket.DAYS_91_120))  # fmt: skip
    return next((bucket for limit, bucket in limits if days <= limit), Bucket.OVER_120)


def age(items: Iterable[OpenItem], *, on: date) -> Ageing:
    """Open amounts by days past due; every bucket is there."""
    amounts = dict.fromkeys(Bucket, _ZERO)
    for item in items:
        amounts[item.bucket] += item.balance
    return Ageing(on=on, amounts=amounts)


def _receipts(books: _Books, changes: dict[_Key, Decimal], wanted: Wanted) -> tuple[Receipt, ...]:
    """Payments of the period, and older ones of which something is on account."""
    shares = _shares(changes)
    receipts = [
        Receipt(
            number=payment.number,
            on=payment.paid_on,
            method=payment.method,
            reference=payment.reference,
            amount=payment.amount,
            refunded=books.refunded[payment],
            unapplied=left,
            settled=tuple(shares.get(payment, ())),
        )
        for payment, left in sorted(books.unapplied.items(), key=lambda one: one[0].pk)
        if payment not in books.gone and (payment.paid_on >= wanted.start or left)
    ]
    return tuple(sorted(receipts, key=lambda one: one.on))


def _credit_items(
    books: _Books, changes: dict[_Key, Decimal], wanted: Wanted
) -> tuple[CreditItem, ...]:
    """Credits of the period, and older ones that can still be used."""
    shares = _shares(changes)
    items = [
        CreditItem(
            number=credit.number,
            on=credit.issued_on or wanted.end,
            total=credit.total,
            balance=left,
            invoice_number=credit.invoice.number if credit.invoice else "",
            settled=tuple(shares.get(credit, ())),
        )
        for credit, left in sorted(books.unused.items(), key=lambda one: one[0].pk)
        if credit not in books.gone and ((credit.issued_on or wanted.end) >= wanted.start or left)
    ]
    return tuple(sorted(items, key=lambda one: one.on))


def _shares(changes: dict[_Key, Decimal]) -> dict[Payment | Credit, Sequence[Settled]]:
    """What each payment and credit settled, less what a refund took back."""
    sums: dict[tuple[Payment | Credit, Invoice], tuple[date, Decimal]] = {}
    for (invoice, _, source, on), amount in sorted(changes.items(), key=lambda one: one[0][3]):
        if source:
            first, so_far = sums.get((source, invoice), (on, _ZERO))
            sums[source, invoice] = (first, so_far - amount)
    shares: dict[Payment | Credit, list[Settled]] = defaultdict(list)
    for (source, invoice), (on, amount) in sums.items():
        if amount:
            shares[source].append(Settled(invoice.number, on, amount))
    return dict(shares)
