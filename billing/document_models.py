"""Invoices and credits: what is owed and what is given back, with their lines."""

from datetime import date
from decimal import Decimal
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Collate, Concat
from django.utils import timezone

from agencies.models import Agency, Membership, audited, check_currency
from agencies.telling import ARCHIVED, DELETED, tell
from billing.bank_details import LONGEST_ADDRESS
from billing.days import dated
from billing.totals import Priced, Rounding
from clients import telling
from clients.folding import Fold
from clients.models import MONEY, Client, Project

# What may still change once a document was issued: where it stands, never what it says.
_LIVING = (
    "status", "balance", "applied", "refunded", "cancelled", "cancelled_on", "released", "pdf",
    "pdf_digest", "private_notes", "sent_at", "viewed_at", "project_id", "client_id",
    "assigned_to_id", "payment_url", "archived_at", "deleted_at", "updated_at", "created_by_id",
)  # fmt: skip


def _frozen(*names: str) -> pgtrigger.Trigger:
    """Refuses to change what an issued document says, whoever asks."""
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in names)
    return pgtrigger.Trigger(
        name="frozen",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(f"OLD.issued_at IS NOT NULL AND ({changed})"),
        func="RAISE EXCEPTION 'An issued document does not change. Correct it with a credit.';",
    )


def _kept_paper() -> pgtrigger.Trigger:
    """Refuses to put another PDF in the place of the one that was kept."""
    return pgtrigger.Trigger(
        name="paper_kept",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(
            "OLD.pdf <> '' AND (OLD.pdf, OLD.pdf_digest) IS DISTINCT FROM (NEW.pdf, NEW.pdf_digest)"
        ),
        func="RAISE EXCEPTION 'The PDF of an issued document stays the one that was kept.';",
    )


def _paper_has_digest(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(pdf="", pdf_digest="")
        | Q(issued_at__isnull=False) & ~Q(pdf="") & ~Q(pdf_digest=""),
        name=name,
    )


def _without_paper(name: str) -> models.Index:
    return models.Index(
        fields=["agency", "-issued_at"],
        condition=Q(pdf="", issued_at__isnull=False, deleted_at__isnull=True),
        name=name,
    )


def _by_day(column: str, name: str) -> models.Index:
    """For lists in the order of their days."""
    return models.Index(F("agency"), dated(column), F("id"), name=name)


