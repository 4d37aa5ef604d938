"""The wall between agencies, built in migrations and kept by PostgreSQL.

Every table with an `agency` column has forced row-level security with one equality. What stands
outside is listed here by name; a test fails when a new table has neither a wall nor an entry.
"""

from django.db import connection, migrations

# Needed to find the agency, or owned by a library and free of clients' facts.
OUTSIDE = frozenset(
    {
        "agencies_agency",
        "agencies_user",
        "agencies_userevent",
        "agencies_membership",
        # Of users, who stand outside; says nothing but how often a password was wrong.
        "agencies_passwordguesses",
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


_TABLES = """
SELECT c.relname, coalesce(c.relrowsecurity AND c.relforcerowsecurity AND p.wall, false)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
CROSS JOIN LATERAL (
    SELECT count(*) = 1 AND bool_and(
        polpermissive AND polcmd = '*' AND polroles = '{0}' AND polwithcheck IS NULL
        AND pg_get_expr(polqual, polrelid) ~
            '^\\(\\w+ = \\( SELECT \\(NULLIF\\(current_setting\\(''foyer.agency''::text, true\\), '
            '''''::text\\)\\)::bigint'
    ) AS wall
    FROM pg_policy WHERE polrelid = c.oid
) p
WHERE c.relkind IN ('r', 'p')
ORDER BY c.relname
"""

# Foreign keys of one column between two tables that both carry an agency, without the composite
# key that keeps the child in its parent's agency.
_LOOSE_CHILDREN = """
SELECT child.relname, a.attname
FROM pg_constraint f
JOIN pg_class child ON child.oid = f.conrelid
JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
JOIN pg_attribute own ON own.attrelid = f.conrelid AND own.attname = 'agency_id'
JOIN pg_attribute theirs ON theirs.attrelid = f.confrelid AND theirs.attname = 'agency_id'
WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND a.attname <> 'agency_id'
AND NOT EXISTS (
    SELECT FROM pg_constraint g
    WHERE g.contype = 'f' AND g.conrelid = f.conrelid AND g.confrelid = f.confrelid
    AND g.conkey = ARRAY[own.attnum, a.attnum] AND g.convalidated
)
ORDER BY 1, 2
"""


def holes() -> list[str]:
    """A sentence for every table and foreign key that the wall does not cover."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = cursor.fetchall()
        cursor.execute(_LOOSE_CHILDREN)
        children = cursor.fetchall()
    open_tables = [
        f"The table {name} has no wall and is not on the list of what stands outside."
        for name, walled in tables
        if not walled and name not in OUTSIDE
    ]
    loose = [
        f"{table}.{column} may point at another agency's row."
        for table, column in children
        if table not in OUTSIDE
    ]
    return open_tables + loose
