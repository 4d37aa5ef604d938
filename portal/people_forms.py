"""What somebody fills in to invite a colleague."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.colleagues import LONGEST_MESSAGE
from portal.rights import Right

# Said to clients; the model's own words are for staff.
RIGHTS = {
    Right.INVOICES: _("Invoices, payments and credits"),
    Right.STATEMENTS: _("Statements"),
    Right.PROJECTS: _("Projects"),
    Right.FILES: _("Files"),
    Right.INVITE: _("Inviting colleagues"),
}


class ColleagueForm(forms.Form):
    first_name = forms.CharField(label=_("First name"), max_length=255, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=255, required=False)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    rights = forms.MultipleChoiceField(
        label=_("What they may see and do"), widget=forms.CheckboxSelectMultiple
    )
    message = forms.CharField(
        label=_("Your message (optional)"),
        max_length=LONGEST_MESSAGE,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("It stands in the mail as you write it."),
    )

    def __init__(self, *args: Any, held: frozenset[Right], **kwargs: Any) -> None:
        """Offers the `held` rights, all but that of inviting ticked."""
        super().__init__(*args, **kwargs)
        rights = self.fields["rights"]
        rights.choices = [(right.value, RIGHTS[right]) for right in Right if right in held]  # type: ignore[attr-defined]
        rights.initial = [right.value for right in held - {Right.INVITE}]
        self.fields["first_name"].widget.attrs["autocomplete"] = "off"
        self.fields["last_name"].widget.attrs["autocomplete"] = "off"
        self.fields["email"].widget.attrs["autocomplete"] = "off"

    def facts(self) -> dict[str, Any]:
        """As portal.colleagues.invite_colleague() takes them."""
        chosen = frozenset(Right(right) for right in self.cleaned_data["rights"])
        return {**self.cleaned_data, "rights": chosen}
