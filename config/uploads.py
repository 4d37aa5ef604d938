"""How files arrive, before anybody looks at them."""

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler


class UpToLimit(FileUploadHandler):
    """Drops what a file has beyond the limit, but for the piece that shows it was too large."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= settings.UPLOAD_LIMIT_KB * 1024 else None

    def file_complete(self, file_size: int) -> None:
        """The next handler has the file."""
