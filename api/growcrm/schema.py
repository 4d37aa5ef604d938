"""The document of Grow CRM's `/api`: every operation, what it takes and what it answers.

A new route needs an entry in OPERATIONS, and what it answers an entry in SHAPES.
"""

from api.bodies import ContentTooLarge, LengthRequired
from api.body_shapes import body_of, shape_of
from api.growcrm import fields
from api.growcrm.serializers import (
    ClientChange,
    NewClient,
    OwnerInput,
    StatusInput,
    TagsInput,
    WelcomeMail,
)
from api.schema import Dialect, Operation, Problem
from api.shapes import (
    TEXT,
    WHOLE,
    Shape,
    closed,
    in_path,
    list_of,
    map_of,
    one_of,
    or_null,
    query,
    ref,
)


@shape_of.register
def _(field: fields.Text) -> Shape:
    return {"type": "string", "maxLength": field.most}


@shape_of.register
def _(field: fields.Email) -> Shape:
    return {"type": "string", "maxLength": field.most, "format": "email"}


@shape_of.register
def _(field: fields.WholeNumber) -> Shape:
    return {"type": "integer", "minimum": field.least, "maximum": field.most}


@shape_of.register
def _(field: fields.Choice) -> Shape:
    return one_of(*field.words)


@shape_of.register
def _(field: fields.RowId) -> Shape:
    return {"type": "integer", "minimum": 1}


@shape_of.register
def _(field: fields.ExistingCategory) -> Shape:
    return {"type": "integer", "description": "The id of a category."}


@shape_of.register
def _(field: fields.Titles) -> Shape:
    return list_of(TEXT) | {"maxItems": 100}


@shape_of.register
def _(field: WelcomeMail) -> Shape:
    return one_of("yes", "no") | {"description": "`yes` sends the welcome mail."}


MOMENT: Shape = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$",
    "description": "UTC, with six decimals.",
}
_NAMED = closed({"id": WHOLE, "name": TEXT})
_ADDRESS = dict.fromkeys(("street", "city", "state", "zip", "country"), or_null(TEXT))
_CLIENT = closed(
    {
        "id": WHOLE,
        "company_name": TEXT,
        "description": or_null(TEXT),
        "status": one_of("active", "suspended"),
        "phone": or_null(TEXT),
        "website": or_null(TEXT),
        "vat": or_null(TEXT),
        "category": _NAMED,
        "owner": _NAMED,
        "billing": closed({**_ADDRESS, "invoice_due_days": or_null(TEXT)}),
        "shipping": closed(_ADDRESS),
        "dates": closed({"created": MOMENT, "updated": MOMENT}),
        "tags": list_of(TEXT),
    }
) | {
    "examples": [
        {
            "id": 12,
            "company_name": "Acme Inc",
            "description": "Key account.",
            "status": "active",
            "phone": "+1 555 0100",
            "website": "https://acme.example",
            "vat": "GB123456789",
            "category": {"id": 2, "name": "Standard"},
            "owner": {"id": 34, "name": "Jane Doe"},
            "billing": {
                "street": "1 Market St",
                "city": "San Francisco",
                "state": "CA",
                "zip": "94105",
                "country": "United States",
                "invoice_due_days": "7",
            },
            "shipping": dict.fromkeys(_ADDRESS),
            "dates": {
                "created": "2026-06-15T09:30:00.000000Z",
                "updated": "2026-06-15T09:30:00.000000Z",
            },
            "tags": ["priority", "retainer"],
        }
    ]
}
_META = closed(dict.fromkeys(("current_page", "per_page", "total", "last_page"), WHOLE))
_ERROR = closed({"message": TEXT}, optional={"errors": map_of(list_of(TEXT))})
SHAPES: dict[str, Shape] = {
    "Client": _CLIENT,
    "Meta": _META,
    "Error": _ERROR,
    "NewClient": body_of(NewClient),
    "ClientChange": body_of(ClientChange),
    "TagsInput": body_of(TagsInput),
    "StatusInput": body_of(StatusInput),
    "OwnerInput": body_of(OwnerInput),
}


def told(shape: Shape, message: str) -> Shape:
    return closed({"data": shape, "message": {"const": message}})


def listed(shape: Shape, message: str) -> Shape:
    return closed({"data": list_of(shape), "meta": ref("Meta"), "message": {"const": message}})


_PAGES = [
    query("order", "`asc` or `desc`, the default.", example="asc"),
    query("limit", "How many to a page, at most 100.", example="25"),
    query("page", "Which page, from 1.", example="1"),
]

