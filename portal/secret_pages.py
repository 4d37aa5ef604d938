"""Pages whose address is a secret: kept, listed and told to nobody."""

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponseBase]


class _OwnButton(CsrfViewMiddleware):
    """The usual check, by cookie and token, for pages that tell nobody where one came from.

    Browsers send `Origin: null` with the button of such a page (Fetch, "append a request Origin
    header"). So does a page of somebody else's that hides itself; but that one has no token, and
    over https the browser says in Sec-Fetch-Site whose page it was, which no script can change.
    """

    # The stubs leave it out.
    def _origin_verified(self, request: HttpRequest) -> bool:
        if request.META["HTTP_ORIGIN"] == "null":
            return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        return super()._origin_verified(request)  # type: ignore[misc]


def secret_page(view: View) -> View:
    """The page may have a button; its address goes to no cache, search engine or other page."""
    checked = cast(View, decorator_from_middleware(_OwnButton)(view))

    # Exempt from the check of all other pages, which takes no `Origin: null`.
    @csrf_exempt
    @never_cache
    @wraps(view)
    def page(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        response = checked(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return page
