from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("portal", "0018_document_links")]
    operations = [
        raise_wall("portal_documentlink"),
        raise_wall("portal_documentlinkevent"),
        same_agency("portal_documentlink", "contact_id", "contacts_contact"),
        same_agency("portal_documentlink", "invoice_id", "billing_invoice"),
        same_agency("portal_documentlink", "credit_id", "billing_credit"),
        same_agency("portal_documentlink", "statement_id", "billing_keptstatement"),
        same_agency("portal_documentlink", "mail_id", "contacts_message"),
        same_agency("portal_documentlink", "revoked_by_id", "agencies_membership"),
    ]
