"""The only way a file leaves the portal, be it a client's, made for one page, or the logo."""

from io import BytesIO
from typing import IO, Any

from django.http import FileResponse

from billing.pdf import PrintingFailed, PrintingUnavailable
from clients.documents import FileIsMissing, open_for_download
from clients.file_types import MEDIA_TYPES
from clients.models import Document

PDF = "application/pdf"
# Staff hear of it in the log and by `verify`.
UNAVAILABLE = (FileIsMissing, PrintingFailed, PrintingUnavailable)


def attachment(content: bytes, *, name: str, media_type: str) -> FileResponse:
    """To be saved under `name`; nothing in it may run in a browser."""
    return _harmless(BytesIO(content), as_attachment=True, filename=name, content_type=media_type)


def download(document: Document) -> FileResponse:
    """A client's file, to be saved under the name people gave it. Raises FileIsMissing.

    Whether this person may have it, the caller has asked: see portal.seeing.
    """
    return _harmless(
        open_for_download(document),
        as_attachment=True,
        filename=document.name,
        content_type=MEDIA_TYPES.get(document.extension, "application/octet-stream"),
    )


def picture(content: IO[bytes], *, media_type: str) -> FileResponse:
    """The logo, which is for everybody, shown in the page."""
    return _harmless(content, content_type=media_type)


def _harmless(content: Any, **facts: Any) -> FileResponse:
    response = FileResponse(content, **facts)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
