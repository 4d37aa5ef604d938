from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_invite")]
    operations = [
        raise_wall("portal_invite"),
        raise_wall("portal_inviteevent"),
        raise_wall("portal_inviteproject"),
        same_agency("portal_invite", "client_id", "clients_client"),
        same_agency("portal_invite", "contact_id", "contacts_contact"),
        same_agency("portal_invite", "invited_by_id", "agencies_membership"),
        same_agency("portal_invite", "mail_id", "contacts_message"),
        same_agency("portal_inviteproject", "invite_id", "portal_invite"),
        same_agency("portal_inviteproject", "project_id", "clients_project"),
    ]
