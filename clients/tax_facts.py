"""Drops from a client's `tax_info` what a change of the client has made stale.

In the database, so that no door is forgotten: the admin, imports, merges and bulk changes too. See
billing.tax for what is in it.
"""

import pgtrigger

_OF_NUMBER = ["vat_number", "country"]
_OF_PLACE = ["address1", "city", "state", "postal_code", "country"]

# VIES had confirmed the former number; what staff said of it by hand stays as they said.
_DROP = """
IF {number_changed} THEN
    IF OLD.tax_info -> 'vat_number' ->> 'state' = 'confirmed' THEN
        NEW.has_valid_vat_number := false;
    END IF;
    NEW.tax_info := NEW.tax_info - 'vat_number';
END IF;
IF OLD.country IS DISTINCT FROM NEW.country THEN
    NEW.tax_info := NEW.tax_info - 'vat_rates';
END IF;
IF {place_changed} THEN
    NEW.tax_info := NEW.tax_info - 'sales_tax';
END IF;
RETURN NEW;
"""


def _changed(columns: list[str]) -> str:
    old, new = (", ".join(f"{row}.{name}" for name in columns) for row in ("OLD", "NEW"))
    return f"(({old}) IS DISTINCT FROM ({new}))"


DROP_STALE_TAX_FACTS = [
    pgtrigger.Trigger(
        name="drop_stale_tax_facts",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf(*dict.fromkeys([*_OF_NUMBER, *_OF_PLACE])),
        # Whoever writes both at once knows what they belong to, such as the undoing of a merge.
        condition=pgtrigger.Condition(
            "jsonb_typeof(OLD.tax_info) = 'object' AND OLD.tax_info <> '{}'"
            " AND OLD.tax_info = NEW.tax_info"
        ),
        func=_DROP.format(number_changed=_changed(_OF_NUMBER), place_changed=_changed(_OF_PLACE)),
    )
]
