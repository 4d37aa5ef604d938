"""What the audit trail's triggers need besides what pghistory gives them."""

from typing import Any

from django.db import connection

# A trigger joins the rows of a statement as they were with what they became. PostgreSQL keeps the
# plan of its first statement for the session: after a change of one row that is a nested loop,
# and a change of 10,000 took two minutes. Without nested loops what can only be one counts as
# endlessly dear, which is when a statement would be compiled: for seconds, at every change.
_PLAN_FOR_MANY = """
DO $$
DECLARE copying regprocedure;
BEGIN
    FOR copying IN
        SELECT oid FROM pg_proc
        WHERE proname LIKE 'pgtrigger\\_update\\_%' AND pg_get_userbyid(proowner) = current_user
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET enable_nestloop = off', copying);
        EXECUTE format('ALTER FUNCTION %s SET jit = off', copying);
    END LOOP;
END $$
"""


def plan_for_many(**_sent: Any) -> None:
    """After every migration, since each may write the triggers anew."""
    with connection.cursor() as cursor:
        cursor.execute(_PLAN_FOR_MANY)
