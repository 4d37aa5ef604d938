"""The mail that greets the account owner of a new client."""

from contacts.letters import notice
from contacts.mailing import queue_message
from contacts.models import Contact, Message
from portal.branding import portal_url


def welcome(contact: Contact) -> Message:
    """Queue it, with the transaction in which the client is made: no client, no mail.

    Holds no secret and opens nothing: it tells where the portal is, if the agency has one open.
    """
    agency, client = contact.agency, contact.client
    paragraphs = [f"{agency} has opened an account for {client}, and you are its owner."]
    if agency.portal_enabled:
        paragraphs.append(
            "The client portal is where you find your projects, files and invoices. "
            f"You are known there by this e-mail address: {contact.email}"
        )
    letter = notice(
        agency=agency,
        subject=f"Welcome to {agency}",
        heading=f"Welcome, {contact.first_name}" if contact.first_name else "Welcome",
        paragraphs=paragraphs,
        label="Open the portal",
        address=portal_url(agency) if agency.portal_enabled else "",
        reason=f"You get this mail because {agency} made you the account owner of {client}.",
    )
    return queue_message(
        to=contact, kind="welcome", subject=letter.subject, text=letter.text, html=letter.html
    )
