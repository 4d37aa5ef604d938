"""`{"error": {type, code, message, param?}}` for everything that goes wrong."""

from rest_framework import exceptions as drf
from rest_framework.response import Response

from agencies.errors import DomainError
from api.native.ids import encode
from billing.drafting import AlreadyIssued
from billing.numbering import DocumentNumberTaken, DocumentNumberTooLong
from billing.payments import AlreadyRecorded, PaymentDoesNotChange
from clients.custom_values import BadCustomValues
from contacts.addresses import EmailTaken

_TYPES = {
    308: "moved",
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    410: "not_found_error",
    411: "invalid_request_error",
    412: "precondition_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    422: "validation_error",
    429: "rate_limit_error",
}
# Domain codes that are conflicts; every other refusal is a 422.
_CONFLICTS = frozenset(
    {
        "already_accepted",
        "already_issued",
        "already_recorded",
        "category_in_use",
        "category_is_default",
        "category_taken",
        "client_gone",
        "client_is_deleted",
        "client_is_suspended",
        "contact_is_locked",
        "contact_is_primary",
        "different_currencies",
        "document_gone",
        "document_is_deleted",
        "email_taken",
        "event_forgotten",
        "field_taken",
        "id_number_taken",
        "idempotency_key_reused",
        "is_reversal",
        "merge_already_undone",
        "money_is_mixed",
        "money_used_elsewhere",
        "not_applied",
        "not_cancellable",
        "not_cancelled",
        "not_issued",
        "not_open",
        "not_reversed",
        "nothing_to_correct",
        "nobody_to_mail",
        "number_taken",
        "payment_does_not_change",
        "payment_is_deleted",
        "portal_is_off",
        "refund_undone",
        "refunded_already",
        "schedule_gone",
        "survivor_gone",
        "tag_taken",
        "too_late_to_undo",
        "too_many_webhooks",
        "try_again",
        "webhook_is_off",
    }
)

# Where a field of the domain has another name in bodies.
_PARAMS = {
    "contact": "contact_id",
    "discount": "discount_percent",
    "discount_is_amount": "discount_amount",
    "due_on": "due_date",
    "end": "end_date",
    "ends_on": "end_date",
    "id_number": "details.id_number",
    "includes_tax": "prices_include_tax",
    "invoice": "invoice_id",
    "issued_on": "issue_date",
    "next_on": "next_date",
    "number": "details.number",
    "on": "refund_date",
    "paid_on": "payment_date",
    "private_notes": "internal_notes",
    "project": "project_id",
    "projects": "project_ids",
    "public_notes": "notes",
}
# Documents have a number of their own, clients have it in their details.
_OF_DOCUMENTS = (
    AlreadyIssued,
    DocumentNumberTaken,
    DocumentNumberTooLong,
    PaymentDoesNotChange,
)

_CUSTOM_VALUES = {
    "required": "This field is required.",
    "too_long": "This text is too long.",
    "text": "Give a text.",
    "number": "Give a number.",
    "date": "Give a date such as 2026-01-31.",
    "checkbox": "Give true or false.",
    "choice": "Give one of the field's choices.",
}

# Domain codes for what is not there.
_ABSENT = {"file_is_missing"}
# And for what is no fault of the request's: ask again after so many seconds.
_LATER = {"pdf_unavailable": 60}


class BadParameter(drf.APIException):
    """An unknown or malformed query parameter."""

    status_code = 400

    def __init__(self, param: str, message: str):
        super().__init__(message, "invalid_parameter")
        self.param = param


class Moved(drf.APIException):
    """Another id answers now; the method and the body stay what they were."""

    status_code = 308

    def __init__(self, location: str, message: str):
        super().__init__(message, "moved")
        self.location = location


class Gone(drf.APIException):
    status_code = 410

    def __init__(self, kind: str):
        super().__init__(f"This {kind} was deleted for good.", "gone")


class Changed(drf.APIException):
    """If-Match named a state that is no more, or If-None-Match the one that is."""

    status_code = 412

    def __init__(self):
        message = "This has changed since you read it. Read it again, then repeat your change."
        super().__init__(message, "precondition_failed")


def handle(exc, context):
    """DRF's exception hook; None (a failure of ours) goes on to the log."""
    if isinstance(exc, DomainError):
        return _refused(exc)
    if isinstance(exc, drf.ValidationError):
        param, detail = _first(exc.detail)
        return _problem(422, detail.code, str(detail), param)
    if isinstance(exc, drf.NotAuthenticated | drf.AuthenticationFailed):
        return _unauthenticated()
    if isinstance(exc, drf.APIException):
        param = getattr(exc, "param", "")
        response = _problem(exc.status_code, exc.get_codes(), str(exc.detail), param)
        if isinstance(exc, Moved):
            response["Location"] = exc.location
        return response
    return None


def refuse_unknown(query, *, known=()) -> None:
    """Raise BadParameter for a parameter the endpoint does not know, or that comes twice."""
    for name, values in query.lists():
        if name not in known:
            raise BadParameter(name, f"{name} is no parameter of this endpoint.")
        if len(values) > 1:
            raise BadParameter(name, f"Give {name} once.")


def not_found(kind: str) -> drf.NotFound:
    return drf.NotFound(f"No {kind} has this id.", code="not_found")


def _refused(error: DomainError) -> Response:
    if error.code in _LATER:
        response = _problem(503, error.code, str(error))
        response["Retry-After"] = str(_LATER[error.code])
        return response
    status = 409 if error.code in _CONFLICTS else 404 if error.code in _ABSENT else 422
    message, param = str(error), _PARAMS.get(error.field, error.field)
    if error.field == "number" and isinstance(error, _OF_DOCUMENTS):
        param = error.field
    if isinstance(error, BadCustomValues):
        param = f"custom_fields.{error.field}"
        message = _CUSTOM_VALUES[error.failures[error.field]]
    if isinstance(error, EmailTaken) and error.client is not None:
        message = f"{encode('client', error.client.pk)} already has this e-mail address."
    if isinstance(error, AlreadyRecorded):
        message = f"{encode('pay', error.payment.pk)} was recorded with this external reference."
    return _problem(status, error.code, message, param)


def _unauthenticated() -> Response:
    message = "Send a valid API key as Authorization: Bearer <key>."
    response = _problem(401, "invalid_api_key", message)
    response["WWW-Authenticate"] = "Bearer"
    return response


def _problem(status: int, code: str, message: str, param: str = "") -> Response:
    error = {"type": _TYPES.get(status, "api_error"), "code": code, "message": message}
    if param:
        error["param"] = param
    return Response({"error": error}, status)


def _first(detail, path=()):
    """The first leaf of DRF's nested details, with its dotted path."""
    if isinstance(detail, dict):
        name, inner = next((name, inner) for name, inner in detail.items() if inner)
        return _first(inner, path if name == "non_field_errors" else (*path, str(name)))
    if isinstance(detail, list):
        return _first(next(inner for inner in detail if inner), path)
    return ".".join(path), detail
