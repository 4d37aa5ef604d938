"""How an agency comes to be."""

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from agencies.errors import DomainError
from agencies.models import Agency, Membership, User
from agencies.money import currency_of
from agencies.roles import Role
from agencies.scope import acting_for


class CannotFound(DomainError):
    code = "cannot_found_agency"


@transaction.atomic
def create_agency(
    name: str,
    *,
    slug: str,
    owner_email: str,
    owner_password: str,
    country: str = "DE",
    currency: str = "",
    **facts: object,
) -> Membership:
    """Found an agency with its owner; returns the owner's membership.

    Without `currency` it is the country's own. An existing user becomes owner and keeps the
    password. Raises CannotFound with the sentence to show.
    """
    agency = Agency(
        # Taken beforehand, since the audit trail behind the wall wants the scope stated first.
        pk=_next_id(),
        name=name,
        slug=slug,
        country=country,
        currency=currency or currency_of(country) or "EUR",
        **facts,
    )
    try:
        agency.full_clean()
        user = _owner(owner_email, owner_password)
    except ValidationError as error:
        raise CannotFound(_sentence(error)) from error
    with acting_for(agency.pk):
        agency.save(force_insert=True)
        return Membership.objects.create(agency=agency, user=user, role=Role.OWNER)


def _owner(email: str, password: str) -> User:
    existing = User.objects.filter(email__iexact=email).first()
    return existing or User.objects.create_user(email, password)


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('agencies_agency', 'id'))")
        (value,) = cursor.fetchone()
    return int(value)


def _sentence(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        f"{field}: {message}"
        for field, messages in error.message_dict.items()
        for message in messages
    )
