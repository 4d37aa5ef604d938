"""JSON Schema in few words, for what dialects declare of their answers and parameters."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
NUMBER: Shape = {"type": "number"}
FLAG: Shape = {"type": "boolean"}
ANYTHING: Shape = {"type": "object"}


def ref(name: str) -> Shape:
    """One of the dialect's own `schemas`, or of its serializers."""
    return {"$ref": f"#/components/schemas/{name}"}


def closed(
    properties: Mapping[str, Shape], *, optional: Mapping[str, Shape] | None = None
) -> Shape:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


def list_of(items: Shape) -> Shape:
    return {"type": "array", "items": items}


def map_of(values: Shape) -> Shape:
    """An object whose keys are data."""
    return {"type": "object", "additionalProperties": values}


def one_of(*words: str) -> Shape:
    return {"type": "string", "enum": list(words)}


def or_null(shape: Shape) -> Shape:
    if "type" not in shape:
        return {"anyOf": [shape, {"type": "null"}]}
    kinds = shape["type"] if isinstance(shape["type"], list) else [shape["type"]]
    if "null" in kinds:
        return shape
    nullable = shape | {"type": [*kinds, "null"]}
    return nullable | ({"enum": [*shape["enum"], None]} if "enum" in shape else {})


def query(
    name: str,
    description: str,
    shape: Shape = TEXT,
    *,
    example: Any = None,
    required: bool = False,
) -> OpenApiParameter:
    """A parameter of the query string; the example must be one that can be sent as it is."""
    parameter = _parameter(name, description, shape, example, location="query")
    parameter.required = required
    return parameter


def header(
    name: str, description: str, shape: Shape = TEXT, *, example: Any = None
) -> OpenApiParameter:
    return _parameter(name, description, shape, example, location="header")


def in_path(name: str, description: str, shape: Shape, *, example: Any) -> OpenApiParameter:
    return _parameter(name, description, shape, example, location="path")


def _parameter(name, description, shape, example, *, location) -> OpenApiParameter:
    # In the shape, not beside it: a page that offers to try would send all of them at once.
    examples = {} if example is None else {"examples": [example]}
    return OpenApiParameter(name, shape | examples, location, description=description)
