"""Secrets leave the house once; what stays is a digest and the agency it belongs to."""

import hashlib
import secrets
import string

from agencies.models import Agency, SecretDigest

_LETTERS = string.ascii_letters + string.digits


def random_text(length: int) -> str:
    """Random letters and digits, about 5.95 bits each."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def digest_of(secret: str) -> str:
    """SHA-256 in hex. Enough for secrets of 128 random bits and more; never for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


def remember(secret: str, agency: Agency) -> str:
    """Note which agency a new secret belongs to; returns the digest to store with its row."""
    return SecretDigest.objects.create(digest=digest_of(secret), agency=agency).digest


def agency_of(secret: str) -> Agency | None:
    """The agency of a presented secret. One indexed query, needs no scope."""
    found = SecretDigest.objects.select_related("agency").filter(digest=digest_of(secret)).first()
    return found.agency if found else None
