"""The client as Invoice Ninja's clients know it: the same whole object in lists and alone."""

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import is_password_usable

from agencies.digests import random_text
from api.compiled import CompiledRows
from api.invoiceninja import overrides
from api.invoiceninja.activities import activities_of
from api.invoiceninja.billing.ledger import ledger_of
from api.invoiceninja.fields import number, seconds
from api.invoiceninja.ids import encode
from api.invoiceninja.statics import COUNTRIES, INDUSTRIES, SIZES
from clients.models import Client, ClientGroup, Document
from contacts.keys import key_of
from contacts.models import Contact

_CLIENT = (
    "pk", "created_by__user", "assigned_to__user", "group", "group__settings",
    "group__deleted_at", "name", "website", "private_notes", "public_notes", "balance",
    "paid_to_date", "payment_balance",
    "credit_balance", "portal_last_seen_at", "size", "industry", "public_hash", "address1",
    "address2", "phone", "city", "state", "postal_code", "country", "custom_value1",
    "custom_value2", "custom_value3", "custom_value4", "shipping_address1", "shipping_address2",
    "shipping_city", "shipping_state", "shipping_postal_code", "shipping_country", "settings",
    "currency", "language", "invoice_due_days", "vat_number", "id_number", "number",
    "has_valid_vat_number",
    "is_tax_exempt", "routing_id", "tax_info", "classification", "e_invoice", "created_at",
    "updated_at", "archived_at", "deleted_at",
)  # fmt: skip
_CONTACT = (
    "pk", "client", "first_name", "last_name", "email", "is_placeholder", "created_at",
    "updated_at", "archived_at", "is_primary", "is_locked", "phone", "custom_value1",
    "custom_value2", "custom_value3", "custom_value4", "key_seed", "receives_mail",
    "last_seen_at", "password",
)  # fmt: skip
DOCUMENT = (
    "pk", "client", "project", "uploaded_by__user", "name", "extension", "stored_name", "size",
    "width", "height", "is_default", "is_shared", "created_at", "updated_at", "archived_at",
)  # fmt: skip

# What `filter_details` reads; everything else is blank.
_DETAILS = ("pk", "name", "number", "id_number")
_BLANK: dict[str, Any] = {
    **dict.fromkeys(_CLIENT, ""),
    **dict.fromkeys(
        (
            "pk", "created_by__user", "assigned_to__user", "group", "group__settings",
            "group__deleted_at", "country", "currency", "portal_last_seen_at", "created_at",
            "updated_at", "archived_at", "deleted_at", "invoice_due_days",
        )
    ),
    **dict.fromkeys(("balance", "paid_to_date", "payment_balance", "credit_balance"), 0),
    **dict.fromkeys(("has_valid_vat_number", "is_tax_exempt"), False),
    **{name: {} for name in ("settings", "tax_info", "e_invoice")},
}  # fmt: skip

_ROWS = CompiledRows(Client.objects.order_by(), "pk", _CLIENT)
_BRIEF_ROWS = CompiledRows(Client.objects.order_by(), "pk", _DETAILS)
_PEOPLE = CompiledRows(Contact.objects.present().primary_first(), "client", _CONTACT)
_FILES = CompiledRows(Document.objects.filter(project=None), "client", DOCUMENT)

# Asked for by `include`; nothing of ours stands behind them yet.
EMPTY_RELATIONS = ("system_logs",)

_NOTHING: dict[int, Any] = {}
# What Invoice Ninja stores for a contact that stands in for nobody, where no list of contacts was
# ever sent; only then is the key this long.
_NO_EMAIL, _UNTOLD_KEY = " ", 40
_MASK = "*" * 10
_NOBODY = "No Contact Set"


def present_all(clients, *, agency, include=frozenset(), brief=False) -> list[dict[str, Any]]:
    """The clients of a queryset in its order; one query each for them, their people, their files.

    `include` names further relations, as includes() reads them. `brief` leaves all but the
    names and numbers blank.
    """
    pks = list(clients.values_list("pk", flat=True))
    found = {row["pk"]: _BLANK | row for row in (_BRIEF_ROWS if brief else _ROWS).where(pks)}
    rows = [found[pk] for pk in pks]
    people = _by_client(_PEOPLE, pks)
    files = _by_client(_FILES, pks)
    groups = _groups(rows) if "group_settings" in include else {}
    activities = activities_of(pks) if "activities" in include else {}
    own = {row["pk"]: row["currency"] or agency.currency for row in rows}
    ledger = ledger_of(own) if "ledger" in include else {}
    return [
        _client(row, people[row["pk"]], files[row["pk"]], agency=agency)
        | _relations(row, include, groups, activities, ledger)
        for row in rows
    ]


def present_blank(*, member, agency, include=frozenset()) -> dict[str, Any]:
    """A client that does not exist yet."""
    row = _BLANK | {"created_by__user": member.user_id, "public_hash": random_text(40)}
    return _client(row, [], [], agency=agency) | _relations(row, include)


def _by_client(children_of: CompiledRows, pks) -> dict[int, list[dict]]:
    children = defaultdict(list)
    for row in children_of.where(pks):
        children[row["client"]].append(row)
    return children


