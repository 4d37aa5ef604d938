"""Sending again to an address that mail came back from: at the provider, and then here."""

from datetime import datetime

from django.db.models import Q

from agencies.digests import digest_of
from agencies.errors import DomainError
from agencies.models import Agency, Membership
from agencies.scope import current_agency_id
from contacts.models import Message, Suppression
from contacts.provider_lists import Lists, provider_lists
from contacts.suppressing import lift

_CAME_BACK = (Message.Status.BOUNCED, Message.Status.COMPLAINED)


class BounceUnknown(DomainError):
    """Of nobody, of a message that did not come back, or another agency's."""

    code = "bounce_unknown"


class WantsNoMail(DomainError):
    code = "wants_no_mail"


def reactivate(bounce_id: str, *, by: Membership, at: datetime) -> None:
    """Lift what keeps mail from the address of a message that came back.

    `bounce_id` is the provider's number of the bounce, or a message's id, the provider's or ours.
    Asks the provider, so it may take seconds, and changes nothing here unless that went well. For
    providers whose lists we do not know our own suppression is all that is lifted. Raises
    BounceUnknown, WantsNoMail and ProviderRefused.
    """
    lists = provider_lists()
    named = lists.message_of(bounce_id) if lists else ""
    message = _find(named or bounce_id)
    standing = list(Suppression.objects.in_force().of(message.address))
    if not standing and message.status not in _CAME_BACK:
        raise BounceUnknown("Bounce ID not found")
    if any(one.cause == Suppression.Cause.OPT_OUT for one in standing):
        raise WantsNoMail("The recipient asked for no more mail. Staff can lift that.")
    if lists:
        _lift_there(lists, message, bounce_id if named else "")
    for one in standing[:1]:
        lift(one, by=by, at=at)


def _lift_there(lists: Lists, message: Message, bounce_id: str) -> None:
    agency = Agency.objects.get(pk=current_agency_id())
    lists.lift(message, agency, bounce_id=bounce_id)


def _find(name: str) -> Message:
    """By what it is called here or at the provider, with angle brackets or without."""
    digests = [digest_of(one) for one in (name, f"<{name}>")]
    known = Q(message_digest__in=digests) | Q(provider_digest__in=digests)
    message = Message.objects.filter(known).order_by("-pk").first()
    if message is None:
        raise BounceUnknown("Bounce ID not found")
    return message
