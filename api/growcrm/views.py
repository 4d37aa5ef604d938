from rest_framework.response import Response

from api.authentication import BearerKey
from api.growcrm import errors
from api.growcrm.fields import id_number, trimmed
from api.growcrm.filters import ClientFilter, sort
from api.growcrm.pagination import meta, page_of
from api.growcrm.serializers import ClientInput, present_all
from api.parsing import BracketFormParser, BracketMultiPartParser, StrictJSONParser
from api.views import DialectViewSet, UnknownPath
from clients.custom_values import check_custom_values
from clients.models import Client
from contacts.addresses import claim_email
from contacts.enrolling import Person, enroll


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
        body = {"data": self._client(id_number(client_id))}
        return Response(body | {"message": "Client retrieved successfully."})

    def create(self, request):
        body = ClientInput(data=trimmed(request.data))
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
            custom_fields=custom,
            **body.facts(),
        )
        answer = {"data": self._client(client.pk), "message": "Client created successfully."}
        return Response(answer, 201)

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

    def _client(self, pk):
        found = present_all(Client.objects.existing().filter(pk=pk)) if pk else []
        if not found:
            raise errors.not_found()
        return found[0]
