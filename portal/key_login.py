"""The key link of a contact, as Invoice Ninja has it: good for more than once, and for life.

Whoever reads it over the API is the agency's own program, so the link invites as well: pressing its
button stands in for an invitation where there was none. It opens nothing of somebody whose
invitation staff took back.
"""

from datetime import datetime

from django.db import transaction

from agencies.digests import agency_of, digest_of, random_text, remember
from agencies.scope import acting_for
from clients.models import Client
from contacts.enrolling import fold_email
from contacts.keys import replace_key
from contacts.models import Contact
from portal import sessions
from portal.access_models import AddressChange, PortalSession
from portal.inviting import LASTS, LENGTH, take_back
from portal.models import Invite, InviteProject

# Contacts have keys of either length.
_LENGTHS = (32, 40)


def find(key: str, *, at: datetime) -> Contact | None:
    """Whom the key lets in now, with client and agency; changes nothing."""
    agency = agency_of(key) if len(key) in _LENGTHS else None
    if agency is None or not agency.portal_enabled:
        return None
    with acting_for(agency.pk, door="portal"):
        people = Contact.objects.select_related("client__agency", "agency")
        contact = people.filter(key_digest=digest_of(key)).first()
        return contact if contact and _may_use_it(contact) else None


def needs_code(contact: Contact) -> bool:
    """Where the agency wants it, or where the link may still lie in a former mailbox."""
    with acting_for(contact.agency_id, door="portal"):
        changed = AddressChange.objects.filter(contact=contact, changed_at__isnull=False)
        return contact.agency.key_links_need_code or changed.exists()


def admit(key: str, *, at: datetime) -> Contact | None:
    """Whom the key lets in, with an invitation in any case; None where it opens nothing now."""
    found = find(key, at=at)
    if found is None or found.client_id is None:
        return None
    with acting_for(found.agency_id, door="portal"):
        # The client first, as everybody does who invites, suspends, merges or removes.
        clients = Client.objects.select_for_update(no_key=True)
        client = clients.filter(pk=found.client_id).first()
        held = Contact.objects.select_for_update(no_key=True).filter(pk=found.pk).first()
        if held is None or client is None or held.client_id != client.pk:
            return None
        held.client = client
        if held.key_digest != found.key_digest or not _may_use_it(held):
            return None
        if not _is_invited(held, at=at):
            _invite(held, client, at=at)
    return found


@transaction.atomic
def give_new_key(contact: Contact, *, at: datetime) -> None:
    """The former link opens nothing any more, and whoever came in by it is out."""
    replace_key(contact)
    AddressChange.objects.filter(contact=contact).update(changed_at=None)
    for session in PortalSession.objects.filter(contact=contact, means=PortalSession.Means.KEY):
        sessions.end(session, at=at)


def _may_use_it(contact: Contact) -> bool:
    if not contact.email or not contact.may_enter_portal():
        return False
    newest = _newest(contact)
    return newest is None or newest.revoked_at is None or _accepted(contact)


def _is_invited(contact: Contact, *, at: datetime) -> bool:
    unused = Invite.objects.standing().unused().filter(contact=contact, expires_at__gt=at)
    return _accepted(contact) or unused.exists()


def _accepted(contact: Contact) -> bool:
    standing = Invite.objects.standing().filter(contact=contact)
    return standing.filter(accepted_at__isnull=False).exists()


def _newest(contact: Contact) -> Invite | None:
    """Of those to the address that the contact has now."""
    invites = contact.invites.order_by("-id")
    address = fold_email(contact.email)
    return next((one for one in invites if fold_email(one.address) == address), None)


def _invite(contact: Contact, client: Client, *, at: datetime) -> None:
    """To what the last invitation opened, else to all. Its secret is told to nobody."""
    newest = _newest(contact)
    everything = newest is None or newest.opens_all_projects
    named = [] if newest is None else list(newest.named_projects.values_list("project", flat=True))
    for older in Invite.objects.unused().filter(contact=contact):
        take_back(older, at=at)
    made = Invite.objects.create(
        agency_id=contact.agency_id,
        client=client,
        contact=contact,
        opens_client_id=client.pk,
        address=contact.email,
        digest=remember(random_text(LENGTH), contact.agency),
        opens_all_projects=everything,
        sent_at=at,
        expires_at=at + LASTS,
    )
    InviteProject.objects.bulk_create(
        InviteProject(agency_id=contact.agency_id, invite=made, project_id=one) for one in named
    )
    Client.objects.filter(pk=client.pk).update(invited_at=at, updated_at=at)
