"""The agency's own fields as inputs on a client's page in the admin."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from clients.custom_values import BadCustomValues, check_custom_values
from clients.models import CustomField

_PREFIX = "own_"
_WORDS = {
    "required": "This field is required.",
    "too_long": "This text is too long.",
    "number": "Enter a number.",
    "date": "Enter a valid date.",
    "choice": "Choose one of the values.",
}


def inputs() -> dict[str, forms.Field]:
    """One per field in use, by the name of the input, in the agency's order."""
    fields = CustomField.objects.filter(archived_at__isnull=True)
    return {_PREFIX + field.name: _input(field) for field in fields}


def _input(field: CustomField) -> forms.Field:
    facts: dict[str, Any] = {"label": field.label, "required": field.is_required}
    match field.kind:
        case CustomField.Kind.CHECKBOX:
            # No is an answer too.
            facts["required"] = False
            return forms.BooleanField(widget=UnfoldBooleanWidget, **facts)
        case CustomField.Kind.CHOICE:
            choices = [("", "–"), *((choice, choice) for choice in field.choices)]
            return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **facts)
        case CustomField.Kind.DATE:
            return forms.DateField(widget=UnfoldAdminSingleDateWidget, **facts)
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **facts)


class OwnFieldsForm(forms.ModelForm):
    """A client's form; a subclass of it carries inputs(). What they say is checked as anywhere."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in self.instance.custom_fields.items():
            if _PREFIX + name in self.fields:
                self.initial.setdefault(_PREFIX + name, value)

    @cached_property
    def changed_data(self) -> list[str]:
        changed = super().changed_data
        own = any(name.startswith(_PREFIX) for name in changed)
        return [*changed, "custom_fields"] if own else changed

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        try:
            self.instance.custom_fields = check_custom_values(
                self._given(), stored=self.instance.custom_fields
            )
        except BadCustomValues as bad:
            self._tell(bad.failures)
        return cleaned

    def _given(self) -> dict[str, Any]:
        """What was changed, and what has to be said every time."""
        known = CustomField.objects.filter(archived_at__isnull=True)
        required = set(known.filter(is_required=True).values_list("name", flat=True))
        given = {
            name.removeprefix(_PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(_PREFIX)
            and (name in self.changed_data or name.removeprefix(_PREFIX) in required)
        }
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in given.items()
        }

    def _tell(self, failures: Mapping[str, str]) -> None:
        for name, failure in failures.items():
            shown = _PREFIX + name
            if shown in self.fields and shown not in self.errors:
                self.add_error(shown, _WORDS.get(failure, "This value does not fit."))
