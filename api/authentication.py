"""A key opens all three dialects; each only carries it in its own header."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated

from agencies.keys import find_caller


class KeyAuthentication(BaseAuthentication):
    """Finds the caller by the key that `secret_of` takes from the request."""

    def authenticate(self, request):
        secret = self.secret_of(request)
        if not secret:
            raise NotAuthenticated
        caller = find_caller(secret)
        if caller is None:
            raise AuthenticationFailed
        return caller.member.user, caller

    def secret_of(self, request) -> str:
        raise NotImplementedError


class BearerKey(KeyAuthentication):
    """`Authorization: Bearer KEY`."""

    def secret_of(self, request):
        words = get_authorization_header(request).decode("latin-1").split()
        return words[1] if len(words) == 2 and words[0].lower() == "bearer" else ""

    def authenticate_header(self, request):
        return "Bearer"
