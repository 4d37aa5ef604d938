from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("clients", "0003_wall"), ("contacts", "0001_tables")]
    operations = [
        raise_wall("contacts_contact"),
        raise_wall("contacts_contactevent"),
        same_agency("contacts_contact", "client_id", "clients_client"),
    ]
