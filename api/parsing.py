"""Bodies as callers send them: strict JSON, forms and multipart with PHP's brackets."""

import json
import re
from typing import Any

from django.http import QueryDict
from django.http.multipartparser import MultiPartParserError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser

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
    """As BracketFormParser; files are found under their names in request.FILES."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            parsed = super().parse(stream, media_type, parser_context)
        except MultiPartParserError as error:
            raise ParseError("The multipart body cannot be read.") from error
        parsed.data = nested(parsed.data)
        return parsed


def nested(pairs: QueryDict) -> dict[str, Any]:
    """Names with brackets as nested objects; lists where the keys are empty or count from 0."""
    root: dict[str, Any] = {}
    for name, values in pairs.lists():
        head, bracket, rest = name.partition("[")
        path = [head, *_BRACKETS.findall(bracket + rest)] if head else [name]
        if len(path) > _DEEPEST:
            raise ParseError("The body is nested too deeply.")
        for value in values if path[-1] == "" else values[-1:]:
            _put(root, path, value)
    body = {name: _lists(value) for name, value in root.items()}
    refuse_unstorable(body)
    return body


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
