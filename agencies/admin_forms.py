"""What staff fill in about their agency, its members and its keys."""

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminColorInputWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
)

from agencies import destinations, events
from agencies.keys import create_api_key
from agencies.models import Agency, ApiKey, Membership, User, WebhookEndpoint
from agencies.roles import SCOPES, Role
from agencies.scope import current

LOGO_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
LOGO_BYTES = 1024 * 1024
_HOST_ALONE = "Write the name of a host and nothing else, such as clients.example.com."


class StaffSignIn(AuthenticationForm):
    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        if not user.is_staff:  # type: ignore[attr-defined]
            raise ValidationError(
                "You are not a member of any agency. Ask an owner of yours to add this e-mail "
                "address as a member, then sign in again."
            )


class AgencyOwnedForm(forms.ModelForm):
    """Gives a new row the agency that is acted for, before anything is checked against it."""

    # Field and lookup that no second row of the agency may match: {"title": "iexact"}.
    once: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = current()
        if scope is not None and self.instance._state.adding:
            self.instance.agency_id = scope.agency_id

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name, lookup in self.once.items():
            self._refuse_second(name, lookup)
        return cleaned

    def _refuse_second(self, name: str, lookup: str) -> None:
        value = self.cleaned_data.get(name)
        if not value:
            return
        others = self._meta.model._default_manager.exclude(pk=self.instance.pk)
        if others.filter(**{f"{name}__{lookup}": value}).exists():
            model = self._meta.model._meta.verbose_name
            label = self.fields[name].label or name
            self.add_error(name, f"Another {model} has this {label.lower()}. Choose another.")


class AgencyForm(forms.ModelForm):
    class Meta:
        model = Agency
        fields: list[str] = []
        widgets = {"accent_colour": UnfoldAdminColorInputWidget({"type": "color"})}

    def clean_portal_host(self) -> str:
        """As requests name it: in ASCII, and nothing but the host."""
        typed = self.cleaned_data["portal_host"].strip()
        if not typed:
            return ""
        try:
            read = destinations.read(f"https://{typed}/")
        except destinations.BadDestination as error:
            raise ValidationError(_HOST_ALONE) from error
        if read.authority != read.host or read.path != "/":
            raise ValidationError(_HOST_ALONE)
        return read.host

    def clean_logo(self) -> Any:
        logo = self.cleaned_data["logo"]
        # Only a file that was just uploaded carries what Pillow saw in it.
        picture = getattr(logo, "image", None)
        if picture is not None and picture.format not in LOGO_FORMATS:
            raise ValidationError("Use a logo in PNG, JPEG, WebP or GIF.")
        if picture is not None and logo.size > LOGO_BYTES:
            raise ValidationError("Use a logo of at most one megabyte.")
        return logo


class MembershipForm(AgencyOwnedForm):
    class Meta:
        model = Membership
        fields = ["role"]

    def clean_role(self) -> str:
        role = self.cleaned_data["role"]
        if role != Role.OWNER and self.instance.pk and is_last_owner(self.instance):
            raise ValidationError("An agency needs an owner. Make somebody else owner first.")
        return role


class NewMemberForm(MembershipForm):
    """Adds a person by e-mail. Says nothing about whether the address is known elsewhere."""

    email = forms.EmailField(label="E-mail", widget=UnfoldAdminEmailInputWidget)
    first_name = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget)
    last_name = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget)
    password = forms.CharField(
        label="First password",
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
        help_text="Tell it to the person. Whoever signs in to Foyer already keeps their own.",
    )

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        members = Membership.objects.filter(agency_id=self.instance.agency_id)
        if members.filter(user__email__iexact=email).exists():
            raise ValidationError("This person is a member already.")
        return email

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"])
        return self.cleaned_data["password"]

    def save(self, commit: bool = True) -> Membership:
        facts = self.cleaned_data
        known = User.objects.filter(email__iexact=facts["email"]).first()
        self.instance.user = known or User.objects.create_user(
            facts["email"],
            facts["password"],
            first_name=facts["first_name"],
            last_name=facts["last_name"],
        )
        return super().save(commit)


def is_last_owner(member: Membership) -> bool:
    owners = Membership.objects.filter(agency_id=member.agency_id, role=Role.OWNER)
    return list(owners.values_list("pk", flat=True)[:2]) == [member.pk]


class NewKeyForm(AgencyOwnedForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Choose none for a key that may do whatever you may.",
    )

    class Meta:
        model = ApiKey
        fields = ["name", "expires_at", "requests_per_minute"]

    def make(self, member: Membership) -> tuple[ApiKey, str]:
        """The key and its secret, which is shown once."""
        facts = self.cleaned_data
        return create_api_key(
            member,
            name=facts["name"],
            scopes=facts["scopes"],
            expires_at=facts["expires_at"],
            requests_per_minute=facts["requests_per_minute"],
        )


def _webhook_types() -> list[tuple[str, str]]:
    kinds = list(dict.fromkeys(name.partition(".")[0] for name in events.types()))
    names = [*(f"{kind}.*" for kind in kinds), *events.types()]
    return [("*", "Everything"), *((name, name) for name in names)]


class WebhookForm(AgencyOwnedForm):
    # As text: Django's own field for addresses refuses names without a dot.
    url = forms.CharField(
        label="Address",
        max_length=destinations.LONGEST,
        widget=UnfoldAdminTextInputWidget,
        help_text="It begins with https:// and can be reached from everywhere.",
    )
    types = forms.MultipleChoiceField(
        choices=_webhook_types,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="What it is told of.",
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["url", "types", "description"]

    def clean_url(self) -> str:
        url = self.cleaned_data["url"]
        try:
            destinations.resolve(destinations.read(url))
        except destinations.BadDestination as error:
            raise ValidationError(str(error)) from error
        return url