OPERATIONS = {
    "GET /clients": Operation(
        "List clients",
        listed(ref("Client"), "Clients retrieved successfully."),
        description="What is not known or makes no sense is ignored.",
        query=[
            query("status", "`active` or `suspended`.", example="active"),
            query("category_id", "The id of a category.", example="2"),
            query("search", "The company name contains it.", example="acme"),
            query(
                "sort",
                "`client_company_name`, `client_status`, `client_created` or `client_updated`.",
                example="client_company_name",
            ),
            *_PAGES,
        ],
    ),
    "POST /clients": Operation(
        "Create a client",
        told(ref("Client"), "Client created successfully."),
        status=201,
        description="Makes its account owner too. Required custom fields must be sent by name.",
        body=ref("NewClient"),
        examples={
            "Jane of Acme": {
                "first_name": "Jane",
                "last_name": "Doe",
                "email": "jane@acme.example",
                "client_company_name": "Acme Inc",
                "client_categoryid": 2,
            }
        },
    ),
    "GET /clients/{client_id}": Operation(
        "Get a client", told(ref("Client"), "Client retrieved successfully.")
    ),
    "PATCH /clients/{client_id}": Operation(
        "Update a client",
        told(ref("Client"), "Client updated successfully."),
        description="What is not sent stays; what is sent empty is cleared.",
        body=ref("ClientChange"),
        examples={
            "Another name": {
                "client_company_name": "Acme Incorporated",
                "client_categoryid": 2,
            }
        },
    ),
    "DELETE /clients/{client_id}": Operation(
        "Delete a client",
        told(closed({"id": WHOLE}), "Client deleted successfully."),
        description="With everything that belongs to it. Staff can restore it for 30 days.",
    ),
    "PUT /clients/{client_id}/tags": Operation(
        "Set tags",
        told(ref("Client"), "Client tags updated successfully."),
        description="The whole set: an empty array clears it.",
        body=ref("TagsInput"),
        examples={"Two tags": {"tags": ["priority", "retainer"]}},
    ),
    "PUT /clients/{client_id}/status": Operation(
        "Change status",
        told(ref("Client"), "Client status updated successfully."),
        description="Nobody at a suspended client gets into the portal.",
        body=ref("StatusInput"),
        examples={"Suspend": {"status": "suspended"}},
    ),
    "PUT /clients/{client_id}/owner": Operation(
        "Change account owner",
        told(ref("Client"), "Client account owner updated successfully."),
        body=ref("OwnerInput"),
        examples={"Another person of this client": {"owner": 34}},
    ),
}

PROBLEMS = {
    400: Problem("The request cannot be read.", {"message": "The body is not valid JSON."}),
    401: Problem("No valid key.", {"message": "Unauthorized. A valid API key is required."}),
    403: Problem(
        "The key may not do this.",
        {"message": "You do not have permission to perform this action."},
    ),
    404: Problem("No such client.", {"message": "The requested client could not be found."}),
    409: Problem(
        "The Idempotency-Key was used for another request.",
        {"message": "This Idempotency-Key was used for another request. Choose a new one."},
    ),
    411: Problem(
        "The body came in chunks, which the web server did not put together.",
        {"message": str(LengthRequired.default_detail)},
    ),
    413: Problem("The body is too large.", {"message": str(ContentTooLarge.default_detail)}),
    415: Problem(
        "Neither a form nor JSON.", {"message": 'Unsupported media type "text/xml" in request.'}
    ),
    422: Problem(
        "Fields that are wrong.",
        {
            "message": "The given data was invalid.",
            "errors": {
                "email": ["The email has already been taken."],
                "first_name": ["The first name field is required."],
            },
        },
    ),
    429: Problem(
        "Too many requests in this minute; `Retry-After` says when to come back.",
        {"message": "Request was throttled. Expected available in 12 seconds."},
    ),
}

DESCRIPTION = """\
Grow CRM's clients API: code written against it goes on working.

Send the key as `Authorization: Bearer KEY`, and bodies as JSON or as a form (`tags[]=a&tags[]=b`).
An answer is `{data, message}`, a list has `meta` too, a refusal is `{message}` with `errors` by
field where input was wrong. A method that a path does not offer is a 405. Paths answer with and
without a slash at the end.
"""

DIALECT = Dialect(
    name="growcrm",
    title="Foyer: Grow CRM's API",
    description=DESCRIPTION,
    base="/api",
    key_header="Authorization: Bearer KEY",
    security={"type": "http", "scheme": "bearer", "description": "An API key of Foyer's."},
    shapes=SHAPES,
    path_parameters={
        "clients/{client_id}": in_path("client_id", "The client's id.", WHOLE, example=12)
    },
    problems=PROBLEMS,
    # A NUL in the query string is a 400.
    always=[400, 401, 403, 429],
    with_id=[404],
    with_body=[411, 413, 415, 422],
    with_post=[409],
    operations=OPERATIONS,
)
