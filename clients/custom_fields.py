"""The agency's own fields for clients: defined, changed, put aside. Values: clients.custom_values.

What is stored in a field outlives it: archived, it is neither shown nor asked for, and back again
it has its values. So its kind never changes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from agencies.errors import DomainError
from agencies.models import Agency
from clients.creating import constraint_of
from clients.models import CustomField


class FieldTaken(DomainError):
    code = "field_taken"


class BadChoices(DomainError):
    code = "bad_choices"


def define_field(
    agency: Agency, *, name: str, kind: str, choices: Sequence[str] = (), **facts: Any
) -> CustomField:
    """`facts` are further fields of CustomField. Raises FieldTaken and BadChoices."""
    field = CustomField(agency=agency, name=name, kind=kind, choices=list(choices), **facts)
    _check_choices(field)
    with _refusing_twins():
        field.save(force_insert=True)
    return field


@transaction.atomic
def edit_field(field: CustomField, **facts: Any) -> CustomField:
    """Change the given facts but for `name` and `kind`; returns the field as it is now.

    Values that are no choice any more stay where they are stored. Raises BadChoices.
    """
    field = CustomField.objects.select_for_update(no_key=True).get(pk=field.pk)
    for name, value in facts.items():
        setattr(field, name, value)
    _check_choices(field)
    field.save(update_fields=[*facts, "updated_at"])
    return field


def archive_field(field: CustomField, *, at: datetime) -> None:
    """Ask for it no more, and show it no more; once more changes nothing."""
    fields = CustomField.objects.filter(pk=field.pk, archived_at__isnull=True)
    fields.update(archived_at=at, updated_at=at)


def restore_field(field: CustomField, *, at: datetime) -> None:
    fields = CustomField.objects.filter(pk=field.pk, archived_at__isnull=False)
    fields.update(archived_at=None, updated_at=at)


def _check_choices(field: CustomField) -> None:
    is_choice = field.kind == CustomField.Kind.CHOICE
    if is_choice and not field.choices:
        raise BadChoices("Name at least one choice.", field="choices")
    if field.choices and not is_choice:
        raise BadChoices("Only a field of the kind choice has choices.", field="choices")
    if len(set(field.choices)) < len(field.choices):
        raise BadChoices("Name each choice once.", field="choices")


@contextmanager
def _refusing_twins() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint_of(error) != "custom_field_name_once":
            raise
        raise FieldTaken(
            "There is a field with this name, maybe archived.", field="name"
        ) from error
