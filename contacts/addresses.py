"""Who may use an e-mail address inside an agency."""

from django.db import connection

from agencies.errors import DomainError
from agencies.models import Agency, Membership
from clients.models import Client
from contacts.models import Contact

_LOCK = "SELECT pg_advisory_xact_lock(%s, hashtext(lower(%s)))"


class EmailTaken(DomainError):
    """`client` is the one whose contact has the address; None where a member has it."""

    code = "email_taken"

    def __init__(self, client: Client | None) -> None:
        super().__init__("Somebody else uses this e-mail address.", field="email")
        self.client = client


def hold_email(agency: Agency, email: str) -> None:
    """Make others wait who claim this address in the agency, until the transaction ends.

    For those who lock a client as well, and claim later: hold the address first, as everybody
    does who makes a client, else two of them may wait for each other.
    """
    with connection.cursor() as cursor:
        # The first number keeps agencies apart; both are 32 bits wide.
        cursor.execute(_LOCK, [agency.pk % 2**31, email])


def claim_email(agency: Agency, email: str, *, members_too: bool = False) -> Contact | None:
    """Make sure nobody at a client of the agency has this address, until the transaction ends.

    Locks the address, not the table, so that two creates with one e-mail cannot both succeed.
    Compares without case; people of deleted clients do not count. Returns the contact with this
    address who is at no client yet, to be made one's, or None. Raises EmailTaken.
    """
    hold_email(agency, email)
    people = Contact.objects.present().with_email(email).select_related("client")
    holder = people.filter(client__deleted_at__isnull=True, client__isnull=False).first()
    if holder is not None:
        raise EmailTaken(holder.client)
    if members_too and Membership.objects.filter(agency=agency, user__email__iexact=email).exists():
        raise EmailTaken(None)
    return people.filter(client__isnull=True).first()
