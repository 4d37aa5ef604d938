from django.db import migrations

from agencies.wall import raise_wall, same_agency

AUDITED = (
    "billingsettings",
    "numberseries",
    "invoice",
    "invoiceline",
    "credit",
    "creditline",
    "payment",
    "allocation",
    "refund",
)
PLAIN = ("account", "ledgerentry", "verification")

CHILDREN = (
    ("account", "client_id", "clients_client"),
    ("invoice", "client_id", "clients_client"),
    ("invoice", "project_id", "clients_project"),
    ("invoice", "created_by_id", "agencies_membership"),
    ("invoice", "assigned_to_id", "agencies_membership"),
    ("invoiceline", "invoice_id", "billing_invoice"),
    ("credit", "client_id", "clients_client"),
    ("credit", "invoice_id", "billing_invoice"),
    ("credit", "created_by_id", "agencies_membership"),
    ("creditline", "credit_id", "billing_credit"),
    ("payment", "client_id", "clients_client"),
    ("payment", "created_by_id", "agencies_membership"),
    ("allocation", "invoice_id", "billing_invoice"),
    ("allocation", "payment_id", "billing_payment"),
    ("allocation", "credit_id", "billing_credit"),
    ("refund", "payment_id", "billing_payment"),
    ("refund", "credit_id", "billing_credit"),
    ("refund", "created_by_id", "agencies_membership"),
    ("ledgerentry", "account_id", "billing_account"),
    ("ledgerentry", "invoice_id", "billing_invoice"),
    ("ledgerentry", "payment_id", "billing_payment"),
    ("ledgerentry", "credit_id", "billing_credit"),
    ("ledgerentry", "refund_id", "billing_refund"),
)


class Migration(migrations.Migration):
    dependencies = [("agencies", "0002_wall"), ("clients", "0003_wall"), ("billing", "0001_tables")]
    operations = [
        *(raise_wall(f"billing_{table}{kind}") for table in AUDITED for kind in ("", "event")),
        *(raise_wall(f"billing_{table}") for table in PLAIN),
        *(same_agency(f"billing_{table}", *rest) for table, *rest in CHILDREN),
    ]
