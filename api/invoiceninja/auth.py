"""`X-API-TOKEN` names a member and an agency at once. `X-API-SECRET` is accepted and ignored."""

from api.authentication import KeyAuthentication


class TokenKey(KeyAuthentication):
    def secret_of(self, request):
        return request.headers.get("X-API-TOKEN", "").strip()
