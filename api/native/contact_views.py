"""`/v1/contacts`: the people at clients."""

from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.response import Response

from agencies.errors import DomainError
from api.native import errors, inputs
from api.native.fields import timestamp
from api.native.filters import Asked, If, Moment, SameClient, Search, Since, words
from api.native.ids import encode
from api.native.manners import RecordViewSet
from api.native.sorting import moment, text
from contacts.addresses import hold_email
from contacts.changing import add_contact, edit_contact, remove_contact
from contacts.editing import make_primary
from contacts.models import Contact

_COLUMNS = (
    "pk", "client", "client__name", "first_name", "last_name", "email", "phone", "job_title",
    "is_primary", "receives_mail", "last_seen_at", "created_at", "updated_at",
)  # fmt: skip
_TEXTS = ("first_name", "last_name", "email", "phone", "job_title")


def people():
    """Who is there, at a client that is there or at none; stand-ins are nobody."""
    gone = Q(client__isnull=False, client__deleted_at__isnull=False)
    return Contact.objects.present().filter(~gone, is_placeholder=False)


def rows(contacts, *more):
    return contacts.values(*_COLUMNS, *more)


def present(row: dict) -> dict:
    client = row["client"] and {"id": encode("client", row["client"]), "name": row["client__name"]}
    return {
        "id": encode("contact", row["pk"]),
        "client": client,
        **{name: row[name] or None for name in _TEXTS},
        "primary": row["is_primary"],
        "receives_mail": row["receives_mail"],
        "portal_last_seen": timestamp(row["last_seen_at"]),
        "created_at": timestamp(row["created_at"]),
        "updated_at": timestamp(row["updated_at"]),
    }


class ContactChange(serializers.Serializer):
    first_name = inputs.Text(255)
    last_name = inputs.Text(255)
    email = serializers.EmailField(
        max_length=254, required=False, allow_blank=True, allow_null=True
    )
    phone = inputs.Text(100)
    job_title = inputs.Text(255)
    receives_mail = inputs.Flag()

    def facts(self) -> dict:
        sent = self.validated_data
        facts = {name: sent[name] or "" for name in _TEXTS if name in sent}
        return facts | {name: sent[name] for name in ("receives_mail",) if name in sent}


class ContactInput(ContactChange):
    client_id = inputs.ClientReference()

    def validate(self, attrs):
        if not any(attrs.get(name) for name in ("first_name", "last_name", "email", "phone")):
            raise serializers.ValidationError(
                {"email": "Give a name, an e-mail address or a phone number."}, "required"
            )
        return attrs


class EmailNeeded(DomainError):
    """A client is reached at its primary contact's address, which this API always shows."""

    code = "email_needed"


class ContactFilter(filters.FilterSet):
    """`?client_id=client_…&primary=true&q=ann`"""

    q = Search("first_name", "last_name", "email", "phone")
    email = Asked(words, lambda contacts, email: contacts.with_email(email))
    client_id = SameClient()
    primary = If(Q(is_primary=True))
    receives_mail = If(Q(receives_mail=True))
    portal_last_seen = Moment("last_seen_at")
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")
    updated_since = Since("updated_at")


class ContactViewSet(RecordViewSet):
    subject = "clients"
    kind = noun = "contact"
    filters = ContactFilter
    sorts = {
        "name": text(Concat(F("last_name"), Value(" "), F("first_name"))),
        "email": text("email"),
        "created_at": moment("created_at"),
        "updated_at": moment("updated_at"),
    }

    def records(self):
        return people()

    def rows(self, records, *more):
        return rows(records, *more)

    def present(self, row):
        return present(row)

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(ContactInput)
        return self.made(add_contact(body.validated_data["client_id"], **body.facts()).pk)

    def partial_update(self, request, id):
        body = self.read(ContactChange, partial=True)
        facts = body.facts()
        # Before the client, which held() holds.
        if facts.get("email"):
            hold_email(self.agency, facts["email"])
        contact = self.held(id)
        self.refuse_stale(contact.pk)
        if contact.is_primary and facts.get("email") == "":
            raise EmailNeeded("The primary contact needs an e-mail address.", field="email")
        if facts:
            edit_contact(contact, **facts)
        return self.one(contact.pk)

    def make_primary(self, request, id):
        contact = self.held(id)
        self.refuse_stale(contact.pk)
        if contact.client is None or not contact.email:
            raise EmailNeeded("Give this person a client and an e-mail address first.")
        make_primary(contact.client, contact.pk, at=timezone.now())
        return self.one(contact.pk)

    def destroy(self, request, id):
        contact = self.held(id)
        self.refuse_stale(contact.pk)
        remove_contact(contact, at=timezone.now())
        return Response({"id": encode("contact", contact.pk), "deleted": True})
