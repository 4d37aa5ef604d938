from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("portal", "0008_person_rights")]
    operations = [
        raise_wall("portal_personrights"),
        raise_wall("portal_personrightsevent"),
        same_agency("portal_personrights", "contact_id", "contacts_contact"),
    ]
