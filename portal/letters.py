"""The letters that lead people to the portal. Their links are built from settings alone."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from agencies.models import Agency
from clients.models import Project
from contacts.letters import Letter, write
from contacts.mailing import queue_message
from contacts.models import Contact, Message
from portal.branding import portal_url
from portal.models import Invite


def invitation(invite: Invite, secret: str, named: Collection[Project]) -> Letter:
    """With the link that carries the secret; `named` are the projects it opens, none for all."""
    agency = invite.agency
    return write(
        "invite",
        agency=agency,
        subject=f"{agency} invites you to its client portal",
        contact=invite.contact,
        client=invite.client,
        said=invite.message.strip(),
        projects=[project.name for project in named],
        address=f"{portal_url(agency)}invite/{secret}",
        label="Accept the invitation",
        until=_shown(invite.expires_at, agency),
        sent_to=invite.address,
    )


def welcome(contact: Contact) -> Message:
    """Queue the mail that greets somebody whose client was just made; carries no secret."""
    agency = contact.agency
    letter = write(
        "welcome",
        agency=agency,
        subject=f"Welcome to {agency}",
        contact=contact,
        client=contact.client,
        address=portal_url(agency) if agency.portal_enabled else "",
        label="Visit the client portal",
        sent_to=contact.email,
    )
    return queue_message(
        to=contact, kind="welcome", subject=letter.subject, text=letter.text, html=letter.html
    )


def _shown(moment: datetime, agency: Agency) -> str:
    local = moment.astimezone(ZoneInfo(agency.time_zone))
    return f"{format_datetime(local, 'd MMMM y, HH:mm', locale='en')} ({agency.time_zone} time)"
