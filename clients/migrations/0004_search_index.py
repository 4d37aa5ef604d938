from django.db import migrations

# The embedded server has no pg_trgm; there a search reads the agency's rows.
CREATE = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX client_search ON clients_client USING gin (search_text gin_trgm_ops);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'pg_trgm may not be created by this login; searches read the agency''s rows.';
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("clients", "0003_wall")]
    operations = [migrations.RunSQL(CREATE, "DROP INDEX IF EXISTS client_search")]
