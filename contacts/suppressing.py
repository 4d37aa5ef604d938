"""Addresses an agency sends nothing to: they sent mail back for good, or complained of it."""

from datetime import datetime

from agencies.models import Membership
from agencies.scope import current_agency_id
from contacts.models import Contact, Suppression


def is_suppressed(address: str) -> bool:
    """Whether the agency acted for sends nothing there; compared without case."""
    return Suppression.objects.in_force().of(address).exists()


def suppress(
    address: str,
    *,
    cause: Suppression.Cause,
    detail: str = "",
    contact: Contact | None = None,
    at: datetime,
) -> None:
    """Send nothing to the address from now on. Once more changes nothing."""
    if is_suppressed(address):
        return
    Suppression.objects.create(
        agency_id=current_agency_id(),
        contact=contact,
        address=address,
        cause=cause,
        detail=detail,
        created_at=at,
    )


def lift(suppression: Suppression, *, by: Membership | None, at: datetime) -> None:
    """Send to the address again, whatever spoke against it. Lifting twice keeps the first."""
    standing = Suppression.objects.in_force().of(suppression.address)
    standing.update(lifted_at=at, lifted_by=by)
