from rest_framework.response import Response

from api.authentication import BearerKey
from api.native import errors
from api.native.ids import decode
from api.native.pagination import envelope, page_of
from api.native.serializers import ClientInput, present, present_in_list, rows
from api.views import DialectViewSet, UnknownPath
from clients.models import Client
from contacts.addresses import claim_email
from contacts.enrolling import Person, enroll


class NativeViewSet(DialectViewSet):
    door = "v1"
    authentication_classes = [BearerKey]

    def get_exception_handler(self):
        return errors.handle


class NativeUnknownPath(UnknownPath):
    def get_exception_handler(self):
        return errors.handle


class ClientViewSet(NativeViewSet):
    subject = "clients"

    def list(self, request):
        errors.refuse_unknown(request.query_params, known=("limit", "cursor"))
        page = page_of(request.query_params)
        clients = Client.objects.existing()
        total = clients.count()
        found = list(rows(page.cut(clients)))
        shown = [present_in_list(row, agency=self.agency) for row in found[: page.limit]]
        return Response(envelope(shown, found, total=total, page=page))

    def retrieve(self, request, client_id):
        errors.refuse_unknown(request.query_params)
        return Response(self._client(decode("client", client_id)))

    def create(self, request):
        body = ClientInput(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        known = claim_email(self.agency, sent["email"])
        person = Person(email=sent["email"], phone=sent.get("phone") or "", known_as=known)
        client = enroll(self.agency, by=request.auth.member, people=[person], **body.facts())
        return Response(self._client(client.pk), 201)

    def _client(self, pk):
        row = rows(Client.objects.existing().filter(pk=pk)).first() if pk else None
        if row is None:
            raise errors.not_found("client")
        return present(row, agency=self.agency)
