"""What invoices, credits and payments look like in answers."""

from api.invoiceninja.billing.serializers import CREDIT_STATUSES, INVOICE_STATUSES
from api.invoiceninja.schema_shapes import CUSTOM, HASHED, MOMENT, NONE_YET, STATIC, TIMES
from api.shapes import FLAG, NUMBER, TEXT, Shape, closed, list_of, one_of, ref

DAY: Shape = {
    "type": "string",
    "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$",
    "description": "`Y-m-d`; empty for none.",
    "examples": ["2026-03-10"],
}
_ZERO: Shape = {"const": 0}
_NO = {"const": ""}
_TAX_NAMES = {f"tax_name{n}": TEXT for n in (1, 2, 3)}
_TAX_RATES = {f"tax_rate{n}": NUMBER for n in (1, 2, 3)}

LINE = closed(
    {
        "quantity": NUMBER,
        "cost": NUMBER,
        "product_key": TEXT,
        "product_cost": _ZERO,
        "notes": TEXT,
        "discount": NUMBER,
        "is_amount_discount": FLAG,
        **_TAX_NAMES,
        **_TAX_RATES,
        "sort_id": TEXT,
        "line_total": NUMBER,
        "gross_line_total": NUMBER,
        "tax_amount": NUMBER,
        "date": _NO,
        **CUSTOM,
        "type_id": TEXT,
        "tax_id": TEXT,
    }
)

_DOCUMENT: dict[str, Shape] = {
    "id": HASHED,
    "user_id": HASHED,
    "amount": NUMBER,
    "balance": NUMBER,
    "client_id": HASHED,
    "vendor_id": _NO,
    "design_id": _NO,
    **TIMES,
    "is_deleted": FLAG,
    "number": {"type": "string", "description": "Empty until it is sent."},
    "discount": NUMBER,
    "po_number": TEXT,
    "date": DAY,
    "last_sent_date": DAY,
    "next_send_date": _NO,
    "terms": TEXT,
    "public_notes": TEXT,
    "private_notes": TEXT,
    "uses_inclusive_taxes": FLAG,
    **_TAX_NAMES,
    **_TAX_RATES,
    "total_taxes": NUMBER,
    "is_amount_discount": FLAG,
    "footer": TEXT,
    "partial": _ZERO,
    "partial_due_date": _NO,
    **CUSTOM,
    "has_tasks": FLAG,
    "has_expenses": FLAG,
    **{f"custom_surcharge{n}": _ZERO for n in (1, 2, 3, 4)},
    **{f"custom_surcharge_tax{n}": FLAG for n in (1, 2, 3, 4)},
    "exchange_rate": {"const": 1},
    "line_items": list_of(ref("LineItem")),
    "invitations": NONE_YET,
    "documents": NONE_YET,
    "project_id": HASHED,
    "assigned_user_id": HASHED,
    "due_date": DAY,
    "paid_to_date": NUMBER,
}

INVOICE = closed(
    {
        **_DOCUMENT,
        "status_id": one_of(*INVOICE_STATUSES.values())
        | {"description": "1 draft, 2 sent, 3 partial, 4 paid, 5 cancelled, 6 reversed."},
        "entity_type": {"const": "invoice"},
        "recurring_id": _NO,
        "subscription_id": _NO,
        "auto_bill_enabled": FLAG,
    },
    optional={"client": ref("Client")},
)

CREDIT = closed(
    {
        **_DOCUMENT,
        "status_id": one_of(*CREDIT_STATUSES.values())
        | {"description": "1 draft, 2 sent, 3 partial, 4 applied."},
        "entity_type": {"const": "credit"},
        "invoice_id": HASHED,
    },
    optional={"client": ref("Client")},
)

LEDGER = {
    "description": "The entity's key is `invoice_id`, `payment_id` or `credit_id`, or `_id` where "
    "balances moved with a merge.",
    **closed(
        {
            "notes": TEXT,
            "balance": NUMBER,
            "adjustment": NUMBER,
            "activity_id": {"type": "integer", "description": "A type of activity."},
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "archived_at": MOMENT,
        },
        optional={
            **dict.fromkeys(("invoice_id", "payment_id", "credit_id"), HASHED),
            "_id": {"const": ""},
        },
    ),
}

PAYMENTABLE = closed(
    {
        "id": HASHED,
        "invoice_id": HASHED,
        "credit_id": _NO,
        "amount": NUMBER,
        "refunded": NUMBER,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "archived_at": MOMENT,
    }
)

PAYMENT = closed(
    {
        "id": HASHED,
        "user_id": HASHED,
        "assigned_user_id": _NO,
        "amount": NUMBER,
        "refunded": NUMBER,
        "applied": {"type": "number", "description": "To invoices, less what was refunded."},
        "transaction_reference": TEXT,
        "date": DAY,
        "is_manual": FLAG,
        **TIMES,
        "is_deleted": FLAG,
        "type_id": STATIC,
        "invitation_id": _NO,
        "private_notes": TEXT,
        "number": TEXT,
        **CUSTOM,
        "client_id": HASHED,
        "client_contact_id": _NO,
        "company_gateway_id": _NO,
        "gateway_type_id": _NO,
        "status_id": one_of("4", "5", "6")
        | {"description": "4 completed, 5 partially refunded, 6 refunded."},
        "project_id": _NO,
        "vendor_id": _NO,
        "currency_id": STATIC,
        "exchange_rate": {"const": 1},
        "exchange_currency_id": _NO,
        "idempotency_key": TEXT,
        "paymentables": list_of(ref("Paymentable")),
        "documents": NONE_YET,
    },
    optional={"client": ref("Client")},
)

DESIGN = closed(
    {
        "id": HASHED,
        "name": TEXT,
        "is_custom": FLAG,
        "is_active": FLAG,
        "design": closed({}),
        **TIMES,
        "is_deleted": FLAG,
        "is_free": FLAG,
        "is_template": FLAG,
        "entities": TEXT,
    }
)

SHAPES: dict[str, Shape] = {
    "Design": DESIGN,
    "LineItem": LINE,
    "Invoice": INVOICE,
    "Credit": CREDIT,
    "LedgerRow": LEDGER,
    "Paymentable": PAYMENTABLE,
    "Payment": PAYMENT,
}
