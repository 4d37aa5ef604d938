"""How a client comes to be. People are added by contacts.enrolling."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.digests import random_text
from agencies.errors import DomainError
from agencies.models import Agency, Membership
from clients import numbering
from clients.models import Category, Client
from clients.sorting import default_category


class NumberTaken(DomainError):
    code = "number_taken"


class IdNumberTaken(DomainError):
    code = "id_number_taken"


_ONCE = {
    "client_number_once": NumberTaken("Another client has this number.", field="number"),
    "client_id_once": IdNumberTaken("Another client has this id number.", field="id_number"),
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
    Raises NumberTaken and IdNumberTaken.
    """
    locked = numbering.lock(agency)
    now, zone = timezone.now(), ZoneInfo(agency.time_zone)
    client = Client(
        agency=agency,
        created_by=by,
        category=category or default_category(agency),
        number=number or numbering.take_number(locked, on=timezone.localdate(now, zone)),
        public_hash=random_text(40),
        # Of one moment, unless somebody tells of an older client.
        **{"created_at": now, "updated_at": now} | facts,
    )
    try:
        with transaction.atomic():
            client.save(force_insert=True)
    except IntegrityError as error:
        raise _ONCE.get(constraint_of(error), error) from error
    return client


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that PostgreSQL says was violated, or empty."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
