from django.db import migrations

# Whether a client has access to its portal follows the people who were invited: see
# InviteQuerySet.standing(), which is the same question in Python.
RECKON = """
CREATE FUNCTION portal_reckon_access(which bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE clients_client c SET invited_at = standing.sent_at
    FROM (
        SELECT max(i.sent_at) AS sent_at
        FROM portal_invite i JOIN contacts_contact p ON p.id = i.contact_id
        WHERE i.client_id = which AND i.opens_client_id = which AND i.revoked_at IS NULL
            AND p.client_id = which AND p.deleted_at IS NULL AND NOT p.is_locked
    ) standing
    WHERE c.id = which AND (c.invited_at IS NULL) <> (standing.sent_at IS NULL)
$$;
CREATE FUNCTION portal_follow_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM portal_invite
               WHERE contact_id = NEW.id AND opens_client_id = NEW.client_id) THEN
        PERFORM portal_reckon_access(NEW.client_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER portal_follow_person AFTER UPDATE OF deleted_at, is_locked ON contacts_contact
FOR EACH ROW
WHEN ((NEW.deleted_at IS NULL) <> (OLD.deleted_at IS NULL) OR NEW.is_locked <> OLD.is_locked)
EXECUTE FUNCTION portal_follow_person();
"""
FORGET = """
DROP TRIGGER portal_follow_person ON contacts_contact;
DROP FUNCTION portal_follow_person();
DROP FUNCTION portal_reckon_access(bigint);
"""
# A mail with a dead link that still waits is not sent to the old mailbox either.
END = """
CREATE OR REPLACE FUNCTION portal_end_invites() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended bigint[];
BEGIN
    WITH dead AS (
        UPDATE portal_invite SET revoked_at = now()
        WHERE contact_id = NEW.id AND accepted_at IS NULL AND revoked_at IS NULL
            AND lower(address) <> lower(NEW.email)
        RETURNING mail_id
    )
    SELECT array_agg(mail_id) INTO ended FROM dead;
    IF ended IS NOT NULL THEN
        UPDATE contacts_message
        SET status = 'failed', reason = 'withdrawn', failed_at = now(), content = ''
        WHERE id = ANY (ended) AND status = 'queued' AND sending_since IS NULL;
        PERFORM portal_reckon_access(NEW.client_id);
    END IF;
    RETURN NULL;
END $$;
"""
END_ALONE = """
CREATE OR REPLACE FUNCTION portal_end_invites() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE portal_invite SET revoked_at = now()
    WHERE contact_id = NEW.id AND accepted_at IS NULL AND revoked_at IS NULL
        AND lower(address) <> lower(NEW.email);
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_new_address_ends_invites")]
    operations = [migrations.RunSQL(RECKON, FORGET), migrations.RunSQL(END, END_ALONE)]
