"""Clients: Nextoria Hub's own endpoints."""

from api.native import errors
from api.native.client_lists import SORTS, ClientFilter
from api.native.departed import missing_client
from api.native.manners import RecordViewSet
from api.native.serializers import ClientInput, present, present_in_list, rows
from clients.editing import edit_client
from clients.models import Client
from contacts.addresses import claim_email, hold_email
from contacts.changing import edit_primary
from contacts.enrolling import Person, enroll


class ClientViewSet(RecordViewSet):
    subject = "clients"
    kind = noun = "client"
    filters = ClientFilter
    sorts = SORTS

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
        errors.refuse_unknown(request.query_params)
        body = self.read(ClientInput)
        facts, person = body.facts(), body.of_person()
        known = claim_email(self.agency, person["email"])
        people = [Person(**person, known_as=known)]
        client = enroll(self.agency, by=request.auth.member, people=people, **facts)
        return self.made(client.pk)

    def partial_update(self, request, id):
        body = self.read(ClientInput, partial=True)
        facts, person = body.facts(), body.of_person()
        # Before the client: whoever makes one holds its address first as well.
        if "email" in person:
            hold_email(self.agency, person["email"])
        client = self.held(id)
        self.refuse_stale(client.pk)
        if facts:
            edit_client(client, **facts)
        if person:
            edit_primary(client, **person)
        return self.one(client.pk)
