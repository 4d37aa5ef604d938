"""Which files are accepted: the name must claim a type from the list, and the content be of it.

The list is Invoice Ninja's. HTML and SVG are never on it, since a browser runs what they hold.
"""

import re
from typing import IO

from PIL import Image

from agencies.errors import DomainError

# What a download is served as, by the extension under which a file is kept.
MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "psd": "image/vnd.adobe.photoshop",
    "ai": "application/postscript",
    "pdf": "application/pdf",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "zip": "application/zip",
    "txt": "text/plain",
    "csv": "text/csv",
    "xml": "application/xml",
}
# What a browser may show by itself: none of them runs anything there. XML may, by a stylesheet.
SHOWN_IN_BROWSERS = frozenset({"png", "jpg", "gif", "webp", "pdf", "txt"})
IMAGES = frozenset({"png", "jpg", "gif", "webp", "tiff"})
_OTHER_SPELLINGS = {"jpeg": "jpg", "tif": "tiff"}

_HEAD = 8192
# First bytes, and the types that begin so. An .ai file is a PDF or PostScript.
_BEGINNINGS = (
    (rb"\x89PNG\r\n\x1a\n", ("png",)),
    (rb"\xff\xd8\xff", ("jpg",)),
    (rb"GIF8[79]a", ("gif",)),
    (rb"RIFF....WEBP", ("webp",)),
    (rb"II\*\0|MM\0\*", ("tiff",)),
    (rb"8BPS", ("psd",)),
    (rb"%PDF-", ("pdf", "ai")),
    (rb"%!PS-Adobe", ("ai",)),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams of the old Office formats, as the directory of their container names them.
_STREAMS = {"doc": ("WordDocument",), "xls": ("Workbook", "Book"), "ppt": ("PowerPoint Document",)}
_FOLDERS = {"docx": b"word/", "xlsx": b"xl/", "pptx": b"ppt/"}
_OPEN_DOCUMENTS = re.compile(
    rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis\.opendocument\."
    rb"(text|spreadsheet|presentation)(?!-)",
    re.DOTALL,
)
_OPEN_DOCUMENT_TYPES = {b"text": "odt", b"spreadsheet": "ods", b"presentation": "odp"}
# Far more than any office document has; the list of a hostile archive is not read.
_LONGEST_DIRECTORY = 2**20
_BINARY = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_RUNS_IN_BROWSERS = re.compile(
    r"<(!doctype\s+html|html|head|body|script|svg|\?php|\?xml-stylesheet)\b"
    r"|www\.w3\.org/(1999/xhtml|2000/svg)"
)


class FileTypeRefused(DomainError):
    """`position` is the file's place among those sent with it, from 0."""

    code = "file_type_refused"
    position = 0


def extension_for(name: str, content: IO[bytes]) -> str:
    """The extension to keep a file under, which its name claims and its content bears out.

    A name without any extension claims nothing, so the content decides. Raises FileTypeRefused.
    """
    found = _types_of(content)
    claimed = claimed_extension(name)
    if claimed in found:
        return claimed
    if claimed or not found:
        raise FileTypeRefused(
            f"This file cannot be kept. Send one of: {', '.join(MEDIA_TYPES)}.", field="file"
        )
    return found[0]


def claimed_extension(name: str) -> str:
    """In small letters and one spelling; empty where the name has none."""
    # Windows drops dots and spaces at the end when it saves a file.
    _, dot, extension = name.rstrip(". ").rpartition(".")
    extension = extension.lower() if dot else ""
    return _OTHER_SPELLINGS.get(extension, extension)


def image_size(content: IO[bytes]) -> tuple[int, int]:
    """Width and height as the header tells them; nothing is decoded. 0, 0 where it does not.

    So it is for images of more pixels than Pillow would open (about 179 million).
    """
    content.seek(0)
    try:
        with Image.open(content, formats=["PNG", "JPEG", "GIF", "WEBP", "TIFF"]) as image:
            return image.size
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return 0, 0


def _types_of(content: IO[bytes]) -> tuple[str, ...]:
    """The extensions that fit the content, the likeliest first."""
    content.seek(0)
    head = content.read(_HEAD)
    for beginning, types in _BEGINNINGS:
        if re.match(beginning, head, re.DOTALL):
            return types
    if head.startswith(_OLE):
        return _types_of_ole(content)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _types_of_zip(head, content)
    return _types_of_text(head)


def _types_of_ole(content: IO[bytes]) -> tuple[str, ...]:
    return tuple(
        extension
        for extension, streams in _STREAMS.items()
        if any(_contains(content, (stream + "\0").encode("utf-16-le")) for stream in streams)
    )


def _contains(content: IO[bytes], wanted: bytes) -> bool:
    content.seek(0)
    end = b""
    while chunk := content.read(2**20):
        if wanted in end + chunk:
            return True
        end = chunk[-len(wanted) :]
    return False


def _types_of_zip(head: bytes, content: IO[bytes]) -> tuple[str, ...]:
    open_document = _OPEN_DOCUMENTS.match(head)
    if open_document:
        return _OPEN_DOCUMENT_TYPES[open_document[1]], "zip"
    directory = _zip_directory(content)
    if b"[Content_Types].xml" in directory:
        types = [extension for extension, folder in _FOLDERS.items() if folder in directory]
        return *types, "zip"
    return ("zip",)


def _zip_directory(content: IO[bytes]) -> bytes:
    """The list of names at a ZIP file's end, or nothing where it is too long for a document."""
    # The record of the end: 22 bytes and a comment of at most 65,535.
    end_of_file = content.seek(0, 2)
    content.seek(max(0, end_of_file - 22 - 0xFFFF))
    tail = content.read()
    at = tail.rfind(b"PK\x05\x06")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    start = int.from_bytes(tail[at + 16 : at + 20], "little")
    if at < 0 or size > _LONGEST_DIRECTORY:
        return b""
    content.seek(start)
    return content.read(size)


def _types_of_text(head: bytes) -> tuple[str, ...]:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", "replace")
    elif _BINARY.search(head):
        return ()
    else:
        text = head.decode("utf-8-sig", "replace")
    text = text.strip().lower()
    if not text:
        return ()
    if not text.startswith("<"):
        return "txt", "csv"
    return () if _RUNS_IN_BROWSERS.search(text) else ("xml", "txt", "csv")
