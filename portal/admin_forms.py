"""What staff fill in to invite somebody."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget

from agencies.admin_forms import AgencyOwnedForm
from agencies.models import Membership
from clients.models import Project
from portal.inviting import LONGEST_MESSAGE, invite
from portal.models import Invite, PersonRights
from portal.rights import Right, set_rights


class RightsFormSet(forms.BaseInlineFormSet):
    """Shows what holds where nothing was chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            held = set_rights(self.instance)
            self.initial_extra = [{right.value: right in held for right in Right}]

    def save_new(self, form: forms.ModelForm, commit: bool = True) -> PersonRights:
        form.instance.agency_id = self.instance.agency_id
        return super().save_new(form, commit=commit)

    def save_existing(
        self, form: forms.ModelForm, obj: PersonRights, commit: bool = True
    ) -> PersonRights:
        # From now on it is the agency's choice.
        form.instance.given_by = None
        return super().save_existing(form, obj, commit=commit)


class NewInviteForm(AgencyOwnedForm):
    opened = forms.ModelMultipleChoiceField(
        Project.objects.all(),
        label="Projects",
        required=False,
        widget=AutocompleteSelectMultiple(Invite._meta.get_field("projects"), admin.site),
        help_text="Choose none to open all the client has.",
    )
    message = forms.CharField(
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text="Stands in the mail as you write it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].required = False
        self.fields["contact"].help_text = "Leave it empty to invite the primary contact."
        self.fields["expires_at"].required = False
        self.fields["expires_at"].help_text = "Leave it empty for seven days."

    def send(self, *, by: Membership) -> Invite:
        facts = self.cleaned_data
        return invite(
            facts["client"],
            by=by,
            contact=facts["contact"],
            projects=[project.pk for project in facts["opened"]],
            message=facts["message"],
            expires_at=facts["expires_at"],
            at=timezone.now(),
        )
