"""Files on their way in: read before any transaction is open, and from nobody but who is in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from agencies.limits import Allowance, count_request
from clients.documents import settling
from portal.branding import brand_at
from portal.entering import View, session_in

_PER_MINUTE = 10


@dataclass(frozen=True)
class Arrival:
    """What a request brought; no files where it was too large or came too often."""

    allowance: Allowance
    is_too_large: bool
    files: Sequence[UploadedFile] = ()


def takes_files(view: View) -> View:
    """Outside of portal_page(): gives the view its `arrival`, and files a place to be stored.

    A body is read for who is signed in, and then whole, so that nobody's slow connection holds a
    transaction open. The view asks for the token against forgery itself: asking first, as Django
    does, would read everybody's bodies.
    """

    @csrf_exempt
    @wraps(view)
    def page(request: HttpRequest, *, slug: str = "", **kwargs: object) -> HttpResponseBase:
        session = session_in(request, brand_at(request, slug))
        if session is None:
            return view(request, slug=slug, arrival=None, **kwargs)
        arrival = _read(request, f"upload:{session.pk}")
        with settling():
            return view(request, slug=slug, arrival=arrival, **kwargs)

    return page


def _read(request: HttpRequest, bucket: str) -> Arrival:
    allowance = count_request(bucket, limit=_PER_MINUTE)
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    is_too_large = length > settings.UPLOAD_REQUEST_LIMIT_KB * 1024
    if allowance.exceeded or is_too_large:
        return Arrival(allowance, is_too_large)
    return Arrival(allowance, is_too_large, request.FILES.getlist("file"))
