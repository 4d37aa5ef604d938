"""How values look on this dialect's wire, going out and coming in."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.validators import EmailValidator, RegexValidator
from rest_framework import serializers
from rest_framework.fields import SkipField

from api.invoiceninja.ids import decode
from api.invoiceninja.statics import COUNTRIES, INDUSTRIES, SIZES, Table

_INTEGER = re.compile(r"\+?0*([0-9]+)", re.ASCII)
_BAD_FORMAT = "The :attribute format is invalid."


def seconds(moment: datetime | None) -> int:
    """Unix seconds; 0 for never."""
    return int(moment.timestamp()) if moment else 0


def number(amount: Decimal) -> int | float:
    """Money as a JSON number; whole amounts without a fraction."""
    whole = int(amount)
    return whole if whole == amount else float(amount)


def digits_of(value: Any) -> str | None:
    """840, "840" and 840.0 are "840"; None for what is no whole number."""
    if not isinstance(value, int | float | str):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else None
    match = _INTEGER.fullmatch(str(value))
    return match[1] if match else None


class Text(serializers.CharField):
    """Null and empty are the same: no text."""

    default_error_messages = {
        "invalid": "The :attribute must be a string.",
        "max_length": "The :attribute must not be greater than {max_length} characters.",
    }

    def __init__(self, **options):
        always = {"required": False, "allow_blank": True, "trim_whitespace": False}
        super().__init__(**options | always)

    def run_validation(self, data=serializers.empty):
        return super().run_validation("" if data is None else data)


class RequiredText(Text):
    """Neither absent (unless the input is partial) nor empty."""

    default_error_messages = {"required": "The :attribute field is required."}

    def __init__(self, **options):
        super().__init__(**options)
        self.required = True

    def run_validation(self, data=serializers.empty):
        return super().run_validation(data) or self.fail("required")


class Word(RequiredText):
    """One of a few words."""

    default_error_messages = {"unknown": "The selected :attribute is invalid."}

    def __init__(self, words: Iterable[str]):
        self.words = frozenset(words)
        super().__init__()

    def to_internal_value(self, data):
        word = super().to_internal_value(data)
        return word if word in self.words else self.fail("unknown")


class Email(Text):
    def __init__(self, **options):
        super().__init__(**options)
        self.validators.append(EmailValidator("The :attribute must be a valid email address."))


class Password(Text):
    """The mask that reads show is no password: sent back, it changes nothing."""

    def __init__(self, **options):
        super().__init__(min_length=7, max_length=1000, **options)
        for kind in ("[a-z]", "[A-Z]", "[0-9]"):
            self.validators.append(RegexValidator(kind, _BAD_FORMAT))

    default_error_messages = {"min_length": "The :attribute must be at least 7 characters."}

    def run_validation(self, data=serializers.empty):
        is_mask = isinstance(data, str) and set(data) == {"*"}
        return super().run_validation("" if is_mask else data)


class Flag(serializers.BooleanField):
    """Also 1 and 0, and their spellings; null is as if absent."""

    default_error_messages = {"invalid": "The :attribute field must be true or false."}

    def run_validation(self, data=serializers.empty):
        if data is None:
            raise SkipField
        return super().run_validation(data)


class Choice(Flag):
    """A flag that null takes back."""

    def run_validation(self, data=serializers.empty):
        return False if data is None else super().run_validation(data)


class StaticId(serializers.Field):
    """A fixed table's id as a number or text of digits; read as the table's value."""

    table: Table
    default_error_messages = {
        "integer": "The :attribute must be an integer.",
        "unknown": "The selected :attribute is invalid.",
    }

    def __init__(self, **options):
        super().__init__(required=False, **options)

    def run_validation(self, data=serializers.empty):
        return "" if data is None else super().run_validation(data)

    def to_internal_value(self, data):
        digits = digits_of(data)
        if digits is None:
            self.fail("integer")
        return self.table.value_of(digits) or self.fail("unknown")


class CountryId(StaticId):
    table = COUNTRIES


class IndustryId(StaticId):
    table = INDUSTRIES


class SizeId(StaticId):
    table = SIZES


class HashedId(serializers.Field):
    """The id of one of the agency's own rows; null is none. `find` is given the primary key."""

    default_error_messages = {
        "required": "The :attribute field is required.",
        "null": "The :attribute field is required.",
        "unknown": "The selected :attribute is invalid.",
    }

    def __init__(self, **options):
        super().__init__(**{"required": False, "allow_null": True} | options)

    def to_internal_value(self, data):
        pk = decode(data) if isinstance(data, str) else None
        row = self.find(pk) if pk is not None else None
        return row or self.fail("unknown")

    def find(self, pk: int):
        raise NotImplementedError


class Code(Text):
    """A code such as DE or EUR that `look_up` turns into the domain's own; empty is none."""

    default_error_messages = {"unknown": "The selected :attribute is invalid."}

    def __init__(self, look_up, **options):
        self.look_up = look_up
        super().__init__(**options)

    def to_internal_value(self, data):
        return self.look_up(super().to_internal_value(data)) or self.fail("unknown")


def listed(value: Any) -> Any:
    """A list as it is, an object as a list of one, and PHP's list with numbers for keys as one."""
    if not isinstance(value, Mapping):
        return value
    numbered = value and all(key.isdigit() for key in value)
    return list(value.values()) if numbered else [value]


class ListOf(serializers.ListField):
    """What listed() reads."""

    default_error_messages = {
        "not_a_list": "The :attribute must be an array.",
        "max_length": "The :attribute must not have more than {max_length} items.",
    }

    def run_validation(self, data=serializers.empty):
        if data is None:
            self.fail("not_a_list")
        return super().run_validation(data)

    def to_internal_value(self, data):
        return super().to_internal_value(listed(data))
