"""Portal passwords as callers send them. The rule is Invoice Ninja's, on which callers rely."""

import re

from django.contrib.auth.hashers import make_password

from agencies.errors import DomainError

SHORTEST = 7
_NEEDED = (r"[a-z]", r"[A-Z]", r"[0-9]")


class WeakPassword(DomainError):
    code = "weak_password"


def is_mask(value: str) -> bool:
    """Only asterisks: what is shown instead of a password, and never one itself."""
    return set(value) == {"*"}


def is_strong(password: str) -> bool:
    """At least seven characters, with a small and a capital letter and a digit among them."""
    return len(password) >= SHORTEST and all(re.search(kind, password) for kind in _NEEDED)


def hashed(password: str) -> str:
    """What to store. Raises WeakPassword."""
    if not is_strong(password):
        raise WeakPassword(
            f"Use a password of at least {SHORTEST} characters with a small letter, "
            "a capital letter and a digit.",
            field="password",
        )
    return make_password(password)
