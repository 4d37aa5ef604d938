from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Invoices, payments, credits, and the ledger that proves every balance."""

    name = "billing"

    def ready(self) -> None:
        from billing import checks  # noqa: F401 - registers itself.
