from django.db import migrations

# Whichever way an address changes, the link in the old mailbox is dead for good, even when the
# old address comes back. An empty address may be a step of a longer change: it opens nothing
# while it lasts, and ends nothing.
END = """
CREATE FUNCTION portal_end_invites() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE portal_invite SET revoked_at = now()
    WHERE contact_id = NEW.id AND accepted_at IS NULL AND revoked_at IS NULL
        AND lower(address) <> lower(NEW.email);
    RETURN NULL;
END $$;
CREATE TRIGGER portal_end_invites AFTER UPDATE OF email ON contacts_contact FOR EACH ROW
WHEN (NEW.email <> '' AND lower(NEW.email) <> lower(OLD.email))
EXECUTE FUNCTION portal_end_invites();
"""
KEEP = """
DROP TRIGGER portal_end_invites ON contacts_contact;
DROP FUNCTION portal_end_invites();
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0002_invite_wall")]
    operations = [migrations.RunSQL(END, KEEP)]
