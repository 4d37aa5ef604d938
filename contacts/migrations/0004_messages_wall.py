from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_messages")]
    operations = [
        raise_wall("contacts_message"),
        raise_wall("contacts_messageevent"),
        raise_wall("contacts_suppression"),
        raise_wall("contacts_suppressionevent"),
        same_agency("contacts_message", "contact_id", "contacts_contact"),
        same_agency("contacts_suppression", "contact_id", "contacts_contact"),
        same_agency("contacts_suppression", "lifted_by_id", "agencies_membership"),
    ]
