from django.db import migrations

from clients.models import FIGURES

FIGURE_NAMES = ", ".join(FIGURES)
NEW_FIGURES = ", ".join(f"NEW.{name}" for name in FIGURES)

# A client's own figures are those of its account in the currency it is kept in.
OF_CLIENT = f"""
CREATE FUNCTION billing_figures_of_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT {FIGURE_NAMES} INTO {NEW_FIGURES} FROM billing_account
    WHERE client_id = NEW.id AND merged_from IS NULL AND currency = coalesce(
        nullif(NEW.currency, ''), (SELECT a.currency FROM agencies_agency a WHERE a.id = NEW.agency_id)
    );
    IF NOT FOUND THEN
        {" ".join(f"NEW.{name} := 0;" for name in FIGURES)}
    END IF;
    RETURN NEW;
END $$
"""
OF_AGENCY = f"""
CREATE FUNCTION billing_figures_of_agency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clients_client c SET ({FIGURE_NAMES}) = (
        SELECT {", ".join(f"coalesce(max(x.{name}), 0)" for name in FIGURES)} FROM billing_account x
        WHERE x.client_id = c.id AND x.merged_from IS NULL AND x.currency = NEW.currency
    ) WHERE c.agency_id = NEW.id AND c.currency = '';
    RETURN NULL;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_wall"), ("clients", "0012_group_counter"), ("agencies", "0007_client_numbers")]
    operations = [
        migrations.RunSQL(
            [
                OF_CLIENT,
                "CREATE TRIGGER billing_figures BEFORE UPDATE OF currency ON clients_client FOR EACH ROW "
                "WHEN (OLD.currency IS DISTINCT FROM NEW.currency) "
                "EXECUTE FUNCTION billing_figures_of_client()",
                OF_AGENCY,
                "CREATE TRIGGER billing_figures AFTER UPDATE OF currency ON agencies_agency FOR EACH ROW "
                "WHEN (OLD.currency IS DISTINCT FROM NEW.currency) "
                "EXECUTE FUNCTION billing_figures_of_agency()",
            ],
            [
                "DROP TRIGGER billing_figures ON agencies_agency",
                "DROP FUNCTION billing_figures_of_agency()",
                "DROP TRIGGER billing_figures ON clients_client",
                "DROP FUNCTION billing_figures_of_client()",
            ],
        )
    ]
