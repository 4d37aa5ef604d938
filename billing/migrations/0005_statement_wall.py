from django.db import migrations

from agencies.wall import raise_wall, same_agency

CHILDREN = (
    ("statementschedule", "client_id", "clients_client"),
    ("statementschedule", "tag_id", "clients_tag"),
    ("keptstatement", "client_id", "clients_client"),
    ("keptstatement", "schedule_id", "billing_statementschedule"),
    ("keptstatement", "created_by_id", "agencies_membership"),
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_statements")]
    operations = [
        raise_wall("billing_statementschedule"),
        raise_wall("billing_statementscheduleevent"),
        raise_wall("billing_keptstatement"),
        *(same_agency(f"billing_{table}", *rest) for table, *rest in CHILDREN),
    ]
