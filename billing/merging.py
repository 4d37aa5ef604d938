"""Merging two clients with their money, and taking it back. The door to contacts.merging."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from agencies.errors import DomainError
from agencies.models import Membership
from billing import ledger
from billing.ledger import Change, Kind
from billing.models import Account, Allocation, Credit
from billing.proving import Figures, proved
from clients.merging import lock_pair
from clients.models import FIGURES, Client, ClientMerge
from clients.unmerging import Undone
from contacts import merging

preview = merging.preview


class MoneyIsMixed(DomainError):
    """Documents of both clients were settled with each other's money since the merge."""

    code = "money_is_mixed"


@transaction.atomic
def merge(survivor: Client, merged: Client, *, by: Membership | None, at: datetime) -> ClientMerge:
    """Merge as contacts.merging.merge() does; what is owed and on account goes to the survivor.

    The merged client's accounts are emptied by ledger entries and come along, so that no entry
    changes. Raises what contacts.merging.merge() raises.
    """
    merging.preview(survivor, merged)
    survivor, merged = lock_pair(survivor, merged)
    # Without its name: it has to be gone when the client is purged.
    for account in Account.objects.filter(client=merged, merged_from__isnull=True):
        figures = {name: getattr(account, name) for name in FIGURES}
        note = f"Merged client {merged.pk}"
        _transfer(merged.pk, account.currency, _negative(figures), on=at.date(), note=note)
        _transfer(survivor.pk, account.currency, figures, on=at.date(), note=note)
    # The survivor may have one of the same period; a schedule sends each client one.
    merged.statements.update(schedule=None)
    merged.accounts.filter(merged_from__isnull=True).update(merged_from=merged.pk)
    return merging.merge(survivor, merged, by=by, at=at)


@transaction.atomic
def undo(record: ClientMerge, *, at: datetime) -> Undone:
    """Take a merge back as contacts.merging.undo() does, with the money as it is by now.

    Raises MoneyIsMixed, and what contacts.merging.undo() raises.
    """
    undone = merging.undo(record, at=at)
    _refuse_mixture(undone)
    client, survivor = undone.client, undone.survivor
    client.accounts.filter(merged_from=client.pk).update(merged_from=None)
    note = f"Parted again: client {client.pk}"
    for one in proved([client.pk]):
        _transfer(survivor.pk, one.currency, _negative(one.figures), on=at.date(), note=note)
        _transfer(client.pk, one.currency, one.figures, on=at.date(), note=note)
    client.refresh_from_db()
    survivor.refresh_from_db()
    return undone


def _refuse_mixture(undone: Undone) -> None:
    for document in ("payment", "credit"):
        crossing = Allocation.objects.filter(**{f"{document}__isnull": False}).exclude(
            **{f"{document}__client": F("invoice__client")}
        )
        if crossing.filter(invoice__client__in=[undone.client.pk, undone.survivor.pk]).exists():
            raise MoneyIsMixed(
                f"{undone.survivor} and {undone.client} have settled each other's invoices since. "
                "Take these payments off the invoices first."
            )
    corrections = Credit.objects.filter(invoice__isnull=False).exclude(client=F("invoice__client"))
    if corrections.filter(client__in=[undone.client.pk, undone.survivor.pk]).exists():
        raise MoneyIsMixed(f"A credit corrects an invoice of {undone.client} since the merge.")


def _transfer(client_id: int, currency: str, figures: Figures, *, on: date, note: str) -> None:
    facts: dict[str, Any] = {**figures}
    if any(figures.values()):
        ledger.append(client_id, currency, [Change(Kind.TRANSFERRED, on=on, note=note, **facts)])


def _negative(figures: dict[str, Decimal]) -> Figures:
    return {name: -amount for name, amount in figures.items()}
