"""What lists may be asked. A parameter that is unknown or cannot be read is named in a 400.

Values compare as they are shown: moments in whole seconds, amounts in minor units.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django_filters import rest_framework as filters

from agencies.money import codes_by_digits
from api.native.departed import resolved
from api.native.errors import BadParameter
from api.native.ids import decode
from api.operators import ChoiceInFilter, Comparison, OperatorFilter
from clients.folding import Fold

_SECOND = timedelta(seconds=1)
_LONGEST = 200
# Nearly all currencies; the others are told apart by name.
_USUAL_DIGITS = 2


class AskedField(forms.Field):
    def __init__(self, *, read: Callable[[str], Any], **options):
        super().__init__(**options)
        self.read = read

    def clean(self, value):
        return None if value is None else self.read(value)


class Asked(filters.Filter):
    """`read` makes a value of the text, or raises ValidationError; `narrow` applies it."""

    field_class = AskedField

    def __init__(self, read: Callable[[str], Any], narrow: Callable[[Any, Any], Any]):
        super().__init__(read=read)
        self.narrow = narrow

    def filter(self, qs, value):
        return qs if value is None else self.narrow(qs, value)


def words(text: str) -> str:
    if not text.strip() or len(text) > _LONGEST:
        raise ValidationError(f"Give 1 to {_LONGEST} characters.")
    return text.strip()


def truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValidationError("Give true or false.")
    return text == "true"


def moment(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValidationError("Give a moment such as 2026-01-31T12:00:00Z.") from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def prefixed(kind: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        pk = decode(kind, text)
        if pk is None:
            raise ValidationError(f"Give an id that begins with {kind}_.")
        return pk

    return read


class Same(Asked):
    """A prefixed id of one kind. One that names nothing finds nothing."""

    def __init__(self, kind: str, column: str):
        super().__init__(prefixed(kind), lambda rows, pk: rows.filter(**{column: pk}))


class SameClient(Asked):
    """A client's id; that of a merged client stands for its survivor."""

    def __init__(self, column: str = "client"):
        super().__init__(prefixed("client"), lambda rows, pk: rows.filter(**{column: resolved(pk)}))


class If(Asked):
    """`true` or `false`; the condition is what true stands for."""

    def __init__(self, condition: Q):
        super().__init__(truth, lambda rows, yes: rows.filter(condition if yes else ~condition))


class Archived(ChoiceInFilter):
    """What was put aside is found by `archived=true` or `archived=true,false` alone."""

    def __init__(self):
        super().__init__(choices=[("true", "true"), ("false", "false")])

    def filter(self, qs, value):
        wanted = Q()
        for word in value or ["false"]:
            wanted |= Q(archived_at__isnull=word == "false")
        return qs.filter(wanted)


class Search(Asked):
    """Rows with these words in one of the columns, without regard to case and accents."""

    def __init__(self, *columns: str):
        parts = [part for column in columns for part in (F(column), Value("\n"))]
        text = Fold(Concat(*parts, output_field=TextField()))

        def matching(rows, sought):
            return rows.alias(searched=text).filter(searched__contains=Fold(Value(sought)))

        super().__init__(words, matching)


class Matching(Asked):
    """The same, by words that the rows have stored folded."""

    def __init__(self):
        super().__init__(words, lambda rows, sought: rows.matching(sought))


class Since(Asked):
    """`updated_since=2026-01-01T12:00:00Z`: then or later."""

    def __init__(self, column: str):
        super().__init__(moment, lambda rows, then: rows.filter(**{f"{column}__gte": then}))


class Moment(OperatorFilter):
    """`created_at=gte:2026-01-01`; a day alone is its first moment, in UTC."""

    def __init__(self, column: str):
        super().__init__(datetime, field_name=column)

    def filter(self, qs, value):
        return qs if value is None else qs.filter(_in_seconds(value, self.field_name))


class Amount(OperatorFilter):
    """`outstanding_balance=gt:100000` in minor units of each row's own currency."""

    def __init__(self, column: str):
        super().__init__(int, field_name=column)

    def filter(self, qs, value):
        if value is None:
            return qs
        agency = self.parent.request.auth.agency
        return qs.filter(_in_minor_units(value, self.field_name, agency.currency))


def narrowed(kind: type[filters.FilterSet], queryset: QuerySet[Any], request: Any) -> QuerySet[Any]:
    """The rows that the query asks for. Raises BadParameter."""
    return checked(kind, queryset, request).qs


def checked(kind: type[filters.FilterSet], queryset: QuerySet[Any], request: Any) -> Any:
    """What the query asks of these rows, without asking yet. Raises BadParameter."""
    asked = kind(request.query_params, queryset, request=request)
    if not asked.is_valid():
        name, failures = next(iter(asked.errors.items()))
        raise BadParameter(name, failures[0])
    return asked


def _in_seconds(asked: Comparison, column: str) -> Q:
    """The stored moment, cut to seconds, compared as asked: an index can still be used."""
    low, high = asked.value if asked.lookup == "range" else (asked.value, asked.value)
    conditions = {
        "lt": Q(**{f"{column}__lt": _full_second(low)}),
        "lte": Q(**{f"{column}__lt": _next_second(low)}),
        "gt": Q(**{f"{column}__gte": _next_second(low)}),
        "gte": Q(**{f"{column}__gte": _full_second(low)}),
    }
    between = conditions["gte"] & Q(**{f"{column}__lt": _next_second(high)})
    return conditions.get(asked.lookup, between)


def _full_second(then: datetime) -> datetime:
    return _next_second(then) if then.microsecond else then


def _next_second(then: datetime) -> datetime:
    try:
        return then.replace(microsecond=0) + _SECOND
    except OverflowError:
        return then


def _in_minor_units(asked: Comparison, column: str, default_currency: str) -> Q:
    unusual = {n: codes for n, codes in codes_by_digits().items() if n != _USUAL_DIGITS}
    named = [code for codes in unusual.values() for code in codes]
    # No currency is the agency's.
    usual = ~Q(currency__in=[*named, ""] if default_currency in named else named)
    found = usual & _scaled(asked, _USUAL_DIGITS).on(column)
    for digits, codes in unusual.items():
        own = Q(currency__in=[*codes, ""] if default_currency in codes else codes)
        found |= own & _scaled(asked, digits).on(column)
    return found


def _scaled(asked: Comparison, digits: int) -> Comparison:
    def major(amount: int) -> Decimal:
        return Decimal(amount).scaleb(-digits)

    value = asked.value
    return Comparison(
        asked.lookup, tuple(map(major, value)) if isinstance(value, tuple) else major(value)
    )
