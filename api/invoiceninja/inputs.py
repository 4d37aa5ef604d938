"""A client as callers send one: nothing is required, unknown and computed keys are ignored."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.html import strip_tags
from django_countries import countries
from rest_framework import serializers
from rest_framework.fields import SkipField

from agencies.models import Agency, Membership
from agencies.money import currency_codes
from api.invoiceninja import overrides
from api.invoiceninja.changes import changes_of
from api.invoiceninja.fields import (
    Choice,
    Code,
    CountryId,
    Email,
    Flag,
    HashedId,
    IndustryId,
    ListOf,
    Password,
    SizeId,
    Text,
    digits_of,
)
from api.invoiceninja.ids import decode
from api.invoiceninja.statics import language_id, language_tag
from clients.models import Client, ClientGroup
from contacts.editing import PersonChange
from contacts.enrolling import Person, fold_email
from contacts.models import Contact

CLASSIFICATIONS = (
    "individual", "business", "company", "partnership", "trust", "charity", "government", "other",
)  # fmt: skip
_MOST_CONTACTS = 500
# Other names for what an id says; they win over the id.
_CODES = {
    "country_code": "country",
    "shipping_country_code": "shipping_country",
    "currency_code": "currency",
    "language_code": "language",
}


class MemberId(HashedId):
    """A user, as the member they are in the caller's agency."""

    def find(self, pk):
        return Membership.objects.filter(agency=self.context["agency"], user=pk).first()


class GroupId(HashedId):
    def find(self, pk):
        return ClientGroup.objects.filter(pk=pk, deleted_at__isnull=True).first()


class Classification(Code):
    def __init__(self, **options):
        super().__init__(lambda word: word if word in CLASSIFICATIONS else "", **options)


def _country(code: str) -> str:
    """Alpha-2 or alpha-3; empty for anything else."""
    return countries.alpha2(code.upper()) if code.isascii() and code.isalpha() else ""


def _currency(code: str) -> str:
    return code.upper() if code.upper() in currency_codes() else ""


def _language(locale: str) -> str:
    return language_tag(language_id(locale))


class OurInput(serializers.ModelSerializer):
    """Lengths come from the model; every text may be absent, null or empty."""

    serializer_field_mapping = {
        models.CharField: Text,
        models.TextField: Text,
        models.BooleanField: Flag,
    }
    default_error_messages = {"invalid": "The :attribute must be an array."}

    def get_validators(self):
        # What must be unique is told by the domain, which asks the database.
        return []

    def run_validation(self, data=serializers.empty):
        return super().run_validation({} if data is None else data)


class ContactId(serializers.Field):
    """Whose id it is. What names nobody is no mistake: a new person is meant."""

    def to_internal_value(self, data):
        return decode(data) if isinstance(data, str) else None


class ContactInput(OurInput):
    id = ContactId(required=False, allow_null=True)
    email = Email(max_length=254)
    password = Password()
    send_email = Flag(source="receives_mail", required=False)

    class Meta:
        model = Contact
        fields = [
            "id", "first_name", "last_name", "email", "phone", "is_primary", "send_email",
            "password", "custom_value1", "custom_value2", "custom_value3", "custom_value4",
        ]  # fmt: skip


class Contacts(ListOf):
    """No two with one e-mail address, compared as the database compares them."""

    def __init__(self, **options):
        super().__init__(child=ContactInput(), max_length=_MOST_CONTACTS, **options)

    def run_validation(self, data=serializers.empty):
        if data is None:
            raise SkipField
        return super().run_validation(data)

    def to_internal_value(self, data):
        people = super().to_internal_value(data)
        emails = [fold_email(person.get("email", "")) for person in people]
        doubles = [n for n, email in enumerate(emails) if email and emails.count(email) > 1]
        if doubles:
            text = "The :attribute field has a duplicate value."
            raise serializers.ValidationError({n: {"email": [text]} for n in doubles})
        return people


