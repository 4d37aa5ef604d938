"""What every figure has to be, reckoned anew from the documents alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from clients.models import FIGURES

Figures = dict[str, Decimal]

# By client and currency. A cancelled part is billed no more; an issued, living document counts.
_PROVED = """
WITH parts AS (
    SELECT client_id, currency, balance, 0::numeric AS paid_to_date, 0::numeric AS credit_balance,
        0::numeric AS payment_balance, total - cancelled AS total_billed
    FROM billing_invoice WHERE issued_at IS NOT NULL AND deleted_at IS NULL
    UNION ALL
    SELECT client_id, currency, 0, amount - refunded, 0, amount - applied - refunded, 0
    FROM billing_payment WHERE deleted_at IS NULL
    UNION ALL
    SELECT client_id, currency, 0, applied, total - applied - refunded, 0, 0
    FROM billing_credit WHERE issued_at IS NOT NULL AND deleted_at IS NULL
)
SELECT client_id, currency, sum(balance), sum(paid_to_date), sum(credit_balance),
    sum(payment_balance), sum(total_billed)
FROM parts WHERE %(clients)s::bigint[] IS NULL OR client_id = ANY(%(clients)s)
GROUP BY client_id, currency
"""


@dataclass(frozen=True)
class Proved:
    """Of one client in one currency, in its major units."""

    client_id: int
    currency: str
    figures: Figures


def proved(client_ids: Sequence[int] | None = None) -> Iterator[Proved]:
    """The figures of these clients, or of all, as their documents have them."""
    with connection.cursor() as cursor:
        cursor.execute(_PROVED, {"clients": None if client_ids is None else list(client_ids)})
        for client_id, currency, *sums in cursor.fetchall():
            yield Proved(client_id, currency, dict(zip(FIGURES, sums, strict=True)))
