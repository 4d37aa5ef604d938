from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("agencies", "0002_wall"), ("clients", "0008_removal")]
    operations = [
        raise_wall("clients_removal"),
        raise_wall("clients_removedrow"),
        same_agency("clients_removal", "removed_by_id", "agencies_membership"),
        same_agency("clients_removedrow", "removal_id", "clients_removal"),
    ]
