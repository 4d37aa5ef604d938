"""Comparisons in a query: `?balance=gt:1000&due_on=between:2026-01-01,2026-01-31&status=sent,paid`.

The filters here refuse what they cannot read; the FilterSet's `errors` then name the parameter.
A dialect with other manners builds its own filters on Comparison, OPERATORS and READERS.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, DecimalField, Field, Q, Value
from django_filters import rest_framework as filters

# What callers write, and Django's lookup for it.
OPERATORS = {"lt": "lt", "lte": "lte", "gt": "gt", "gte": "gte", "eq": "exact"}

# No exponents: written out, 1e999999 would fill the memory.
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,12})?")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
# A column's own type would round a number, fail on one too large for it, or count NULL as less.
_WIDE: dict[type, Field] = {
    Decimal: DecimalField(max_digits=32, decimal_places=12),
    int: BigIntegerField(),
}


@dataclass(frozen=True)
class Comparison:
    """One of Django's lookups with its value; two values, both included, for `range`."""

    lookup: str
    value: Any

    def on(self, field_name: str) -> Q:
        is_range = isinstance(self.value, tuple)
        value = tuple(map(_wide, self.value)) if is_range else _wide(self.value)
        return Q(**{f"{field_name}__{self.lookup}": value})


def _wide(value: Any) -> Any:
    field = _WIDE.get(type(value))
    return Value(value, output_field=field) if field else value


def _decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _moment(text: str) -> datetime:
    """Without a zone it is UTC; a date alone is its first moment."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# How each kind of value is read, raising ValueError, and what it is called where that fails.
READERS: dict[type, tuple[Callable[[str], Any], str]] = {
    Decimal: (_decimal, "a number such as 12.50"),
    int: (_whole, "a whole number"),
    date: (date.fromisoformat, "a date such as 2026-01-31"),
    datetime: (_moment, "a moment such as 2026-01-31T12:00:00Z"),
}


def read_comparison(text: str, read: Callable[[str], Any]) -> Comparison:
    """`gt:100`, `between:1,5` or a bare value. Raises ValueError."""
    operator, _, rest = text.partition(":")
    if operator == "between":
        return read_range(rest, read, separator=",")
    if operator in OPERATORS:
        return Comparison(OPERATORS[operator], read(rest))
    # Moments have colons of their own.
    return Comparison("exact", read(text))


def read_range(text: str, read: Callable[[str], Any], *, separator: str) -> Comparison:
    """Two values, both of them included; none lies between reversed ones. Raises ValueError."""
    low, high = text.split(separator)
    return Comparison("range", (read(low), read(high)))


class OperatorField(forms.Field):
    def __init__(self, *, kind: type, convert: Callable[[Any], Any], **options):
        super().__init__(**options)
        reader, self.called = READERS[kind]
        self.read = lambda text: convert(reader(text))

    def clean(self, value):
        if value is None:
            return None
        try:
            return read_comparison(value, self.read)
        except ValueError as error:
            raise ValidationError(
                f"Give {self.called}, with {':, '.join(OPERATORS)}: before it if you like, "
                "or between: and two of them with a comma.",
                code="invalid",
            ) from error


class OperatorFilter(filters.Filter):
    """`OperatorFilter(Decimal)`; the kinds are those of READERS.

    `convert` makes the column's value of the one that was read, such as major units of cents.
    """

    field_class = OperatorField

    def __init__(self, kind: type, *, convert: Callable[[Any], Any] = lambda value: value, **more):
        super().__init__(kind=kind, convert=convert, **more)

    def filter(self, qs, value):
        if value is None:
            return qs
        qs = qs.distinct() if self.distinct else qs
        return self.get_method(qs)(value.on(self.field_name))


class ChoiceInField(forms.Field):
    def __init__(self, *, choices, **options):
        super().__init__(**options)
        self.known = [value for value, _ in choices]

    def clean(self, value):
        words = None if value is None else value.split(",")
        if words is None or set(words) <= set(self.known):
            return words
        raise ValidationError(
            f"Give one or more of {', '.join(self.known)}, with commas between.", code="invalid"
        )


class ChoiceInFilter(filters.Filter):
    """`?status=sent,paid`. Unlike django-filter's own, an unknown word is refused."""

    field_class = ChoiceInField

    def __init__(self, *, choices, **more):
        super().__init__(lookup_expr="in", choices=choices, **more)
