"""The only way a kept file leaves through the API."""

from django.http import FileResponse

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
        self["X-Content-Type-Options"] = "nosniff"
        self["Content-Security-Policy"] = "default-src 'none'; sandbox"
        self["Cache-Control"] = "private, no-store"
