"""Invoices, payments and credits in the document of `/v1`."""

from api.native import invoice_views
from api.native.ids import encode
from api.native.invoice_lists import STATUSES
from api.native.schema_operations import (
    DEPARTED,
    changed,
    deleted,
    made,
    read,
)
from api.native.schema_queries import asked_of
from api.native.schema_records import DAY, MINOR, MOMENT, id_of, named
from api.schema import Operation
from api.shapes import FLAG, TEXT, WHOLE, Shape, closed, list_of, one_of, or_null, ref
from billing.models import Invoice

NUMBER: Shape = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "description": "Exact."}


_DISCOUNT = {"discount_percent": or_null(NUMBER), "discount_amount": or_null(MINOR)}
_LINE = closed(
    {
        "product": or_null(TEXT),
        "description": or_null(TEXT),
        "quantity": NUMBER,
        "unit_price": {
            "type": ["integer", "string"],
            "description": "In minor units; text where there is a part of one, such as 0.5.",
        },
        **_DISCOUNT,
        "tax_name": or_null(TEXT),
        "tax_rate": NUMBER | {"description": "In percent."},
        "amount": MINOR,
    }
)
_TAX = closed({"name": or_null(TEXT), "rate": NUMBER, "base": MINOR, "tax": MINOR})
_PARTY = closed(
    {
        **dict.fromkeys(("name", "vat_id", "number", "email"), or_null(TEXT)),
        "address": list_of(TEXT),
    }
)
_MOMENTS = {
    **dict.fromkeys(("archived_at", "deleted_at"), or_null(MOMENT)),
    **dict.fromkeys(("created_at", "updated_at"), MOMENT),
}
_LISTED: dict[str, Shape] = {
    "number": or_null(TEXT),
    "client": named("client"),
    "reference": or_null(TEXT),
    "issue_date": or_null(DAY),
    "currency": TEXT,
    **dict.fromkeys(("subtotal", "discount", "tax", "total", "balance"), MINOR),
    **_MOMENTS,
}
_WHOLE: dict[str, Shape] = {
    "prices_include_tax": FLAG,
    **_DISCOUNT,
    "taxes": list_of(ref("Tax")),
    "lines": list_of(ref("Line")),
    **dict.fromkeys(("notes", "internal_notes", "terms", "footer"), or_null(TEXT)),
    **dict.fromkeys(("buyer", "seller"), or_null(ref("Party"))),
    **dict.fromkeys(("issued_at", "sent_at"), or_null(MOMENT)),
}
_LISTED_INVOICE: dict[str, Shape] = {
    "id": id_of("inv"),
    **_LISTED,
    "status": one_of(*STATUSES),
    "state": one_of(*Invoice.Status.values) | {"description": "Foyer's own, finer word."},
    "project": or_null(named("proj")),
    "due_date": or_null(DAY),
    "amount_paid": MINOR | {"description": "What payments and credits have settled of it."},
}
BILLING_SHAPES: dict[str, Shape] = {
    "Line": _LINE,
    "Tax": _TAX,
    "Party": _PARTY | {"description": "As it was at the issue."},
    "ListedInvoice": closed(_LISTED_INVOICE),
    "Invoice": closed(
        {
            **_LISTED_INVOICE,
            **_WHOLE,
            "assigned_to": or_null(named("user")),
            "cancelled_on": or_null(DAY),
            "reversal_id": or_null(id_of("credit"))
            | {"description": "The credit that gave all of it back."},
            "viewed_at": or_null(MOMENT),
        }
    ),
    "InvoiceMeta": closed(
        {"total": WHOLE, "limit": WHOLE},
        optional={
            "currency": TEXT,
            "total_outstanding": MINOR
            | {
                "description": "Of all that were found, not of this page; only where they are all "
                "in one currency, which `currency` names."
            },
            "next_cursor": TEXT,
        },
    ),
}
_INVOICES = closed({"data": list_of(ref("ListedInvoice")), "meta": ref("InvoiceMeta")})
_LINES = [
    {"product": "Design", "quantity": 8, "unit_price": 9500, "tax_name": "VAT", "tax_rate": 19},
    {"product": "Hosting", "unit_price": 1200, "tax_name": "VAT", "tax_rate": 19},
]

BILLING_OPERATIONS: dict[str, Operation] = {
    "GET /invoices": Operation(
        "List invoices", _INVOICES, query=asked_of(invoice_views.InvoiceViewSet)
    ),
    "POST /invoices": made(
        "Create an invoice",
        "Invoice",
        "InvoiceInput",
        {
            "Two lines": {
                "client_id": encode("client", 12),
                "currency": "EUR",
                "due_date": "2026-03-31",
                "lines": _LINES,
            }
        },
    ),
    "GET /invoices/{id}": read("Get an invoice", "Invoice", invoice_views.InvoiceViewSet),
    "PATCH /invoices/{id}": changed(
        "Update an invoice",
        "Invoice",
        description="A draft: everything but its client; `lines` are replaced as a whole. Once it "
        "is issued, only `internal_notes`, `project_id` and `assigned_to_id`.",
        body=ref("InvoiceChanges"),
        examples={"Other lines": {"lines": _LINES, "discount_percent": "2.5"}},
    ),
    "DELETE /invoices/{id}": deleted(
        "Delete an invoice",
        "inv",
        "As if it had never been: what settled it is on account again. `restore` takes it back, "
        "and its number stays taken.",
    ),
    "POST /invoices/{id}/issue": changed(
        "Issue an invoice",
        "Invoice",
        description="Gives it a number and freezes it; the client owes it from then on.",
    ),
    "POST /invoices/{id}/cancel": changed(
        "Cancel an invoice",
        "Invoice",
        description="What is open of it is asked for no more; what was paid stays paid.",
    ),
    "POST /invoices/{id}/reopen": changed(
        "Reopen an invoice", "Invoice", description="Takes back a cancellation or a reversal."
    ),
    "POST /invoices/{id}/reverse": changed(
        "Reverse an invoice",
        "Invoice",
        description="A credit gives all of it back; what was paid is on account again.",
    ),
    "POST /invoices/{id}/archive": changed("Archive an invoice", "Invoice"),
    "POST /invoices/{id}/restore": changed(
        "Restore an invoice", "Invoice", description="From the archive, or after it was deleted."
    ),
    "GET /clients/{id}/invoices": Operation(
        "List a client's invoices",
        _INVOICES,
        query=asked_of(invoice_views.ClientInvoiceViewSet),
        refuses=DEPARTED,
    ),
}

# The documented examples: a draft, and for some actions one that stands otherwise.
BILLING_PATHS = (
    ("invoices/{id}", "invoice", "inv", 22),
    ("invoices/{id}/cancel", "invoice", "inv", 21),
    ("invoices/{id}/reverse", "invoice", "inv", 21),
    ("invoices/{id}/reopen", "invoice", "inv", 23),
)
