"""The document of `/v1`: every operation, what it takes and what it answers.

A new route needs an entry in OPERATIONS, or in schema_operations.py where it is like others; what
it answers is a shape in schema_records.py. What a list may be asked is read off its view.
"""

from api.bodies import ContentTooLarge, LengthRequired
from api.native import project_views, search_views, views
from api.native.ids import encode
from api.native.schema_billing import BILLING_OPERATIONS, BILLING_PATHS
from api.native.schema_events import EVENT_OPERATIONS, EVENT_PATHS
from api.native.schema_operations import (
    DEPARTED,
    IF_MATCH,
    RECORD_OPERATIONS,
    changed,
    page_of,
    read,
)
from api.native.schema_queries import asked_of
from api.native.schema_records import MOMENT, id_of
from api.native.schema_shapes import SHAPES
from api.native.schema_statements import STATEMENT_OPERATIONS, STATEMENT_PATHS
from api.schema import Dialect, Operation, Problem
from api.shapes import TEXT, closed, in_path, list_of, query, ref


def client_action(summary: str, description: str = "", **more) -> Operation:
    return changed(summary, "Client", DEPARTED, description=description, **more)


def problem(description: str, kind: str, code: str, message: str, **more: str) -> Problem:
    return Problem(description, {"error": {"type": kind, "code": code, "message": message, **more}})


OPERATIONS = {
    "GET /clients": Operation(
        "List clients", page_of("ListedClient"), query=asked_of(views.ClientViewSet)
    ),
    "POST /clients": Operation(
        "Create a client",
        ref("Client"),
        status=201,
        told=["ETag", "Location"],
        description="The client gets a contact with this e-mail address and phone number.",
        body=ref("ClientInput"),
        examples={
            "A client with an address": {
                "name": "Jane Doe",
                "email": "jane@globexcorp.com",
                "company": "Globex Corporation",
                "phone": "+1 555 000 0000",
                "address": {
                    "line1": "123 Main St",
                    "city": "Springfield",
                    "state": "IL",
                    "postal_code": "62701",
                    "country": "US",
                },
                "notes": "Primary contact for all Globex projects.",
            }
        },
    ),
    "GET /clients/{id}": read("Get a client", "Client", views.ClientViewSet, DEPARTED),
    "PATCH /clients/{id}": client_action(
        "Update a client",
        "What is not sent stays, `null` empties, an address is replaced whole.",
        body=ref("ClientChanges"),
        examples={"Another company": {"company": "Globex International", "notes": None}},
    ),
    "POST /clients/{id}/archive": client_action("Archive a client"),
    "POST /clients/{id}/restore": client_action(
        "Restore a client", "From the archive, or after it was deleted."
    ),
    "POST /clients/{id}/suspend": client_action(
        "Suspend a client", "Its people get into the portal no more."
    ),
    "POST /clients/{id}/resume": client_action("Resume a client"),
    "POST /clients/{id}/delete": client_action(
        "Delete a client",
        "`restore` takes it back.",
        answer=closed({"id": id_of("client"), "deleted": {"const": True}}),
    ),
    "POST /clients/{id}/invite": client_action(
        "Send a portal invite",
        "To the primary contact, or to the one named; for all projects, or for those named.",
        answer=closed({"invited": {"const": True}, "invite_sent_at": MOMENT, "portal_url": TEXT}),
        body=ref("InviteInput"),
        examples={
            "With some words": {
                "project_ids": [encode("proj", 7)],
                "message": "Welcome to our client portal! "
                "You can track your projects and invoices here.",
            }
        },
    ),
    "GET /clients/{id}/projects": Operation(
        "List a client's projects",
        page_of("Project"),
        query=asked_of(project_views.ClientProjectViewSet),
        refuses=DEPARTED,
    ),
    "POST /clients/{id}/tags": client_action(
        "Set a client's tags",
        "All of them; unknown ones are made.",
        body=ref("TagsInput"),
        examples={"Two tags": {"tags": ["retainer", "priority"]}},
    ),
    "POST /clients/{id}/merge_preview": client_action(
        "Preview a merge of clients",
        "What a merge would move and add up; nothing is changed.",
        answer=ref("MergePreview"),
        body=ref("MergeInput"),
        examples={"Two clients": {"client_id": encode("client", 391)}},
    ),
    "POST /clients/{id}/merge": Operation(
        "Merge clients",
        ref("Merge"),
        status=201,
        description="The client in the body becomes this one; its id answers for this one.",
        body=ref("MergeInput"),
        examples={"Two clients": {"client_id": encode("client", 391)}},
        headers=[IF_MATCH],
        refuses=[412, *DEPARTED],
        told=["ETag", "Location"],
    ),
    "GET /search": Operation(
        "Search",
        closed({"data": list_of(ref("Found")), "meta": ref("Meta")}),
        description="Clients, then people, then projects, each by name.",
        query=[
            query("q", "The words to search for.", example="acme", required=True),
            *asked_of(search_views.SearchViewSet, without=("q", "sort", "cursor")),
        ],
    ),
    "GET /me": Operation(
        "Show whose key this is", ref("Me"), any_key=True, description="And what it may do."
    ),
    **RECORD_OPERATIONS,
    **BILLING_OPERATIONS,
    **EVENT_OPERATIONS,
    **STATEMENT_OPERATIONS,
}

