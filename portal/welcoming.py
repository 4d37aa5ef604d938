"""The mail that greets the account owner of a new client."""

from django.utils.translation import gettext, override

from contacts.languages import language_of
from contacts.letters import Letter, notice
from contacts.mailing import queue_message
from contacts.models import Contact, Message
from portal.branding import portal_url


def welcome(contact: Contact) -> Message:
    """Queue it, with the transaction in which the client is made: no client, no mail.

    Holds no secret and opens nothing: it tells where the portal is, if the agency has one open.
    """
    with override(language_of(contact)):
        letter = _written(contact)
    return queue_message(
        to=contact, kind="welcome", subject=letter.subject, text=letter.text, html=letter.html
    )


def _written(contact: Contact) -> Letter:
    agency, client = contact.agency, contact.client
    names = {"agency": agency, "client": client, "name": contact.first_name}
    paragraphs = [
        gettext("%(agency)s has opened an account for %(client)s, and you are its owner.") % names
    ]
    if agency.portal_enabled:
        paragraphs.append(
            gettext(
                "The client portal is where you find your projects, files and invoices. "
                "You are known there by this e-mail address: %(address)s"
            )
            % {"address": contact.email}
        )
    heading = gettext("Welcome, %(name)s") if contact.first_name else gettext("Welcome")
    return notice(
        agency=agency,
        subject=gettext("Welcome to %(agency)s") % names,
        heading=heading % names,
        paragraphs=paragraphs,
        label=gettext("Open the portal"),
        address=portal_url(agency) if agency.portal_enabled else "",
        reason=gettext(
            "You get this mail because %(agency)s made you the account owner of %(client)s."
        )
        % names,
    )
