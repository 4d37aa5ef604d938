from django.db import migrations

from agencies.wall import raise_wall, same_agency

# Whichever way an address changes, what was handed to the old mailbox is dead: sessions, sign-in
# links, a password, and what the key link does by itself. An empty address may be a step of a
# longer change, so the last one is remembered until another comes.
NOTE = """
CREATE FUNCTION portal_note_address() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    former text;
BEGIN
    IF OLD.email <> '' THEN
        INSERT INTO portal_addresschange (agency_id, contact_id, address)
        VALUES (OLD.agency_id, OLD.id, lower(OLD.email))
        ON CONFLICT (contact_id) DO UPDATE SET address = excluded.address;
    END IF;
    SELECT address INTO former FROM portal_addresschange WHERE contact_id = NEW.id;
    IF NEW.email = '' OR former IS NULL OR former = lower(NEW.email) THEN
        RETURN NEW;
    END IF;
    UPDATE portal_addresschange SET address = lower(NEW.email), changed_at = now()
    WHERE contact_id = NEW.id;
    UPDATE portal_portalsession SET ended_at = now()
    WHERE contact_id = NEW.id AND ended_at IS NULL AND address <> lower(NEW.email);
    UPDATE portal_signinlink SET used_at = now()
    WHERE agency_id = NEW.agency_id AND address = former AND used_at IS NULL
        AND NOT EXISTS (
            SELECT FROM contacts_contact other
            WHERE other.agency_id = NEW.agency_id AND other.id <> NEW.id
                AND lower(other.email) = former
        );
    -- Unless the same change sets a new one.
    IF NEW.password = OLD.password THEN
        NEW.password := '';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portal_note_address BEFORE UPDATE OF email ON contacts_contact
FOR EACH ROW WHEN (lower(NEW.email) <> lower(OLD.email))
EXECUTE FUNCTION portal_note_address();
"""
FORGET = """
DROP TRIGGER portal_note_address ON contacts_contact;
DROP FUNCTION portal_note_address();
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0012_address_change")]
    operations = [
        raise_wall("portal_addresschange"),
        same_agency("portal_addresschange", "contact_id", "contacts_contact"),
        migrations.RunSQL(NOTE, FORGET),
    ]
