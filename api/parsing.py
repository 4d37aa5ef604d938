"""Bodies as callers send them: strict JSON, forms and multipart with PHP's brackets."""

import json
import re
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser as Parts
from django.http.multipartparser import MultiPartParserError
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles, FormParser, MultiPartParser

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 16


class StrictJSONParser(BaseParser):
    """An object of JSON text that PostgreSQL can store: no NUL, no lone surrogate, no NaN."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            body = json.loads(stream.read(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not valid JSON.") from error
        if not isinstance(body, dict):
            raise ParseError("The body must be a JSON object.")
        refuse_unstorable(body)
        return body


class BracketFormParser(FormParser):
    """`a=1&tags[]=x&contacts[0][email]=y` becomes nested lists and objects, as PHP reads it."""

    def parse(self, stream, media_type=None, parser_context=None):
        return nested(super().parse(stream, media_type, parser_context))


class BracketMultiPartParser(MultiPartParser):
    """As BracketFormParser; files are found under their names in request.FILES.

    All of the body or nothing: Django passes over a part that it cannot read, and over the last
    one where the connection broke, so that a file would be lost without a word.
    """

    def parse(self, stream, media_type=None, parser_context=None):
        request = parser_context["request"]
        meta = {**request.META, "CONTENT_TYPE": media_type}
        try:
            body = _Watched(stream, media_type)
            data, files = _NamedParts(meta, body, request.upload_handlers, "utf-8").parse()
        # Names in an encoding that there is none of, or that is no text.
        except (MultiPartParserError, ValueError) as error:
            raise ParseError("The multipart body cannot be read.") from error
        if not body.held(_count(data) + _count(files)):
            _close(files)
            raise ParseError("The multipart body is not whole, or a part of it cannot be read.")
        return DataAndFiles(nested(data), files)


class _NamedParts(Parts):
    def sanitize_file_name(self, file_name):
        # Nothing but dots and slashes: still a file.
        return super().sanitize_file_name(file_name) or "file"


class _Watched:
    """A body that knows how many parts it was said to have, and stops at the limit of a request."""

    def __init__(self, stream, media_type: str) -> None:
        self.stream = stream
        boundary = parse_header_parameters(media_type)[1].get("boundary", "")
        self.delimiter = b"--" + boundary.encode()
        self.delimiters = self.length = 0
        self.is_closed = False
        self._end = b""

    def read(self, size: int) -> bytes:
        content = self.stream.read(size)
        self.length += len(content)
        if self.length > settings.UPLOAD_REQUEST_LIMIT_KB * 1024:
            raise RequestDataTooBig
        # A delimiter may lie across two pieces.
        longest = len(self.delimiter) + 1
        self.is_closed |= self.delimiter + b"--" in self._end + content
        self.delimiters += (self._end[1 - len(self.delimiter) :] + content).count(self.delimiter)
        self._end = (self._end + content)[-longest:]
        return content

    def held(self, parts: int) -> bool:
        """Whether so many parts are all that was sent."""
        return not self.length or (self.is_closed and self.delimiters == parts + 1)


def _count(lists: MultiValueDict) -> int:
    return sum(len(values) for _, values in lists.lists())


def _close(files: MultiValueDict) -> None:
    for _, uploads in files.lists():
        for upload in uploads:
            upload.close()


def nested(pairs: QueryDict) -> dict[str, Any]:
    """Names with brackets as nested objects; lists where the keys are empty or count from 0."""
    root: dict[str, Any] = {}
    for name, values in pairs.lists():
        path = path_of(name)
        if len(path) > _DEEPEST:
            raise ParseError("The body is nested too deeply.")
        for value in values if path[-1] == "" else values[-1:]:
            _put(root, path, value)
    body = {name: _lists(value) for name, value in root.items()}
    refuse_unstorable(body)
    return body


def path_of(name: str) -> list[str]:
    """`contacts[0][email]` as `["contacts", "0", "email"]`; `tags[]` as `["tags", ""]`."""
    head, bracket, rest = name.partition("[")
    return [head, *_BRACKETS.findall(bracket + rest)] if head else [name]


def _put(root: dict[str, Any], path: list[str], value: str) -> None:
    place = root
    for name in path[:-1]:
        step = name or str(len(place))
        if not isinstance(place.get(step), dict):
            place[step] = {}
        place = place[step]
    place[path[-1] or str(len(place))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    children = {name: _lists(child) for name, child in value.items()}
    if children and list(children) == [str(i) for i in range(len(children))]:
        return list(children.values())
    return children


def refuse_unstorable(value: Any) -> None:
    """Raise ParseError for text that PostgreSQL cannot store."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ParseError("The request holds a NUL character.")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ParseError("The request holds half a surrogate pair.") from error
    elif isinstance(value, dict):
        for name, child in value.items():
            refuse_unstorable(name)
            refuse_unstorable(child)
    elif isinstance(value, list):
        for child in value:
            refuse_unstorable(child)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")
