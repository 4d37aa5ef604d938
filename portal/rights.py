"""What a person may see and do in the portal of one client."""

from django.db import models

from contacts.models import Contact
from portal.access_models import PersonRights


class Right(models.TextChoices):
    """Values are the columns of PersonRights, and the addresses of pages."""

    # With payments and credits.
    INVOICES = "invoices"
    STATEMENTS = "statements"
    PROJECTS = "projects"
    FILES = "files"
    # Colleagues, who get no right that the person has not.
    INVITE = "invite"


# Whoever was invited to projects alone is told nothing of the client as a whole.
_OF_NAMED_PROJECTS = frozenset({Right.INVOICES, Right.PROJECTS, Right.FILES})


def rights_of(contact: Contact, *, everything: bool) -> frozenset[Right]:
    """Called within acting_for(). `everything` is what portal.seeing says of the contact."""
    given = set_rights(contact)
    return given if everything else given & _OF_NAMED_PROJECTS


def set_rights(contact: Contact) -> frozenset[Right]:
    """As the agency set them; where it did not, all, but only the primary contact may invite."""
    row = PersonRights.objects.filter(contact=contact).first()
    if row is None:
        return frozenset(Right) if contact.is_primary else frozenset(Right) - {Right.INVITE}
    return frozenset(right for right in Right if getattr(row, right))


def chosen_by_agency(contact: Contact) -> bool:
    return PersonRights.objects.filter(contact=contact, given_by=None).exists()


def give_rights(contact: Contact, rights: frozenset[Right], *, by: Contact | None = None) -> None:
    """These and no others; `by` is a colleague, None is the agency."""
    PersonRights.objects.update_or_create(
        contact=contact,
        defaults={
            "agency_id": contact.agency_id,
            "given_by": by,
            **{right.value: right in rights for right in Right},
        },
    )
