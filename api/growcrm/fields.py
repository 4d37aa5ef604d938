"""How values look on the wire of `/api`: as Laravel reads and words them."""

import re
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from rest_framework import serializers

from api.growcrm import countries
from clients.models import Category

_LARGEST_ID = 2**63 - 1
_WHOLE = re.compile(r"-?[0-9]{1,40}")


def timestamp(moment: datetime) -> str:
    """UTC with six decimals and `Z`: 2026-06-15T09:30:00.000000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole_number(value: Any) -> int | None:
    """A JSON integer or its text; None for anything else. Python's own int() reads too much."""
    text = str(value) if isinstance(value, int | str) else ""
    return int(text) if _WHOLE.fullmatch(text) else None


def id_number(value: Any) -> int | None:
    """A whole number that a primary key can have."""
    number = whole_number(value)
    return number if number is not None and 0 < number <= _LARGEST_ID else None


def trimmed(body: dict[str, Any]) -> dict[str, Any]:
    """Laravel trims every string and makes the empty ones null."""
    return {
        name: (value.strip() or None) if isinstance(value, str) else value
        for name, value in body.items()
    }


def attribute(name: str) -> str:
    """The name of a field as Laravel's messages spell it."""
    return name.replace("_", " ")


class LaravelField(serializers.Field):
    """Says what is wrong in Laravel's words."""

    default_error_messages = {
        "required": "The {attribute} field is required.",
        "null": "The {attribute} field is required.",
        "string": "The {attribute} field must be a string.",
        "email": "The {attribute} field must be a valid email address.",
        "longest": "The {attribute} field must not be greater than {most} characters.",
        "integer": "The {attribute} field must be an integer.",
        "least": "The {attribute} field must be at least {least}.",
        "most": "The {attribute} field must not be greater than {most}.",
        "array": "The {attribute} field must be an array.",
        "items": "The {attribute} field must not have more than {most} items.",
        "selected": "The selected {attribute} is invalid.",
    }

    def fail(self, key, **facts):
        super().fail(key, **{"attribute": attribute(self.field_name)} | facts)


class Text(LaravelField):
    """Text of at most `most` characters; null is read as empty."""

    def __init__(self, *, most=255, **options):
        super().__init__(**options)
        self.most = most

    def run_validation(self, data=serializers.empty):
        value = super().run_validation(data)
        return "" if value is None else value

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("string")
        if len(data) > self.most:
            self.fail("longest", most=self.most)
        return data


class Email(Text):
    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        try:
            validate_email(value)
        except DjangoValidationError:
            self.fail("email")
        return value


class Country(Text):
    """Free text that names a country; becomes its ISO 3166-1 alpha-2 code."""

    def to_internal_value(self, data):
        code = countries.code_of(super().to_internal_value(data))
        if code is None:
            self.fail("selected")
        return code


class WholeNumber(LaravelField):
    def __init__(self, *, least, most, **options):
        super().__init__(**options)
        self.least, self.most = least, most

    def to_internal_value(self, data):
        number = whole_number(data)
        if number is None:
            self.fail("integer")
        if number < self.least:
            self.fail("least", least=self.least)
        if number > self.most:
            self.fail("most", most=self.most)
        return number


class Choice(LaravelField):
    def __init__(self, words, **options):
        super().__init__(**options)
        self.words = words

    def to_internal_value(self, data):
        if data not in self.words:
            self.fail("selected")
        return data


class RowId(LaravelField):
    """An integer that a row may have for its id; whether one has it is for others to say."""

    def to_internal_value(self, data):
        if whole_number(data) is None:
            self.fail("integer")
        if id_number(data) is None:
            self.fail("selected")
        return id_number(data)


class ExistingCategory(LaravelField):
    def to_internal_value(self, data):
        number = id_number(data)
        category = Category.objects.filter(pk=number).first() if number else None
        if category is None:
            self.fail("selected")
        return category


class Titles(LaravelField):
    """An array of tag titles; empty ones are dropped."""

    _MOST, _LONGEST = 100, 100

    def to_internal_value(self, data):
        if isinstance(data, dict) and data and all(key.isdecimal() for key in data):
            # PHP's array with gaps in its keys: tags[0]=a&tags[2]=b.
            data = list(data.values())
        if not isinstance(data, list):
            self.fail("array")
        if len(data) > self._MOST:
            self.fail("items", most=self._MOST)
        wrong = {
            str(place): text
            for place, title in enumerate(data)
            if (text := self._wrong(title, place))
        }
        if wrong:
            raise serializers.ValidationError(wrong)
        return [title.strip() for title in data if title and title.strip()]

    def _wrong(self, title, place):
        facts = {"attribute": f"{attribute(self.field_name)}.{place}", "most": self._LONGEST}
        if title is not None and not isinstance(title, str):
            return [self.error_messages["string"].format(**facts)]
        if title and len(title.strip()) > self._LONGEST:
            return [self.error_messages["longest"].format(**facts)]
        return []
