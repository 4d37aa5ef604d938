"""What staff fill in about clients and their people."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from agencies.admin_forms import AgencyOwnedForm
from agencies.models import Membership
from clients.models import Client, Tag
from contacts.enrolling import Person, enroll
from contacts.models import Suppression
from contacts.own_fields import OwnFieldsForm
from contacts.suppressing import is_suppressed


class ClientForm(OwnFieldsForm, AgencyOwnedForm):
    once = {"number": "exact", "id_number": "exact"}

    # Not `tags`: the relation has a table of its own, which set_tags() fills.
    tagged = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        label="Tags",
        required=False,
        widget=AutocompleteSelectMultiple(Client._meta.get_field("tags"), admin.site),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            tagged = self.instance.client_tags.values_list("tag", flat=True)
            self.initial.setdefault("tagged", list(tagged))

    def titles(self) -> list[str]:
        return [tag.title for tag in self.cleaned_data["tagged"]]


class NewClientForm(ClientForm):
    """A client with its first person, who becomes the primary contact."""

    first_name = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget)
    last_name = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget)
    email = forms.EmailField(label="E-mail", required=False, widget=UnfoldAdminEmailInputWidget)
    person_phone = forms.CharField(
        label="Phone", required=False, max_length=100, widget=UnfoldAdminTextInputWidget
    )
    job_title = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["number"].required = False
        self.fields["number"].help_text = "Leave it empty to take the next number."
        self.fields["category"].required = False
        self.fields["category"].help_text = "Leave it empty for the default category."

    def enroll(self, *, by: Membership) -> Client:
        columns = {field.name for field in Client._meta.concrete_fields}
        facts = {name: value for name, value in self.cleaned_data.items() if name in columns}
        person = {
            "first_name": self.cleaned_data["first_name"],
            "last_name": self.cleaned_data["last_name"],
            "email": self.cleaned_data["email"],
            "phone": self.cleaned_data["person_phone"],
            "job_title": self.cleaned_data["job_title"],
        }
        people = [Person(**person)] if any(person.values()) else []
        facts["custom_fields"] = self.instance.custom_fields
        return enroll(by.agency, by=by, people=people, tags=self.titles(), **facts)


class ContactForm(AgencyOwnedForm):
    email = forms.EmailField(label="E-mail", required=False, widget=UnfoldAdminEmailInputWidget)

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        client = self.instance.client
        others = client.contacts.present().exclude(pk=self.instance.pk) if client else None
        if email and others is not None and others.with_email(email).exists():
            raise ValidationError("Somebody else at this client has this address. Use another.")
        return email


class SuppressionForm(AgencyOwnedForm):
    address = forms.EmailField(label="E-mail", widget=UnfoldAdminEmailInputWidget)

    def clean_address(self) -> str:
        address = self.cleaned_data["address"]
        if is_suppressed(address):
            raise ValidationError("Nothing is sent to this address already.")
        self.instance.cause = Suppression.Cause.BY_HAND
        return address
