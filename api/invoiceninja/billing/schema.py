"""The operations on invoices, payments and credits, and what they take."""

from api.body_shapes import body_of, shape_of
from api.invoiceninja.billing import (
    credits,
    fields,
    inputs,
    invoices,
    payment_inputs,
    payments,
)
from api.invoiceninja.schema_shapes import HASHED
from api.schema import Operation
from api.shapes import FLAG, NUMBER, TEXT, Shape, closed, in_path, list_of, one_of, query, ref


@shape_of.register
def _(field: fields.Amount) -> Shape:
    return {"type": ["number", "string", "null"], "description": "A number, or its text."}


@shape_of.register
def _(field: fields.Day) -> Shape:
    return {"type": ["string", "null"], "format": "date"}


_DATE: Shape = {"type": "string", "format": "date"}


def _bulk(actions: tuple[str, ...]) -> Shape:
    return closed({"action": one_of(*actions), "ids": list_of(HASHED) | {"minItems": 1}})


def bodies() -> dict[str, Shape]:
    """When all kinds of fields are registered."""
    return {
        "InvoiceInput": body_of(inputs.InvoiceInput),
        "InvoiceChanges": body_of(inputs.InvoiceInput, partial=True),
        "InvoicesInput": _bulk(invoices.InvoiceViewSet.actions),
        "CreditInput": body_of(inputs.CreditInput),
        "CreditChanges": body_of(inputs.CreditInput, partial=True),
        "CreditsInput": _bulk(credits.CreditViewSet.actions),
        "PaymentInput": body_of(payment_inputs.PaymentInput),
        "PaymentChanges": body_of(payment_inputs.PaymentChanges, partial=True),
        "PaymentsInput": _bulk(payments.PaymentViewSet.actions),
        "RefundInput": body_of(payment_inputs.RefundInput),
        "StatementInput": closed(
            {"client_id": HASHED, "start_date": _DATE, "end_date": _DATE},
            optional={
                "status": one_of("all", "paid", "unpaid"),
                **dict.fromkeys(
                    ("show_payments_table", "show_credits_table", "show_aging_table", "send_email"),
                    FLAG,
                ),
            },
        ),
    }


_OF_CLIENTS = [
    query("client_id", "Of one client.", example="OpnelpJeKB"),
    query("number", "Exactly this one.", example="INV-0001"),
    query("filter", "Numbers, amounts, days, the client's name contain it.", example="acme"),
    query("filter_deleted_clients", "`true`: not those of deleted clients.", example="true"),
    query("without_deleted_clients", "Not those of deleted clients.", example="true"),
    query("status", "Any of `active`, `archived`, `deleted`, with commas.", example="active"),
    query("is_deleted", "`true`: only the deleted; `false`: the others.", example="false"),
    query("with_trashed", "`false`: not the deleted.", example="false"),
    query("created_at", "From that moment on: Unix seconds or a date.", example="1631673918"),
    query("updated_at", "As `created_at`.", example="2026-02-28"),
]
_PRIVATE = query("private_notes", "They contain it.", example="Ann")
_OF_INVOICES = [
    *_OF_CLIENTS,
    _PRIVATE,
    query(
        "client_status",
        "Any of `paid`, `unpaid`, `overdue`, `draft`, `sent`, `partial`, `cancelled`, `reversed`, "
        "with commas; `all` for all.",
        example="unpaid,overdue",
    ),
    query("overdue", "Open after their day.", example="true"),
    query("payable", "What the client with this id could pay now.", example="OpnelpJeKB"),
]
_OF_PAYMENTS = [
    *_OF_CLIENTS,
    _PRIVATE,
    query(
        "client_status",
        "Any of `completed`, `partially_refunded`, `refunded`, `partially_unapplied`, with commas.",
        example="completed",
    ),
]
_OF_CREDITS = [
    *_OF_CLIENTS,
    _PRIVATE,
    query(
        "client_status",
        "Any of `draft`, `sent`, `partial`, `applied`, with commas.",
        example="sent,partial",
    ),
]
_TRIGGERS = [
    query("mark_sent", "`true`: issue it, too.", example="true"),
    query("paid", "`true`: issue it, and record what is open as paid.", example="true"),
    query("amount_paid", "Issue it, and record so much as paid.", NUMBER, example="5"),
    query("cancel", "`true`: ask no more for what is open of it."),
]


