"""API keys: made once, shown once, found by digest."""

import string
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from agencies.digests import agency_of, digest_of, random_text, remember
from agencies.errors import DomainError
from agencies.models import Agency, ApiKey, Membership
from agencies.roles import EVERYTHING, SCOPES
from agencies.scope import acting_for

PREFIX = "foyer_"
# 43 letters and digits carry 256 random bits.
_LENGTH = 43
_ALLOWED = frozenset(string.ascii_letters + string.digits + "_")


class UnknownScope(DomainError):
    code = "unknown_scope"


@dataclass(frozen=True)
class Caller:
    """Who presented a usable key."""

    agency: Agency
    member: Membership
    key: ApiKey


def create_api_key(
    member: Membership,
    *,
    name: str,
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
) -> tuple[ApiKey, str]:
    """Make a key for a member's agency; returns it with the secret, which is not kept.

    Without `scopes` the key may do whatever its member may. Raises UnknownScope.
    """
    wanted = scopes or [EVERYTHING]
    unknown = [scope for scope in wanted if scope not in (*SCOPES, EVERYTHING)]
    if unknown:
        raise UnknownScope(
            f"{unknown[0]} is no scope. Choose from {', '.join(SCOPES)}.", field="scopes"
        )
    secret = PREFIX + random_text(_LENGTH)
    with acting_for(member.agency_id):
        key = ApiKey.objects.create(
            agency=member.agency,
            member=member,
            name=name,
            prefix=secret[: len(PREFIX) + 6],
            digest=remember(secret, member.agency),
            scopes=wanted,
            expires_at=expires_at,
            requests_per_minute=requests_per_minute,
        )
    return key, secret


def find_caller(secret: str, *, at: datetime | None = None) -> Caller | None:
    """The caller whose key this is, or None when it is unknown, revoked, expired or locked."""
    at = at or timezone.now()
    if len(secret) != len(PREFIX) + _LENGTH or not _ALLOWED.issuperset(secret):
        return None
    agency = agency_of(secret)
    if agency is None:
        return None
    with acting_for(agency.pk):
        keys = ApiKey.objects.usable(at=at).select_related("member__user")
        key = keys.filter(digest=digest_of(secret)).first()
        if key is None:
            return None
        _note_use(key, at)
    return Caller(agency=agency, member=key.member, key=key)


def revoke(key: ApiKey, *, at: datetime) -> None:
    """The key opens nothing from now on. Revoking twice keeps the first moment."""
    ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at)


def _note_use(key: ApiKey, at: datetime) -> None:
    # Once a minute is enough for people and spares a write per request.
    if key.last_used_at is None or at - key.last_used_at > timedelta(minutes=1):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
