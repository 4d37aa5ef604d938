"""Invoice Ninja's document: every operation of `/api/v1`, what it takes and what it answers.

A new route needs an entry in OPERATIONS, and what it answers a shape in schema_shapes.py.
"""

from api.bodies import ContentTooLarge, LengthRequired
from api.invoiceninja.billing import schema as billing
from api.invoiceninja.billing.shapes import SHAPES as BILLING_SHAPES
from api.invoiceninja.schema_bodies import BODIES
from api.invoiceninja.schema_shapes import SHAPES
from api.schema import Dialect, Operation, Problem
from api.shapes import TEXT, Shape, closed, header, in_path, list_of, query, ref
from clients.file_types import MEDIA_TYPES


def enveloped(shape: Shape, **more: Shape) -> Shape:
    """The answer under `data`, under the name that `index` gives, or bare for `index=none`."""
    static = {"static": ref("Statics")}
    return {
        "anyOf": [
            closed({"data": shape, **more}, optional=static),
            shape,
            {
                "type": "object",
                "properties": {**more, **static},
                "required": [*more],
                "additionalProperties": shape,
            },
        ]
    }


def alone(name: str) -> Shape:
    return enveloped(ref(name))


def listed(name: str) -> Shape:
    return enveloped(list_of(ref(name)), meta=ref("Meta"))


_INDEX = [
    query("index", "Another name for `data`; `none` drops the envelope.", example="zebras"),
    query("include_static", "`true` adds all fixed tables as `static`.", example="true"),
]
_INCLUDE = [
    query(
        "include",
        "Relations to show besides, with commas between: `activities`, `ledger`, `system_logs`, "
        "`group_settings`. Contacts, documents and gateway tokens are always there.",
        example="activities,ledger,system_logs",
    ),
    *_INDEX,
]
_PAGES = [
    query("per_page", "How many to a page, at most 5,000.", example="15"),
    query("page", "Which page, from 1.", example="2"),
    query("sort", "`column|asc` or `column|desc`, by any column.", example="name|desc"),
    query("sort_dir", "`asc` or `desc`, where `sort` names only the column.", example="asc"),
]
_OF_RECORDS = [
    query("status", "Any of `active`, `archived`, `deleted`, with commas.", example="active"),
    query("is_deleted", "`true`: only the deleted; `false`: the others.", example="false"),
    query("with_trashed", "`false`: not the deleted.", example="false"),
    query("created_at", "From that moment on: Unix seconds or a date.", example="1631673918"),
    query("updated_at", "As `created_at`.", example="2026-02-28"),
    query("name", "Contains; `*` stands for anything.", example="Bob*"),
]
_OF_CLIENTS = [
    query("balance", "`lt`, `lte`, `gt`, `gte` or `eq`, and an amount.", example="gt:1000"),
    query("between_balance", "Two amounts, both included.", example="10:100"),
    query("email", "Somebody at the client has this address.", example="bob@gmail.com"),
    query("id_number", "Exactly this one.", example="a1039883"),
    query("number", "Exactly this one.", example="a1039883"),
    query("filter", "Names, numbers, addresses, phones contain it.", example="a1039883"),
    query("group", "The id of a group.", example="wMvbmOeYAl"),
    query("client_id", "One client.", example="OpnelpJeKB"),
    query("with", "This client too, and first.", example="OpnelpJeKB"),
    query("filter_deleted_clients", "`true`: not the deleted.", example="true"),
    query("without_deleted_clients", "Neither archived nor deleted.", example="true"),
    query("filter_details", "`true`: only id, name and numbers.", example="true"),
]
_OF_DOCUMENTS = [
    query("client_id", "Of one client.", example="OpnelpJeKB"),
    query("filter", "The name contains it.", example="offer"),
    query("created_at", "From that moment on: Unix seconds or a date.", example="1631673918"),
    query("updated_at", "As `created_at`.", example="2026-02-28"),
]
_PASSWORDS = [
    header(
        "X-API-PASSWORD",
        "The password of the key's member. Given once, it holds for a while.",
        example="correct horse 9",
    ),
    header("X-API-PASSWORD-BASE64", "The same in Base64; it wins over the plain one."),
]
_UPLOAD: Shape = {
    "type": "object",
    "properties": {
        "documents": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "is_public": {"type": "boolean", "description": "In the portal too; true if absent."},
    },
}
_CLIENT_ID = in_path("client_id", "The client's hashed id.", TEXT, example="OpnelpJeKB")

