"""The only way a file leaves through the API."""

from typing import Any

from django.http import FileResponse, HttpResponse

from clients.documents import open_for_download
from clients.file_types import MEDIA_TYPES, SHOWN_IN_BROWSERS
from clients.models import Document


class Download(FileResponse):
    """Streams a document as an attachment, under the name people gave it.

    `inline` shows it instead where it is of a type that runs nothing in a browser. Whatever a
    browser takes it for, nothing in it may run or be kept. Raises FileIsMissing.
    """

    block_size = 2**16

    def __init__(self, document: Document, *, inline: bool = False) -> None:
        extension = document.extension
        super().__init__(
            open_for_download(document),
            as_attachment=not (inline and extension in SHOWN_IN_BROWSERS),
            filename=document.name,
            content_type=MEDIA_TYPES.get(extension, "application/octet-stream"),
        )
        _harmless(self)


def attachment(content: bytes | str, *, name: str, media_type: str) -> HttpResponse:
    """What was made for this answer, to be saved under `name`, which is ASCII without quotes."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    _harmless(response)
    return response


def _harmless(response: Any) -> None:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
