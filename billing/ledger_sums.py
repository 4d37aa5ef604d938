"""What verify asks PostgreSQL: each statement finds rows that are not what they have to be.

Every row that comes back is (id, what is kept, what it should be).
"""

from clients.models import FIGURES

_SETTLED = "(SELECT coalesce(sum(a.amount), 0) FROM billing_allocation a WHERE a.{}_id = d.id)"

_LEDGER = """
SELECT d.id, d.{name}, coalesce(e.sum, 0) FROM billing_account d
LEFT JOIN (SELECT account_id, sum({name}) FROM billing_ledgerentry GROUP BY 1) e
    ON e.account_id = d.id
WHERE d.{name} <> coalesce(e.sum, 0)
"""

_CLIENT = """
SELECT c.id, c.{name}, coalesce(d.{name}, 0) FROM clients_client c
JOIN agencies_agency a ON a.id = c.agency_id
LEFT JOIN billing_account d ON d.client_id = c.id AND d.merged_from IS NULL
    AND d.currency = coalesce(nullif(c.currency, ''), a.currency)
WHERE c.{name} <> coalesce(d.{name}, 0)
"""

_RUNNING = """
SELECT id, balance_after, running FROM (
    SELECT id, balance_after,
        sum(balance) OVER (PARTITION BY account_id ORDER BY id) AS running
    FROM billing_ledgerentry
) e WHERE balance_after <> running
"""

_INVOICE = """
SELECT id, balance, right_one FROM (
    SELECT d.id, d.balance, CASE WHEN d.issued_at IS NULL OR d.deleted_at IS NOT NULL THEN 0
        ELSE d.total - d.cancelled - {settled} END AS right_one
    FROM billing_invoice d
) d WHERE balance <> right_one
"""

_CREDIT = """
SELECT id, balance, right_one FROM (
    SELECT d.id, d.balance, CASE WHEN d.issued_at IS NULL OR d.deleted_at IS NOT NULL THEN 0
        ELSE d.total - d.applied - d.refunded END AS right_one
    FROM billing_credit d
) d WHERE balance <> right_one
"""

_APPLIED = """
SELECT id, applied, right_one FROM (
    SELECT d.id, d.applied, {settled} AS right_one FROM billing_{table} d
) d WHERE applied <> right_one
"""

_REFUNDED = """
SELECT id, refunded, right_one FROM (
    SELECT d.id, d.refunded, (SELECT coalesce(sum(r.amount), 0) FROM billing_refund r
        WHERE r.{table}_id = d.id AND r.undone_at IS NULL) AS right_one
    FROM billing_{table} d
) d WHERE refunded <> right_one
"""

# What the ledger says of each invoice has to be what is open on it.
_ENTRIES = """
SELECT d.id, coalesce(e.sum, 0), d.balance FROM billing_invoice d
LEFT JOIN (SELECT invoice_id, sum(balance) FROM billing_ledgerentry GROUP BY 1) e
    ON e.invoice_id = d.id
WHERE d.balance <> coalesce(e.sum, 0)
"""

_CORRECTED = """
SELECT d.id, sum(c.total), d.total FROM billing_invoice d
JOIN billing_credit c ON c.invoice_id = d.id
    AND c.issued_at IS NOT NULL AND c.deleted_at IS NULL
GROUP BY d.id HAVING sum(c.total) > d.total
"""

# (what, figure, statement)
CHECKS = (
    *(("account", f"{name} by its ledger", _LEDGER.format(name=name)) for name in FIGURES),
    *(("client", name, _CLIENT.format(name=name)) for name in FIGURES),
    ("ledger entry", "balance after it", _RUNNING),
    ("invoice", "balance", _INVOICE.format(settled=_SETTLED.format("invoice"))),
    ("invoice", "balance by its ledger", _ENTRIES),
    ("invoice", "sum of its credits", _CORRECTED),
    ("credit", "balance", _CREDIT),
    *(
        (table, "applied", _APPLIED.format(table=table, settled=_SETTLED.format(table)))
        for table in ("payment", "credit")
    ),
    *((table, "refunded", _REFUNDED.format(table=table)) for table in ("payment", "credit")),
)
