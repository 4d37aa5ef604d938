"""What lists may be asked, all of it at once. What cannot be read is as if it were not asked."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Replace
from django_filters import CharFilter, FilterSet

from api.invoiceninja.ids import decode
from api.operators import (
    OPERATORS,
    Comparison,
    OperatorField,
    OperatorFilter,
    read_comparison,
    read_range,
)
from clients.folding import Fold
from clients.models import Client, ClientGroup, Document
from contacts.models import Contact

_DELETED = Q(deleted_at__isnull=False)
_STATES = {
    "active": Q(archived_at__isnull=True) & ~_DELETED,
    "archived": Q(archived_at__isnull=False) & ~_DELETED,
    "deleted": _DELETED,
}
_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0"})
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+(?:\.[0-9]{0,50})?|\.[0-9]{1,50})(?:e[+-]?[0-9]{1,2})?", re.ASCII | re.I
)
# Beyond every amount that there is a column for, and within what a comparison can hold.
_MOST = Decimal(10) ** 15
# The last second that Python has a date for.
_LATEST = 253402300799
# Beside ISO 8601 and the dates of mails; dots and dashes put the day first, slashes the month.
_DATES = ("%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y")


class Asked(CharFilter):
    """Filters by the condition that `condition` reads from the text; None is no condition."""

    def __init__(self, condition: Callable[[str], Q | None]) -> None:
        super().__init__()
        self.condition = condition

    def filter(self, queryset, value):
        condition = self.condition(value) if value else None
        return queryset if condition is None else queryset.filter(condition)


def _number(text: str) -> Decimal:
    """With a sign and an exponent, as PHP reads numbers. Raises ValueError."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return max(-_MOST, min(Decimal(text), _MOST))


def _number_or_zero(text: str) -> Decimal:
    with suppress(ValueError):
        return _number(text)
    return Decimal(0)


