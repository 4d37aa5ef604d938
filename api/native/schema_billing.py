"""Invoices, payments and credits in the document of `/v1`."""

from agencies.models import Agency
from api.native import account_views, credit_views, invoice_views, payment_views, refund_views
from api.native.ids import encode
from api.native.invoice_lists import STATUSES
from api.native.schema_operations import (
    DEPARTED,
    IF_MATCH,
    IF_NONE_MATCH,
    changed,
    deleted,
    listed,
    made,
    page_of,
    paper,
    read,
)
from api.native.schema_queries import asked_of
from api.native.schema_records import DAY, MINOR, MOMENT, id_of, named
from api.schema import Operation
from api.shapes import FLAG, TEXT, WHOLE, Shape, closed, list_of, one_of, or_null, ref
from billing.models import Credit, Invoice, LedgerEntry, NumberSeries, Payment
from billing.totals import Rounding

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
_NUMBERS = closed(
    {
        "pattern": TEXT,
        "restarts": one_of(*Agency.Restarts.values),
        "next_counter": WHOLE | {"description": "Numbers that were given are stepped over."},
    }
)
_PAYMENT_URL = (
    "An https address where an invoice is paid; {number}, {amount} and {currency} behind its host "
    "are filled in when the portal shows it."
)
BILLING_SHAPES: dict[str, Shape] = {
    "BillingSettings": closed(
        {
            "tax_rounding": one_of(*(way.value for way in Rounding)),
            "prices_include_tax": FLAG,
            "payment_terms_days": WHOLE,
            **dict.fromkeys(("invoice_terms", "invoice_footer", "payment_details"), or_null(TEXT)),
            "bank_holder": or_null(TEXT) | {"description": "Null is the agency's legal name."},
            "bank_iban": or_null(TEXT) | {"description": "Without blanks; no QR-IBAN."},
            "bank_bic": or_null(TEXT),
            "payment_url": or_null(TEXT) | {"description": _PAYMENT_URL},
            "numbers": closed(dict.fromkeys(NumberSeries.Kind.values, _NUMBERS)),
            "updated_at": MOMENT,
        }
    ),
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
            "payment_url": or_null(TEXT)
            | {"description": f"In place of the agency's own. {_PAYMENT_URL}"},
        }
    ),
    "InvoiceMeta": closed(
        {"total": WHOLE, "limit": WHOLE},
        optional={
            "currency": TEXT,
            "total_outstanding": MINOR
            | {
                "description": "Of all that were found, not of this page; only where all that is "
                "open is in one currency, which `currency` names."
            },
            "next_cursor": TEXT,
        },
    ),
}
_APPLICATION = closed(
    {"invoice": closed({"id": id_of("inv"), "number": TEXT}), "amount": MINOR, "date": DAY}
)
_LISTED_PAYMENT: dict[str, Shape] = {
    "id": id_of("pay"),
    "number": TEXT,
    "client": named("client"),
    "payment_date": DAY,
    "currency": TEXT,
    **dict.fromkeys(("amount", "applied", "refunded"), MINOR),
    "unapplied": MINOR | {"description": "What is on account."},
    "method": one_of(*Payment.Method.values),
    "reference": or_null(TEXT),
    "external_reference": or_null(TEXT),
    **_MOMENTS,
}
_LISTED_CREDIT: dict[str, Shape] = {
    "id": id_of("credit"),
    **_LISTED,
    "status": one_of(*Credit.Status.values),
    "invoice": or_null(closed({"id": id_of("inv"), "number": or_null(TEXT)})),
    **dict.fromkeys(("applied", "refunded"), MINOR),
}
_USED = {"invoices": list_of(ref("Application")), "refunds": list_of(ref("Refund"))}
BILLING_SHAPES |= {
    "Application": _APPLICATION,
    "Balance": closed(
        {
            "currency": TEXT,
            "outstanding_balance": MINOR,
            "paid_to_date": MINOR,
            "credit_balance": MINOR | {"description": "Of credits, still to be used."},
            "payment_balance": MINOR | {"description": "Of payments, on account."},
            "total_billed": MINOR,
        }
    ),
    "LedgerEntry": closed(
        {
            "id": id_of("entry"),
            "kind": one_of(*LedgerEntry.Kind.values),
            "date": DAY,
            "currency": TEXT,
            "amount": MINOR | {"description": "By how much more is owed; less with a minus."},
            **dict.fromkeys(
                ("paid_to_date", "credit_balance", "payment_balance", "total_billed"),
                MINOR | {"description": "By how much this figure changed."},
            ),
            "balance_after": MINOR | {"description": "What was owed once this was recorded."},
            **{
                one: or_null(closed({"id": id_of(kind), "number": or_null(TEXT)}))
                for one, kind in (("invoice", "inv"), ("payment", "pay"), ("credit", "credit"))
            },
            "refund_id": or_null(id_of("refund")),
            "merged_from": or_null(id_of("client"))
            | {"description": "The client whose entry it was before a merge."},
            "note": or_null(TEXT),
            "recorded_at": MOMENT,
        }
    ),
    "ListedPayment": closed(_LISTED_PAYMENT),
    "Payment": closed(
        {
            **_LISTED_PAYMENT,
            "internal_notes": or_null(TEXT),
            "recorded_by": or_null(named("user")),
            **_USED,
        }
    ),
    "ListedCredit": closed(_LISTED_CREDIT),
    "Credit": closed({**_LISTED_CREDIT, **_WHOLE, **_USED}),
    "Refund": closed(
        {
            "id": id_of("refund"),
            "payment_id": or_null(id_of("pay")),
            "credit_id": or_null(id_of("credit")),
            "client": named("client"),
            "currency": TEXT,
            "amount": MINOR,
            "refund_date": DAY,
            "reference": or_null(TEXT),
            "note": or_null(TEXT),
            "created_at": MOMENT,
            "undone_at": or_null(MOMENT),
        }
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
    "GET /billing_settings": Operation(
        "Get how the agency bills",
        ref("BillingSettings"),
        headers=[IF_NONE_MATCH],
        refuses=[304, 412],
        told=["ETag"],
    ),
    "PATCH /billing_settings": changed(
        "Change how the agency bills",
        "BillingSettings",
        description="For what is drafted and issued from now on; `null` empties a text.",
        body=ref("BillingSettingsChanges"),
        examples={
            "Numbers by year": {
                "tax_rounding": "line",
                "payment_terms_days": 30,
                "numbers": {"invoice": {"pattern": "{year}-{counter:4}", "restarts": "yearly"}},
            }
        },
    ),
    "GET /invoices/{id}": read("Get an invoice", "Invoice", invoice_views.InvoiceViewSet),
    "POST /invoices/{id}/send": changed(
        "Mail an invoice",
        "Invoice",
        [503],
        description="Once it is issued: as PDF, to the people of the client who get documents.",
    ),
    "GET /invoices/{id}.pdf": paper("Print an invoice", "invoice"),
    "PATCH /invoices/{id}": changed(
        "Update an invoice",
        "Invoice",
        description="A draft: everything but its client; `lines` are replaced as a whole. Once it "
        "is issued, only `internal_notes`, `project_id`, `assigned_to_id` and `payment_url`.",
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
    "POST /invoices/{id}/credit": Operation(
        "Credit an invoice",
        ref("Credit"),
        status=201,
        description="Gives back an amount of it, tax included, or all that is not credited yet, "
        "by a credit that is issued at once and not applied yet.",
        body=ref("InvoiceCreditInput"),
        examples={"A part": {"amount": 2500, "description": "One day less."}},
        headers=[IF_MATCH],
        refuses=[412],
        told=["ETag", "Location"],
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


def _source_operations(path: str, one: str, name: str) -> dict[str, Operation]:
    """What payments and credits can be used for alike."""
    invoice = encode("inv", 21)
    return {
        f"POST /{path}/{{id}}/apply": changed(
            f"Apply {one}",
            name,
            description="Settles invoices with what is left of it: those named, each by `amount` "
            "or by what is open; without `invoices` the oldest first.",
            body=ref("ApplyInput"),
            examples={"To one invoice": {"invoices": [{"invoice_id": invoice, "amount": 500}]}},
        ),
        f"POST /{path}/{{id}}/unapply": changed(
            f"Unapply {one}",
            name,
            description="Takes it off an invoice, all of it or `amount`, as if it had never been "
            "there.",
            body=ref("UnapplyInput"),
            examples={"All of it": {"invoice_id": invoice}},
        ),
        f"POST /{path}/{{id}}/refund": Operation(
            f"Refund {one}",
            ref("Refund"),
            status=201,
            description="Out of what is left of it, then out of what it settled last; or out of "
            "the `invoices` named, which are open again by as much.",
            body=ref("RefundInput"),
            examples={"A part": {"amount": 500, "reference": "Bank 77"}},
            headers=[IF_MATCH],
            refuses=[412],
            told=["ETag", "Location"],
        ),
        f"POST /{path}/{{id}}/archive": changed(f"Archive {one}", name),
        f"POST /{path}/{{id}}/restore": changed(
            f"Restore {one}", name, description="From the archive, or after it was deleted."
        ),
    }


BILLING_OPERATIONS |= {
    "GET /clients/{id}/balances": Operation(
        "List a client's balances",
        closed({"data": list_of(ref("Balance")), "meta": ref("Meta")}),
        description="One for each currency; no two of them are ever added.",
        refuses=DEPARTED,
    ),
    "GET /clients/{id}/ledger": Operation(
        "List a client's ledger",
        page_of("LedgerEntry"),
        description="Every change of what a client owes and has. The entries of a currency add up "
        "to its balance; no entry ever changes.",
        query=asked_of(account_views.LedgerViewSet),
        refuses=DEPARTED,
    ),
    "GET /payments": listed("List payments", "ListedPayment", payment_views.PaymentViewSet),
    "POST /payments": Operation(
        "Record a payment",
        ref("Payment"),
        status=201,
        told=["ETag", "Location"],
        description="It settles the `invoices` named, or the oldest first; the rest stays on "
        "account. With an `external_reference` it is recorded once.",
        body=ref("PaymentInput"),
        examples={
            "By bank": {
                "client_id": encode("client", 12),
                "amount": 4500,
                "payment_date": "2026-03-14",
                "external_reference": "bank-2026-03-14-0012",
                "invoices": [{"invoice_id": encode("inv", 21), "amount": 4000}],
            }
        },
    ),
    "GET /payments/{id}": read("Get a payment", "Payment", payment_views.PaymentViewSet),
    "PATCH /payments/{id}": changed(
        "Update a payment",
        "Payment",
        description="How it was paid, its reference and notes. Its amount, day and number stay.",
        body=ref("PaymentChanges"),
        examples={"Another way": {"method": "card", "internal_notes": "By phone."}},
    ),
    "DELETE /payments/{id}": deleted(
        "Delete a payment", "pay", "As if it had never come: what it settled is open again."
    ),
    **_source_operations("payments", "a payment", "Payment"),
    "GET /credits": listed("List credits", "ListedCredit", credit_views.CreditViewSet),
    "POST /credits": made(
        "Create a credit",
        "Credit",
        "CreditInput",
        {"One line": {"client_id": encode("client", 12), "lines": [{"unit_price": 2500}]}},
    ),
    "GET /credits/{id}": read("Get a credit", "Credit", credit_views.CreditViewSet),
    "POST /credits/{id}/send": changed(
        "Mail a credit",
        "Credit",
        [503],
        description="Once it is issued: as PDF, to the people of the client who get documents.",
    ),
    "GET /credits/{id}.pdf": paper("Print a credit", "credit"),
    "PATCH /credits/{id}": changed(
        "Update a credit",
        "Credit",
        description="A draft: everything but its client. Once it is issued, its `internal_notes`.",
        body=ref("CreditChanges"),
        examples={"Another word": {"internal_notes": "As agreed."}},
    ),
    "DELETE /credits/{id}": deleted(
        "Delete a credit", "credit", "As if it had never been: what it settled is open again."
    ),
    "POST /credits/{id}/issue": changed(
        "Issue a credit",
        "Credit",
        description="Gives it a number and freezes it; it can be used from then on.",
    ),
    **_source_operations("credits", "a credit", "Credit"),
    "GET /refunds": listed("List refunds", "Refund", refund_views.RefundViewSet),
    "GET /refunds/{id}": read("Get a refund", "Refund", refund_views.RefundViewSet),
    "POST /refunds/{id}/undo": changed(
        "Undo a refund",
        "Refund",
        description="As if the money had stayed; what it was taken off is settled again.",
    ),
}

# The documented examples: a draft, and for some actions one that stands otherwise.
BILLING_PATHS = (
    ("invoices/{id}", "invoice", "inv", 22),
    *((f"invoices/{{id}}/{one}", "invoice", "inv", 21) for one in ("cancel", "credit", "send")),
    ("invoices/{id}/reverse", "invoice", "inv", 21),
    ("invoices/{id}/reopen", "invoice", "inv", 23),
    ("payments/{id}", "payment", "pay", 31),
    ("credits/{id}", "credit", "credit", 41),
    ("credits/{id}/issue", "credit", "credit", 42),
    ("refunds/{id}", "refund", "refund", 51),
)
