"""Comparing with any number of values in one parameter."""

from collections.abc import Collection
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup
from django.db.models.sql.compiler import SQLCompiler


class AnyOf(Lookup):
    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        # Without its type an array of small numbers is one of smallint, which PostgreSQL compares
        # to a bigint one by one; with it, by a hash.
        kind = self.lhs.output_field.db_type(connection)
        return f"{column} = ANY(%s::{kind}[])", [*params, self.rhs]


def any_of(field: str, values: Collection[object]) -> AnyOf:
    """A condition for filter(): `id = ANY(array)`, where `in` sends one parameter per value."""
    return AnyOf(F(field), list(values))
