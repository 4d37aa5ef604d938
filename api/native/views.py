"""Clients: Nextoria Hub's own endpoints."""

from django.utils import timezone

from api.native.client_expansions import EXPANSIONS
from api.native.client_lists import SORTS, ClientFilter
from api.native.departed import missing_client
from api.native.manners import RecordViewSet
from api.native.serializers import ClientInput, present, present_in_list, rows
from clients.editing import edit_client, retag
from clients.models import Client
from contacts.addresses import claim_email, hold_email
from contacts.changing import edit_primary
from contacts.enrolling import Person, enroll


class ClientViewSet(RecordViewSet):
    subject = "clients"
    kind = noun = "client"
    filters = ClientFilter
    sorts = SORTS
    expansions = EXPANSIONS

    def records(self):
        return Client.objects.existing()

    def rows(self, records, *more):
        return rows(records, *more)

    def present(self, row):
        return present(row, agency=self.agency)

    def present_in_list(self, row):
        return present_in_list(row, agency=self.agency)

    def missing(self, pk):
        return missing_client(self.request, pk)

    def list(self, request):
        # The filter by status decides which ones exist.
        return self.listed(Client.objects.all())

    def create(self, request):
        body = self.read(ClientInput)
        facts = body.facts() | body.custom_values(stored={})
        person = body.of_person()
        known = claim_email(self.agency, person["email"])
        people = [Person(**person, known_as=known)]
        tags = body.validated_data.get("tags", ())
        client = enroll(self.agency, by=request.auth.member, people=people, tags=tags, **facts)
        return self.made(client.pk)

    def partial_update(self, request, id):
        body = self.read(ClientInput, partial=True)
        person = body.of_person()
        # Before the client: whoever makes one holds its address first as well.
        if "email" in person:
            hold_email(self.agency, person["email"])
        client = self.held(id)
        self.refuse_stale(client.pk)
        facts = body.facts() | body.custom_values(stored=client.custom_fields)
        if facts:
            edit_client(client, **facts)
        if person:
            edit_primary(client, **person)
        if "tags" in body.validated_data:
            retag(client, body.validated_data["tags"], at=timezone.now())
        return self.one(client.pk)
