"""How an event looks on the wire: in `/v1/events`, and in what is sent to webhooks.

Thin on purpose: ids and names of fields, no content. Whoever is told reads the record as it is
now, so that late and repeated deliveries do no harm; and neither the log nor a receiver's copy of
it keeps anything of a client that was purged.
"""

from typing import Any

from agencies import events
from agencies.event_models import Event
from api.native.fields import timestamp
from api.native.ids import encode

# Per kind of thing: the first half of its ids, what a key must be allowed to read to be told of
# it, and how its columns are called in its record.
CLIENT_FIELDS = {
    "legal_name": "company",
    "private_notes": "notes",
    "invited_at": "portal_access",
    "balance": "outstanding_balance",
    **dict.fromkeys(("address1", "address2", "city", "state", "postal_code", "country"), "address"),
}
_PROJECT = {
    "starts_on": "start_date",
    "ends_on": "end_date",
    "lead_id": "team_lead",
    "is_shared": "shared",
}
_BILLED = {
    "issued_on": "issue_date",
    "public_notes": "notes",
    "includes_tax": "prices_include_tax",
    "discount": "discount_percent",
    "discount_is_amount": "discount_amount",
    "discount_total": "discount",
    "tax_total": "tax",
}
KINDS: dict[str, tuple[str, str, dict[str, str]]] = {
    "client": ("client", "clients", CLIENT_FIELDS),
    "contact": ("contact", "clients", {"is_primary": "primary"}),
    "category": ("category", "clients", {"is_default": "default"}),
    "group": ("group", "clients", {}),
    "tag": ("tag", "clients", {}),
    "custom_field": ("field", "clients", {"kind": "type", "is_required": "required"}),
    "project": ("proj", "projects", _PROJECT),
    "document": ("doc", "files", {"is_shared": "shared"}),
    "invoice": ("inv", "invoices", _BILLED | {"due_on": "due_date"}),
    "payment": ("pay", "invoices", {"paid_on": "payment_date"}),
    "credit": ("credit", "invoices", _BILLED),
}


def kinds_for(key) -> list[str]:
    """What an API key may read, and so be told of."""
    return [kind for kind, (_, subject, _) in KINDS.items() if key.may(f"{subject}:read")]


def readable_with(key, name: str) -> bool:
    """Whether the key may be told of this type, which may be client.* or * too."""
    kind = name.partition(".")[0]
    told = set(KINDS) if kind == "*" else {kind} & set(KINDS)
    return told <= set(kinds_for(key))


def types_for(kinds: list[str]) -> list[str]:
    return [name for name in events.types() if name.partition(".")[0] in kinds]


def present(event: Event) -> dict:
    return {
        "id": encode("evt", event.pk),
        "type": event.type,
        "created_at": timestamp(event.batch.committed_at),
        "data": _thing(event),
        "source": {
            "via": event.batch.door,
            "member_id": event.batch.member_id and encode("user", event.batch.member_id),
        },
    }


def _thing(event: Event) -> dict:
    prefix, _, names = KINDS[event.kind]
    thing: dict[str, Any] = {"object": event.kind, "id": encode(prefix, event.subject_id)}
    if event.client_id and event.kind != "client":
        thing["client_id"] = encode("client", event.client_id)
    if event.survivor_id:
        thing["merged_into"] = encode("client", event.survivor_id)
    if event.type.endswith(".updated"):
        thing["changes"] = sorted(
            {names.get(column, column.removesuffix("_id")) for column in event.changed}
        )
    return thing
