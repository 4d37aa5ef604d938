"""Appending to the ledger: the only place that moves a client's figures.

One statement locks the account, updates its sums and those of the client, and appends the entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import DataError, connection

from agencies.errors import DomainError
from agencies.scope import current
from billing.models import Credit, Invoice, LedgerEntry, Payment, Refund
from clients.models import FIGURES

Kind = LedgerEntry.Kind

# What an entry says, each an array of one value per entry.
_COLUMNS = {
    "kind": "text",
    **dict.fromkeys(FIGURES, "numeric"),
    **dict.fromkeys(("invoice_id", "payment_id", "credit_id", "refund_id"), "bigint"),
    "on": "date",
    "note": "text",
}

_ADDED = ", ".join(
    f"{name} = billing_account.{name} + (SELECT {name} FROM change)"  # noqa: S608 (our own columns)
    for name in FIGURES
)

_APPEND = f"""
WITH given AS (
    SELECT * FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in _COLUMNS.items())})
    WITH ORDINALITY
    AS given ({", ".join(f'"{name}"' for name in _COLUMNS)}, place)
), change AS (
    SELECT {", ".join(f"sum({name}) AS {name}" for name in FIGURES)} FROM given
), account AS (
    INSERT INTO billing_account (agency_id, client_id, currency, {", ".join(FIGURES)})
    -- Constraints are asked of this row even where another is updated in its place.
    SELECT %(agency)s, %(client)s, %(currency)s,
        {", ".join(f"greatest({name}, 0)" for name in FIGURES)} FROM change
    ON CONFLICT (client_id, currency) WHERE merged_from IS NULL DO UPDATE
    SET {
    ", ".join(f"{name} = billing_account.{name} + (SELECT {name} FROM change)" for name in FIGURES)
}
    RETURNING id, client_id, currency, {", ".join(FIGURES)}
), owner AS (
    UPDATE clients_client c
    SET updated_at = clock_timestamp(), {
    ", ".join(
        f"{name} = CASE WHEN account.currency = coalesce(nullif(c.currency, ''), a.currency) "
        f"THEN account.{name} ELSE c.{name} END"
        for name in FIGURES
    )
}
    FROM account, agencies_agency a WHERE c.id = account.client_id AND a.id = c.agency_id
    RETURNING c.id
)
INSERT INTO billing_ledgerentry (agency_id, account_id, recorded_at, door, member_id, balance_after,
    {", ".join(f'"{name}"' for name in _COLUMNS)})
SELECT %(agency)s, account.id, clock_timestamp(), %(door)s, %(member)s,
    account.balance - change.balance + sum(given.balance) OVER (ORDER BY given.place),
    {", ".join(f'given."{name}"' for name in _COLUMNS)}
FROM given, change, account, owner ORDER BY given.place
"""  # noqa: S608 (column names of our own)


class SumTooLarge(DomainError):
    code = "sum_too_large"


@dataclass(frozen=True)
class Change:
    """One entry to be: what it does to each figure, and to which documents it belongs."""

    kind: Kind
    on: date
    balance: Decimal = Decimal(0)
    paid_to_date: Decimal = Decimal(0)
    credit_balance: Decimal = Decimal(0)
    payment_balance: Decimal = Decimal(0)
    total_billed: Decimal = Decimal(0)
    invoice: Invoice | None = None
    payment: Payment | None = None
    credit: Credit | None = None
    refund: Refund | None = None
    note: str = ""

    def cells(self) -> dict[str, Any]:
        """By the ledger's columns."""
        documents = {
            f"{name}_id": getattr(getattr(self, name), "pk", None)
            for name in ("invoice", "payment", "credit", "refund")
        }
        return {**vars(self), **documents, "kind": self.kind.value}


def append(client_id: int, currency: str, changes: Sequence[Change]) -> None:
    """Append entries in this order and move the client's figures by them, in one statement.

    The caller holds the client's row and changes the documents in the same transaction. Raises
    SumTooLarge, and IntegrityError where a figure would fall below zero: a mistake of ours.
    """
    if not changes:
        return
    scope = current()
    if scope is None:
        raise RuntimeError("The ledger is written within acting_for().")
    cells = [change.cells() for change in changes]
    given = {
        "agency": scope.agency_id,
        "client": client_id,
        "currency": currency,
        "door": scope.door,
        "member": scope.member_id,
        **{name: [row[name] for row in cells] for name in _COLUMNS},
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute(_APPEND, given)
    except DataError as error:
        raise SumTooLarge("The client's figures would have more than 14 digits.") from error
