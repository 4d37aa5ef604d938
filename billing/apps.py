from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Invoices, payments, credits and the ledger move in here; see CHANGELOG.md."""

    name = "billing"
