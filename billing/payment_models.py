"""Money received and paid back, and what it settles."""

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, Membership, audited, check_currency
from agencies.telling import ARCHIVED, DELETED, tell
from billing.document_models import Credit, Invoice
from clients import telling
from clients.models import MONEY, Client


class PaymentQuerySet(models.QuerySet["Payment"]):
    def existing(self) -> Self:
        return self.filter(deleted_at__isnull=True)


@audited(sums=["applied", "refunded"], ignored=["released"])
class Payment(models.Model):
    """Money received from a client. What settles no invoice stays on account."""

    class Method(models.TextChoices):
        BANK_TRANSFER = "bank_transfer"
        CARD = "card"
        CASH = "cash"
        CHEQUE = "cheque"
        DIRECT_DEBIT = "direct_debit"
        PAYPAL = "paypal"
        OTHER = "other"

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="payments")
    client = models.ForeignKey(Client, models.PROTECT, related_name="payments")
    number = models.CharField(max_length=60)
    currency = models.CharField(max_length=3, validators=[check_currency])
    # In major units of the currency.
    amount = models.DecimalField(**MONEY)
    applied = models.DecimalField(default=0, editable=False, **MONEY)
    refunded = models.DecimalField(default=0, editable=False, **MONEY)
    method = models.CharField(max_length=20, choices=Method, default=Method.BANK_TRANSFER)
    # What the bank or the payer calls it; shown to the client.
    reference = models.CharField(max_length=191, blank=True)
    # What whoever reports it calls it, once per agency: a payment is never recorded twice.
    external_reference = models.CharField(max_length=191, blank=True)
    paid_on = models.DateField()
    private_notes = models.TextField(blank=True)
    created_by = models.ForeignKey(
        Membership, models.SET_NULL, related_name="+", null=True, blank=True
    )
    # [{"invoice", "amount", "on"}]: what a deletion took off, for its undoing.
    released = models.JSONField(default=list, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="payment_in_agency"),
            models.UniqueConstraint(fields=["agency", "number"], name="payment_number_once"),
            models.UniqueConstraint(
                fields=["agency", "external_reference"],
                condition=~Q(external_reference=""),
                name="payment_reported_once",
            ),
            models.CheckConstraint(
                condition=Q(applied__gte=0, refunded__gte=0, amount__gt=0)
                & Q(amount__gte=F("applied") + F("refunded")),
                name="payment_used_within_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "client", "-id"], name="payment_of_client"),
            models.Index(fields=["agency", "-created_at", "-id"], name="payment_by_creation"),
            models.Index(fields=["agency", "updated_at", "id"], name="payment_by_change"),
        ]
        triggers = tell(
            "payment",
            states=ARCHIVED | DELETED,
            hidden=["released", "private_notes"],
            created=telling.CAME,
            deleted=telling.WENT,
        )

    def __str__(self) -> str:
        return self.number

    @property
    def unapplied(self) -> Decimal:
        """What is on account."""
        return Decimal(0) if self.deleted_at else self.amount - self.applied - self.refunded


@audited()
class Allocation(models.Model):
    """How much of a payment or credit settles which invoice, since which day."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="allocations", null=True, blank=True
    )
    credit = models.ForeignKey(
        Credit, models.PROTECT, related_name="allocations", null=True, blank=True
    )
    amount = models.DecimalField(**MONEY)
    on = models.DateField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_is_positive"),
            models.CheckConstraint(
                condition=Q(payment__isnull=True, credit__isnull=False)
                | Q(payment__isnull=False, credit__isnull=True),
                name="allocation_has_one_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment or self.credit} to {self.invoice}"


@audited()
class Refund(models.Model):
    """Money paid back to a client, out of a payment or a credit."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="refunds", null=True, blank=True
    )
    credit = models.ForeignKey(
        Credit, models.PROTECT, related_name="refunds", null=True, blank=True
    )
    amount = models.DecimalField(**MONEY)
    refunded_on = models.DateField()
    reference = models.CharField(max_length=191, blank=True)
    note = models.TextField(blank=True)
    # [{"invoice", "amount", "on"}]: what was taken off invoices for it, for its undoing.
    released = models.JSONField(default=list, editable=False)
    created_by = models.ForeignKey(
        Membership, models.SET_NULL, related_name="+", null=True, blank=True
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="refund_in_agency"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
            models.CheckConstraint(
                condition=Q(payment__isnull=True, credit__isnull=False)
                | Q(payment__isnull=False, credit__isnull=True),
                name="refund_has_one_source",
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "-created_at", "-id"], name="refund_by_creation"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment or self.credit} on {self.refunded_on}"

    @property
    def source(self) -> Payment | Credit:
        """What it was paid out of."""
        source = self.credit or self.payment
        assert source  # noqa: S101 (a constraint says so)
        return source
