from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0016_portal_upload"),
        ("clients", "0014_document_in_agency"),
    ]
    operations = [
        raise_wall("portal_portalupload"),
        same_agency("portal_portalupload", "document_id", "clients_document"),
        same_agency("portal_portalupload", "contact_id", "contacts_contact"),
    ]
