"""Mails to the agency about what its clients did in the portal."""

from collections.abc import Sequence

from agencies.models import Agency, Membership
from agencies.roles import Role
from contacts.letters import notice
from contacts.mailing import queue_message


def tell_staff(
    agency: Agency,
    *,
    kind: str,
    subject: str,
    paragraphs: Sequence[str],
    label: str,
    address: str,
) -> None:
    """Queue a mail to where the agency gets its answers; where it named no address, to its owners.

    Written in English, as the admin is. `kind` is one word for the message log; `address` is the
    page of the admin that the button with `label` opens. Called within acting_for().
    """
    letter = notice(
        agency=agency,
        subject=subject,
        heading=subject,
        paragraphs=paragraphs,
        label=label,
        address=address,
        reason=f"You get this because clients of {agency} use its portal.",
    )
    for reader in [agency.reply_to] if agency.reply_to else _owners(agency):
        queue_message(
            to=reader, kind=kind, subject=letter.subject, text=letter.text, html=letter.html
        )


def _owners(agency: Agency) -> list[Membership]:
    owners = Membership.objects.filter(agency=agency, role=Role.OWNER, user__is_active=True)
    return list(owners.select_related("user"))
