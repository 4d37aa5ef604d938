"""Keeps for a while what must not lie readable in the database. Not for passwords or keys."""

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def seal(content: bytes) -> bytes:
    return _cipher().encrypt(content)


def unseal(sealed: bytes) -> bytes:
    """Raises cryptography.fernet.InvalidToken where the installation's secret has changed."""
    return _cipher().decrypt(sealed)


def _cipher() -> MultiFernet:
    """Fernet (AES-128-CBC with HMAC-SHA256) under keys derived from the installation's secrets."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(b"foyer.sealing" + secret.encode()).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
