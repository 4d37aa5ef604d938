from django.utils import timezone
from rest_framework.response import Response

from api.authentication import BearerKey
from api.growcrm import errors
from api.growcrm.fields import id_number, trimmed
from api.growcrm.filters import ClientFilter, sort
from api.growcrm.pagination import meta, page_of
from api.growcrm.serializers import (
    ClientChange,
    NewClient,
    OwnerInput,
    StatusInput,
    TagsInput,
    present_all,
)
from api.parsing import BracketFormParser, BracketMultiPartParser, StrictJSONParser
from api.views import DialectViewSet, UnknownPath
from clients.custom_values import check_custom_values
from clients.editing import edit_client, lock_client, retag
from clients.lifecycle import resume, suspend
from clients.models import Client
from clients.sorting import default_category
from contacts.addresses import claim_email
from contacts.editing import make_primary
from contacts.enrolling import Person, enroll
from contacts.removing import remove
from portal.welcoming import welcome

_CHANGES = {"active": resume, "suspended": suspend}


class GrowViewSet(DialectViewSet):
    door = "grow"
    authentication_classes = [BearerKey]
    parser_classes = [BracketFormParser, StrictJSONParser, BracketMultiPartParser]

    def get_exception_handler(self):
        return errors.handle


class GrowUnknownPath(UnknownPath):
    def get_exception_handler(self):
        return errors.handle


class ClientViewSet(GrowViewSet):
    subject = "clients"

    def list(self, request):
        query = trimmed(request.query_params.dict())
        clients = ClientFilter(query, queryset=Client.objects.existing()).qs
        page, total = page_of(query), clients.count()
        shown = present_all(page.cut(sort(clients, query), total=total))
        body = {"data": shown, "meta": meta(page, total=total)}
        return Response(body | {"message": "Clients retrieved successfully."})

    def retrieve(self, request, client_id):
        return self._answer(id_number(client_id), "Client retrieved successfully.")

    def create(self, request):
        body = NewClient(data=trimmed(request.data))
        body.is_valid()
        known, custom = self._ask_the_domain(body)
        sent = body.validated_data
        owner = Person(
            first_name=sent["first_name"],
            last_name=sent["last_name"],
            email=sent["email"],
            known_as=known,
        )
        client = enroll(
            self.agency,
            by=request.auth.member,
            people=[owner],
            tags=body.titles(),
            custom_fields=custom,
            **body.facts(),
        )
        if sent.get("send_email"):
            welcome(client.contacts.get())
        return self._answer(client.pk, "Client created successfully.", 201)

    def update(self, request, client_id):
        client = lock_client(self._found(client_id))
        body = ClientChange(data=trimmed(request.data))
        body.is_valid()
        failures, custom = errors.Failures(body.errors), {}
        with failures:
            custom = check_custom_values(body.initial_data, stored=client.custom_fields)
        failures.raise_any()
        facts = body.facts()
        if "category" in facts:
            # A client is never without one.
            facts["category"] = facts["category"] or default_category(self.agency)
        edit_client(client, custom_fields=custom, **facts)
        return self._answer(client.pk, "Client updated successfully.")

    def destroy(self, request, client_id):
        client = self._found(client_id)
        remove(client, by=request.auth.member, at=timezone.now())
        return Response({"data": {"id": client.pk}, "message": "Client deleted successfully."})

    def set_tags(self, request, client_id):
        client = self._found(client_id)
        titles = self._read(TagsInput)["tags"]
        retag(client, titles, at=timezone.now())
        return self._answer(client.pk, "Client tags updated successfully.")

    def set_status(self, request, client_id):
        client = self._found(client_id)
        change = _CHANGES[self._read(StatusInput)["status"]]
        change(Client.objects.filter(pk=client.pk), at=timezone.now())
        return self._answer(client.pk, "Client status updated successfully.")

    def set_owner(self, request, client_id):
        client = self._found(client_id)
        make_primary(client, self._read(OwnerInput)["owner"], at=timezone.now())
        return self._answer(client.pk, "Client account owner updated successfully.")

    def _ask_the_domain(self, body):
        """Who has the address already, and the custom values. All that is wrong is told at once."""
        failures = errors.Failures(body.errors)
        known, custom = None, {}
        if "email" not in failures:
            with failures:
                known = claim_email(self.agency, body.initial_data["email"], members_too=True)
        with failures:
            custom = check_custom_values(body.initial_data)
        failures.raise_any()
        return known, custom

    def _read(self, kind):
        body = kind(data=trimmed(self.request.data))
        body.is_valid(raise_exception=True)
        return body.validated_data

    def _found(self, client_id):
        number = id_number(client_id)
        client = Client.objects.existing().filter(pk=number).first() if number else None
        if client is None:
            raise errors.not_found()
        return client

    def _answer(self, pk, message, status=200):
        found = present_all(Client.objects.existing().filter(pk=pk)) if pk else []
        if not found:
            raise errors.not_found()
        return Response({"data": found[0], "message": message}, status)