def _frozen_lines(table: str, column: str) -> pgtrigger.Trigger:
    """Refuses to add, change or take away a line of an issued document."""
    return pgtrigger.Trigger(
        name="frozen",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
        IF EXISTS (
            SELECT FROM {table} d WHERE d.issued_at IS NOT NULL
            AND (TG_OP <> 'INSERT' AND d.id = OLD.{column}
                 OR TG_OP <> 'DELETE' AND d.id = NEW.{column})
        ) THEN
            RAISE EXCEPTION 'The lines of an issued document do not change.';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
        """,
    )


def pdf_path(document: "Document", filename: str) -> str:
    return f"billing/{document.agency_id}/{document.client_id}/{filename}"


class Document(models.Model):
    """What invoices and credits have in common. Amounts are in major units of `currency`."""

    agency_id: int
    client_id: int

    number = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3, validators=[check_currency])
    issued_on = models.DateField(null=True, blank=True)
    reference = models.CharField("order number", max_length=191, blank=True)
    discount = models.DecimalField(default=0, **MONEY)
    discount_is_amount = models.BooleanField(default=False)
    includes_tax = models.BooleanField("prices include tax", default=False)
    rounding = models.CharField(
        max_length=10,
        default=Rounding.PER_DOCUMENT,
        editable=False,
        choices=[(way.value, way.value) for way in Rounding],
    )
    public_notes = models.TextField(blank=True)
    private_notes = models.TextField(blank=True)
    terms = models.TextField(blank=True)
    footer = models.TextField(blank=True)

    # Reckoned from the lines by billing.totals.
    subtotal = models.DecimalField(default=0, editable=False, **MONEY)
    discount_total = models.DecimalField(default=0, editable=False, **MONEY)
    tax_total = models.DecimalField(default=0, editable=False, **MONEY)
    total = models.DecimalField(default=0, editable=False, **MONEY)
    # [{"name", "rate", "base", "tax"}], decimals as text.
    taxes = models.JSONField(default=list, editable=False)
    # What of it is still open; zero until it is issued.
    balance = models.DecimalField(default=0, editable=False, **MONEY)
    # As they were at issue: {"name", "address", "vat_id", "number", "email"}.
    buyer = models.JSONField(default=dict, editable=False)
    seller = models.JSONField(default=dict, editable=False)
    language = models.CharField(max_length=15, blank=True, editable=False)
    pdf = models.FileField(upload_to=pdf_path, max_length=255, blank=True, editable=False)
    pdf_digest = models.CharField(max_length=64, blank=True, editable=False)

    # [{"payment" or "credit", "amount", "on"}]: what a deletion took off, for its undoing.
    released = models.JSONField(default=list, editable=False)
    issued_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"

    @property
    def is_issued(self) -> bool:
        return self.issued_at is not None


class Line(models.Model):
    """`price` is for one, `tax_rate` in percent, `amount` before the document's own discount."""

    position = models.PositiveIntegerField()
    product = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    quantity = models.DecimalField(default=1, **MONEY)
    price = models.DecimalField(default=0, **MONEY)
    discount = models.DecimalField(default=0, **MONEY)
    discount_is_amount = models.BooleanField(default=False)
    tax_name = models.CharField(max_length=60, blank=True)
    tax_rate = models.DecimalField("tax in percent", default=0, max_digits=9, decimal_places=4)
    amount = models.DecimalField(default=0, editable=False, **MONEY)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.product or self.description[:40]

    def priced(self) -> Priced:
        return Priced(
            quantity=self.quantity,
            price=self.price,
            discount=self.discount,
            discount_is_amount=self.discount_is_amount,
            tax_rate=self.tax_rate,
            tax_name=self.tax_name,
        )


def _spoken(model: str) -> tuple[str, ...]:
    """Columns of a document that say something, and so are frozen at issue."""
    common = (
        "number", "currency", "issued_on", "reference", "discount", "discount_is_amount",
        "includes_tax", "rounding", "public_notes", "terms", "footer", "subtotal", "discount_total",
        "tax_total", "total", "taxes", "buyer", "seller", "language", "issued_at", "agency_id",
    )  # fmt: skip
    return (*common, "due_on") if model == "invoice" else (*common, "invoice_id")


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def existing(self) -> Self:
        return self.filter(deleted_at__isnull=True)

    def issued(self) -> Self:
        """Numbered and not deleted, whatever became of them since."""
        return self.existing().filter(issued_at__isnull=False)

    def open(self) -> Self:
        return self.issued().filter(balance__gt=0)

    def overdue(self, *, on: date) -> Self:
        return self.open().filter(due_on__lt=on)

    def matching(self, words: str) -> Self:
        """Whose number or reference contains `words`, or whose client's name does."""
        clients = Client.objects.named_like(words).values("pk")
        found = Q(search_text__contains=Fold(Value(words))) | Q(client__in=clients)
        return self.filter(found)

    def shown(self) -> Self:
        """What a client may see of them: no drafts, nothing cancelled or deleted."""
        return self.issued().exclude(status=Invoice.Status.CANCELLED)


@audited(sums=["balance", "status"], ignored=["released", "search_text"], exclude=["search_text"])
class Invoice(Document):
    """A bill from an agency to one of its clients. Frozen once it is issued."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        SENT = "sent"
        PARTIAL = "partial"
        PAID = "paid"
        CANCELLED = "cancelled"
        REVERSED = "reversed"

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="invoices")
    client = models.ForeignKey(Client, models.PROTECT, related_name="invoices")
    project = models.ForeignKey(
        Project, models.SET_NULL, related_name="invoices", null=True, blank=True
    )
    created_by = models.ForeignKey(
        Membership, models.SET_NULL, related_name="+", null=True, blank=True
    )
    assigned_to = models.ForeignKey(
        Membership, models.SET_NULL, related_name="+", null=True, blank=True
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT, editable=False)
    due_on = models.DateField(null=True, blank=True)
    # What of it nobody owes any more, since which day.
    cancelled = models.DecimalField(default=0, editable=False, **MONEY)
    cancelled_on = models.DateField(null=True, editable=False)
    viewed_at = models.DateTimeField(null=True, editable=False)
    # Where this one is paid on the web, in place of the agency's address; see billing.paying.
    payment_url = models.CharField(max_length=LONGEST_ADDRESS, blank=True)

    # Derived by PostgreSQL, so that a search folds nothing but what it looks for.
    search_text = models.GeneratedField(
        expression=Fold(
            Concat("number", Value("\n"), "reference", output_field=models.TextField())
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="invoice_in_agency"),
            models.UniqueConstraint(
                fields=["agency", "number"], condition=~Q(number=""), name="invoice_number_once"
            ),
            models.CheckConstraint(
                condition=Q(issued_at__isnull=True, status="draft", balance=0)
                | Q(issued_at__isnull=False, issued_on__isnull=False) & ~Q(number=""),
                name="issued_invoice_has_number_and_date",
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0, total__gte=0, balance__lte=F("total")),
                name="invoice_balance_within_total",
            ),
            models.CheckConstraint(
                condition=Q(payment_url="") | Q(payment_url__startswith="https://"),
                name="invoice_payment_url_is_https",
            ),
            _paper_has_digest("invoice_pdf_has_digest"),
        ]
        indexes = [
            models.Index(fields=["agency", "client", "-id"], name="invoice_of_client"),
            models.Index(
                fields=["agency", "due_on"], condition=Q(balance__gt=0), name="invoice_open_by_due"
            ),
            models.Index(fields=["agency", "-created_at", "-id"], name="invoice_by_creation"),
            models.Index(fields=["agency", "updated_at", "id"], name="invoice_by_change"),
            _without_paper("invoice_without_pdf"),
            _by_day("issued_on", "invoice_by_issue_day"),
            _by_day("due_on", "invoice_by_due_day"),
            models.Index(
                F("agency"), Collate(Fold("number"), "C"), F("id"), name="invoice_by_number"
            ),
        ]
        triggers = [
            _frozen(*_spoken("invoice")),
            _kept_paper(),
            *tell(
                "invoice",
                states=ARCHIVED | DELETED,
                hidden=["released", "pdf", "pdf_digest", "private_notes"],
                created=telling.CAME,
                deleted=telling.WENT,
            ),
        ]

    def is_overdue(self, *, on: date) -> bool:
        return bool(self.balance > 0 and self.due_on and self.due_on < on and not self.deleted_at)

    @property
    def paid(self) -> Decimal:
        """What payments and credits have settled of it."""
        if not self.is_issued or self.deleted_at:
            return Decimal(0)
        return self.total - self.balance - self.cancelled


@audited()
class InvoiceLine(Line):
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_place_once")
        ]
        triggers = [_frozen_lines("billing_invoice", "invoice_id")]


class CreditQuerySet(models.QuerySet["Credit"]):
    def existing(self) -> Self:
        return self.filter(deleted_at__isnull=True)

    def issued(self) -> Self:
        return self.existing().filter(issued_at__isnull=False)


@audited(sums=["balance", "status", "applied", "refunded"], ignored=["released"])
class Credit(Document):
    """Money owed back to a client: it settles invoices, or is refunded. Frozen once issued."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        SENT = "sent"
        PARTIAL = "partial"
        APPLIED = "applied"

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="credits")
    client = models.ForeignKey(Client, models.PROTECT, related_name="credits")
    # The invoice it corrects; all of these together never exceed it.
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="corrections", null=True, blank=True
    )
    created_by = models.ForeignKey(
        Membership, models.SET_NULL, related_name="+", null=True, blank=True
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT, editable=False)
    applied = models.DecimalField(default=0, editable=False, **MONEY)
    refunded = models.DecimalField(default=0, editable=False, **MONEY)

    objects = CreditQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="credit_in_agency"),
            models.UniqueConstraint(
                fields=["agency", "number"], condition=~Q(number=""), name="credit_number_once"
            ),
            models.CheckConstraint(
                condition=Q(issued_at__isnull=True, status="draft", balance=0)
                | Q(issued_at__isnull=False, issued_on__isnull=False) & ~Q(number=""),
                name="issued_credit_has_number_and_date",
            ),
            models.CheckConstraint(
                condition=Q(applied__gte=0, refunded__gte=0, balance__gte=0, total__gte=0)
                & Q(total__gte=F("applied") + F("refunded")),
                name="credit_used_within_total",
            ),
            _paper_has_digest("credit_pdf_has_digest"),
        ]
        indexes = [
            models.Index(fields=["agency", "client", "-id"], name="credit_of_client"),
            models.Index(fields=["agency", "-created_at", "-id"], name="credit_by_creation"),
            _without_paper("credit_without_pdf"),
        ]
        triggers = [
            _frozen(*_spoken("credit")),
            _kept_paper(),
            *tell(
                "credit",
                states=ARCHIVED | DELETED,
                hidden=["released", "pdf", "pdf_digest", "private_notes"],
                created=telling.CAME,
                deleted=telling.WENT,
            ),
        ]

    @property
    def used(self) -> Decimal:
        """What of it settled invoices, or was paid back."""
        return Decimal(0) if self.deleted_at else self.applied + self.refunded


@audited()
class CreditLine(Line):
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    credit = models.ForeignKey(Credit, models.CASCADE, related_name="lines")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["credit", "position"], name="credit_line_place_once")
        ]
        triggers = [_frozen_lines("billing_credit", "credit_id")]
