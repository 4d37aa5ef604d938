"""Staff sign in with e-mail and password; what they may do depends on the agency acted for."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from agencies.models import User


class MembershipBackend:
    """Django's authentication backend over users and their memberships."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str = "", **_: Any
    ) -> User | None:
        user = User.objects.filter(email__iexact=username or "", is_active=True).first()
        if user is None:
            # The same work as for a known address, so that time does not tell them apart.
            make_password(password)
            return None
        return user if user.check_password(password) else None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
