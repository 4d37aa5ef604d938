"""Files beside the fields of a request: `documents` are kept, others are only looked at."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers

from agencies.models import Membership
from api.invoiceninja.fields import Flag, ListOf
from api.parsing import path_of
from clients import documents
from clients.file_types import FileTypeRefused
from clients.models import Client

# As the original lists them; jpeg stands for jpg too.
_TYPES: tuple[str, ...] = (
    "png", "ai", "jpeg", "tiff", "pdf", "gif", "psd", "txt", "doc", "xls", "ppt", "xlsx", "docx",
    "pptx", "webp", "xml", "zip", "csv", "ods", "odt", "odp",
)  # fmt: skip
_KEPT, _LOGO = "documents", "company_logo"
_LOOKED_AT = (_KEPT, "file", _LOGO)
_LOGO_TYPES: tuple[str, ...] = ("jpeg", "jpg", "png", "gif")
_LOGO_KB = 10_000


class UploadInput(serializers.Serializer):
    """What is no file where files are expected: a list, which changes nothing, or a mistake."""

    documents = ListOf(required=False)


class _Sharing(serializers.Serializer):
    is_public = Flag(required=False)


@dataclass(frozen=True)
class Files:
    """What a request that was found good wants kept."""

    kept: list[UploadedFile]
    are_shared: bool

    def keep(self, client: Client, *, by: Membership) -> None:
        """In the transaction of the request: no row without file, no file without row."""
        if self.kept:
            documents.store_all(client, self.kept, by=by, is_shared=self.are_shared)


class _Sent(NamedTuple):
    """A file, and where in the request it stands: `documents[0]` is documents and ["0"]."""

    field: str
    keys: list[str]
    upload: UploadedFile

    @property
    def path(self) -> str:
        return ".".join([self.field, *self.keys])


def judged(request, sent: Mapping[str, Any], body: serializers.Serializer) -> Files:
    """The files of a request whose other input is `body`.

    Raises ValidationError, which tells of all fields and all files that are wrong.
    """
    files = list(_files(request))
    kept = [file.upload for file in files if file.field == _KEPT]
    # Without files it is one of the many names that nobody reads.
    sharing = _Sharing(data=sent if kept else {})
    faults: dict[str, Any] = {}
    for part in (body, sharing):
        if not part.is_valid():
            faults |= part.errors
    faults |= {file.path: [fault] for file in files if (fault := _fault(file))}
    if faults:
        raise serializers.ValidationError(faults)
    return Files(kept, sharing.validated_data.get("is_public", True))


def _files(request) -> Iterator[_Sent]:
    """Those of the fields that matter; `documents[]` is numbered as PHP does."""
    seen: Counter[str] = Counter()
    for name, uploads in request.FILES.lists():
        field, *keys = path_of(name)
        for upload in uploads if field in _LOOKED_AT else ():
            yield _Sent(field, [key or str(seen[field]) for key in keys], upload)
            seen[field] += 1


def _fault(file: _Sent) -> str:
    """Why the file is refused, or nothing."""
    types, most = _TYPES, settings.UPLOAD_LIMIT_KB
    if file.field == _LOGO:
        types, most = _LOGO_TYPES, min(_LOGO_KB, most)
    if len(file.keys) > 1:
        return "The :attribute must be a file."
    if cast(int, file.upload.size) > most * 1024:
        return f"The :attribute must not be greater than {most} kilobytes."
    try:
        extension = documents.examine(file.upload)
    except FileTypeRefused:
        extension = ""
    if extension.replace("jpg", "jpeg") not in types:
        return f"The :attribute must be a file of type: {', '.join(types)}."
    return ""
