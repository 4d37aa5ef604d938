from django.db import migrations

from agencies.wall import same_agency


class Migration(migrations.Migration):
    dependencies = [("portal", "0010_colleagues")]
    operations = [
        same_agency("portal_invite", "asked_by_id", "contacts_contact"),
        same_agency("portal_personrights", "given_by_id", "contacts_contact"),
    ]
