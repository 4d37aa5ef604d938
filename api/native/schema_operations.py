"""Operations that kinds of records have alike, declared in one line each."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.native import (
    contact_views,
    custom_field_views,
    document_views,
    filing_views,
    invite_views,
    merge_views,
    project_views,
)
from api.native.ids import encode
from api.native.schema_queries import asked_of, expanded_by
from api.native.schema_records import id_of
from api.schema import Operation
from api.shapes import Shape, closed, header, list_of, one_of, ref


def page_of(name: str) -> Shape:
    return closed({"data": list_of(ref(name)), "meta": ref("Meta")})


IF_MATCH = header("If-Match", "An ETag: nothing is done unless the record still has it.")
IF_NONE_MATCH = header("If-None-Match", "An ETag: 304 while the record still has it.")
# Other answers of an id that once was a client's: merged into another one, purged.
DEPARTED = [308, 410]


def read(summary: str, name: str, view: type, departs: Sequence[int] = ()) -> Operation:
    return Operation(
        summary,
        ref(name),
        query=expanded_by(view),
        headers=[IF_NONE_MATCH],
        refuses=[304, 412, *departs],
        told=["ETag"],
    )


def changed(summary: str, name: str, departs: Sequence[int] = (), **more) -> Operation:
    """An action on one record, or a change of it; it answers with the record.

    `departs` are further statuses it refuses with.
    """
    answer = more.pop("answer", ref(name))
    told = ["ETag"] if answer == ref(name) else []
    return Operation(
        summary, answer, headers=[IF_MATCH], refuses=[409, 412, *departs], told=told, **more
    )


def deleted(summary: str, kind: str, description: str = "") -> Operation:
    answer = closed({"id": id_of(kind), "deleted": {"const": True}})
    return changed(summary, "", answer=answer, description=description)


def made(
    summary: str, name: str, body: str, examples: Mapping[str, Any], *, description: str = ""
) -> Operation:
    return Operation(
        summary,
        ref(name),
        description=description,
        status=201,
        told=["ETag", "Location"],
        body=ref(body),
        examples=examples,
    )


def paper(summary: str, of: str) -> Operation:
    """A document as PDF."""
    return Operation(
        summary,
        {"type": "string", "format": "binary"},
        gives="application/pdf",
        description=f"Always as an attachment. A draft is marked; an issued {of} is the same bytes "
        "for ever, and `ETag` is their SHA-256.",
        headers=[IF_NONE_MATCH],
        # Too large a one is refused; 503 is no fault of the request's.
        refuses=[304, 412, 422, 503],
        told=["ETag"],
    )


def listed(summary: str, name: str, view: type) -> Operation:
    return Operation(summary, page_of(name), query=asked_of(view))


def record_operations(
    path: str,
    one: str,
    many: str,
    name: str,
    view: type,
    *,
    bodies: tuple[str, str],
    example: Mapping[str, Any],
    change: Mapping[str, Any],
) -> dict[str, Operation]:
    """List, create, get and update; `bodies` are the shapes of the latter two."""
    return {
        f"GET /{path}": listed(f"List {many}", name, view),
        f"POST /{path}": made(f"Create {one}", name, bodies[0], {"A new one": example}),
        f"GET /{path}/{{id}}": read(f"Get {one}", name, view),
        f"PATCH /{path}/{{id}}": changed(
            f"Update {one}",
            name,
            description="What is not sent stays; `null` empties.",
            body=ref(bodies[1]),
            examples={"A change": change},
        ),
    }


# A form, which names its fields and the file.
UPLOAD: Shape = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "client_id": id_of("client") | {"examples": [encode("client", 12)]},
        "project_id": id_of("proj") | {"examples": [encode("proj", 7)]},
        "shared": one_of("true", "false") | {"examples": ["true"]},
    },
    "required": ["file", "client_id"],
}

RECORD_OPERATIONS: dict[str, Operation] = {
    **record_operations(
        "contacts",
        "a contact",
        "contacts",
        "Contact",
        contact_views.ContactViewSet,
        bodies=("ContactInput", "ContactChanges"),
        example={
            "client_id": encode("client", 12),
            "first_name": "Ann",
            "last_name": "Other",
            "email": "ann@acmecorp.com",
        },
        change={"job_title": "Head of Marketing", "receives_mail": False},
    ),
    "DELETE /contacts/{id}": deleted(
        "Delete a contact", "contact", "The primary contact stays: make another one first."
    ),
    "POST /contacts/{id}/make_primary": changed("Make a contact the primary one", "Contact"),
    **record_operations(
        "tags",
        "a tag",
        "tags",
        "Tag",
        filing_views.TagViewSet,
        bodies=("TagInput", "TagChanges"),
        example={"title": "Seasonal"},
        change={"title": "All year"},
    ),
    "DELETE /tags/{id}": deleted("Delete a tag", "tag", "Nobody has it any more."),
    **record_operations(
        "categories",
        "a category",
        "categories",
        "Category",
        filing_views.CategoryViewSet,
        bodies=("NameInput", "NameChanges"),
        example={"name": "Shops"},
        change={"name": "Shops and markets"},
    ),
    "DELETE /categories/{id}": deleted(
        "Delete a category", "category", "The default one stays, and one that is in use."
    ),
    "POST /categories/{id}/make_default": changed("Make a category the default one", "Category"),
    **record_operations(
        "groups",
        "a group",
        "groups",
        "Group",
        filing_views.GroupViewSet,
        bodies=("NameInput", "NameChanges"),
        example={"name": "Enterprise"},
        change={"name": "Large companies"},
    ),
    "DELETE /groups/{id}": deleted("Delete a group", "group", "`restore` takes it back."),
    "POST /groups/{id}/archive": changed("Archive a group", "Group"),
    "POST /groups/{id}/restore": changed("Restore a group", "Group"),
    **record_operations(
        "custom_fields",
        "a custom field",
        "custom fields",
        "CustomField",
        custom_field_views.CustomFieldViewSet,
        bodies=("CustomFieldInput", "CustomFieldChanges"),
        example={"name": "segment", "label": "Segment", "type": "choice", "choices": ["A", "B"]},
        change={"label": "Market segment", "required": True},
    ),
    "DELETE /custom_fields/{id}": changed(
        "Delete a custom field", "CustomField", description="Archives it: values stay."
    ),
    "POST /custom_fields/{id}/archive": changed("Archive a custom field", "CustomField"),
    "POST /custom_fields/{id}/restore": changed("Restore a custom field", "CustomField"),
    "GET /documents": listed("List documents", "Document", document_views.DocumentViewSet),
    "POST /documents": Operation(
        "Upload a document",
        ref("Document"),
        status=201,
        description="One file, private unless `shared` is `true`.",
        body=UPLOAD,
        takes=["multipart/form-data"],
        told=["ETag", "Location"],
    ),
    "GET /documents/{id}": read("Get a document", "Document", document_views.DocumentViewSet),
    "GET /documents/{id}/download": Operation(
        "Download a document",
        {"type": "string", "format": "binary"},
        gives="text/plain",
        description="Always as an attachment, in the document's own media type.",
    ),
    "PATCH /documents/{id}": changed(
        "Update a document",
        "Document",
        description="The ending of the name stays.",
        body=ref("DocumentChanges"),
        examples={"Another name": {"name": "Contract.txt"}},
    ),
    "DELETE /documents/{id}": deleted("Delete a document", "doc"),
    "POST /documents/{id}/share": changed("Share a document", "Document"),
    "POST /documents/{id}/unshare": changed("Unshare a document", "Document"),
    "GET /merges": listed("List merges", "Merge", merge_views.MergeViewSet),
    "GET /merges/{id}": read("Get a merge", "Merge", merge_views.MergeViewSet),
    "POST /merges/{id}/undo": changed(
        "Undo a merge",
        "",
        answer=ref("UndoneMerge"),
        description="For thirty days; what came to the survivor since stays with it.",
    ),
    "GET /invites": listed("List invites", "Invite", invite_views.InviteViewSet),
    "GET /invites/{id}": read("Get an invite", "Invite", invite_views.InviteViewSet),
    "POST /invites/{id}/revoke": changed(
        "Revoke an invite", "Invite", description="Its link opens nothing any more."
    ),
    "POST /invites/{id}/resend": changed(
        "Resend an invite",
        "Invite",
        status=201,
        description="Makes another one; the link of this one opens nothing any more.",
    ),
    **record_operations(
        "projects",
        "a project",
        "projects",
        "Project",
        project_views.ProjectViewSet,
        bodies=("ProjectInput", "ProjectChanges"),
        example={
            "name": "New website",
            "client_id": encode("client", 12),
            "start_date": "2026-02-01",
            "end_date": "2026-05-31",
            "budget": 1500000,
            "currency": "USD",
        },
        change={"status": "review", "shared": True},
    ),
    "DELETE /projects/{id}": changed(
        "Delete a project", "Project", description="Archives it: nothing of it is lost."
    ),
    "POST /projects/{id}/archive": changed("Archive a project", "Project"),
    "POST /projects/{id}/restore": changed("Restore a project", "Project"),
}
