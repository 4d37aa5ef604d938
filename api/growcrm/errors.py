"""`{"message": …}` for everything that goes wrong; an invalid body has `errors` by field too."""

from rest_framework import exceptions as drf
from rest_framework.response import Response

from agencies.errors import DomainError
from api.growcrm.fields import attribute
from clients.custom_values import LONGEST, BadCustomValues
from clients.departing import ClientGone
from clients.editing import ClientIsDeleted
from contacts.addresses import EmailTaken
from contacts.editing import NoSuchPerson

_INVALID = "The given data was invalid."
_CONFLICTS = {"idempotency_key_reused", "idempotency_key_invalid"}
_CUSTOM = {
    "required": "The {} field is required.",
    "too_long": f"The {{}} field must not be greater than {LONGEST} characters.",
    "text": "The {} field must be a string.",
    "number": "The {} field must be a number.",
    "date": "The {} field must be a valid date.",
    "checkbox": "The {} field must be true or false.",
    "choice": "The selected {} is invalid.",
}


class Failures:
    """What is wrong with which field, collected from several sources to be told at once."""

    def __init__(self, detail):
        self.texts = _texts(detail)

    def __contains__(self, field):
        return field in self.texts

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        """Keep a domain's refusal for later; anything else goes its way."""
        if not isinstance(error, DomainError):
            return False
        for field, texts in _refused(error).items():
            self.texts.setdefault(field, []).extend(texts)
        return True

    def raise_any(self):
        if self.texts:
            raise drf.ValidationError(self.texts)


def handle(exc, context):
    """DRF's exception hook; None (a failure of ours) goes on to the log."""
    if isinstance(exc, DomainError):
        if exc.code in _CONFLICTS:
            return _problem(409, str(exc))
        if isinstance(exc, ClientGone | ClientIsDeleted):
            # Since it was found; to its callers it never was there.
            exc = not_found()
            return _problem(exc.status_code, str(exc.detail))
        return _problem(422, _INVALID, _refused(exc))
    if isinstance(exc, drf.ValidationError):
        return _problem(422, _INVALID, _texts(exc.detail))
    if isinstance(exc, drf.NotAuthenticated | drf.AuthenticationFailed):
        response = _problem(401, "Unauthorized. A valid API key is required.")
        response["WWW-Authenticate"] = "Bearer"
        return response
    if isinstance(exc, drf.APIException):
        return _problem(exc.status_code, str(exc.detail))
    return None


def not_found() -> drf.NotFound:
    return drf.NotFound("The requested client could not be found.")


def _problem(status: int, message: str, errors: dict | None = None) -> Response:
    body = {"message": message}
    return Response(body | {"errors": errors} if errors else body, status)


def _refused(error: DomainError) -> dict[str, list[str]]:
    if isinstance(error, EmailTaken):
        return {"email": ["The email has already been taken."]}
    if isinstance(error, NoSuchPerson):
        return {"owner": ["The selected owner is invalid."]}
    if isinstance(error, BadCustomValues):
        return {
            name: [_CUSTOM[failure].format(attribute(name))]
            for name, failure in error.failures.items()
        }
    return {error.field or "client": [str(error)]}


def _texts(detail) -> dict[str, list[str]]:
    """DRF's nested details as Laravel's flat ones: `tags.0` and its texts."""
    flat: dict[str, list[str]] = {}
    for name, inner in detail.items():
        if isinstance(inner, dict):
            flat |= {f"{name}.{rest}": texts for rest, texts in _texts(inner).items()}
        else:
            flat[name] = [str(text) for text in inner]
    return flat
