from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("portal", "0020_detail_request")]
    operations = [
        raise_wall("portal_detailrequest"),
        raise_wall("portal_detailrequestevent"),
        same_agency("portal_detailrequest", "client_id", "clients_client"),
        same_agency("portal_detailrequest", "contact_id", "contacts_contact"),
        same_agency("portal_detailrequest", "answered_by_id", "agencies_membership"),
    ]
