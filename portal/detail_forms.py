"""What people fill in about themselves and their company."""

from typing import Any

from django import forms
from django.conf import settings
from django.forms.models import fields_for_model
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from contacts.models import Contact
from portal.details import ADDRESS

_LABELS = {
    "address1": _("Street and number"),
    "address2": _("Further line"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "state": _("State or province"),
    "country": _("Country"),
}
# As browsers know them: HTML, autofill field names.
_KNOWN_TO_BROWSERS = {
    "first_name": "given-name",
    "last_name": "family-name",
    "phone": "tel",
    "address1": "address-line1",
    "address2": "address-line2",
    "postal_code": "postal-code",
    "city": "address-level2",
    "state": "address-level1",
    "country": "country",
}


class SelfForm(forms.Form):
    first_name = forms.CharField(label=_("First name"), max_length=255, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=255, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=100, required=False)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        help_text=_("Of these pages and of mails to you. Documents are in your company's."),
    )
    receives_mail = forms.BooleanField(
        label=_("Send me invoices and statements by mail"), required=False
    )

    def __init__(self, sent: QueryDict | None = None, *, of: Contact, reads: bool) -> None:
        """Of this contact; who does not read all documents is not asked about them."""
        names = ("first_name", "last_name", "phone", "language", "receives_mail")
        initial = {name: getattr(of, name) for name in names}
        super().__init__(sent, initial=initial)
        # One that staff chose and we cannot write stays until another is chosen.
        known = dict([("", _("as your company's")), *settings.LANGUAGES])
        known.setdefault(of.language, of.language)
        self.fields["language"].choices = known.items()  # type: ignore[attr-defined]
        if not reads:
            del self.fields["receives_mail"]
        _help_browsers(self)


class AddressForm(forms.Form):
    """The fields are Client's own, with what they accept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= {
            name: field
            for name, field in fields_for_model(Client, fields=ADDRESS).items()
            if field is not None
        }
        for name, label in _LABELS.items():
            self.fields[name].label = label
        _help_browsers(self)


def _help_browsers(form: forms.Form) -> None:
    for name, field in form.fields.items():
        if name in _KNOWN_TO_BROWSERS:
            field.widget.attrs["autocomplete"] = _KNOWN_TO_BROWSERS[name]
