from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("agencies", "0002_wall"), ("clients", "0006_note")]
    operations = [
        raise_wall("clients_note"),
        same_agency("clients_note", "client_id", "clients_client"),
        same_agency("clients_note", "member_id", "agencies_membership"),
    ]
