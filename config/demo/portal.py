"""Somebody who is in the demo's portal already, so that one can look at it as a client does."""

from datetime import datetime

from agencies.models import Membership
from clients.models import Client
from contacts.mailing import withdraw
from portal.inviting import invite
from portal.models import Invite


def open_portal(*, by: Membership, at: datetime) -> str:
    """Invite the primary contact of the client with most to see; returns the address."""
    client = (
        Client.objects.filter(suspended_at__isnull=True, contacts__is_primary=True)
        .exclude(contacts__email="")
        .order_by("-balance", "id")[0]
    )
    made = invite(client, by=by, at=at)
    Invite.objects.filter(pk=made.pk).update(accepted_at=at)
    # They have followed it long since.
    if made.mail:
        withdraw(made.mail, at=at)
    return made.address
