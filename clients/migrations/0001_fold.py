from django.db import migrations

from clients.folding import CREATE_FOLD, DROP_FOLD


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(CREATE_FOLD, DROP_FOLD)]
