from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("agencies", "0002_wall"), ("clients", "0004_search_index")]
    operations = [
        raise_wall("clients_clientmerge"),
        raise_wall("clients_departedclient"),
        same_agency("clients_clientmerge", "survivor_id", "clients_client"),
        same_agency("clients_clientmerge", "merged_by_id", "agencies_membership"),
        same_agency("clients_departedclient", "survivor_id", "clients_client"),
        same_agency("clients_departedclient", "departed_by_id", "agencies_membership"),
    ]
