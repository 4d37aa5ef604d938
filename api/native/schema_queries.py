"""The parameters of lists, read off their filters and sorts."""

from collections.abc import Collection
from datetime import date, datetime
from functools import singledispatch
from typing import Any

from django_filters import Filter
from drf_spectacular.utils import OpenApiParameter

from api.native import billing_filters, expanding, filters
from api.native.event_views import Types
from api.native.pagination import DEFAULT_LIMIT, MOST
from api.operators import ChoiceInFilter, OperatorFilter
from api.shapes import Shape, one_of, query

_COMPARED = "Equal, or compared with `lt:`, `lte:`, `gt:`, `gte:`, `between:` before it."
_EXAMPLES: dict[type, Any] = {
    int: "gte:0",
    date: "between:2026-01-01,2026-06-30",
    datetime: "gte:2026-01-01T12:00:00Z",
}
# Filters that are made of functions, and say nothing of themselves.
_TOLD: dict[str, tuple[str, str]] = {
    "q": ("Contains it, without regard to case and accents.", "acme"),
    "name": ("The name contains it.", "acme"),
    "email": ("Somebody has exactly this address.", "hello@acmecorp.com"),
    "tags": ("Has any of these tags; all of them with `all:` before.", "retainer,priority"),
    "external_reference": ("Exactly this one.", "bank-2026-03-14-0012"),
    "country": ("ISO 3166-1 alpha-2 codes, with commas between.", "US,DE"),
}

LIMIT = query(
    "limit",
    f"How many to a page; more than {MOST} is {MOST}.",
    {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT},
    example=50,
)


def asked_of(view: Any, without: Collection[str] = ()) -> list[OpenApiParameter]:
    """Everything that a list of this view may be asked, but for some names."""
    kinds = getattr(view, "filters", None)
    asked = [
        *(parameter(name, one) for name, one in (kinds.base_filters if kinds else {}).items()),
        *expanded_by(view),
        *pages_of(getattr(view, "sorts", {"": None})),
    ]
    return [one for one in asked if one.name not in without]


def pages_of(sorts: Any) -> list[OpenApiParameter]:
    first = next(iter(sorts))
    return [
        query(
            "sort",
            f"Any of {', '.join(f'`{key}`' for key in sorts)}, with commas between; `-` descends.",
            example=f"-{first}",
        ),
        LIMIT,
        query("cursor", "`meta.next_cursor` of the page before."),
    ]


def expanded_by(view: Any) -> list[OpenApiParameter]:
    names = list(view.expansions) if hasattr(view, "expansions") else []
    if not names:
        return []
    told = f"Any of {', '.join(f'`{name}`' for name in names)}, shown inside of each record."
    return [query(expanding.PARAMETER, told, example=",".join(names))]


def parameter(name: str, asked: Filter) -> OpenApiParameter:
    if name in _TOLD:
        text, example = _TOLD[name]
        return query(name, text, example=example)
    text, shape, example = told_of(asked)
    return query(name, text, shape, example=example)


@singledispatch
def told_of(asked: Filter) -> tuple[str, Shape, Any]:
    """What a filter finds, what it takes, and an example. Each kind registers its own."""
    raise NotImplementedError(f"Register with told_of what {type(asked).__name__} finds.")


@told_of.register
def _(asked: OperatorFilter):
    return _COMPARED, {"type": "string"}, _EXAMPLES[asked.extra["kind"]]


@told_of.register
def _(asked: filters.Amount):
    return f"{_COMPARED} In minor units.", {"type": "string"}, "gt:100000"


@told_of.register
def _(asked: ChoiceInFilter):
    words = [word for word, _ in asked.extra["choices"]]
    text = f"Any of {', '.join(f'`{word}`' for word in words)}, with commas between."
    return text, {"type": "string"}, ",".join(words[:2])


@told_of.register
def _(asked: filters.If):
    return "`true` or `false`.", one_of("true", "false"), "true"


@told_of.register
def _(asked: filters.Since):
    return "Then or later.", {"type": "string"}, "2026-01-01T12:00:00Z"


@told_of.register
def _(asked: filters.Same):
    return "The id of a record that it belongs to.", {"type": "string"}, None


@told_of.register
def _(asked: filters.SameClient):
    return "The id of a client.", {"type": "string"}, None


@told_of.register
def _(asked: Types):
    text = "Types of events with commas between; `client.*` for all of one kind."
    return text, {"type": "string"}, "client.*,contact.created"


@told_of.register
def _(asked: filters.Asked):
    return "The id of a record that it has to do with.", {"type": "string"}, None


@told_of.register
def _(asked: billing_filters.Currencies):
    return "ISO 4217 codes, with commas between.", {"type": "string"}, "EUR,USD"


@told_of.register
def _(asked: billing_filters.Bound):
    return "By its own day; the day itself is in.", {"type": "string"}, "2026-01-31"
