"""What happened to clients, in the original's words: the audit trail, the ledger, and notes."""

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from agencies.models import Membership
from api.invoiceninja.billing.ledger import ACTIVITIES
from api.invoiceninja.fields import seconds
from api.invoiceninja.ids import encode
from billing.models import LedgerEntry
from clients.models import Client, DepartedClient, Note, Removal

_CREATED, _ARCHIVED, _DELETED, _RESTORED, _UPDATED, _NOTE = "1", "2", "3", "26", "61", "141"
# `include=activities` shows no more of each client.
_NEWEST = 50
_Event: Any = Client.pgh_event_model  # type: ignore[attr-defined]
_FROM_NOTES, _FROM_EVENTS, _FROM_LEDGER = 0, 1, 2
# Notes and events share one series of ids; the ledger's begin far behind them.
_FIRST_OF_LEDGER = 2**40


class _Told(NamedTuple):
    """One activity. Compares by age; within a moment events come after notes, and money last."""

    at: datetime
    source: int
    pk: int
    agency: int
    client: int
    kind: str
    member: int | None
    text: str
    invoice: int | None = None
    payment: int | None = None
    credit: int | None = None


def count_activities() -> int:
    return _events().count() + Note.objects.count() + _entries().count()


def latest_activities(start: int, stop: int) -> list[dict[str, Any]]:
    """Of the whole agency, newest first: those at the places from `start` to `stop`."""
    # Each source gives what would be shown if all of it were its own.
    events = _moments(_events(), "pgh_created_at", _FROM_EVENTS)[:stop]
    notes = _moments(Note.objects.all(), "created_at", _FROM_NOTES)[:stop]
    money = _moments(_entries(), "recorded_at", _FROM_LEDGER)[:stop]
    all_ = events.union(notes, money, all=True).order_by("-moment", "-source", "-key")
    keys = defaultdict(list)
    for _moment, source, key in all_[start:stop]:
        keys[source].append(key)
    return _present(
        _events().filter(pk__in=keys[_FROM_EVENTS]),
        Note.objects.filter(pk__in=keys[_FROM_NOTES]),
        _entries().filter(pk__in=keys[_FROM_LEDGER]),
    )


def activities_of(clients: list[int]) -> dict[int, list[dict[str, Any]]]:
    """The newest of each client and of those merged into it, by its key; in five queries."""
    merged = DepartedClient.objects.filter(survivor__in=clients)
    origins = [*clients, *merged.values_list("client_id", flat=True)]
    events = _newest(_events().filter(pgh_obj__in=origins), "pgh_obj")
    notes = _newest(Note.objects.filter(client__in=clients), "client")
    money = _newest(_entries().filter(account__client__in=clients), "account__client")
    shown = defaultdict(list)
    for activity in _present(events, notes, money):
        shown[activity["client_id"]].append(activity)
    return {pk: shown[encode(pk)][:_NEWEST] for pk in clients}


def present_note(note: Note) -> dict[str, Any]:
    own = Note.objects.filter(pk=note.pk)
    return _present(_Event.objects.none(), own, LedgerEntry.objects.none())[0]


def _events() -> QuerySet[Any]:
    """The end of a client is not among them: nobody could look it up. Nor is a removed client."""
    removed = Exists(Removal.objects.filter(client_id=OuterRef("pgh_obj")))
    return _Event.objects.exclude(removed).exclude(pgh_label="delete")


def _entries() -> QuerySet[LedgerEntry]:
    """Money. What a merge carried over is told by the merge itself."""
    return LedgerEntry.objects.exclude(kind=LedgerEntry.Kind.TRANSFERRED)


def _moments(rows: QuerySet[Any], moment: str, source: int) -> QuerySet[Any]:
    marked = rows.annotate(
        moment=F(moment), source=Value(source, output_field=IntegerField()), key=F("pk")
    )
    return marked.order_by("-moment", "-key").values_list("moment", "source", "key")


def _newest(rows: QuerySet[Any], client: str) -> QuerySet[Any]:
    place = Window(RowNumber(), partition_by=client, order_by="-pk")
    return rows.annotate(place=place).filter(place__lte=_NEWEST)


