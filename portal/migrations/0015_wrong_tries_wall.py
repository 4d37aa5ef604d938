from django.db import migrations

from agencies.wall import raise_wall


class Migration(migrations.Migration):
    dependencies = [("portal", "0014_wrong_tries")]
    operations = [raise_wall("portal_wrongtries")]
