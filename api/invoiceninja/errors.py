"""`{"message": …}`, with `errors` by dotted path where input was refused.

The statuses are Invoice Ninja's own: a bad token is 403, a lacking permission 401, an absent
record 400 and a wrong method 404.
"""

from collections.abc import Iterator

from rest_framework import exceptions as drf
from rest_framework.response import Response

from agencies.confirming import WrongPassword
from agencies.errors import DomainError
from contacts.enrolling import EmailTwice

_DELETED = "Record is deleted and cannot be edited. Restore the record to enable editing"
# The domain's refusals in this dialect: status, the field at fault (if any), the text; without a
# text, the domain's own.
_REFUSALS = {
    "number_taken": (422, "number", "The number has already been taken."),
    "id_number_taken": (422, "id_number", "The id number has already been taken."),
    "number_too_long": (422, "number", "The number must not be greater than 100 characters."),
    "weak_password": (422, "contacts.0.password", "The contacts.0.password format is invalid."),
    "client_is_deleted": (400, "", _DELETED),
    "too_many_clients": (422, "ids", "The ids must not have more than 100 items."),
    "unknown_clients": (422, "ids", "The selected ids is invalid."),
    "idempotency_key_reused": (409, "", ""),
    "same_client": (400, "", "Attempting to merge the same client is not possible."),
    "client_gone": (400, "", "No query results for model [App\\Models\\Client]."),
    "file_is_missing": (404, "", ""),
    "document_is_deleted": (400, "", _DELETED),
    "payment_is_deleted": (400, "", _DELETED),
    "pdf_too_large": (422, "", ""),
    "pdf_took_too_long": (422, "", ""),
    "pdf_unavailable": (503, "", ""),
    "too_many_guesses": (429, "", "Too many requests"),
}
# Refusals of billing that are told with the field at fault, in the domain's own words.
_OF_FIELDS = frozenset(
    {
        "already_issued", "already_recorded", "bad_amount", "due_before_issue", "exceeds_invoice",
        "more_than_open", "not_enough_left", "not_open", "nothing_to_issue", "other_client",
        "other_currency", "payment_does_not_change", "project_of_another", "refunded_before_paid",
        "sum_too_large",
    }
)  # fmt: skip
# The domain's names of fields, where this dialect has its own.
_NAMES = {
    "client": "client_id",
    "discount_is_amount": "is_amount_discount",
    "due_on": "due_date",
    "external_reference": "idempotency_key",
    "includes_tax": "uses_inclusive_taxes",
    "invoice": "invoice_id",
    "issued_on": "date",
    "lines": "line_items",
    "method": "type_id",
    "on": "date",
    "paid_on": "date",
    "project": "project_id",
    "reference": "po_number",
}
# What the framework's refusals are called here, by the framework's own status.
_TEXTS = {
    403: "This action is unauthorized.",
    404: "404 | Nothing to see here!",
    405: "Method not supported for this route",
    429: "Too many requests",
}
_STATUSES = {403: 401, 405: 404}


class Rejected(drf.APIException):
    """400 with a message: an absent record, or a rule of the original's own."""

    status_code = 400


def no_such(model: str, record_id: str) -> Rejected:
    """A stranger's record and an absent one read the same. `model` is the original's class."""
    if record_id.isascii() and record_id.isdigit():
        return Rejected(f"Record with value {record_id} not found")
    return Rejected(f"No query results for model [App\\Models\\{model}].")


def handle(exc, context):
    """DRF's exception hook; None (a failure of ours) goes on to the log."""
    if isinstance(exc, WrongPassword):
        return Response({"message": "Invalid Password", "errors": {}}, 412)
    if isinstance(exc, EmailTwice):
        paths = [f"contacts.{place}.email" for place in exc.positions or [0]]
        return _invalid({path: [f"The {path} field has a duplicate value."] for path in paths})
    if isinstance(exc, DomainError):
        return _refused(exc)
    if isinstance(exc, drf.ValidationError):
        return _invalid(_by_path(exc.detail))
    if isinstance(exc, drf.NotAuthenticated | drf.AuthenticationFailed):
        return Response({"message": "Invalid token", "errors": {}}, 403)
    if isinstance(exc, drf.APIException):
        return _problem(exc)
    return None


def _problem(exc: drf.APIException) -> Response:
    status = _STATUSES.get(exc.status_code, exc.status_code)
    text = _TEXTS.get(exc.status_code) or str(exc.detail)
    return Response({"message": text}, status)


def _refused(error: DomainError) -> Response:
    if error.code in _OF_FIELDS:
        return _invalid({_NAMES.get(error.field, error.field or "amount"): [str(error)]})
    status, field, text = _REFUSALS.get(error.code, (400, "", ""))
    if field:
        return _invalid({field: [text]})
    # No fault of the request's: it may be sent again, in so many seconds.
    headers = {"Retry-After": "60"} if status == 503 else None
    return Response({"message": text or str(error)}, status, headers=headers)


def _invalid(errors: dict[str, list[str]]) -> Response:
    return Response({"message": "The given data was invalid.", "errors": errors}, 422)


def _by_path(detail) -> dict[str, list[str]]:
    """DRF's nested details as `contacts.1.email`, the path's words put into each text."""
    errors: dict[str, list[str]] = {}
    for path, text in _leaves(detail):
        dotted = ".".join(path)
        words = dotted.replace("_", " ")
        errors.setdefault(dotted, []).append(text.replace(":attribute", words))
    return errors


def _leaves(detail, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _leaves(inner, path if name == "non_field_errors" else (*path, str(name)))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _leaves(inner, path)
    else:
        yield path, str(detail)