def _client(row: dict, people: list[dict], files: list[dict], *, agency) -> dict[str, Any]:
    # Empty is the agency's own; None was not read.
    country = agency.country.code if row["country"] == "" else row["country"]
    return {
        "id": encode(row["pk"]),
        "user_id": encode(row["created_by__user"]),
        "assigned_user_id": encode(row["assigned_to__user"]),
        "name": row["name"],
        "website": row["website"],
        "private_notes": row["private_notes"],
        "balance": number(row["balance"]),
        "group_settings_id": encode(row["group"]),
        "paid_to_date": number(row["paid_to_date"]),
        "payment_balance": number(row["payment_balance"]),
        "credit_balance": number(row["credit_balance"]),
        "last_login": seconds(row["portal_last_seen_at"]),
        "size_id": SIZES.id_of(row["size"]),
        "public_notes": row["public_notes"],
        "client_hash": row["public_hash"],
        "address1": row["address1"],
        "address2": row["address2"],
        "phone": row["phone"],
        "city": row["city"],
        "state": row["state"],
        "postal_code": row["postal_code"],
        "country_id": COUNTRIES.id_of(country),
        "industry_id": INDUSTRIES.id_of(row["industry"]),
        "custom_value1": row["custom_value1"],
        "custom_value2": row["custom_value2"],
        "custom_value3": row["custom_value3"],
        "custom_value4": row["custom_value4"],
        "shipping_address1": row["shipping_address1"],
        "shipping_address2": row["shipping_address2"],
        "shipping_city": row["shipping_city"],
        "shipping_state": row["shipping_state"],
        "shipping_postal_code": row["shipping_postal_code"],
        "shipping_country_id": COUNTRIES.id_of(row["shipping_country"]),
        "settings": overrides.present(row, agency=agency),
        "is_deleted": row["deleted_at"] is not None,
        "vat_number": row["vat_number"],
        "id_number": row["id_number"],
        "updated_at": seconds(row["updated_at"]),
        # One moment for both in the original: deleting archives.
        "archived_at": seconds(row["deleted_at"] or row["archived_at"]),
        "created_at": seconds(row["created_at"]),
        "display_name": _display_name(row["name"], people),
        "number": row["number"],
        "has_valid_vat_number": row["has_valid_vat_number"],
        "is_tax_exempt": row["is_tax_exempt"],
        "routing_id": row["routing_id"],
        "tax_info": row["tax_info"],
        "classification": row["classification"],
        "e_invoice": row["e_invoice"],
        "contacts": [_contact(person, agency=agency) for person in people],
        "documents": [present_document(file) for file in files],
        "gateway_tokens": [],
    }


def _display_name(name: str, people: list[dict]) -> str:
    # Counted in bytes as PHP does: one Chinese character is a name, one Latin letter is none.
    if len(name.encode()) >= 2:
        return name
    if not people:
        return _NOBODY
    first, last = people[0]["first_name"], people[0]["last_name"]
    return f"{first} {last}" if first or last else _email(people[0]) or _NOBODY


def _email(person: dict) -> str:
    was_never_told = person["is_placeholder"] and len(person["key_seed"]) == _UNTOLD_KEY
    return person["email"] or (_NO_EMAIL if was_never_told else "")


def _contact(row: dict, *, agency) -> dict[str, Any]:
    key = key_of(row["key_seed"])
    has_password = bool(row["password"]) and is_password_usable(row["password"])
    link = f"{settings.FOYER_URL}/client/key_login/{key}" if agency.portal_enabled else ""
    return {
        "id": encode(row["pk"]),
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "email": _email(row),
        "created_at": seconds(row["created_at"]),
        "updated_at": seconds(row["updated_at"]),
        "archived_at": seconds(row["archived_at"]),
        "is_primary": row["is_primary"],
        "is_locked": row["is_locked"],
        "phone": row["phone"],
        "custom_value1": row["custom_value1"],
        "custom_value2": row["custom_value2"],
        "custom_value3": row["custom_value3"],
        "custom_value4": row["custom_value4"],
        "contact_key": key,
        "send_email": row["receives_mail"],
        "last_login": seconds(row["last_seen_at"]),
        "password": _MASK if has_password else "",
        "link": link,
    }


def present_document(row: dict) -> dict[str, Any]:
    """Of a row with the columns of DOCUMENT."""
    document = encode(row["pk"])
    return {
        "id": document,
        "user_id": encode(row["uploaded_by__user"]),
        "assigned_user_id": "",
        "project_id": encode(row["project"]),
        "vendor_id": "",
        "url": f"{settings.FOYER_URL}/api/v1/documents/{document}/download",
        "preview": "",
        "name": row["name"].replace("/", "-"),
        "type": row["extension"],
        "disk": "public",
        "hash": row["stored_name"],
        "size": row["size"],
        "width": row["width"],
        "height": row["height"],
        "is_default": row["is_default"],
        "updated_at": seconds(row["updated_at"]),
        "archived_at": seconds(row["archived_at"]),
        "created_at": seconds(row["created_at"]),
        "is_deleted": False,
        "is_public": row["is_shared"],
        "link": f"/clients/{encode(row['client'])}",
    }


def _relations(
    row: dict, include, groups=_NOTHING, activities=_NOTHING, ledger=_NOTHING
) -> dict[str, Any]:
    """What was asked for besides; a client without a group has no key for it."""
    asked: dict[str, Any] = {}
    if "activities" in include:
        asked["activities"] = activities.get(row["pk"], [])
    if "ledger" in include:
        asked["ledger"] = ledger.get(row["pk"], [])
    asked |= {name: [] for name in EMPTY_RELATIONS if name in include}
    if row["group"] in groups:
        asked["group_settings"] = groups[row["group"]]
    return asked


def _groups(rows: list[dict]) -> dict[int, dict]:
    groups = ClientGroup.objects.filter(pk__in={row["group"] for row in rows} - {None})
    return {group.pk: present_group(group) for group in groups}


def present_group(group: ClientGroup) -> dict[str, Any]:
    return {
        "id": encode(group.pk),
        "name": group.name,
        "settings": overrides.present_of_group(group),
        "created_at": seconds(group.created_at),
        "updated_at": seconds(group.updated_at),
        "archived_at": seconds(group.deleted_at or group.archived_at),
        "is_deleted": group.deleted_at is not None,
        "documents": [],
    }
