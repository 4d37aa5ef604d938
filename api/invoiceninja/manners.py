"""What every endpoint of this dialect does alike."""

from django.http import HttpResponse
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from api.bodies import read_whole
from api.invoiceninja import errors, headers
from api.invoiceninja.auth import TokenKey
from api.invoiceninja.reading import gather, method_meant
from api.invoiceninja.shaping import envelope
from api.parsing import BracketFormParser, BracketMultiPartParser, StrictJSONParser
from api.views import DialectViewSet, UnknownPath


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

    writing_actions: frozenset[str] = frozenset()

    def scope_needed(self, request):
        if self.action in self.writing_actions:
            return f"{self.subject}:write"
        return super().scope_needed(request)

    def receive(self, request):
        if request.method not in SAFE_METHODS:
            read_whole(request)
        self.sent = gather(request)
        # A POST needs the scope of writing, and stands for nothing that would need less or more.
        request._request.method = method_meant(request, self.sent)

    def permission_denied(self, request, message=None, code=None):
        # An absent record is told before a lacking permission, as in the original.
        if request.auth is not None:
            with self.scope():
                self.refuse_absent()
        super().permission_denied(request, message=message, code=code)

    def refuse_absent(self):
        """Raise errors.no_such() where the path names a record that is not there."""

    def answer(self, shown, meta=None):
        return Response(envelope(self.sent, shown, meta))


class NinjaUnknownPath(Manners, UnknownPath):
    """404 with this dialect's headers."""
