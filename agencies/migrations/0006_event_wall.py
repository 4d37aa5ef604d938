from django.db import migrations

from agencies.wall import raise_wall

# The batch of the running transaction, opened by the first event; none yet is NULL. Its agency is
# named with it, for transactions that act for one agency after the other.
OPEN_BATCH = """
CREATE FUNCTION agencies_open_event_batch() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN split_part(current_setting('foyer.event_batch', true), ':', 1)
            = current_setting('foyer.agency', true)
        THEN nullif(split_part(current_setting('foyer.event_batch', true), ':', 2), '')::bigint
    END
$$
"""

BATCH = """
CREATE FUNCTION agencies_event_batch() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    batch bigint := agencies_open_event_batch();
    who jsonb := nullif(current_setting('pghistory.context_metadata', true), '')::jsonb;
BEGIN
    IF batch IS NULL THEN
        INSERT INTO agencies_eventbatch (agency_id, door, member_id, is_forgotten)
        VALUES (
            current_setting('foyer.agency')::bigint,
            coalesce(left(who->>'door', 20), ''),
            (who->>'member')::bigint,
            false
        )
        RETURNING id INTO batch;
        PERFORM set_config(
            'foyer.event_batch', current_setting('foyer.agency') || ':' || batch, true
        );
    END IF;
    RETURN batch;
END
$$
"""

# The newest position below which nothing can appear any more, 0 in an empty log. Transactions that
# are taking their positions hold a lock while they commit, for milliseconds; those that hold it
# now are waited for, and keep nobody else waiting. NULL when one of them does not end in time.
# Call it in a statement of its own under READ COMMITTED, so that the next one sees what they wrote.
SETTLED = """
CREATE FUNCTION agencies_settled_position(patience interval) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    agency bigint := nullif(current_setting('foyer.agency', true), '')::bigint;
    newest bigint;
    committing text[];
    deadline timestamptz := clock_timestamp() + patience;
BEGIN
    SELECT coalesce(max(position), 0) INTO newest FROM agencies_eventbatch;
    LOOP
        SELECT array_agg(l.virtualtransaction) INTO committing
        FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = 1718581605
        AND l.objid = (agency % 2147483647)::int::oid AND l.granted AND l.pid <> pg_backend_pid()
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (committing IS NULL OR l.virtualtransaction = ANY (committing));
        IF committing IS NULL THEN
            RETURN newest;
        ELSIF clock_timestamp() > deadline THEN
            RETURN NULL;
        END IF;
        PERFORM pg_sleep(0.001);
    END LOOP;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("agencies", "0005_event")]
    operations = [
        raise_wall("agencies_eventbatch"),
        raise_wall("agencies_event"),
        migrations.RunSQL(
            "CREATE SEQUENCE agencies_eventbatch_position", "DROP SEQUENCE agencies_eventbatch_position"
        ),
        migrations.RunSQL(OPEN_BATCH, "DROP FUNCTION agencies_open_event_batch()"),
        migrations.RunSQL(BATCH, "DROP FUNCTION agencies_event_batch()"),
        migrations.RunSQL(SETTLED, "DROP FUNCTION agencies_settled_position(interval)"),
    ]