class BalanceField(OperatorField):
    """`gt:1000` as documented, and `1000:gt` as the original reads it. An unknown word is eq."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.read = _number

    def clean(self, value: str | None) -> Comparison | None:
        first, colon, second = (value or "").partition(":")
        if not colon:
            return None
        for word, number in ((first, second), (second, first)):
            operator = word.strip().lower()
            text = f"{operator if operator in OPERATORS else 'eq'}:{number}"
            with suppress(ValueError):
                return read_comparison(text, self.read)
        return None


class RangeField(OperatorField):
    """`10:20`, both included; a part that is no number is 0."""

    def clean(self, value: str | None) -> Comparison | None:
        with suppress(ValueError):
            return read_range(value or "", _number_or_zero, separator=":")
        return None


class BalanceFilter(OperatorFilter):
    field_class = BalanceField


class RangeFilter(OperatorFilter):
    field_class = RangeField


def _named(column: F | Fold) -> Callable[[str], Q]:
    """Contains; with `*`, which stands for anything, the name must match from end to end."""

    def condition(value: str) -> Q:
        pattern: Any = Fold(Value(value))
        # Escaped after folding, which makes a percent sign of its full-width sister.
        for wild in ("\\", "%", "_"):
            pattern = Replace(pattern, Value(wild), Value("\\" + wild))
        if "*" in value:
            pattern = Replace(pattern, Value("*"), Value("%"))
        else:
            pattern = Func(Value("%"), pattern, Value("%"), function="concat")
        like = Func(
            column,
            pattern,
            template="%(expressions)s",
            arg_joiner=" LIKE ",
            output_field=BooleanField(),
        )
        return Q(like)

    return condition


def same(field: str) -> Callable[[str], Q]:
    return lambda value: Q(**{f"{field}__iexact": value})


def _written_to(value: str) -> Q:
    people = Contact.objects.present().with_email(value)
    return Q(Exists(people.filter(client=OuterRef("pk"))))


def hashed(field: str) -> Callable[[str], Q | None]:
    def condition(value: str) -> Q | None:
        pk = decode(value)
        return None if pk is None else Q(**{field: pk})

    return condition


def _status(value: str) -> Q | None:
    wanted = [_STATES[word] for word in map(str.strip, value.split(",")) if word in _STATES]
    condition = None
    for state in wanted:
        condition = state if condition is None else condition | state
    return condition


def _is_deleted(value: str) -> Q | None:
    if value.lower() in _YES:
        return _DELETED
    return ~_DELETED if value.lower() in _NO else None


def _unless_deleted(asked_by: frozenset[str]) -> Callable[[str], Q | None]:
    return lambda value: ~_DELETED if value.lower() in asked_by else None


def _without_deleted(value: str) -> Q | None:
    return None if value.lower() in _NO else _STATES["active"]


def _since(field: str) -> Callable[[str], Q | None]:
    def condition(value: str) -> Q | None:
        moment = _moment(value)
        return None if moment is None else Q(**{f"{field}__gte": moment})

    return condition


def _moment(text: str) -> datetime | None:
    """Unix seconds, else a date that can be read; without a zone it is UTC."""
    if text.isascii() and text.isdigit():
        digits = text.lstrip("0") or "0"
        seconds = int(digits) if len(digits) <= 12 else _LATEST
        return datetime.fromtimestamp(min(seconds, _LATEST), UTC)
    for read in _READERS:
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _in_format(pattern: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, pattern)  # noqa: DTZ007 -- _moment() adds the zone.


_READERS: list[Callable[[str], datetime]] = [
    datetime.fromisoformat,
    *map(_in_format, _DATES),
    parsedate_to_datetime,
]


class RecordFilter(FilterSet):
    """What may be asked of everything that is archived, deleted and restored."""

    status = Asked(_status)
    is_deleted = Asked(_is_deleted)
    with_trashed = Asked(_unless_deleted(frozenset({"false"})))
    created_at = Asked(_since("created_at"))
    updated_at = Asked(_since("updated_at"))


class ClientFilter(RecordFilter):
    """`?balance=gt:1000&name=Bob*&status=active`"""

    name = Asked(_named(F("sort_name")))
    balance = BalanceFilter(Decimal)
    between_balance = RangeFilter(Decimal, field_name="balance")
    email = Asked(_written_to)
    id_number = Asked(same("id_number"))
    number = Asked(same("number"))
    filter = CharFilter(method="matching")
    client_id = Asked(hashed("pk"))
    group = Asked(hashed("group"))
    filter_deleted_clients = Asked(_unless_deleted(frozenset({"true"})))
    without_deleted_clients = Asked(_without_deleted)

    def matching(self, queryset, name, value):
        return queryset.matching(value)

    def filter_queryset(self, queryset):
        """`with` names one more client, whatever else was asked."""
        found = super().filter_queryset(queryset)
        one_more = pinned(self.data)
        if one_more is None:
            return found
        return queryset.filter(Q(pk__in=found.values("pk")) | Q(pk=one_more))


class DocumentFilter(FilterSet):
    created_at = Asked(_since("created_at"))
    updated_at = Asked(_since("updated_at"))
    client_id = Asked(hashed("client"))
    filter = Asked(_named(Fold("name")))


class GroupFilter(RecordFilter):
    name = Asked(_named(Fold("name")))
    filter = Asked(_named(Fold("name")))


def pinned(sent: dict[str, Any]) -> int | None:
    """The client that `with` puts first."""
    value = sent.get("with")
    return decode(value) if isinstance(value, str) else None


def find_clients(sent: dict[str, Any]) -> QuerySet[Client]:
    return ClientFilter(texts(sent), queryset=Client.objects.all()).qs


def find_groups(sent: dict[str, Any]) -> QuerySet[ClientGroup]:
    return GroupFilter(texts(sent), queryset=ClientGroup.objects.all()).qs


def find_documents(sent: dict[str, Any]) -> QuerySet[Document]:
    return DocumentFilter(texts(sent), queryset=Document.objects.all()).qs


def texts(sent: dict[str, Any]) -> dict[str, str]:
    """Lists and objects are no values of a filter."""
    return {name: value for name, value in sent.items() if isinstance(value, str)}