OPERATIONS = {
    "GET /clients": Operation(
        "List clients",
        listed("Client"),
        description="Archived and deleted ones too, unless `status` says otherwise. Filters "
        "combine; what is unknown or cannot be read is ignored.",
        query=[*_PAGES, *_OF_CLIENTS, *_OF_RECORDS, *_INCLUDE],
    ),
    "POST /clients": Operation(
        "Create a client",
        alone("Client"),
        description="Nothing is required. Without contacts the client gets a blank one. Files "
        "named `documents[]` in a multipart form are kept as its documents.",
        query=_INCLUDE,
        body=ref("ClientInput"),
        examples={
            "A client with a contact": {
                "name": "Client Name",
                "contacts": [{"first_name": "helly", "email": "email@example.com"}],
            }
        },
    ),
    **{
        f"{method} /clients/{{client_id}}": Operation(
            f"Update a client{by}",
            alone("Client"),
            description="What is not sent stays. `contacts`, where sent, is the whole list. Files "
            "named `documents[]` in a multipart form are added to its documents.",
            query=_INCLUDE,
            body=ref("ClientInput"),
            examples={"Another name": {"name": "Client & Sons"}},
        )
        for method, by in {"PUT": "", "PATCH": " in part"}.items()
    },
    "DELETE /clients/{client_id}": Operation(
        "Delete a client",
        alone("Client"),
        description="It can be restored, and stays in lists.",
        query=_INCLUDE,
    ),
    "POST /clients/bulk": Operation(
        "Change many clients",
        {"anyOf": [listed("Client"), closed({"message": TEXT})]},
        description="All of them or none. `template` makes statements of this year to date, of at "
        "most 100 clients, and wants `invoices:write` besides: its answer is the name by which "
        '`/templates/preview/{key}` has the PDF, or with `send_email` `{"message": "email sent"}`.',
        query=[*_PAGES, *_INCLUDE],
        body=ref("ClientsInput"),
        examples={
            "Archive": {"action": "archive", "ids": ["OpnelpJeKB"]},
            "Assign to a group": {
                "action": "assign_group",
                "ids": ["OpnelpJeKB"],
                "group_settings_id": "wMvbmOeYAl",
            },
            "Update a column": {
                "action": "bulk_update",
                "ids": ["OpnelpJeKB"],
                "column": "public_notes",
                "new_value": "Pays late.",
            },
            "Print statements": {
                "action": "template",
                "ids": ["OpnelpJeKB"],
                "template": "Statement",
                "template_id": "VolejRejNm",
            },
        },
    ),
    "POST /clients/{client_id}/purge": Operation(
        "Purge a client",
        closed({"message": {"const": "Success"}}),
        description="With everything that belongs to it, for ever. For administrators.",
        headers=_PASSWORDS,
        scopes=["clients:read", "clients:write"],
        refuses=[412],
    ),
    "POST /clients/{client_id}/{merged_id}/merge": Operation(
        "Merge a client into another",
        alone("Client"),
        description="The second disappears; its records move to the first. For administrators.",
        query=_INCLUDE,
        headers=_PASSWORDS,
        scopes=["clients:read", "clients:write"],
        refuses=[412],
    ),
    "POST /clients/{client_id}/updateTaxData": Operation(
        "Update a client's tax data",
        alone("Client"),
        description="What is known at once is in `tax_info` of the answer; what has to be asked of "
        "others follows in the background. Three times a minute for the whole agency.",
        query=_INCLUDE,
    ),
    "GET /clients/create": Operation("Show a blank client", alone("Client"), query=_INCLUDE),
    "GET /clients/{client_id}": Operation("Show a client", alone("Client"), query=_INCLUDE),
    "GET /clients/{client_id}/edit": Operation(
        "Show a client to edit", alone("Client"), query=_INCLUDE
    ),
    **{
        f"{method} /clients/{{client_id}}/upload": Operation(
            f"Upload documents of a client{by}",
            alone("Client"),
            description="As `documents[]`: all of them or none. Name and content must agree on one "
            f"of {', '.join(sorted(MEDIA_TYPES))}. Without files nothing changes.",
            query=_INCLUDE,
            body=_UPLOAD,
            takes=["multipart/form-data"],
        )
        for method, by in {"POST": "", "PUT": " by PUT"}.items()
    },
    "POST /clients/{client_id}/documents": Operation(
        "List documents of a client",
        listed("Document"),
        description="Of its projects too. A POST that only reads.",
        query=[*_PAGES, *_OF_DOCUMENTS, *_INDEX],
    ),
    "GET /documents": Operation(
        "List documents", listed("Document"), query=[*_PAGES, *_OF_DOCUMENTS, *_INDEX]
    ),
    "GET /documents/{document_id}": Operation("Show a document", alone("Document"), query=_INDEX),
    "DELETE /documents/{document_id}": Operation(
        "Delete a document",
        alone("Document"),
        description="With its file, for ever. Answers what it was.",
        query=_INDEX,
    ),
    "GET /documents/{document_id}/download": Operation(
        "Download a document",
        {"type": "string", "format": "binary"},
        query=[
            query(
                "inline",
                "`true`: to be shown, where its type runs nothing in a browser. An attachment "
                "otherwise.",
                example="true",
            )
        ],
        gives="*/*",
        refuses=[404],
    ),
    "GET /group_settings": Operation(
        "List groups",
        listed("GroupSettings"),
        query=[*_PAGES, *_OF_RECORDS, *_INDEX],
    ),
    "POST /group_settings": Operation(
        "Create a group",
        alone("GroupSettings"),
        query=_INDEX,
        body=ref("GroupInput"),
        examples={"A group with a currency": {"name": "Key", "settings": {"currency_id": "3"}}},
    ),
    "GET /group_settings/{group_id}": Operation(
        "Show a group", alone("GroupSettings"), query=_INDEX
    ),
    **{
        f"{method} /group_settings/{{group_id}}": Operation(
            f"Update a group{by}",
            alone("GroupSettings"),
            description="What is not sent stays; settings are merged name by name.",
            query=_INDEX,
            body=ref("GroupChanges"),
            examples={"Another name": {"name": "Key accounts"}},
        )
        for method, by in {"PUT": "", "PATCH": " in part"}.items()
    },
    "DELETE /group_settings/{group_id}": Operation(
        "Delete a group", alone("GroupSettings"), query=_INDEX
    ),
    "POST /group_settings/bulk": Operation(
        "Archive, restore or delete groups",
        listed("GroupSettings"),
        description="All of them or none.",
        query=[*_PAGES, *_INDEX],
        body=ref("GroupsInput"),
        examples={"Archive one": {"action": "archive", "ids": ["wMvbmOeYAl"]}},
    ),
    "GET /activities": Operation(
        "List activities", listed("Activity"), query=[*_PAGES[:2], *_INDEX]
    ),
    "POST /activities/notes": Operation(
        "Leave a note",
        alone("Activity"),
        query=_INDEX,
        body=ref("NoteInput"),
        examples={
            "On a client": {"entity": "clients", "entity_id": "OpnelpJeKB", "notes": "Called."}
        },
    ),
    **billing.operations(alone=alone, listed=listed, pages=_PAGES, index=_INDEX),
    "POST /reactivate_email/{bounce_id}": Operation(
        "Send mail again to an address",
        closed({"message": {"const": "Success"}}),
        description="From which a message came back: the mail provider's list is cleared of it, "
        "and Foyer's own. What goes wrong is a 400 that says what.",
    ),
    "GET /statics": Operation("List the fixed tables", ref("Statics")),
    "GET /ping": Operation(
        "Ask whether anybody is there", closed({"company_name": TEXT, "user_name": TEXT})
    ),
}

