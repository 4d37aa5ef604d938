"""Refuses to deploy on a login that could climb the wall."""

from typing import Any

from django.core.checks import Error, Tags, register
from django.db import connection

from agencies.wall import holes

_CLIMBS = """
SELECT r.rolname FROM pg_roles r
WHERE (r.rolsuper OR r.rolbypassrls) AND pg_has_role(current_user, r.oid, 'MEMBER')
ORDER BY r.rolname
"""


@register(Tags.security, deploy=True)
def login_stays_behind_the_wall(**_: Any) -> list[Error]:
    """An error when the login is, or can become, a role that ignores the wall."""
    with connection.cursor() as cursor:
        cursor.execute(_CLIMBS)
        roles = ", ".join(row[0] for row in cursor.fetchall())
    if not roles:
        return []
    return [
        Error(
            f"The database login can act as {roles}, which sees every agency's rows.",
            hint="Use a login made with CREATE ROLE foyer LOGIN, and no superuser.",
            id="agencies.E001",
        )
    ]


@register(Tags.security, deploy=True)
def wall_has_no_holes(**_: Any) -> list[Error]:
    """An error per table and foreign key that the wall does not cover."""
    return [
        Error(hole, hint="Migrate; then see docs/tenancy.md.", id="agencies.E002")
        for hole in holes()
    ]
