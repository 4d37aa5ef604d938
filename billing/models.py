"""Money owed, received and given back. Written by billing's functions alone."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone

from agencies.models import Agency, audited, check_currency
from agencies.number_patterns import check_pattern
from billing.bank_details import LONGEST_ADDRESS, LONGEST_HOLDER
from billing.document_models import Credit as Credit
from billing.document_models import CreditLine as CreditLine
from billing.document_models import Invoice as Invoice
from billing.document_models import InvoiceLine as InvoiceLine
from billing.payment_models import Allocation as Allocation
from billing.payment_models import Payment as Payment
from billing.payment_models import Refund as Refund
from billing.statement_models import KeptStatement as KeptStatement
from billing.statement_models import StatementBatch as StatementBatch
from billing.statement_models import StatementSchedule as StatementSchedule
from billing.totals import Rounding
from clients.models import FIGURES, MONEY, Client


def _figures(**options: Any) -> dict[str, Any]:
    return {"default": 0, "editable": False, **MONEY, **options}


@audited()
class BillingSettings(models.Model):
    """How an agency bills. Made when it is first asked for; see billing.settings.settings_of."""

    agency = models.OneToOneField(Agency, models.CASCADE, related_name="billing_settings")
    rounding = models.CharField(
        "tax is rounded",
        max_length=10,
        choices=[(Rounding.PER_LINE, "per line"), (Rounding.PER_DOCUMENT, "per document")],
        default=Rounding.PER_DOCUMENT,
    )
    includes_tax = models.BooleanField("new documents' prices include tax", default=False)
    invoice_terms = models.TextField(blank=True)
    invoice_footer = models.TextField(blank=True)
    # Shown on invoices and in the portal: where to pay.
    payment_details = models.TextField(blank=True)
    # Where the portal says that invoices are paid. Read by billing.bank_details.
    bank_holder = models.CharField(
        "account holder",
        max_length=LONGEST_HOLDER,
        blank=True,
        help_text="Where it is empty, the agency's own legal name.",
    )
    bank_iban = models.CharField("IBAN", max_length=34, blank=True)
    bank_bic = models.CharField("BIC", max_length=11, blank=True)
    payment_url = models.CharField(
        "payment address",
        max_length=LONGEST_ADDRESS,
        blank=True,
        help_text="Such as https://pay.example/?invoice={number}&amount={amount}&in={currency}.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "billing settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(bank_iban__regex=r"^([A-Z]{2}[0-9]{2}[A-Z0-9]{11,30})?$"),
                name="bank_iban_is_compact",
            ),
            models.CheckConstraint(
                condition=Q(bank_bic__regex=r"^([A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?)?$"),
                name="bank_bic_is_compact",
            ),
            models.CheckConstraint(
                condition=Q(payment_url="") | Q(payment_url__startswith="https://"),
                name="payment_url_is_https",
            ),
        ]

    def __str__(self) -> str:
        return f"Billing of {self.agency}"


@audited(ignored=["counter", "counted_on"])
class NumberSeries(models.Model):
    """One row of numbers that runs on without gaps: of invoices, credits or payments."""

    class Kind(models.TextChoices):
        INVOICE = "invoice"
        CREDIT = "credit"
        PAYMENT = "payment"

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="number_series")
    kind = models.CharField(max_length=10, choices=Kind)
    pattern = models.CharField(max_length=60, validators=[check_pattern])
    restarts = models.CharField(
        max_length=9, choices=Agency.Restarts, default=Agency.Restarts.NEVER
    )
    # The next number, and the day of the last one.
    counter = models.PositiveBigIntegerField(default=1)
    counted_on = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.UniqueConstraint(fields=["agency", "kind"], name="one_series_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.pattern}"


class Account(models.Model):
    """What a client owes and has, in one currency. The sums of its ledger, kept at hand.

    After a merge the merged client's accounts stay, empty, so that their entries stay as they are.
    """

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, models.PROTECT, related_name="accounts")
    currency = models.CharField(max_length=3, validators=[check_currency])
    # Of a client that was merged: its id. A living account has none.
    merged_from = models.BigIntegerField(null=True, editable=False)
    balance = models.DecimalField(**_figures())
    paid_to_date = models.DecimalField(**_figures())
    credit_balance = models.DecimalField(**_figures())
    payment_balance = models.DecimalField(**_figures())
    total_billed = models.DecimalField(**_figures())

    class Meta:
        ordering = ["currency", "id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="account_in_agency"),
            models.UniqueConstraint(
                fields=["client", "currency"],
                condition=Q(merged_from__isnull=True),
                name="one_account_per_currency",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__gte": 0}), name=f"account_{name}_not_negative"
                )
                for name in FIGURES
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} of {self.client}"


class LedgerEntry(models.Model):
    """One signed change of what a client owes and has. Appended by billing.ledger, never changed.

    `on` is the day it counts for, `recorded_at` when Foyer came to know of it. What takes something
    back carries the day of what it takes back, so that both together never were.
    """

    class Kind(models.TextChoices):
        INVOICE_ISSUED = "invoice_issued"
        INVOICE_CANCELLED = "invoice_cancelled"
        INVOICE_REOPENED = "invoice_reopened"
        INVOICE_DELETED = "invoice_deleted"
        INVOICE_RESTORED = "invoice_restored"
        PAYMENT_RECORDED = "payment_recorded"
        PAYMENT_APPLIED = "payment_applied"
        PAYMENT_UNAPPLIED = "payment_unapplied"
        PAYMENT_REFUNDED = "payment_refunded"
        PAYMENT_DELETED = "payment_deleted"
        PAYMENT_RESTORED = "payment_restored"
        CREDIT_ISSUED = "credit_issued"
        CREDIT_APPLIED = "credit_applied"
        CREDIT_UNAPPLIED = "credit_unapplied"
        CREDIT_REFUNDED = "credit_refunded"
        CREDIT_DELETED = "credit_deleted"
        CREDIT_RESTORED = "credit_restored"
        REFUND_UNDONE = "refund_undone"
        TRANSFERRED = "transferred"

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=20, choices=Kind)
    # The change of each figure, and what was owed after it.
    balance = models.DecimalField(**_figures())
    paid_to_date = models.DecimalField(**_figures())
    credit_balance = models.DecimalField(**_figures())
    payment_balance = models.DecimalField(**_figures())
    total_billed = models.DecimalField(**_figures())
    balance_after = models.DecimalField(**_figures())
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="entries", null=True)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="entries", null=True)
    credit = models.ForeignKey(Credit, models.PROTECT, related_name="entries", null=True)
    refund = models.ForeignKey(Refund, models.PROTECT, related_name="entries", null=True)
    on = models.DateField()
    recorded_at = models.DateTimeField(default=timezone.now)
    door = models.CharField(max_length=20, blank=True)
    # A number, so that an entry stays as it is when its member leaves.
    member_id = models.BigIntegerField(null=True)
    note = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["account", "on", "id"], name="ledger_by_day"),
            models.Index(fields=["agency", "recorded_at"], name="ledger_by_record"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.balance} on {self.on}"


class Verification(models.Model):
    """What the last recomputations of an agency's figures found; see billing.verifying."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="verifications")
    ran_at = models.DateTimeField(default=timezone.now)
    # [{"what", "id", "figure", "kept", "proved"}]
    differences = models.JSONField(default=list)
    clients = models.PositiveIntegerField(default=0)
    entries = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-ran_at", "-id"]
        get_latest_by = "ran_at"

    def __str__(self) -> str:
        return f"{len(self.differences)} differences at {self.ran_at}"
