from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("agencies", "0003_confirmation")]
    operations = [
        raise_wall("agencies_confirmation"),
        same_agency("agencies_confirmation", "api_key_id", "agencies_apikey"),
    ]
