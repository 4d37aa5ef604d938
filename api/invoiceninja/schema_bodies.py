"""What bodies of this dialect look like: its serializers, as they read, and what its lists take."""

from api.body_shapes import body_of, shape_of
from api.invoiceninja import activity_views, bulk_views, fields, group_views, inputs, overrides
from api.invoiceninja.schema_shapes import HASHED
from api.shapes import FLAG, Shape, closed, list_of, one_of, or_null


@shape_of.register
def _(field: fields.Text) -> Shape:
    longest = {"maxLength": field.max_length} if field.max_length else {}
    return {"type": ["string", "null"], **longest}


@shape_of.register
def _(field: fields.RequiredText) -> Shape:
    return {**shape_of.dispatch(fields.Text)(field), "type": "string", "minLength": 1}


@shape_of.register
def _(field: fields.Word) -> Shape:
    return one_of(*sorted(field.words))


@shape_of.register
def _(field: fields.Email) -> Shape:
    return shape_of.dispatch(fields.Text)(field) | {"format": "email"}


@shape_of.register
def _(field: fields.Password) -> Shape:
    told = "At least 7 characters with a small letter, a capital and a digit. Asterisks: no change."
    return {"type": ["string", "null"], "minLength": 7, "maxLength": 1000, "description": told}


@shape_of.register
def _(field: inputs.Classification) -> Shape:
    return or_null(one_of(*inputs.CLASSIFICATIONS, ""))


@shape_of.register
def _(field: fields.Flag) -> Shape:
    return {"type": ["boolean", "null"], "description": "1 and 0 will do as well."}


@shape_of.register
def _(field: fields.StaticId) -> Shape:
    told = "An id of the fixed tables (`/api/v1/statics`)."
    return {"type": ["string", "integer", "null"], "pattern": "^[0-9]*$", "description": told}


@shape_of.register
def _(field: fields.HashedId) -> Shape:
    return {"type": "string", "description": "An id."}


@shape_of.register
def _(field: inputs.ContactId) -> Shape:
    return {"type": ["string", "null"], "description": "Unknown and absent: a new contact."}


@shape_of.register
def _(field: overrides.Settings) -> Shape:
    return {"type": ["object", "null"], "description": "Settings by their names."}


BODIES: dict[str, Shape] = {
    "ClientInput": body_of(inputs.ClientInput),
    "GroupInput": body_of(group_views.GroupInput),
    "GroupChanges": body_of(group_views.GroupInput, partial=True),
    "NoteInput": body_of(activity_views.NoteInput),
    "ClientsInput": {
        "type": "object",
        "properties": {
            "action": one_of(
                "archive", "restore", "delete", "assign_group", "bulk_update", "template"
            ),
            "ids": list_of(HASHED) | {"minItems": 1},
            "group_settings_id": {"type": "string", "description": "For `assign_group`."},
            "column": one_of(*bulk_views.COLUMNS) | {"description": "For `bulk_update`."},
            "new_value": {
                "type": ["string", "integer", "null"],
                "description": "For `bulk_update`.",
            },
            "template_id": {
                "type": "string",
                "description": "For `template`: the id of a design, see `/api/v1/designs`.",
            },
            "send_email": FLAG | {"description": "For `template`: mail to each client its own."},
        },
        "required": ["action", "ids"],
    },
    "GroupsInput": closed(
        {"action": one_of("archive", "restore", "delete"), "ids": list_of(HASHED)}
    ),
}
