"""How values look on the wire of `/v1`."""

from datetime import UTC, datetime

from django_countries import countries
from rest_framework import serializers


def timestamp(moment: datetime | None) -> str | None:
    """UTC, whole seconds, `Z`: 2026-02-28T09:15:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


class CountryCode(serializers.CharField):
    """ISO 3166-1 alpha-2, in capital letters."""

    default_error_messages = {"unknown": "{value} is no ISO 3166-1 alpha-2 country code."}

    def to_internal_value(self, data):
        value = super().to_internal_value(data).upper()
        if value not in countries.countries:
            self.fail("unknown", value=value[:20])
        return value
