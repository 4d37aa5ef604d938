from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Invoices, payments, credits, and the ledger that proves every balance."""

    name = "billing"
