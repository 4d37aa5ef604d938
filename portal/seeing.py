"""What the invitations of a person let them see of their client, and nothing beyond it."""

from django.db.models import QuerySet

from billing.models import Invoice
from contacts.models import Contact
from portal.models import Invite, InviteProject


def sees_everything(contact: Contact) -> bool:
    """Else it is named projects alone: no account, no statement, nobody else's invoices."""
    return _accepted(contact).filter(opens_all_projects=True).exists()


def invoices_for(contact: Contact, *, everything: bool) -> QuerySet[Invoice]:
    """As clients see them; without `everything` those of the projects that were named."""
    shown = Invoice.objects.shown().filter(client=contact.client)
    if everything:
        return shown
    named = InviteProject.objects.filter(invite__in=_accepted(contact))
    return shown.filter(project__in=named.values("project"))


def _accepted(contact: Contact) -> QuerySet[Invite]:
    return Invite.objects.standing().filter(contact=contact, accepted_at__isnull=False)
