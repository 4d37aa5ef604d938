"""What lists of invoices, payments and credits may be asked alike."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django_filters import rest_framework as filters

from agencies.money import currency_codes
from api.native.filters import Asked
from api.operators import ChoiceInFilter

_MOST_CURRENCIES = 50


class Deleted(ChoiceInFilter):
    """What was deleted is found by `deleted=true` or `deleted=true,false` alone."""

    def __init__(self):
        super().__init__(choices=[("true", "true"), ("false", "false")])

    def filter(self, qs, value):
        wanted = Q()
        for word in value or ["false"]:
            wanted |= Q(deleted_at__isnull=word == "false")
        return qs.filter(wanted)


def codes(text_: str) -> list[str]:
    """ISO 4217 codes of a query. Raises ValidationError."""
    asked = text_.upper().split(",")
    if not set(asked) <= currency_codes() or len(asked) > _MOST_CURRENCIES:
        raise ValidationError("Give ISO 4217 currency codes with commas between.")
    return asked


class Currencies(Asked):
    """`currency=EUR,USD`"""

    def __init__(self, column: str = "currency"):
        super().__init__(codes, lambda rows, asked: rows.filter(**{f"{column}__in": asked}))


class Bound(Asked):
    """A day that another column is not before (`gte`) or not after (`lte`), both included."""

    def __init__(self, column: str, lookup: str):
        super().__init__(_day, lambda rows, then: rows.filter(**{f"{column}__{lookup}": then}))


def _day(text_: str) -> date:
    try:
        return date.fromisoformat(text_)
    except ValueError as error:
        raise ValidationError("Give a date such as 2026-01-31.") from error


def period(column: str) -> Any:
    """A FilterSet with `from` and `to`, both days included; `from` is a word of Python's."""
    days = {"from": Bound(column, "gte"), "to": Bound(column, "lte")}
    return type(filters.FilterSet)("Period", (filters.FilterSet,), {"__module__": __name__, **days})
