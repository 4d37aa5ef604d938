"""Who knocks without a name: counted by network address, so that nobody tries links for long."""

from django.conf import settings
from django.http import HttpRequest

from agencies.limits import Allowance, count_request

MISSES_PER_MINUTE = 30


def count_miss(request: HttpRequest) -> Allowance:
    """Count a link that opened nothing; people with a good one are never counted."""
    return count_request(f"miss:{address_of(request)}"[:80], limit=MISSES_PER_MINUTE)


def address_of(request: HttpRequest) -> str:
    """The last address of X-Forwarded-For where a proxy of ours wrote it; else who connected."""
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return said if settings.BEHIND_PROXY and said else request.META.get("REMOTE_ADDR", "")
