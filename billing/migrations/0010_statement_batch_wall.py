from django.db import migrations

from agencies.wall import raise_wall, same_agency

# A merged PDF holds what it says of each of its clients: it goes with the first that goes.
FORGET = """
CREATE FUNCTION billing_forget_batches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM billing_statementbatch b USING old_rows o WHERE b.client_ids @> ARRAY[o.id];
    RETURN NULL;
END $$;
CREATE TRIGGER forget_batches AFTER DELETE ON clients_client
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION billing_forget_batches();
"""
REMEMBER = """
DROP TRIGGER forget_batches ON clients_client;
DROP FUNCTION billing_forget_batches();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_statement_batches")]
    operations = [
        raise_wall("billing_statementbatch"),
        same_agency("billing_statementbatch", "created_by_id", "agencies_membership"),
        migrations.RunSQL(FORGET, REMEMBER),
    ]