PROBLEMS = {
    304: Problem("It is as you know it.", None, shape=None),
    308: problem(
        "The client was merged into the one that `Location` names. Ask there, by the same method.",
        "moved",
        "moved",
        f"{encode('client', 13)} was merged into {encode('client', 12)}.",
    ),
    400: problem(
        "A parameter that is unknown or malformed, or a body that is no JSON object.",
        "invalid_request_error",
        "invalid_parameter",
        "limit must be a whole number from 1 to 100.",
        param="limit",
    ),
    401: problem(
        "No valid API key.",
        "authentication_error",
        "invalid_api_key",
        "Send a valid API key as Authorization: Bearer <key>.",
    ),
    403: problem(
        "The key lacks the scope, or its member's role does not do such things.",
        "permission_error",
        "permission_denied",
        "You do not have permission to perform this action.",
    ),
    404: problem("No such id.", "not_found_error", "not_found", "No client has this id."),
    409: problem(
        "The e-mail address is taken, or the Idempotency-Key was used for another request.",
        "conflict_error",
        "email_taken",
        f"{encode('client', 12)} already has this e-mail address.",
        param="email",
    ),
    410: problem(
        "The client was purged, or the events behind the cursor are forgotten.",
        "not_found_error",
        "gone",
        "This client was deleted for good.",
    ),
    411: problem(
        "The body came in chunks, which the web server did not put together.",
        "invalid_request_error",
        "length_required",
        str(LengthRequired.default_detail),
    ),
    412: problem(
        "It has changed since.",
        "precondition_error",
        "precondition_failed",
        "This has changed since you read it. Read it again, then repeat your change.",
    ),
    413: problem(
        "The body is too large.",
        "invalid_request_error",
        "content_too_large",
        str(ContentTooLarge.default_detail),
    ),
    415: problem(
        "The body is no JSON.",
        "invalid_request_error",
        "unsupported_media_type",
        'Unsupported media type "text/xml" in request.',
    ),
    422: problem(
        "A value that cannot be accepted; `param` names it.",
        "validation_error",
        "required",
        "This field is required.",
        param="email",
    ),
    429: problem(
        "Too many requests in this minute; `Retry-After` says when to come back.",
        "rate_limit_error",
        "throttled",
        "Request was throttled. Expected available in 12 seconds.",
    ),
    503: problem(
        "Nothing can be printed now; `Retry-After` says when to ask again.",
        "api_error",
        "pdf_unavailable",
        "This machine is too busy to print. Try again later.",
    ),
}

DESCRIPTION = """\
Nextoria Hub's contract, grown into Foyer's own. Start here unless you bring code for another
dialect.

Send the key as `Authorization: Bearer KEY`, and bodies as JSON. A single object is bare, a list is
`{data, meta}`; `meta.next_cursor` leads to the next page. Amounts are whole numbers in the
currency's minor units, moments are UTC. Parameters that an endpoint does not know are refused
(400), and so is a method that it does not offer (405). Paths answer with and without a slash at the
end.
"""

DIALECT = Dialect(
    name="native",
    title="Foyer's own API",
    description=DESCRIPTION,
    base="/v1",
    key_header="Authorization: Bearer KEY",
    security={"type": "http", "scheme": "bearer", "description": "An API key of Foyer's."},
    shapes=SHAPES,
    path_parameters={
        path: in_path("id", f"The {noun}'s id.", TEXT, example=encode(kind, pk))
        for path, noun, kind, pk in (
            ("categories/{id}", "category", "category", 2),
            ("clients/{id}", "client", "client", 12),
            ("contacts/{id}", "contact", "contact", 40),
            ("documents/{id}", "document", "doc", 2),
            ("custom_fields/{id}", "field", "field", 6),
            ("groups/{id}", "group", "group", 4),
            ("invites/{id}", "invite", "invite", 9),
            ("merges/{id}", "merge", "merge", 11),
            ("projects/{id}", "project", "proj", 7),
            ("tags/{id}", "tag", "tag", 5),
            *EVENT_PATHS,
            *BILLING_PATHS,
            *STATEMENT_PATHS,
        )
    },
    problems=PROBLEMS,
    # Every endpoint refuses parameters that it does not know.
    always=[400, 401, 403, 429],
    with_id=[404],
    with_body=[411, 413, 415, 422],
    with_post=[409],
    operations=OPERATIONS,
)
