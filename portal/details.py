"""What people change about themselves, and their company's address."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext, override

from agencies.errors import DomainError
from agencies.models import Membership
from clients.editing import edit_client, lock_client
from clients.models import Client
from contacts.changing import edit_contact
from contacts.languages import language_of
from contacts.letters import notice
from contacts.mailing import queue_message
from contacts.models import Contact
from portal.branding import portal_url
from portal.models import DetailRequest

ADDRESS = ("address1", "address2", "postal_code", "city", "state", "country")


class NobodyWouldRead(DomainError):
    code = "nobody_would_read"


class AlreadyAnswered(DomainError):
    code = "already_answered"


@transaction.atomic
def edit_self(
    contact: Contact,
    *,
    first_name: str,
    last_name: str,
    phone: str,
    language: str,
    receives_mail: bool | None = None,
) -> Contact:
    """Change what somebody says of themselves; `receives_mail` None leaves that as it is.

    Raises NobodyWouldRead where documents would reach nobody at the client, and ClientIsDeleted.
    """
    facts = {
        "first_name": first_name, "last_name": last_name, "phone": phone, "language": language,
    }  # fmt: skip
    if receives_mail is None:
        return edit_contact(contact, **facts)
    # Two who stop at once wait here for each other.
    client = lock_client(_client(contact))
    others = client.contacts.present().filter(receives_mail=True).exclude(pk=contact.pk)
    if not receives_mail and not others.exclude(email="").exists():
        raise NobodyWouldRead("Documents have to reach somebody.", field="receives_mail")
    return edit_contact(contact, **facts, receives_mail=receives_mail)


def address_of(client: Client) -> dict[str, str]:
    """By the names of Client's fields; the country as its code."""
    return {name: str(getattr(client, name)) for name in ADDRESS}


@transaction.atomic
def change_address(
    contact: Contact, fields: Mapping[str, str], *, at: datetime
) -> DetailRequest | None:
    """Give the contact's client this address, or ask the agency to: as the agency says.

    Returns the request; None where the client was changed or has that address already. Asked
    once more, it takes the place of what the person asked for before. Issued documents stay.
    """
    client = lock_client(_client(contact))
    wanted = {name: fields[name] for name in ADDRESS}
    if wanted == address_of(client):
        return None
    if client.agency.clients_may_edit_address:
        edit_client(client, **wanted)
        return None
    made, _ = DetailRequest.objects.open().update_or_create(
        contact=contact,
        defaults={
            "agency_id": client.agency_id, "client": client, "fields": wanted, "asked_at": at,
        },
    )  # fmt: skip
    return made


def answer(request: DetailRequest, *, accepted: bool, by: Membership | None, at: datetime) -> None:
    """Do what was asked for, or not, and mail the person which. Raises AlreadyAnswered,
    ClientGone and ClientIsDeleted.
    """
    with transaction.atomic():
        client = lock_client(request.client)
        held = DetailRequest.objects.select_for_update().get(pk=request.pk)
        if held.answered_at:
            raise AlreadyAnswered("This request was answered already.")
        if accepted:
            edit_client(client, **{name: held.fields[name] for name in ADDRESS})
        held.answered_at, held.answered_by, held.accepted = at, by, accepted
        held.save(update_fields=["answered_at", "answered_by", "accepted"])
        if held.contact.deleted_at is None:
            _tell(held, client)


def _tell(request: DetailRequest, client: Client) -> None:
    contact, agency = request.contact, client.agency
    names = {"agency": agency, "client": client}
    with override(language_of(contact)):
        if request.accepted:
            told = gettext("%(agency)s has changed the address of %(client)s as you asked.")
        else:
            told = gettext(
                "%(agency)s has not changed the address of %(client)s. Please ask what is amiss."
            )
        letter = notice(
            agency=agency,
            subject=gettext("The address of %(client)s") % names,
            heading=gettext("The address of %(client)s") % names,
            paragraphs=[told % names],
            label=gettext("Open the portal"),
            address=portal_url(agency) if agency.portal_enabled else "",
            reason=gettext("You get this mail because you asked for it in the client portal."),
        )
    queue_message(
        to=contact, kind="details", subject=letter.subject, text=letter.text, html=letter.html
    )


def _client(contact: Contact) -> Client:
    if contact.client is None:
        raise AlreadyAnswered("This person is at no client any more.")
    return contact.client
