"""What the invitations of a person let them see of their client, and nothing beyond it."""

from django.db.models import Q, QuerySet

from billing.models import Allocation, Credit, Invoice, Payment
from clients.models import Document, Project, ProjectQuerySet
from contacts.models import Contact
from portal.models import Invite, InviteProject


def sees_everything(contact: Contact) -> bool:
    """Else it is named projects alone: no account, no statement, nobody else's invoices."""
    return _accepted(contact).filter(opens_all_projects=True).exists()


def invoices_for(contact: Contact, *, everything: bool) -> QuerySet[Invoice]:
    """As clients see them; without `everything` those of the projects that were named."""
    shown = Invoice.objects.shown().filter(client=contact.client)
    return shown if everything else shown.filter(project__in=_named(contact))


def projects_for(contact: Contact, *, everything: bool) -> ProjectQuerySet:
    """Those that are shared and not put aside; without `everything` those that were named."""
    shared = Project.objects.filter(client=contact.client, is_shared=True, archived_at__isnull=True)
    return shared if everything else shared.filter(pk__in=_named(contact))


def files_for(contact: Contact, *, everything: bool) -> QuerySet[Document]:
    """Those that are shared and not put aside, of projects that are seen.

    With `everything` also what belongs to no project.
    """
    of_projects = Q(project__in=projects_for(contact, everything=everything))
    belongs = of_projects | Q(project__isnull=True) if everything else of_projects
    return Document.objects.filter(
        belongs, client=contact.client, is_shared=True, archived_at__isnull=True
    )


def payments_for(contact: Contact) -> QuerySet[Payment]:
    """For who sees everything; a payment belongs to no project."""
    return Payment.objects.existing().filter(client=contact.client)


def credits_for(contact: Contact) -> QuerySet[Credit]:
    """For who sees everything: no drafts, nothing deleted."""
    return Credit.objects.issued().filter(client=contact.client)


def settling(contact: Contact) -> QuerySet[Allocation]:
    """What of the client's own payments and credits settles invoices, the oldest first."""
    theirs = Q(payment__in=payments_for(contact)) | Q(credit__in=credits_for(contact))
    return Allocation.objects.filter(theirs)


def key_in(address: str) -> int:
    """The primary key in an address; of no row where it is none."""
    return int(address) if address.isdecimal() and len(address) < 19 else 0


def _named(contact: Contact) -> QuerySet[InviteProject, int]:
    """Projects of invitations; they may have gone to another client or be private since."""
    named = InviteProject.objects.filter(invite__in=_accepted(contact))
    return named.values_list("project", flat=True)


def _accepted(contact: Contact) -> QuerySet[Invite]:
    return Invite.objects.standing().filter(contact=contact, accepted_at__isnull=False)
