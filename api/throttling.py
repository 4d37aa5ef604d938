"""A fixed window of one minute per API key; strangers share one per network address."""

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from agencies.limits import count_request


class FixedWindow(BaseThrottle):
    """Counts the request and leaves `request.allowance` for the headers."""

    def allow_request(self, request, view):
        caller = request.auth
        if caller is None:
            bucket, limit = f"ip:{self.get_ident(request)}"[:80], None
        else:
            bucket, limit = f"key:{caller.key.pk}", caller.key.requests_per_minute
        request.allowance = count_request(bucket, limit=limit or settings.API_REQUESTS_PER_MINUTE)
        return not request.allowance.exceeded

    def wait(self):
        # The window's end; views read it from request.allowance.
        return None
