"""How a file that was made for one page leaves the portal."""

from io import BytesIO

from django.http import FileResponse

from billing.pdf import PrintingFailed, PrintingUnavailable
from clients.documents import FileIsMissing

PDF = "application/pdf"
# Staff hear of it in the log and by `verify`.
UNAVAILABLE = (FileIsMissing, PrintingFailed, PrintingUnavailable)


def attachment(content: bytes, *, name: str, media_type: str) -> FileResponse:
    """To be saved under `name`; nothing in it may run in a browser."""
    response = FileResponse(
        BytesIO(content), as_attachment=True, filename=name, content_type=media_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