def _present(
    events: QuerySet[Any], notes: QuerySet[Note], money: QuerySet[LedgerEntry]
) -> list[dict[str, Any]]:
    """All together, newest first."""
    told = [
        *map(_of_event, _with_earlier(events)),
        *map(_of_note, notes),
        *map(_of_entry, money.select_related("account")),
    ]
    members = [activity.member for activity in told if activity.member]
    users: dict[int | None, int] = dict(
        Membership.objects.filter(pk__in=members).values_list("pk", "user")
    )
    return [_activity(one, users.get(one.member)) for one in sorted(told, reverse=True)]


def _with_earlier(events: QuerySet[Any]) -> QuerySet[Any]:
    """With what the client was just before each event, and who answers for it today."""
    survivor = DepartedClient.objects.filter(client_id=OuterRef("pgh_obj")).values("survivor")
    earlier = _Event.objects.filter(pgh_obj=OuterRef("pgh_obj"), pk__lt=OuterRef("pk"))
    before = earlier.order_by("-pk")
    return events.annotate(
        client=Coalesce(Subquery(survivor), "pgh_obj", output_field=BigIntegerField()),
        was_archived=Subquery(before.values("archived_at")[:1]),
        was_deleted=Subquery(before.values("deleted_at")[:1]),
        was_there=Exists(earlier),
    ).values(
        "pk", "pgh_created_at", "pgh_label", "pgh_context", "client", "agency", "archived_at",
        "deleted_at", "was_archived", "was_deleted", "was_there",
    )  # fmt: skip


def _of_event(row: dict[str, Any]) -> _Told:
    member = (row["pgh_context"] or {}).get("member")
    return _Told(
        row["pgh_created_at"], _FROM_EVENTS, row["pk"], row["agency"], row["client"],
        _kind(row), member, "",
    )  # fmt: skip


def _of_note(note: Note) -> _Told:
    return _Told(
        note.created_at, _FROM_NOTES, note.pk, note.agency_id, note.client_id, _NOTE,
        note.member_id, note.text,
    )  # fmt: skip


def _of_entry(entry: LedgerEntry) -> _Told:
    kind, _owner = ACTIVITIES[entry.kind]
    return _Told(
        entry.recorded_at, _FROM_LEDGER, entry.pk, entry.agency_id, entry.account.client_id,
        str(kind), entry.member_id, entry.note, entry.invoice_id, entry.payment_id,
        entry.credit_id,
    )  # fmt: skip


def _id_of(told: _Told) -> str:
    if told.source == _FROM_LEDGER:
        return encode(_FIRST_OF_LEDGER + told.pk)
    return encode(2 * told.pk + told.source)


def _kind(row: dict[str, Any]) -> str:
    if row["pgh_label"] == "insert":
        # Who was there before came back from a removal or a merge.
        return _RESTORED if row["was_there"] else _CREATED
    if row["deleted_at"] and not row["was_deleted"]:
        return _DELETED
    if (row["was_deleted"] and not row["deleted_at"]) or (
        row["was_archived"] and not row["archived_at"]
    ):
        return _RESTORED
    return _ARCHIVED if row["archived_at"] and not row["was_archived"] else _UPDATED


def _activity(told: _Told, user: int | None) -> dict[str, Any]:
    return {
        "id": _id_of(told),
        "activity_type_id": told.kind,
        "client_id": encode(told.client),
        "recurring_invoice_id": "",
        "recurring_expense_id": "",
        "purchase_order_id": "",
        "vendor_id": "",
        "vendor_contact_id": "",
        "company_id": encode(told.agency),
        "user_id": encode(user),
        "invoice_id": encode(told.invoice),
        "quote_id": "",
        "payment_id": encode(told.payment),
        "credit_id": encode(told.credit),
        "updated_at": seconds(told.at),
        "created_at": seconds(told.at),
        "expense_id": "",
        "is_system": told.member is None,
        "contact_id": "",
        "task_id": "",
        "token_id": "",
        "notes": told.text,
        "ip": "",
    }
