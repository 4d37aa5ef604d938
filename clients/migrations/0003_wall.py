from django.db import migrations

from agencies.wall import raise_wall, same_agency

TABLES = (
    "category",
    "clientgroup",
    "tag",
    "client",
    "clienttag",
    "customfield",
    "project",
    "document",
)

CHILDREN = (
    ("clients_client", "category_id", "clients_category"),
    ("clients_client", "group_id", "clients_clientgroup"),
    ("clients_client", "created_by_id", "agencies_membership"),
    ("clients_client", "assigned_to_id", "agencies_membership"),
    ("clients_clienttag", "client_id", "clients_client"),
    ("clients_clienttag", "tag_id", "clients_tag"),
    ("clients_project", "client_id", "clients_client"),
    ("clients_project", "lead_id", "agencies_membership"),
    ("clients_document", "client_id", "clients_client"),
    ("clients_document", "project_id", "clients_project"),
    ("clients_document", "uploaded_by_id", "agencies_membership"),
)


class Migration(migrations.Migration):
    dependencies = [("agencies", "0002_wall"), ("clients", "0002_tables")]
    operations = [
        *(raise_wall(f"clients_{table}{kind}") for table in TABLES for kind in ("", "event")),
        *(same_agency(*child) for child in CHILDREN),
    ]
