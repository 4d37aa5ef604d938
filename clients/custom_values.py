"""Values of the fields that the agency itself defined for its clients."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from agencies.errors import DomainError
from clients.models import CustomField

LONGEST = 10_000
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class BadCustomValues(DomainError):
    """`failures` says what is wrong by field name.

    `required`, `too_long`, or the kind of value it should have been: `text`, `number`, `date`,
    `checkbox`, `choice`.
    """

    code = "bad_custom_values"

    def __init__(self, failures: dict[str, str]) -> None:
        names = ", ".join(failures)
        super().__init__(f"Correct the values of: {names}.", field=next(iter(failures)))
        self.failures = failures


class _BadValue(Exception):
    """Carries the word that BadCustomValues tells for the field."""


def check_custom_values(
    given: Mapping[str, Any], *, stored: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The values to store in Client.custom_fields, out of everything that was given.

    Names that are no field of the agency are left out; None and empty text are no value. Of
    `stored`, the values that a client has already, those stay that nothing was given for. Numbers
    come back as decimal text, dates as ISO 8601 text, checkboxes as booleans. Raises
    BadCustomValues with all failing fields: a required field for which nothing was given, whatever
    is stored, and a value of a wrong kind.
    """
    values: dict[str, Any] = dict(stored or {})
    failures: dict[str, str] = {}
    for field in CustomField.objects.filter(archived_at__isnull=True):
        value = given.get(field.name)
        if field.name in given:
            values.pop(field.name, None)
        try:
            if value is not None and value != "":
                values[field.name] = _READERS[CustomField.Kind(field.kind)](field, value)
            elif field.is_required:
                failures[field.name] = "required"
        except _BadValue as wrong:
            failures[field.name] = str(wrong)
    if failures:
        raise BadCustomValues(failures)
    return values


def _text(field: CustomField, value: Any) -> str:
    if not isinstance(value, str):
        raise _BadValue("text")
    if len(value) > LONGEST:
        raise _BadValue("too_long")
    return value


def _number(field: CustomField, value: Any) -> str:
    # True is an int to Python, and no number to anybody else.
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _BadValue("number")
    text = str(value).strip()
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise _BadValue("number") from error
    # Written out, 1e999999 would fill the memory.
    sane = text.isascii() and len(text) <= 60 and number.is_finite()
    if not sane or abs(number.adjusted()) > 30:
        raise _BadValue("number")
    return f"{number:f}"


def _date(field: CustomField, value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise _BadValue("date") from error


def _checkbox(field: CustomField, value: Any) -> bool:
    word = str(value).lower() if isinstance(value, str | int) else ""
    if word not in _TRUE | _FALSE:
        raise _BadValue("checkbox")
    return word in _TRUE


def _choice(field: CustomField, value: Any) -> str:
    if not isinstance(value, str) or value not in field.choices:
        raise _BadValue("choice")
    return value


_READERS = {
    CustomField.Kind.TEXT: _text,
    CustomField.Kind.NUMBER: _number,
    CustomField.Kind.DATE: _date,
    CustomField.Kind.CHECKBOX: _checkbox,
    CustomField.Kind.CHOICE: _choice,
}
