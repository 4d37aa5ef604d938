"""Purging and merging clients: what their caller cannot take back asks for the password again."""

import base64
import binascii

from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from agencies.confirming import WrongPassword, require_confirmation
from api.invoiceninja import errors
from api.invoiceninja.ids import decode
from api.invoiceninja.views import ClientViewSet
from billing.merging import merge
from clients.models import Client
from clients.purging import purge


class DepartingViewSet(ClientViewSet):
    """Refuses in the original's order: password, absent client, lacking right, the rule itself."""

    def before_scope(self, request):
        # A method that is not offered needs no password to be refused.
        if self.action is not None:
            require_confirmation(request.auth.key, password_of(request), at=timezone.now())

    def scope_needed(self, request):
        # Whoever may read learns first that a client is absent; _administered() asks the rest.
        return f"{self.subject}:read"

    def purge(self, request, client_id):
        purge(self._administered(client_id), by=request.auth.member, at=timezone.now())
        return Response({"message": "Success"})

    def merge(self, request, client_id, merged_id):
        survivor = self._administered(client_id)
        merged = _find(merged_id)
        if merged is None:
            raise errors.Rejected("Client not found")
        merge(survivor, merged, by=request.auth.member, at=timezone.now())
        return self.answer(self._shown(survivor.pk))

    def _administered(self, client_id):
        client = _find(client_id)
        if client is None:
            raise errors.no_such("Client", client_id)
        if not self.request.auth.key.may(f"{self.subject}:write"):
            raise PermissionDenied
        self.refuse_deleting()
        return client


def password_of(request) -> str | None:
    """The password sent, the encoded one before the plain one. Raises WrongPassword."""
    encoded = request.headers.get("X-API-PASSWORD-BASE64")
    if encoded:
        return _decoded(encoded)
    plain = request.headers.get("X-API-PASSWORD")
    try:
        # Headers arrive as Latin-1, whatever their bytes mean.
        return plain and plain.encode("latin-1").decode()
    except UnicodeError:
        return plain


def _decoded(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise WrongPassword("The password is not Base64.", field="password") from error


def _find(client_id: str) -> Client | None:
    pk = decode(client_id)
    return None if pk is None else Client.objects.filter(pk=pk).first()
