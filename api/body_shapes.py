"""What bodies look like: the serializers that read them, as JSON Schema and as a form's fields."""

from collections.abc import Iterator, Mapping, Sequence
from functools import singledispatch

from rest_framework import serializers

from api.shapes import FLAG, TEXT, WHOLE, Shape, list_of, one_of, or_null


def body_of(serializer: type[serializers.Serializer], *, partial: bool = False) -> Shape:
    """What the serializer reads; `partial`: nothing in it has to be there."""
    return shape_of(serializer(partial=partial))


@singledispatch
def shape_of(field: serializers.Field) -> Shape:
    """A field in a body. A dialect registers the kinds it has made itself."""
    raise NotImplementedError(f"Register with shape_of what {type(field).__name__} looks like.")


@shape_of.register
def _(field: serializers.Serializer) -> Shape:
    fields = [one for one in field.fields.values() if not one.read_only]
    required = [one.field_name for one in fields if one.required and not field.partial]
    shape: Shape = {
        "type": "object",
        "properties": {one.field_name: _nullable(one) for one in fields},
    }
    return shape | ({"required": required} if required else {})


@shape_of.register
def _(field: serializers.CharField) -> Shape:
    least = field.min_length or (0 if field.allow_blank else 1)
    lengths = {"minLength": least, "maxLength": field.max_length}
    return TEXT | {name: length for name, length in lengths.items() if length}


@shape_of.register
def _(field: serializers.EmailField) -> Shape:
    return shape_of.dispatch(serializers.CharField)(field) | {"format": "email"}


@shape_of.register
def _(field: serializers.BooleanField) -> Shape:
    return FLAG


@shape_of.register
def _(field: serializers.IntegerField) -> Shape:
    bounds = {"minimum": field.min_value, "maximum": field.max_value}
    return WHOLE | {name: bound for name, bound in bounds.items() if bound is not None}


@shape_of.register
def _(field: serializers.ChoiceField) -> Shape:
    return one_of(*field.choices)


@shape_of.register
def _(field: serializers.DateField) -> Shape:
    return TEXT | {"format": "date"}


@shape_of.register
def _(field: serializers.DateTimeField) -> Shape:
    return TEXT | {"format": "date-time"}


@shape_of.register
def _(field: serializers.ListField) -> Shape:
    items = list_of(_nullable(field.child))
    return items | ({"maxItems": field.max_length} if field.max_length else {})


@shape_of.register
def _(field: serializers.DictField) -> Shape:
    return {"type": "object"}


# What a list holds of which nothing is said.
@shape_of.register(type(serializers.ListField.child))
def _(field: serializers.Field) -> Shape:
    return {}


def _nullable(field: serializers.Field) -> Shape:
    shape = shape_of(field)
    return or_null(shape) if shape and field.allow_null else shape


def bracketed(shape: Shape, shapes: Mapping[str, Shape]) -> Shape:
    """The same body as a form writes it: `tags[]`, `settings[currency_id]`, `contacts[0][email]`.

    `shapes` are those that references in it name.
    """
    shape = resolved(shape, shapes)
    fields = dict(_fields("", shape, shapes))
    required = [name for name in shape.get("required", ()) if name in fields]
    return {"type": "object", "properties": fields} | ({"required": required} if required else {})


def _fields(name: str, shape: Shape, shapes: Mapping[str, Shape]) -> Iterator[tuple[str, Shape]]:
    shape = resolved(shape, shapes)
    kinds = _kinds(shape)
    if "object" in kinds:
        for key, inner in shape.get("properties", {}).items():
            yield from _fields(f"{name}[{key}]" if name else key, inner, shapes)
    elif "array" not in kinds:
        yield name, _without_null(shape)
    elif "object" in _kinds(resolved(shape["items"], shapes)):
        yield from _fields(f"{name}[0]", shape["items"], shapes)
    else:
        yield f"{name}[]", shape | {"type": "array"}


def resolved(shape: Shape, shapes: Mapping[str, Shape]) -> Shape:
    """The shape that a reference names; any other as it is."""
    return shapes[shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape


def _kinds(shape: Shape) -> Sequence[str]:
    kinds = shape.get("type", "string")
    return [kinds] if isinstance(kinds, str) else kinds


def _without_null(shape: Shape) -> Shape:
    """A form has no null; an empty value stands for it."""
    kinds = [kind for kind in _kinds(shape) if kind != "null"]
    words = {"enum": [word for word in shape["enum"] if word]} if "enum" in shape else {}
    return shape | {"type": kinds[0] if len(kinds) == 1 else kinds} | words
