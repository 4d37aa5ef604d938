from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("agencies", "0001_tables")]
    operations = [
        raise_wall("agencies_agencyevent", "pgh_obj_id"),
        raise_wall("agencies_apikey"),
        raise_wall("agencies_apikeyevent"),
        raise_wall("agencies_membershipevent"),
        same_agency("agencies_apikey", "member_id", "agencies_membership"),
        raise_wall("agencies_storedanswer"),
        same_agency("agencies_storedanswer", "api_key_id", "agencies_apikey"),
        # A counter of one minute need not survive a crash, and so costs no log write.
        migrations.RunSQL(
            "ALTER TABLE agencies_ratewindow SET UNLOGGED",
            "ALTER TABLE agencies_ratewindow SET LOGGED",
        ),
    ]
