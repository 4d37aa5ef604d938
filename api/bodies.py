"""Reading a body to its end, whatever was said about its length."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import APIException


class LengthRequired(APIException):
    status_code = 411
    default_code = "length_required"
    default_detail = "Send the body with a Content-Length."


class ContentTooLarge(APIException):
    status_code = 413
    default_code = "content_too_large"
    default_detail = "The request is larger than this server accepts. Send less at once."


def read_whole(request) -> None:
    """Files go to disk as they come, everything else into memory.

    Raises LengthRequired, RequestDataTooBig, and whatever the parser of multipart bodies raises.
    """
    announced = request.META.get("CONTENT_LENGTH")
    if not announced:
        _refuse_what_the_server_cannot_read(request)
    if not (request.content_type or "").startswith("multipart/"):
        # Django keeps it: the digest of an Idempotency-Key needs the bytes after the parser.
        request.META["CONTENT_LENGTH"] = str(len(request.body))
        return
    most = settings.UPLOAD_REQUEST_LIMIT_KB * 1024
    if int(announced or 0) > most:
        raise RequestDataTooBig
    # Without a length nothing would be parsed; the parser itself stops what exceeds the limit.
    request.META["CONTENT_LENGTH"] = announced or str(most)
    _ = request.data


def _refuse_what_the_server_cannot_read(request) -> None:
    """Sent in chunks to a web server that does not put them together, a body would seem empty."""
    is_chunked = "HTTP_TRANSFER_ENCODING" in request.META
    if is_chunked and not request.META.get("wsgi.input_terminated"):
        raise LengthRequired