class ClientInput(OurInput):
    serializer_field_mapping = OurInput.serializer_field_mapping | {models.BooleanField: Choice}

    assigned_user_id = MemberId(source="assigned_to")
    group_settings_id = GroupId(source="group")
    industry_id = IndustryId(source="industry")
    size_id = SizeId(source="size")
    country_id = CountryId(source="country")
    shipping_country_id = CountryId(source="shipping_country")
    classification = Classification()
    country_code = Code(_country)
    shipping_country_code = Code(_country)
    currency_code: Code | None = Code(_currency)
    language_code = Code(_language)
    settings = overrides.Settings()
    contacts = Contacts(required=False)
    # Documents come as files; what a read showed may be sent back and changes nothing.
    documents = ListOf(required=False)

    class Meta:
        model = Client
        fields = [
            "assigned_user_id", "group_settings_id", "name", "website", "private_notes",
            "public_notes", "industry_id", "size_id", "address1", "address2", "city", "state",
            "postal_code", "country_id", "custom_value1", "custom_value2", "custom_value3",
            "custom_value4", "shipping_address1", "shipping_address2", "shipping_city",
            "shipping_state", "shipping_postal_code", "shipping_country_id", "settings",
            "vat_number", "id_number", "phone", "number", "routing_id", "is_tax_exempt",
            "has_valid_vat_number", "classification", "contacts", "documents", "country_code",
            "shipping_country_code", "currency_code", "language_code",
        ]  # fmt: skip

    def validate_name(self, value):
        return strip_tags(value).strip()

    def validate_number(self, value):
        return self._untaken("number", value)

    def validate_id_number(self, value):
        return self._untaken("id_number", value)

    def _untaken(self, name: str, value: str) -> str:
        """The database has the last word; asked here, it is told with all else that is wrong."""
        others = Client.objects.exclude(pk=self.context.get("client_id", 0))
        if value and others.filter(**{name: value}).exists():
            raise serializers.ValidationError("The :attribute has already been taken.")
        return value

    def facts(self) -> dict[str, Any]:
        """The domain's names for what was sent about the client itself, and nothing else."""
        sent = dict(self.validated_data)
        for other in ("contacts", "documents"):
            sent.pop(other, None)
        codes = {_CODES[name]: sent.pop(name, "") for name in _CODES}
        settings = sent.pop("settings", None)
        if settings is not None:
            sent |= overrides.facts_of(settings)
        sent |= {name: value for name, value in codes.items() if value}
        # A client is never without a country.
        if sent.get("country") == "":
            sent["country"] = self.context["agency"].country.code
        return sent

    def people(self) -> list[Person]:
        """Without `contacts` nobody; for a list without people somebody blank."""
        contacts = self.validated_data.get("contacts")
        return [] if contacts is None else [_person(contact) for contact in contacts or [{}]]


class ClientChanges(ClientInput):
    """What a PUT says of a client that is there: what it leaves out stays as it is."""

    # Of new clients only.
    currency_code = None

    class Meta(ClientInput.Meta):
        fields = [name for name in ClientInput.Meta.fields if name != "currency_code"]

    def __init__(self, sent, *, client: Client, shown: dict[str, Any], agency: Agency):
        """`shown` is what a read of the client answers."""
        context = {"agency": agency, "client_id": client.pk}
        super().__init__(data=changes_of(sent, shown), partial=True, context=context)
        self.client, self.sent_settings = client, sent.get("settings")

    def facts(self):
        facts = super().facts()
        settings = self.sent_settings if isinstance(self.sent_settings, Mapping) else {}
        facts["currency"] = overrides.currency_after(
            self.client,
            sent_id=digits_of(settings.get("currency_id")) or "",
            group=facts.get("group", self.client.group),
            agency=self.context["agency"],
        )
        if "language" in facts:
            facts["language"] = overrides.language_after(self.client, facts["language"])
        return facts

    def people_changes(self) -> list[PersonChange] | None:
        """None where `contacts` is absent and everybody stays."""
        contacts = self.validated_data.get("contacts")
        if contacts is None:
            return None
        return [PersonChange(contact.pop("id", None), contact) for contact in contacts]


def _person(contact: dict[str, Any]) -> Person:
    facts = {name: value for name, value in contact.items() if name != "id"}
    # Without an address nobody could sign in with it.
    if not facts.get("email"):
        facts.pop("password", None)
    return Person(**facts)
