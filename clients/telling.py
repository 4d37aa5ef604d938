"""What agencies.telling writes down of clients, and of what goes and comes back with them.

Pieces of SQL about a row `r` that came or went.
"""

import pgtrigger

from agencies.telling import Teller

# The client that answers for this one, if it is just being merged.
SURVIVOR = """
(SELECT m.survivor_id FROM clients_clientmerge m WHERE m.merged_id = r.id AND m.undone_at IS NULL)
"""
_REMOVED = "EXISTS (SELECT FROM clients_removal x WHERE x.client_id = r.{})"

# Merged, taken away for staff to bring back, or gone for good.
CLIENT_WENT = f"""
CASE WHEN {SURVIVOR} IS NOT NULL THEN 'merged'
WHEN {_REMOVED.format("id")} THEN 'deleted' ELSE 'purged' END
"""
CLIENT_CAME = f"""
CASE WHEN {_REMOVED.format("id")}
    OR EXISTS (SELECT FROM clients_departedclient d WHERE d.client_id = r.id)
THEN 'restored' ELSE 'created' END
"""

# People, work and files go and come back with their client.
CAME = f"CASE WHEN {_REMOVED.format('client_id')} THEN 'restored' ELSE 'created' END"
WENT = f"CASE WHEN {_REMOVED.format('client_id')} THEN 'deleted' ELSE 'purged' END"

_PURGED = """
SELECT n.agency_id, 'client.purged' AS type, n.client_id AS subject_id, n.client_id AS client_id,
    NULL::bigint AS survivor_id, ARRAY[]::text[] AS changed, 1 AS place
FROM {rows}
"""
_SET = _PURGED.format(rows="new_rows n WHERE n.kind = 'purged'")
_CHANGED = _PURGED.format(
    rows="new_rows n JOIN old_rows o ON o.id = n.id WHERE n.kind = 'purged' AND o.kind <> 'purged'"
)


def tell_purge() -> list[pgtrigger.Trigger]:
    """Triggers of the table of tombstones: one is set, or changed when a survivor is purged."""
    return [
        Teller("tell_insert", pgtrigger.Insert, lambda model: _SET),
        Teller("tell_update", pgtrigger.Update, lambda model: _CHANGED),
    ]
