"""The wall between agencies, built in migrations and kept by PostgreSQL.

Every table with an `agency` column has forced row-level security with one equality. What stands
outside is listed here by name; a test fails when a new table has neither a wall nor an entry.
"""

from django.db import migrations

# Needed to find the agency, or owned by a library and free of clients' facts.
OUTSIDE = frozenset(
    {
        "agencies_agency",
        "agencies_user",
        "agencies_userevent",
        "agencies_membership",
        "agencies_secretdigest",
        "agencies_ratewindow",
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "django_admin_log",
        "django_content_type",
        "django_migrations",
        "django_session",
        # Jobs carry ids only; each opens the scope of its own agency.
        "procrastinate_events",
        "procrastinate_jobs",
        "procrastinate_periodic_defers",
        "procrastinate_workers",
        # Stays empty: our events carry their context in the row itself, behind the wall.
        "pghistory_context",
    }
)


def raise_wall(table: str, column: str = "agency_id") -> migrations.RunSQL:
    """Show and accept only rows whose agency is the one the transaction acts for."""
    scope = "(SELECT nullif(current_setting('foyer.agency', true), '')::bigint)"
    return migrations.RunSQL(
        sql=[
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            f'CREATE POLICY wall ON "{table}" USING ("{column}" = {scope})',
        ],
        reverse_sql=[
            f'DROP POLICY wall ON "{table}"',
            f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY',
        ],
    )


def same_agency(table: str, column: str, parent: str) -> migrations.RunSQL:
    """Keep a child in its parent's agency: foreign keys look past row-level security."""
    name = f"{table}_{column}_same_agency"
    return migrations.RunSQL(
        sql=f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" '
        f'FOREIGN KEY (agency_id, "{column}") REFERENCES "{parent}" (agency_id, id) '
        "DEFERRABLE INITIALLY DEFERRED",
        reverse_sql=f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"',
    )
