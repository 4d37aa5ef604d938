"""Rows of a list, read by SQL that is made once.

Django writes the SQL of a query anew each time, which costs more than PostgreSQL takes to answer
it: seven of the 21 ms of processor time that a list of twenty clients took.
"""

from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import F, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from clients.arrays import AnyOf

# Stands in the parameters for the values of each call.
_VALUES = object()


class CompiledRows:
    """Chosen columns of those rows of a queryset whose `column` has one of the values asked for.

    As dicts, in the queryset's order. `columns` are names as values() takes them, without
    annotations. The wall is the database's and holds here too.
    """

    def __init__(self, queryset: QuerySet, column: str, columns: Collection[str]) -> None:
        self.queryset, self.column, self.columns = queryset, column, tuple(columns)

    def where(self, values: Collection[object]) -> Iterator[dict[str, Any]]:
        asked = list(values)
        params = [asked if param is _VALUES else param for param in self._made.params]
        with connection.cursor() as cursor:
            cursor.execute(self._made.sql, params)
            rows = cursor.fetchall()
        for row in self._made.compiler.apply_converters(rows, self._made.converters):
            yield dict(zip(self.columns, row, strict=True))

    @cached_property
    def _made(self) -> "_Made":
        found = self.queryset.filter(AnyOf(F(self.column), _VALUES)).values_list(*self.columns)
        compiler = found.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        selected = [column for column, *_ in compiler.select]
        return _Made(compiler, sql, params, compiler.get_converters(selected))


class _Made(NamedTuple):
    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    converters: dict[int, Any]
