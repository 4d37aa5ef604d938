from django.http import HttpResponse
from rest_framework.response import Response

from api.invoiceninja import errors, headers
from api.invoiceninja.auth import TokenKey
from api.invoiceninja.ids import decode
from api.invoiceninja.inputs import ClientInput
from api.invoiceninja.pagination import page_of
from api.invoiceninja.reading import gather, method_meant
from api.invoiceninja.serializers import present_all
from api.invoiceninja.shaping import envelope, includes
from api.parsing import BracketFormParser, BracketMultiPartParser, StrictJSONParser
from api.views import DialectViewSet, UnknownPath
from clients.models import Client
from contacts.enrolling import enroll


class Manners:
    """OPTIONS for anybody, this dialect's headers on every answer, its words for every error."""

    def dispatch(self, request, *args, **kwargs):
        if request.method == "OPTIONS":
            response = HttpResponse("OK")
            headers.add_to(response)
            return response
        return super().dispatch(request, *args, **kwargs)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        headers.add_to(response)
        if response.status_code == 200:
            response["X-Api-Version"] = headers.LEAST_CLIENT_VERSION
        return response

    def get_exception_handler(self):
        return errors.handle


class NinjaViewSet(Manners, DialectViewSet):
    door = "api/v1"
    authentication_classes = [TokenKey]
    parser_classes = [StrictJSONParser, BracketFormParser, BracketMultiPartParser]

    def check_permissions(self, request):
        # The method that is meant decides which scope is needed, and the body may name it.
        self.sent = gather(request)
        request._request.method = method_meant(request, self.sent)
        super().check_permissions(request)

    def answer(self, shown, meta=None):
        return Response(envelope(self.sent, shown, meta))


class NinjaUnknownPath(Manners, UnknownPath):
    """404 with this dialect's headers."""


class ClientViewSet(NinjaViewSet):
    subject = "clients"

    def list(self, request):
        include = includes(self.sent, strict=True)
        page = page_of(self.sent)
        # Archived and deleted ones too: callers learn of deletions by finding them here.
        clients = Client.objects.order_by("pk")
        total = clients.count()
        shown = present_all(page.cut(clients, total=total), agency=self.agency, include=include)
        return self.answer(shown, page.meta(request, total=total, count=len(shown)))

    def retrieve(self, request, client_id):
        shown = self._shown(decode(client_id))
        if shown is None:
            raise errors.no_such_client(client_id)
        return self.answer(shown)

    def create(self, request):
        body = ClientInput(data=self.sent, context={"agency": self.agency})
        body.is_valid(raise_exception=True)
        facts = body.facts()
        # A client is never without a country.
        facts["country"] = facts.get("country") or self.agency.country.code
        client = enroll(self.agency, by=request.auth.member, people=body.people(), **facts)
        return self.answer(self._shown(client.pk))

    def _shown(self, pk):
        """One client as a list would show it, or None."""
        include = includes(self.sent, strict=False)
        found = present_all(Client.objects.filter(pk=pk), agency=self.agency, include=include)
        return found[0] if found else None
