"""What records look like in answers of `/v1`."""

from agencies.roles import SCOPES
from api.native.client_details import DetailsInput
from api.shapes import (
    ANYTHING,
    FLAG,
    TEXT,
    WHOLE,
    Shape,
    closed,
    list_of,
    map_of,
    one_of,
    or_null,
    ref,
)
from clients.models import CustomField, Project
from contacts.models import Message
from portal.models import Invite

MOMENT: Shape = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
DAY: Shape = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
MINOR: Shape = {"type": "integer", "description": "In minor units of the currency."}


def id_of(kind: str) -> Shape:
    return {"type": "string", "pattern": f"^{kind}_[0-9A-Za-z]+$"}


CLIENT: dict[str, Shape] = {
    "id": id_of("client"),
    "name": TEXT,
    "email": TEXT,
    "company": or_null(TEXT),
    "phone": or_null(TEXT),
    "address": or_null(ref("Address")),
    "notes": or_null(TEXT),
    "portal_access": FLAG,
    "portal_last_seen": or_null(MOMENT),
    "total_billed": MINOR,
    "outstanding_balance": MINOR,
    "active_projects": WHOLE,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
_ADDRESS = closed(
    dict.fromkeys(("line1", "city", "state", "postal_code", "country"), TEXT),
    optional={"line2": TEXT},
)
_DATES = {"created_at": MOMENT, "updated_at": MOMENT}


def named(kind: str) -> Shape:
    return closed({"id": id_of(kind), "name": TEXT})


_DETAILS = closed(
    {
        **dict.fromkeys(DetailsInput().fields, or_null(TEXT)),
        "number": TEXT,
        "shipping_address": or_null(ref("Address")),
        "payment_terms_days": or_null(WHOLE),
        "tax_exempt": FLAG,
        "assigned_to_id": or_null(id_of("user")),
        **dict.fromkeys(("paid_to_date", "credit_balance", "payment_balance"), MINOR),
        **dict.fromkeys(("archived_at", "suspended_at"), or_null(MOMENT)),
    }
)
# Of a client, where it is asked for.
EXPANDED: dict[str, Shape] = {
    "contacts": list_of(ref("Contact")),
    "projects": list_of(ref("Project")),
    "tags": list_of(TEXT),
    "category": named("category"),
    "group": or_null(named("group")),
    "custom_fields": ANYTHING,
    "details": _DETAILS,
}
RECORDS: dict[str, Shape] = {
    "Address": _ADDRESS,
    "Category": closed(
        {
            "id": id_of("category"),
            "name": TEXT,
            "default": FLAG,
            "client_count": WHOLE,
            **_DATES,
        }
    ),
    "Contact": closed(
        {
            "id": id_of("contact"),
            "client": or_null(named("client")),
            **dict.fromkeys(
                ("first_name", "last_name", "email", "phone", "job_title"), or_null(TEXT)
            ),
            "primary": FLAG,
            "receives_mail": FLAG,
            "portal_last_seen": or_null(MOMENT),
            **_DATES,
        }
    ),
    "CustomField": closed(
        {
            "id": id_of("field"),
            "name": TEXT,
            "label": TEXT,
            "type": one_of(*CustomField.Kind.values),
            "choices": list_of(TEXT),
            "required": FLAG,
            "position": WHOLE,
            "archived_at": or_null(MOMENT),
            **_DATES,
        }
    ),
    "Document": closed(
        {
            "id": id_of("doc"),
            "name": TEXT,
            "media_type": TEXT,
            "size": WHOLE,
            "width": or_null(WHOLE),
            "height": or_null(WHOLE),
            "shared": FLAG,
            "client": named("client"),
            "project": or_null(named("proj")),
            "uploaded_by": or_null(named("user")),
            **_DATES,
        }
    ),
    "Found": closed(
        {
            "type": one_of("client", "contact", "project"),
            "id": TEXT,
            "name": TEXT,
            "client": or_null(named("client")),
        }
    ),
    "Group": closed(
        {
            "id": id_of("group"),
            "name": TEXT,
            "client_count": WHOLE,
            "archived_at": or_null(MOMENT),
            **_DATES,
        }
    ),
    "Invite": closed(
        {
            "id": id_of("invite"),
            "client": named("client"),
            "contact": named("contact"),
            "email": TEXT,
            "status": one_of(*Invite.Status.values),
            "mail_status": or_null(one_of(*Message.Status.values)),
            "message": or_null(TEXT),
            "project_ids": or_null(list_of(id_of("proj"))),
            "sent_at": MOMENT,
            "expires_at": MOMENT,
            "accepted_at": or_null(MOMENT),
            "revoked_at": or_null(MOMENT),
        }
    ),
    "Me": closed(
        {
            "agency": closed(
                {
                    "id": id_of("agency"),
                    **dict.fromkeys(("name", "country", "currency", "language", "time_zone"), TEXT),
                }
            ),
            "member": closed(
                {"id": id_of("user"), **dict.fromkeys(("name", "email", "role"), TEXT)}
            ),
            "key": closed(
                {
                    "id": id_of("key"),
                    "name": TEXT,
                    "prefix": TEXT,
                    "scopes": list_of(one_of(*SCOPES)),
                    "full": FLAG,
                    "created_at": MOMENT,
                    "expires_at": or_null(MOMENT),
                    "last_used_at": or_null(MOMENT),
                }
            ),
            "rate_limit": closed(dict.fromkeys(("limit", "remaining", "resets_in"), WHOLE)),
        }
    ),
    "Merge": closed(
        {
            "id": id_of("merge"),
            "survivor": named("client"),
            "merged": named("client"),
            "merged_at": MOMENT,
            "merged_by": or_null(named("user")),
            "undo_until": MOMENT,
            "undone_at": or_null(MOMENT),
        }
    ),
    "MergePreview": closed(
        {
            "survivor": named("client"),
            "merged": named("client"),
            "currency": TEXT,
            "moves": closed(
                dict.fromkeys(("contacts", "documents", "invites", "projects", "tags"), WHOLE)
            ),
            "outstanding_balance": MINOR,
            "total_billed": MINOR,
            "primary_contact_id": or_null(id_of("contact")),
            "removed_contacts": list_of(ref("Contact")),
        }
    ),
    "UndoneMerge": closed(
        {
            "merge": ref("Merge"),
            "restored": named("client"),
            "survivor": named("client"),
            "changed": map_of(TEXT) | {"description": "What others had taken meanwhile."},
        }
    ),
    "Project": closed(
        {
            "id": id_of("proj"),
            "name": TEXT,
            "description": or_null(TEXT),
            "status": one_of(*Project.Status.values),
            "start_date": or_null(DAY),
            "end_date": or_null(DAY),
            "budget": or_null(MINOR),
            "budget_spent": {"type": "null"},
            "currency": TEXT,
            "client": named("client"),
            "team_lead": or_null(named("user")),
            "task_count": {"const": 0},
            "completed_task_count": {"const": 0},
            "shared": FLAG,
            "archived_at": or_null(MOMENT),
            **_DATES,
        }
    ),
    "Tag": closed({"id": id_of("tag"), "title": TEXT, "client_count": WHOLE, "created_at": MOMENT}),
}
