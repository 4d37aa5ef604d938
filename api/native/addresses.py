"""The two postal addresses of a client, read and written whole."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from api.native.fields import CountryCode

# Our columns by the keys on the wire.
_PARTS = {
    "line1": "address1",
    "line2": "address2",
    "city": "city",
    "state": "state",
    "postal_code": "postal_code",
    "country": "country",
}
BILLING: Mapping[str, str] = _PARTS
SHIPPING: Mapping[str, str] = {theirs: f"shipping_{ours}" for theirs, ours in _PARTS.items()}


def address_of(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any] | None:
    """None where nothing is known; `line2` only where there is one."""
    parts = {theirs: row[ours] for theirs, ours in columns.items()}
    if not any(parts.values()):
        return None
    if not parts["line2"]:
        del parts["line2"]
    return parts


def facts_of(sent: Mapping[str, Any] | None, columns: Mapping[str, str]) -> dict[str, str]:
    """What to store: an address is replaced whole, never merged."""
    return {ours: (sent or {}).get(theirs) or "" for theirs, ours in columns.items()}


class AddressInput(serializers.Serializer):
    line1 = serializers.CharField(max_length=255)
    line2 = serializers.CharField(max_length=255, required=False, allow_blank=True, allow_null=True)
    city = serializers.CharField(max_length=255)
    state = serializers.CharField(max_length=255, required=False, allow_blank=True)
    postal_code = serializers.CharField(max_length=50, required=False, allow_blank=True)
    country = CountryCode()


class Address(serializers.Field):
    """Always whole, even where only some keys of a client are sent; null empties it."""

    def __init__(self):
        super().__init__(required=False, allow_null=True)

    def to_internal_value(self, data):
        address = AddressInput(data=data)
        address.is_valid(raise_exception=True)
        return address.validated_data
