"""Amounts, days and references as this dialect writes them."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rest_framework import serializers

from api.invoiceninja.fields import HashedId
from billing.models import Invoice
from clients.models import Client, Project

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,50})?|\.[0-9]{1,50})(?:e[+-]?[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOST = Decimal(10) ** 12
_YES = frozenset({"true", "1"})


def asked(sent: dict[str, Any], action: str) -> bool:
    """Whether the caller wants this done along with the rest: `mark_sent=true`."""
    return str(sent.get(action, "")).lower() in _YES


def says_something(value: Any) -> bool:
    """Whether a value is more than nothing: neither empty nor false nor zero, however written."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.lower()):
        return bool(Decimal(value))
    return value not in (None, "", False, 0, "false") and value != []


class Amount(serializers.Field):
    """A number or its text. More places than `places` are rounded half up, as floats need it."""

    default_error_messages = {
        "required": "The :attribute field is required.",
        "null": "The :attribute field is required.",
        "invalid": "The :attribute must be a number.",
        "least": "The :attribute must be at least {least}.",
        "most": "The :attribute may not be greater than {most}.",
    }

    def __init__(self, *, least: Decimal | None = None, most=_MOST, places=6, **options):
        self.least, self.most, self.unit = least, most, Decimal(1).scaleb(-places)
        super().__init__(**{"required": False} | options)

    def run_validation(self, data=serializers.empty):
        if data is None and not self.required:
            return Decimal(0)
        return super().run_validation(data)

    def to_internal_value(self, data):
        if isinstance(data, bool) or not isinstance(data, int | float | str):
            self.fail("invalid")
        text = str(data).strip().lower()
        if not _NUMBER.fullmatch(text):
            self.fail("invalid")
        number = Decimal(text)
        if self.least is not None and number < self.least:
            self.fail("least", least=self.least)
        if abs(number) >= self.most:
            self.fail("most", most=self.most)
        return number.quantize(self.unit, rounding=ROUND_HALF_UP)


class Day(serializers.Field):
    """`Y-m-d`; null is none."""

    default_error_messages = {
        "invalid": "The :attribute does not match the format Y-m-d.",
    }

    def __init__(self, **options):
        super().__init__(**{"required": False, "allow_null": True} | options)

    def to_internal_value(self, data):
        if not isinstance(data, str) or not _DAY.fullmatch(data):
            self.fail("invalid")
        try:
            return date.fromisoformat(data)
        except ValueError:
            self.fail("invalid")


class ClientId(HashedId):
    """A client that can be billed."""

    def find(self, pk):
        return Client.objects.filter(pk=pk, deleted_at__isnull=True).first()


class ProjectId(HashedId):
    def find(self, pk):
        return Project.objects.filter(pk=pk).first()


class InvoiceId(HashedId):
    def find(self, pk):
        return Invoice.objects.existing().filter(pk=pk).first()


class Supported(serializers.Serializer):
    """Refuses what would change the sum or the meaning and cannot be kept, rather than drop it."""

    unsupported: frozenset[str] = frozenset()
    default_error_messages = {"invalid": "The :attribute must be an array."}

    def to_internal_value(self, data):
        # Half of a line's fields would be asked of somebody who sent no line at all.
        sent = data if isinstance(data, dict) else {}
        refused = {
            name: ["The :attribute is not supported."]
            for name in sorted(self.unsupported & sent.keys())
            if says_something(sent[name])
        }
        if refused:
            raise serializers.ValidationError(refused)
        return super().to_internal_value(data)
