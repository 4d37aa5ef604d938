from django.db import migrations

from agencies.wall import raise_wall, same_agency

# Factors are a person's, and fall with the last contact that has the person's address: when that
# one is deleted, and when it gets another address. An empty address may be a step of a longer
# change: then what was written down of it counts, and falls with its contact.
FORGET = """
CREATE FUNCTION portal_forget_factors(of_agency bigint, gone text, but bigint)
RETURNS void LANGUAGE sql AS $$
    WITH left_behind AS (
        SELECT f.id FROM portal_secondfactors f
        WHERE f.agency_id = of_agency AND f.address = gone AND NOT EXISTS (
            SELECT FROM contacts_contact p
            WHERE p.agency_id = of_agency AND lower(p.email) = gone AND p.id <> but
        )
    ), keys AS (
        DELETE FROM portal_passkey WHERE factors_id IN (SELECT id FROM left_behind)
    )
    DELETE FROM portal_secondfactors WHERE id IN (SELECT id FROM left_behind)
$$;
CREATE FUNCTION portal_person_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_forget_factors(OLD.agency_id, lower(OLD.email), OLD.id);
    RETURN NULL;
END $$;
CREATE TRIGGER portal_person_gone AFTER DELETE ON contacts_contact
FOR EACH ROW WHEN (OLD.email <> '') EXECUTE FUNCTION portal_person_gone();
CREATE FUNCTION portal_address_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_forget_factors(OLD.agency_id, OLD.address, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER portal_address_gone AFTER DELETE ON portal_addresschange
FOR EACH ROW EXECUTE FUNCTION portal_address_gone();
CREATE FUNCTION portal_address_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_forget_factors(OLD.agency_id, OLD.address, OLD.contact_id);
    RETURN NULL;
END $$;
CREATE TRIGGER portal_address_changed AFTER UPDATE OF address ON portal_addresschange
FOR EACH ROW WHEN (NEW.address <> OLD.address) EXECUTE FUNCTION portal_address_changed();
"""
KEEP = """
DROP TRIGGER portal_address_changed ON portal_addresschange;
DROP FUNCTION portal_address_changed();
DROP TRIGGER portal_address_gone ON portal_addresschange;
DROP FUNCTION portal_address_gone();
DROP TRIGGER portal_person_gone ON contacts_contact;
DROP FUNCTION portal_person_gone();
DROP FUNCTION portal_forget_factors(bigint, text, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0022_second_factors")]
    operations = [
        raise_wall("portal_secondfactors"),
        raise_wall("portal_secondfactorsevent"),
        raise_wall("portal_passkey"),
        raise_wall("portal_passkeyevent"),
        same_agency("portal_passkey", "factors_id", "portal_secondfactors"),
        migrations.RunSQL(FORGET, KEEP),
    ]
