"""How a file that was made for one page leaves the portal."""

from io import BytesIO

from django.http import FileResponse


def attachment(content: bytes, *, name: str, media_type: str) -> FileResponse:
    """To be saved under `name`; nothing in it may run in a browser."""
    response = FileResponse(
        BytesIO(content), as_attachment=True, filename=name, content_type=media_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
