"""`sort=-created_at,name`: an order in which every row has exactly one place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Expression,
    F,
    Func,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, Collate

from api.native.errors import BadParameter
from billing.days import dated
from clients.folding import Fold

# Before everything that ever happened: where what has no date yet is sorted.
_NEVER = Value(datetime(1, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Key:
    """Something to sort by. It is never NULL, since NULL has no place of its own."""

    expression: F | Expression
    kind: type = str


def moment(field: str, *, nullable: bool = False) -> Key:
    return Key(Coalesce(F(field), _NEVER) if nullable else F(field), datetime)


def day(field: str) -> Key:
    return Key(dated(field), date)


def amount(field: str) -> Key:
    """In major units, so that no currency's digits count; what is not said is zero."""
    return Key(Coalesce(F(field), Value(Decimal(0))), Decimal)


def text(field: str | Expression) -> Key:
    """Without regard to case and accents, the same on every server."""
    return Key(Collate(Fold(field), "C"))


# A cursor is JSON.
_FREEZE: dict[type, Callable[[Any], Any]] = {
    date: date.isoformat,
    datetime: datetime.isoformat,
    Decimal: str,
    int: int,
    str: str,
}
_THAW: dict[type, Callable[[Any], Any]] = {
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    Decimal: Decimal,
    int: int,
    str: str,
}


@dataclass(frozen=True)
class Order:
    """`keys` with whether each one descends; ties are broken by id, in the last one's direction."""

    text: str
    keys: Sequence[tuple[Key, bool]]

    @property
    def columns(self) -> list[str]:
        """What rows must hold so that place_of() can tell their place."""
        return [f"sort_{n}" for n in range(len(self.keys))]

    def applied(self, queryset: QuerySet[Any], *, after: Sequence[Any] = ()) -> QuerySet[Any]:
        """Sorted, from behind the place that place_of() gave."""
        queryset = queryset.annotate(
            **{
                column: key.expression
                for column, (key, _) in zip(self.columns, self.keys, strict=True)
            }
        )
        if after:
            queryset = queryset.filter(self._behind(after))
        return queryset.order_by(*(f"-{c}" if down else c for c, down in self._directed()))

    def place_of(self, row: Mapping[str, Any]) -> list[Any]:
        """The row's place as values of JSON."""
        kinds = [key.kind for key, _ in self.keys]
        values = [row[column] for column in self.columns]
        frozen = [_FREEZE[kind](value) for kind, value in zip(kinds, values, strict=True)]
        return [*frozen, row["pk"]]

    def _directed(self) -> list[tuple[str, bool]]:
        downs = [down for _, down in self.keys]
        return list(zip([*self.columns, "pk"], [*downs, downs[-1]], strict=True))

    def _behind(self, place: Sequence[Any]) -> Q | Expression:
        *frozen, pk = place
        kinds = [key.kind for key, _ in self.keys]
        values = [_THAW[kind](value) for kind, value in zip(kinds, frozen, strict=True)]
        behind = [*values, pk]
        directed = self._directed()
        if len({down for _, down in directed}) == 1:
            return _row_behind(directed, behind)
        return _any_behind(directed, behind)


def order_of(query: Mapping[str, str], keys: Mapping[str, Key], default: str) -> Order:
    """The order that is asked for. Raises BadParameter."""
    asked = query.get("sort", default)
    names = asked.split(",")
    bare = [name.removeprefix("-") for name in names]
    if len(set(bare)) < len(bare) or not set(bare) <= keys.keys():
        known = ", ".join(keys)
        raise BadParameter(
            "sort", f"Sort by one or more of {known}, each once, with - before it to descend."
        )
    sorted_by = [(keys[name.removeprefix("-")], name.startswith("-")) for name in names]
    return Order(asked, sorted_by)


def _row_behind(directed: Sequence[tuple[str, bool]], values: Sequence[Any]) -> Expression:
    """(a, b, id) > (1, 2, 3): one comparison, which an index can begin at."""
    columns = Func(*(F(column) for column, _ in directed), function="ROW", output_field=TextField())
    place = Func(*map(_value, values), function="ROW", output_field=TextField())
    return Func(
        columns,
        place,
        template="(%(expressions)s)",
        arg_joiner=" < " if directed[0][1] else " > ",
        output_field=BooleanField(),
    )


def _any_behind(directed: Sequence[tuple[str, bool]], values: Sequence[Any]) -> Q:
    """Behind in the first column, or level there and behind in the next, and so on."""
    behind, level = Q(), Q()
    for (column, down), value in zip(directed, values, strict=True):
        behind |= level & Q(**{f"{column}__{'lt' if down else 'gt'}": value})
        level &= Q(**{column: value})
    return behind


def _value(value: Any) -> Value:
    # Ids outgrow the type that Django would choose.
    return Value(value, output_field=BigIntegerField() if isinstance(value, int) else None)