INVALID = "The given data was invalid."
PROBLEMS = {
    400: Problem(
        "The record is absent, or the request cannot be read.",
        {"message": "No query results for model [App\\Models\\Client]."},
    ),
    401: Problem("The key may not do this.", {"message": "This action is unauthorized."}),
    403: Problem("No valid token.", {"message": "Invalid token", "errors": {}}),
    404: Problem(
        "The method that `_method` names is not offered, or the storage has lost the file.",
        {"message": "Method not supported for this route"},
    ),
    409: Problem(
        "The Idempotency-Key was used for another request.",
        {"message": "This Idempotency-Key was used for another request. Choose a new one."},
    ),
    411: Problem(
        "The body came in chunks, which the web server did not put together.",
        {"message": str(LengthRequired.default_detail)},
    ),
    412: Problem(
        "The password is missing or wrong.", {"message": "Invalid Password", "errors": {}}
    ),
    413: Problem("The body is too large.", {"message": str(ContentTooLarge.default_detail)}),
    415: Problem(
        "Neither JSON nor a form.", {"message": 'Unsupported media type "text/xml" in request.'}
    ),
    422: Problem(
        "Fields that are wrong, by their paths.",
        {"message": INVALID, "errors": {"number": ["The number has already been taken."]}},
    ),
    429: Problem("Too many in this minute.", {"message": "Too many requests"}),
    503: Problem(
        "Nothing can be printed now; `Retry-After` says when to ask again.",
        {"message": "This machine is too busy to print. Try again later."},
    ),
}