def operations(*, alone, listed, pages, index) -> dict[str, Operation]:
    """By method and path; `alone` and `listed` put a shape into this dialect's envelope."""
    include = [query("include", "`client` shows the client, too.", example="client"), *index]
    return {
        "GET /invoices": Operation(
            "List invoices",
            listed("Invoice"),
            description="Archived and deleted ones too, unless `status` says otherwise.",
            query=[*pages, *_OF_INVOICES, *include],
        ),
        "POST /invoices": Operation(
            "Create an invoice",
            alone("Invoice"),
            description="A draft, which nobody owes, unless something is done along with it. A "
            "line's second and third tax, taxes of the whole invoice, surcharges, deposits and "
            "custom values are refused: they are not supported.",
            query=[*_TRIGGERS, *include],
            body=ref("InvoiceInput"),
            examples={
                "Two lines": {
                    "client_id": "OpnelpJeKB",
                    "due_date": "2030-01-01",
                    "line_items": [
                        {"quantity": 2, "cost": 50, "product_key": "HOUR", "notes": "Design"},
                        {"cost": "19.90", "tax_name1": "VAT", "tax_rate1": 19},
                    ],
                }
            },
        ),
        "POST /invoices/bulk": Operation(
            "Change many invoices",
            listed("Invoice"),
            description="All of them or none.",
            query=[*pages, *include],
            body=ref("InvoicesInput"),
            examples={
                "Issue": {"action": "mark_sent", "ids": ["4y1aKReQGw"]},
                "Pay": {"action": "mark_paid", "ids": ["4y1aKReQGw"]},
            },
        ),
        **{
            f"GET /{name.lower()}s/create": Operation(
                f"Show a blank {name.lower()}",
                alone(name),
                description="What a new one begins as. Nothing is made, and no number is used.",
                query=index,
            )
            for name in ("Invoice", "Payment", "Credit")
        },
        "GET /invoices/{record_id}": Operation("Show an invoice", alone("Invoice"), query=include),
        **{
            f"{method} /invoices/{{record_id}}": Operation(
                f"Update an invoice{by}",
                alone("Invoice"),
                description="What is not sent stays. What an issued invoice says does not change "
                "(422); sent back as it was read, it is no change.",
                query=[*_TRIGGERS, *include],
                body=ref("InvoiceChanges"),
                examples={"Notes": {"private_notes": "Ask Ann."}},
            )
            for method, by in {"PUT": "", "PATCH": " in part"}.items()
        },
        "DELETE /invoices/{record_id}": Operation(
            "Delete an invoice",
            alone("Invoice"),
            description="It is owed no more, and what settled it is on account again. A restore "
            "puts all of it back.",
            query=include,
        ),
        "GET /payments": Operation(
            "List payments",
            listed("Payment"),
            description="Archived and deleted ones too, unless `status` says otherwise.",
            query=[*pages, *_OF_PAYMENTS, *include],
        ),
        "POST /payments": Operation(
            "Record a payment",
            alone("Payment"),
            description="`invoices` says what it settles; drafts among them are issued. What is "
            "more than they take stays on account. `credits` settle the invoices first; where they "
            "settle all of it and `amount` is 0, no payment is made and the answer has no id. With "
            "an `idempotency_key` it is recorded once, whoever reports it again (422).",
            query=include,
            body=ref("PaymentInput"),
            examples={
                "For an invoice": {
                    "client_id": "JX7ax9byv4",
                    "amount": 10,
                    "type_id": "1",
                    "transaction_reference": "1234567890",
                    "invoices": [{"invoice_id": "4y1aKReQGw", "amount": 10}],
                }
            },
        ),
        "POST /payments/bulk": Operation(
            "Change many payments",
            listed("Payment"),
            description="All of them or none.",
            query=[*pages, *include],
            body=ref("PaymentsInput"),
            examples={"Archive": {"action": "archive", "ids": ["kQBeXWdyK8"]}},
        ),
        "POST /payments/refund": Operation(
            "Refund a payment",
            alone("Payment"),
            description="`id` is the payment's. `invoices` says from which it is taken, which are "
            "open again by as much; without them it is taken from what is on account, then from "
            "the invoices settled last.",
            query=include,
            body=ref("RefundInput"),
            examples={"A part of it": {"id": "kQBeXWdyK8", "amount": 1}},
        ),
        "POST /client_statement": Operation(
            "Print or mail a statement",
            {"type": "string", "format": "binary"},
            gives="application/pdf",
            refuses=[503],
            description="The movements of the period with a running balance, and the tables that "
            "are asked for. With `send_email` it is mailed to those who get documents, and the "
            'answer is `{"message": "Email queued"}`.',
            body=ref("StatementInput"),
            examples={
                "A quarter": {
                    "client_id": "OpnelpJeKB",
                    "start_date": "2026-01-01",
                    "end_date": "2026-03-31",
                    "show_payments_table": True,
                    "show_aging_table": True,
                }
            },
        ),
        "POST /templates/preview/{key}": Operation(
            "Download merged statements",
            {"type": "string", "format": "binary"},
            gives="application/pdf",
            description="That the bulk action `template` of clients asked for; 404 until they are "
            "made. They are kept for a day.",
        ),
        "GET /designs": Operation("List designs", listed("Design"), query=[*pages[:2], *index]),
        "GET /designs/{design_id}": Operation("Show a design", alone("Design"), query=index),
        "GET /payments/{record_id}": Operation("Show a payment", alone("Payment"), query=include),
        **{
            f"{method} /payments/{{record_id}}": Operation(
                f"Update a payment{by}",
                alone("Payment"),
                description="How it was paid, its reference and notes. `invoices` are settled with "
                "what is left of it. Amount, day and client do not change (422).",
                query=include,
                body=ref("PaymentChanges"),
                examples={"Reference": {"transaction_reference": "1234567890"}},
            )
            for method, by in {"PUT": "", "PATCH": " in part"}.items()
        },
        "DELETE /payments/{record_id}": Operation(
            "Delete a payment",
            alone("Payment"),
            description="As if it had never come; what it settled is open again. A restore puts "
            "all of it back.",
            query=include,
        ),
        "GET /credits": Operation(
            "List credits",
            listed("Credit"),
            description="Archived and deleted ones too, unless `status` says otherwise.",
            query=[*pages, *_OF_CREDITS, *include],
        ),
        "POST /credits": Operation(
            "Create a credit",
            alone("Credit"),
            description="A draft, which nobody can use, unless `mark_sent` issues it. With an "
            "`invoice_id` it corrects that invoice, whose credits together never exceed it. A "
            "payment's `credits` use it.",
            query=[_TRIGGERS[0], *include],
            body=ref("CreditInput"),
            examples={
                "One line": {
                    "client_id": "OpnelpJeKB",
                    "line_items": [{"quantity": 1, "cost": 50, "notes": "Delivered late"}],
                }
            },
        ),
        "POST /credits/bulk": Operation(
            "Change many credits",
            listed("Credit"),
            description="All of them or none.",
            query=[*pages, *include],
            body=ref("CreditsInput"),
            examples={"Archive": {"action": "archive", "ids": ["MVyb8mdvAZ"]}},
        ),
        "GET /credits/{record_id}": Operation("Show a credit", alone("Credit"), query=include),
        **{
            f"{method} /credits/{{record_id}}": Operation(
                f"Update a credit{by}",
                alone("Credit"),
                description="As an invoice.",
                query=[_TRIGGERS[0], *include],
                body=ref("CreditChanges"),
                examples={"Notes": {"private_notes": "Ask Ann."}},
            )
            for method, by in {"PUT": "", "PATCH": " in part"}.items()
        },
        "DELETE /credits/{record_id}": Operation(
            "Delete a credit",
            alone("Credit"),
            description="As if it had never been; what it settled is open again. A restore puts "
            "all of it back.",
            query=include,
        ),
    }


PATH_PARAMETERS = {
    "preview/{key}": in_path(
        "key",
        "What the bulk action answered.",
        TEXT,
        example="9b2f6c1e-4d7a-4c58-9f0e-2a6b1d3c8e75",
    ),
    "designs/{design_id}": in_path(
        "design_id", "The design's hashed id.", TEXT, example="VolejRejNm"
    ),
    "credits/{record_id}": in_path(
        "record_id", "The credit's hashed id.", TEXT, example="MVyb8mdvAZ"
    ),
    "payments/{record_id}": in_path(
        "record_id", "The payment's hashed id.", TEXT, example="kQBeXWdyK8"
    ),
    "invoices/{record_id}": in_path(
        "record_id", "The invoice's hashed id.", TEXT, example="4y1aKReQGw"
    ),
}
