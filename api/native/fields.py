"""How values look on the wire of `/v1`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django_countries import countries
from rest_framework import serializers

from api.native.ids import encode


def timestamp(moment: datetime | None) -> str | None:
    """UTC, whole seconds, `Z`: 2026-02-28T09:15:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def member(row: Mapping[str, Any], column: str) -> dict[str, str] | None:
    """A member that `column` points at, by the columns that member_columns() names."""
    if row[column] is None:
        return None
    _, first, last, email = member_columns(column)
    name = f"{row[first]} {row[last]}".strip()
    return {"id": encode("user", row[column]), "name": name or row[email]}


def member_columns(column: str) -> tuple[str, str, str, str]:
    return (
        column,
        f"{column}__user__first_name",
        f"{column}__user__last_name",
        f"{column}__user__email",
    )


class CountryCode(serializers.CharField):
    """ISO 3166-1 alpha-2, in capital letters."""

    default_error_messages = {"unknown": "{value} is no ISO 3166-1 alpha-2 country code."}

    def to_internal_value(self, data):
        value = super().to_internal_value(data).upper()
        if value not in countries.countries:
            self.fail("unknown", value=value[:20])
        return value