DESCRIPTION = """\
Invoice Ninja v5's clients API: code written against it goes on working.

Send the key as `X-API-TOKEN`, and bodies as JSON or as a form with PHP's brackets
(`contacts[0][email]`); parameters of the query string count as input too. A POST may stand for
another method by `_method` or `X-HTTP-Method-Override`.

What differs from most APIs: a bad key is 403 and a lacking right 401; an absent record is 400;
whatever goes well is 200; nothing is ever null; ids are Hashids, those of fixed tables strings of
digits. A method that a path does not offer is a 404. Paths answer with and without a slash at the
end.
"""

DIALECT = Dialect(
    name="invoiceninja",
    title="Foyer: Invoice Ninja's API",
    description=DESCRIPTION,
    base="/api/v1",
    key_header="X-API-TOKEN: KEY",
    security={
        "type": "apiKey",
        "in": "header",
        "name": "X-API-TOKEN",
        "description": "A key of Foyer's; it names a member and an agency.",
    },
    shapes=SHAPES | BILLING_SHAPES | BODIES | billing.bodies(),
    path_parameters={
        "clients/{client_id}": _CLIENT_ID,
        "{client_id}/{merged_id}": in_path(
            "merged_id", "The hashed id of the client that disappears.", TEXT, example="JX7ax9byv4"
        ),
        "reactivate_email/{bounce_id}": in_path(
            "bounce_id",
            "Postmark's number of the bounce, or the id of a message, the provider's or Foyer's.",
            TEXT,
            example="b7bc2f4a-e38e-4336-af7d-e6c392c2f817",
        ),
        "documents/{document_id}": in_path(
            "document_id", "The document's hashed id.", TEXT, example="Wpmbk5ezJn"
        ),
        "group_settings/{group_id}": in_path(
            "group_id", "The group's hashed id.", TEXT, example="wMvbmOeYAl"
        ),
        **billing.PATH_PARAMETERS,
    },
    problems=PROBLEMS,
    always=[400, 401, 403, 429],
    with_id=[],
    with_body=[411, 413, 415, 422],
    with_post=[404, 409],
    operations=OPERATIONS,
)
