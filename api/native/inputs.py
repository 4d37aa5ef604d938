"""Fields of bodies that several endpoints share. What is wrong with one is a 422 naming it."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import serializers

from agencies.models import Membership
from agencies.money import currency_codes
from api.native.departed import resolved
from api.native.ids import decode
from clients.models import Client

# What every money column holds, in any currency's minor units.
_MOST_MINOR = 10**13 - 1


class Text(serializers.CharField):
    """Optional, and null empties it; as long as the column allows."""

    def __init__(self, length: int):
        super().__init__(max_length=length, required=False, allow_blank=True, allow_null=True)

    def to_internal_value(self, data):
        # 1 and 1.0 are one number in JSON, and two texts: a number is no text.
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Read(Text):
    """A text as the domain reads it; what it cannot read is refused in its words."""

    def __init__(self, length: int, read: Callable[[str], str]):
        super().__init__(length)
        self.read = read

    def to_internal_value(self, data):
        text = super().to_internal_value(data)
        try:
            return self.read(text)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error


class Name(Text):
    """The same, never empty."""

    def __init__(self, length: int, *, required: bool = True):
        super().__init__(length)
        self.required, self.allow_blank, self.allow_null = required, False, False


class Titles(serializers.ListField):
    """Tags, as a full set."""

    def __init__(self, **options: Any):
        super().__init__(child=Name(100), max_length=100, **options)


class Flag(serializers.Field):
    """true or false, and no other spelling of them."""

    default_error_messages = {"invalid": "Give true or false."}

    def __init__(self):
        super().__init__(required=False)

    def to_internal_value(self, data):
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Whole(serializers.IntegerField):
    """A whole number, and no text that looks like one."""

    def __init__(self, least: int, most: int, **options: Any):
        super().__init__(min_value=least, max_value=most, required=False, **options)

    def to_internal_value(self, data):
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Amount(Whole):
    """In minor units."""

    def __init__(self):
        super().__init__(0, _MOST_MINOR, allow_null=True)


class Day(serializers.DateField):
    def __init__(self):
        super().__init__(required=False, allow_null=True)


class Several(serializers.ListField):
    """At most so many of a kind; too many are refused before any of them is looked at."""

    def __init__(self, child: serializers.Field, most: int):
        super().__init__(child=child, max_length=most, required=False)

    def to_internal_value(self, data):
        if isinstance(data, list) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class CalendarDay(Day):
    """A day of the calendar that people use, with room for terms of payment behind it."""

    default_error_messages = {"range": "Give a day from 1900-01-01 to 2999-12-31."}

    def to_internal_value(self, value):
        day = super().to_internal_value(value)
        if not 1900 <= day.year <= 2999:
            self.fail("range")
        return day


class Sum(Amount):
    """In minor units, and never nothing."""

    def __init__(self, *, required: bool = True):
        super().__init__()
        self.required, self.allow_null = required, not required


class Reference(serializers.Field):
    """The prefixed id of another record. A stranger's and one that never was are refused alike."""

    default_error_messages = {"unknown": "No {noun} has this id."}

    def __init__(self, kind: str, queryset: QuerySet[Any], *, noun: str = "", **options: Any):
        super().__init__(**options)
        self.kind, self.queryset, self.noun = kind, queryset, noun or kind

    def to_internal_value(self, data):
        pk = decode(self.kind, data) if isinstance(data, str) else None
        record = self.found(pk) if pk is not None else None
        if record is None:
            self.fail("unknown", noun=self.noun)
        return record

    def found(self, pk):
        return self.queryset.filter(pk=pk).first()


class MemberReference(Reference):
    """A member of the agency. Memberships stand outside the wall, so the agency is asked for."""

    def __init__(self):
        super().__init__("user", Membership.objects.all(), noun="member", required=False)
        self.allow_null = True

    def found(self, pk):
        return self.queryset.filter(pk=pk, agency=self.context["agency"]).first()


class ClientReference(Reference):
    """The id of a merged client stands for its survivor."""

    def __init__(self, **options: Any):
        super().__init__("client", Client.objects.existing(), **options)

    def found(self, pk):
        return super().found(pk) or super().found(resolved(pk))


class Currency(serializers.CharField):
    """ISO 4217, in capital letters."""

    default_error_messages = {"unknown": "{value} is no ISO 4217 currency code."}

    def __init__(self):
        super().__init__(required=False, max_length=3)

    def to_internal_value(self, data):
        value = super().to_internal_value(data).upper()
        if value not in currency_codes():
            self.fail("unknown", value=value)
        return value
