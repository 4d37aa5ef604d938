"""What Invoice Ninja's records look like in answers, in the order of their keys."""

from api.shapes import ANYTHING, FLAG, NUMBER, TEXT, WHOLE, Shape, closed, list_of, ref

HASHED: Shape = {
    "type": "string",
    "pattern": "^([0-9A-Za-z]{10,})?$",
    "description": "An id; empty for none.",
    "examples": ["OpnelpJeKB"],
}
STATIC: Shape = {
    "type": "string",
    "pattern": "^[0-9]*$",
    "description": "An id of the fixed tables (`/api/v1/statics`); empty for none.",
    "examples": ["1"],
}
MOMENT: Shape = {
    "type": "integer",
    "minimum": 0,
    "description": "Unix seconds; 0 for never.",
    "examples": [1631673918],
}
# Kept for the clients that expect them; nothing of ours stands behind them.
NONE_YET: Shape = {"type": "array", "maxItems": 0}
CUSTOM = dict.fromkeys((f"custom_value{n}" for n in range(1, 5)), TEXT)
TIMES = {"created_at": MOMENT, "updated_at": MOMENT, "archived_at": MOMENT}

_SETTINGS: Shape = {
    "type": "object",
    "properties": {
        "entity": {"const": "App\\Models\\Client"},
        "industry_id": {"const": ""},
        "size_id": {"const": ""},
        "currency_id": STATIC,
        "language_id": STATIC,
    },
    "required": ["entity", "industry_id", "size_id"],
    "description": "What the client has its own way; further settings by their names, as given.",
}

_CLIENT = closed(
    {
        "id": HASHED,
        "user_id": HASHED,
        "assigned_user_id": HASHED,
        "name": TEXT,
        "website": TEXT,
        "private_notes": TEXT,
        "balance": NUMBER,
        "group_settings_id": HASHED,
        "paid_to_date": NUMBER,
        "payment_balance": NUMBER,
        "credit_balance": NUMBER,
        "last_login": MOMENT,
        "size_id": STATIC,
        "public_notes": TEXT,
        "client_hash": TEXT,
        "address1": TEXT,
        "address2": TEXT,
        "phone": TEXT,
        "city": TEXT,
        "state": TEXT,
        "postal_code": TEXT,
        "country_id": STATIC,
        "industry_id": STATIC,
        **CUSTOM,
        "shipping_address1": TEXT,
        "shipping_address2": TEXT,
        "shipping_city": TEXT,
        "shipping_state": TEXT,
        "shipping_postal_code": TEXT,
        "shipping_country_id": STATIC,
        "settings": _SETTINGS,
        "is_deleted": FLAG,
        "vat_number": TEXT,
        "id_number": TEXT,
        **TIMES,
        "display_name": TEXT,
        "number": TEXT,
        "has_valid_vat_number": FLAG,
        "is_tax_exempt": FLAG,
        "routing_id": TEXT,
        "tax_info": ANYTHING,
        "classification": TEXT,
        "e_invoice": ANYTHING,
        "contacts": list_of(ref("Contact")),
        "documents": list_of(ref("Document")),
        "gateway_tokens": NONE_YET,
    },
    optional={
        "activities": list_of(ref("Activity")),
        "ledger": list_of(ref("LedgerRow")),
        "system_logs": NONE_YET,
        "group_settings": ref("GroupSettings"),
    },
)

_CONTACT: Shape = closed(
    {
        "id": HASHED,
        "first_name": TEXT,
        "last_name": TEXT,
        "email": {"type": "string", "description": "A single space for a contact of nobody."},
        **TIMES,
        "is_primary": FLAG,
        "is_locked": FLAG,
        "phone": TEXT,
        **CUSTOM,
        "contact_key": TEXT,
        "send_email": FLAG,
        "last_login": MOMENT,
        "password": {"enum": ["", "**********"], "description": "Ten asterisks for one."},
        "link": TEXT,
    }
)

_DOCUMENT = closed(
    {
        "id": HASHED,
        "user_id": HASHED,
        "assigned_user_id": HASHED,
        "project_id": HASHED,
        "vendor_id": HASHED,
        "url": TEXT,
        "preview": TEXT,
        "name": TEXT,
        "type": TEXT,
        "disk": TEXT,
        "hash": TEXT,
        "size": WHOLE,
        "width": WHOLE,
        "height": WHOLE,
        "is_default": FLAG,
        **TIMES,
        "is_deleted": {"const": False},
        "is_public": FLAG,
        "link": TEXT,
    }
)

_ACTIVITY = closed(
    {
        "id": HASHED,
        "activity_type_id": {
            "type": "string",
            "description": "1 created, 2 archived, 3 deleted, 26 restored, 61 updated, 141 note.",
        },
        **dict.fromkeys(
            (
                "client_id", "recurring_invoice_id", "recurring_expense_id", "purchase_order_id",
                "vendor_id", "vendor_contact_id", "company_id", "user_id", "invoice_id",
                "quote_id", "payment_id", "credit_id", "expense_id", "contact_id", "task_id",
                "token_id",
            ),
            HASHED,
        ),
        "updated_at": MOMENT,
        "created_at": MOMENT,
        "is_system": FLAG,
        "notes": TEXT,
        "ip": TEXT,
    }
)  # fmt: skip

_GROUP = closed(
    {
        "id": HASHED,
        "name": TEXT,
        "settings": ANYTHING,
        **TIMES,
        "is_deleted": FLAG,
        "documents": NONE_YET,
    }
)

_NAMED = closed({"id": STATIC, "name": TEXT})
_STATICS = closed(
    {
        "banks": NONE_YET,
        "date_formats": NONE_YET,
        "datetime_formats": NONE_YET,
        "gateways": NONE_YET,
        "payment_types": NONE_YET,
        "timezones": NONE_YET,
        "countries": list_of(
            closed(
                {
                    "id": STATIC,
                    "name": TEXT,
                    "full_name": TEXT,
                    "iso_3166_2": TEXT,
                    "iso_3166_3": TEXT,
                }
            )
        ),
        "currencies": list_of(
            closed(
                {
                    "id": STATIC,
                    "name": TEXT,
                    "symbol": TEXT,
                    "precision": WHOLE,
                    "thousand_separator": TEXT,
                    "decimal_separator": TEXT,
                    "code": TEXT,
                    "swap_currency_symbol": FLAG,
                    "exchange_rate": NUMBER,
                }
            )
        ),
        "industries": list_of(_NAMED),
        "languages": list_of(closed({"id": STATIC, "name": TEXT, "locale": TEXT})),
        "sizes": list_of(_NAMED),
    }
)

_META = closed(
    {
        "pagination": closed(
            {
                "total": WHOLE,
                "count": WHOLE,
                "per_page": WHOLE,
                "current_page": WHOLE,
                "total_pages": WHOLE,
                "links": {
                    "description": "An empty list where there is nothing to link.",
                    "anyOf": [
                        closed({}, optional={"previous": TEXT, "next": TEXT}),
                        NONE_YET,
                    ],
                },
            }
        )
    }
)

_ERROR: Shape = {
    **closed(
        {"message": TEXT},
        optional={
            "errors": {
                "description": "Texts by dotted path, such as contacts.1.email.",
                "type": "object",
                "additionalProperties": list_of(TEXT),
            }
        },
    )
}

SHAPES: dict[str, Shape] = {
    "Client": _CLIENT,
    "Contact": _CONTACT,
    "Document": _DOCUMENT,
    "Activity": _ACTIVITY,
    "GroupSettings": _GROUP,
    "Statics": _STATICS,
    "Meta": _META,
    "Error": _ERROR,
}
