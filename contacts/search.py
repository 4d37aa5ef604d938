"""Keeps a client's searchable text about its people, whichever way their rows change."""

import pgtrigger

_REFRESH = """
UPDATE clients_client c SET people_text = coalesce((
    SELECT string_agg(
        concat_ws(' ', p.first_name, p.last_name, p.email, p.phone), E'\\n' ORDER BY p.id
    )
    FROM contacts_contact p
    WHERE p.client_id = c.id AND p.deleted_at IS NULL
), '')
WHERE c.id = ANY (ARRAY({changed}));
RETURN NULL;
"""

_CLIENTS_OF = {
    "old_rows": "SELECT client_id FROM old_rows",
    "new_rows": "SELECT client_id FROM new_rows",
}


def _keep(name: str, operation: pgtrigger.Operation, *, old: bool, new: bool) -> pgtrigger.Trigger:
    """Once per statement, so that a bulk change of contacts costs one update of clients.

    The clients' ids come as an array: joined to, they were searched through once per client
    whenever the planner knew too little of a table just filled, as in an import.
    """
    sources = ["old_rows"] * old + ["new_rows"] * new
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(
            old="old_rows" if old else None, new="new_rows" if new else None
        ),
        func=_REFRESH.format(changed=" UNION ".join(_CLIENTS_OF[source] for source in sources)),
    )


KEEP_PEOPLE_TEXT = [
    _keep("people_text_insert", pgtrigger.Insert, old=False, new=True),
    _keep("people_text_update", pgtrigger.Update, old=True, new=True),
    _keep("people_text_delete", pgtrigger.Delete, old=True, new=False),
]
