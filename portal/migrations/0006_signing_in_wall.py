from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("portal", "0005_signing_in")]
    operations = [
        raise_wall("portal_portalsession"),
        raise_wall("portal_signinlink"),
        same_agency("portal_portalsession", "contact_id", "contacts_contact"),
        same_agency("portal_signinlink", "mail_id", "contacts_message"),
    ]
