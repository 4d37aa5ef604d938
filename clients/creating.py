"""How a client comes to be. People are added by contacts.enrolling."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.digests import random_text
from agencies.errors import DomainError
from agencies.models import Agency, Membership
from clients import numbering
from clients.models import Category, Client, Removal
from clients.sorting import default_category


class NumberTaken(DomainError):
    code = "number_taken"


class IdNumberTaken(DomainError):
    code = "id_number_taken"


_ONCE = {
    "client_number_once": (NumberTaken, "Another client has this number.", "number"),
    "client_id_once": (IdNumberTaken, "Another client has this id number.", "id_number"),
}


@transaction.atomic
def create_client(
    agency: Agency,
    *,
    by: Membership | None,
    number: str = "",
    category: Category | None = None,
    **facts: Any,
) -> Client:
    """Store a new client of the agency that is acted for; returns it as the database has it.

    `facts` are fields of Client. Without `number` the next one of the agency's pattern is taken.
    Raises NumberTaken, NumberTooLong and IdNumberTaken.
    """
    locked = numbering.lock(agency)
    refuse_reserved(number)
    now = timezone.now()
    client = Client(
        agency=agency,
        created_by=by,
        category=category or default_category(agency),
        public_hash=random_text(40),
        # Of one moment, unless somebody tells of an older client.
        **{"created_at": now, "updated_at": now} | facts,
    )
    client.number = number or numbering.take_number(locked, client, at=now)
    with refusing_twins():
        client.save(force_insert=True)
    return client


def refuse_reserved(number: str) -> None:
    """A removed client keeps its number, so that it can come back. Raises NumberTaken."""
    if number and Removal.objects.filter(number=number).exists():
        raise NumberTaken("A removed client had this number. Choose another.", field="number")


@contextmanager
def refusing_twins() -> Iterator[None]:
    """Around a write of clients: raises NumberTaken or IdNumberTaken where the database objects."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint_of(error) not in _ONCE:
            raise
        refusal, message, field = _ONCE[constraint_of(error)]
        raise refusal(message, field=field) from error


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that PostgreSQL says was violated, or empty."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
