"""The letters that lead people to the portal. Their links are built from settings alone."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, override

from agencies.models import Agency
from clients.models import Project
from contacts.languages import language_of
from contacts.letters import Letter, notice, write
from contacts.models import Contact
from portal.branding import portal_url
from portal.models import Invite

# Babel's English is American: it begins dates with the month.
_LOCALES = {"en": "en_GB"}


def invitation(invite: Invite, secret: str, named: Collection[Project]) -> Letter:
    """With the link that carries the secret; `named` are the projects it opens, none for all."""
    agency = invite.agency
    with override(language_of(invite.contact)):
        return write(
            "invite",
            agency=agency,
            subject=gettext("%(agency)s invites you to its client portal") % {"agency": agency},
            contact=invite.contact,
            client=invite.client,
            said=invite.message.strip(),
            colleague=invite.asked_by,
            projects=[project.name for project in named],
            address=f"{portal_url(agency)}invite/{secret}",
            label=gettext("Accept the invitation"),
            until=_shown(invite.expires_at, agency),
            sent_to=invite.address,
        )


def sign_in(contact: Contact, secret: str, code: str, *, until: datetime) -> Letter:
    """With a link that carries the secret, and a code to type where the mail was asked for."""
    agency = contact.agency
    with override(language_of(contact)):
        return write(
            "sign_in",
            agency=agency,
            subject=gettext("Sign in to the client portal of %(agency)s") % {"agency": agency},
            contact=contact,
            code=f"{code[:3]} {code[3:]}",
            address=f"{portal_url(agency)}sign-in/{secret}",
            label=gettext("Sign in"),
            until=_shown(until, agency),
            sent_to=contact.email,
        )


def security_notice(contact: Contact, what: Promise) -> Letter:
    """Tells of a change to the ways in; `what` is a sentence, told in the reader's language."""
    agency = contact.agency
    with override(language_of(contact)):
        return notice(
            agency=agency,
            subject=gettext("Your sign-in to the client portal of %(agency)s was changed")
            % {"agency": agency},
            heading=gettext("Your sign-in was changed"),
            paragraphs=[
                str(what),
                gettext(
                    "If it was not you, sign in with a mailed link, sign out everywhere on the "
                    "security page, and tell us."
                ),
            ],
            label=gettext("Open the portal"),
            address=portal_url(agency),
            reason=gettext("You get this mail because it is about your own access."),
        )


def _shown(moment: datetime, agency: Agency) -> str:
    local = moment.astimezone(ZoneInfo(agency.time_zone))
    language = get_language() or "en"
    locale = _LOCALES.get(language, language)
    return gettext("%(date)s, %(time)s (%(zone)s time)") % {
        "date": format_date(local, "long", locale=locale),
        "time": format_time(local, "short", locale=locale),
        "zone": agency.time_zone,
    }
