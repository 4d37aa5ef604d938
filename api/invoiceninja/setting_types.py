"""What kind of value a setting has, where Invoice Ninja's API documentation says so.

Source: https://api-docs.invoicing.co, the object CompanySettings. Texts take anything, and so does
a name that is not known: it is kept as given.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from api.invoiceninja.fields import digits_of

_BOOLEANS = frozenset(
    (
        "accept_client_input_quote_approval", "all_pages_footer", "all_pages_header",
        "allow_billable_task_items", "auto_archive_invoice", "auto_archive_invoice_cancelled",
        "auto_archive_quote", "auto_bill_standard_invoices", "auto_convert_quote",
        "auto_email_invoice", "client_can_register", "client_initiated_payments",
        "client_manual_payment_notification", "client_online_payment_notification",
        "client_portal_allow_over_payment", "client_portal_allow_under_payment",
        "document_email_attachment", "embed_documents", "enable_client_portal",
        "enable_client_portal_dashboard", "enable_client_portal_password",
        "enable_client_portal_tasks", "enable_e_invoice", "enable_email_markup",
        "enable_portal_password", "enable_reminder1", "enable_reminder2", "enable_reminder3",
        "enable_reminder_endless", "hide_empty_columns_on_pdf", "hide_paid_to_date",
        "inclusive_taxes", "military_time", "page_numbering", "pdf_email_attachment",
        "require_invoice_signature", "require_purchase_order_signature",
        "require_quote_signature", "send_email_on_mark_paid", "send_reminders",
        "shared_invoice_credit_counter", "shared_invoice_quote_counter",
        "show_accept_invoice_terms", "show_accept_quote_terms", "show_all_tasks_client_portal",
        "show_currency_code", "show_email_footer", "show_paid_stamp", "show_shipping_address",
        "show_task_item_description", "signature_on_pdf", "sync_invoice_quote_columns",
        "ubl_email_attachment", "vendor_portal_enable_uploads",
    )
)  # fmt: skip
_INTEGERS = frozenset(
    (
        "counter_padding", "entity_send_time", "num_days_reminder1", "num_days_reminder2",
        "num_days_reminder3", "payment_terms", "reminder_send_time",
    )
)  # fmt: skip
_FLOATS = frozenset(
    (
        "client_initiated_payments_minimum", "client_portal_under_payment_minimum",
        "default_task_rate", "late_fee_amount1", "late_fee_amount2", "late_fee_amount3",
        "late_fee_endless_amount", "late_fee_endless_percent", "tax_rate1", "tax_rate2",
        "tax_rate3",
    )
)  # fmt: skip
# Named by hashed ids, or by texts of other houses; every other id is one of a fixed table.
_NO_NUMBERS = ("_design_id", "besr_id", "gmail_sending_user_id")
# What PostgreSQL can count to has 19.
_MOST_DIGITS = 18
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?", re.ASCII)


def wrong_kind(name: str, value: Any) -> str:
    """What `value` should be and is not: `integer`, `float` or `boolean`; else empty."""
    kind = _kind(name)
    if not kind or _FITS[kind](value):
        return ""
    return "integer" if kind == "id" else kind


def _kind(name: str) -> str:
    if name.endswith(("_id", "number_counter")) and not name.endswith(_NO_NUMBERS):
        return "id"
    kinds = {"boolean": _BOOLEANS, "integer": _INTEGERS, "float": _FLOATS}
    return next((kind for kind, names in kinds.items() if name in names), "")


def _is_id(value: Any) -> bool:
    return 0 < len(digits_of(value) or "") <= _MOST_DIGITS


def _is_boolean(value: Any) -> bool:
    return str(value).lower() in ("true", "false", "1", "0")


def _is_integer(value: Any) -> bool:
    return not isinstance(value, bool) and bool(_INTEGER.fullmatch(str(value)))


def _is_float(value: Any) -> bool:
    return isinstance(value, float) or _is_integer(value) or bool(_FLOAT.fullmatch(str(value)))


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "id": _is_id,
    "boolean": _is_boolean,
    "integer": _is_integer,
    "float": _is_float,
}
