"""`{"error": {type, code, message, param?}}` for everything that goes wrong."""

from rest_framework import exceptions as drf
from rest_framework.response import Response

from agencies.errors import DomainError
from api.native.ids import encode
from contacts.addresses import EmailTaken

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    415: "invalid_request_error",
    422: "validation_error",
    429: "rate_limit_error",
}
# Domain codes that are conflicts; every other refusal is a 422.
_CONFLICTS = {"email_taken", "number_taken", "idempotency_key_reused"}


class BadParameter(drf.APIException):
    """An unknown or malformed query parameter."""

    status_code = 400

    def __init__(self, param: str, message: str):
        super().__init__(message, "invalid_parameter")
        self.param = param


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
        return _problem(
            exc.status_code, exc.get_codes(), str(exc.detail), getattr(exc, "param", "")
        )
    return None


def refuse_unknown(query, *, known=()) -> None:
    """Raise BadParameter for a query parameter the endpoint does not know."""
    for name in query:
        if name not in known:
            raise BadParameter(name, f"{name} is no parameter of this endpoint.")


def not_found(kind: str) -> drf.NotFound:
    return drf.NotFound(f"No {kind} has this id.", code="not_found")


def _refused(error: DomainError) -> Response:
    status = 409 if error.code in _CONFLICTS else 422
    message = str(error)
    if isinstance(error, EmailTaken) and error.client is not None:
        message = f"{encode('client', error.client.pk)} already has this e-mail address."
    return _problem(status, error.code, message, error.field)


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
        return _first(inner, path if name == "non_field_errors" else (*path, name))
    if isinstance(detail, list):
        return _first(next(inner for inner in detail if inner), path)
    return ".".join(path), detail
