"""What a provider tells of a message afterwards: that it arrived, came back or annoyed somebody."""

from dataclasses import dataclass
from datetime import datetime

from anymail.signals import EventType, RejectReason
from django.db.models import Q

from agencies.digests import agency_of, digest_of
from agencies.scope import acting_for
from contacts.models import Message, Suppression
from contacts.outcomes import blames_address
from contacts.progress import advance
from contacts.suppressing import suppress

_Step = tuple[Message.Status, str]
_STEPS: dict[str, _Step] = {
    EventType.QUEUED: (Message.Status.ACCEPTED, ""),
    EventType.SENT: (Message.Status.ACCEPTED, ""),
    EventType.DELIVERED: (Message.Status.DELIVERED, ""),
    EventType.REJECTED: (Message.Status.FAILED, Message.Reason.REFUSED),
    EventType.FAILED: (Message.Status.FAILED, Message.Reason.REFUSED),
    EventType.BOUNCED: (Message.Status.BOUNCED, Message.Reason.BOUNCED),
    EventType.COMPLAINED: (Message.Status.COMPLAINED, Message.Reason.COMPLAINED),
}
_CAUSES = {
    EventType.COMPLAINED: Suppression.Cause.COMPLAINT,
    EventType.UNSUBSCRIBED: Suppression.Cause.OPT_OUT,
}
# Of mail that came back: where the address is to blame, not a policy or a full mailbox.
_BAD_ADDRESS = {RejectReason.BOUNCED, RejectReason.INVALID}


@dataclass(frozen=True)
class Report:
    """`names` are what the message may be known by, ours or the provider's.

    `event` and `reject_reason` are anymail's words (EventType, RejectReason).
    """

    names: tuple[str, ...]
    event: str
    reject_reason: str
    detail: str
    at: datetime


def hear(report: Report) -> bool:
    """Note what is told in the log of the agency whose message it is; False for unknown ones."""
    for name in report.names:
        agency = agency_of(name)
        if agency is None:
            continue
        with acting_for(agency.pk, door="provider"):
            if _note(digest_of(name), report):
                return True
    return False


def _note(digest: str, report: Report) -> bool:
    known = Q(message_digest=digest) | Q(provider_digest=digest)
    message = Message.objects.select_for_update().filter(known).first()
    if message is None:
        return False
    if step := _STEPS.get(report.event):
        status, reason = step
        advance(
            message, status, reason=reason, detail=report.detail if reason else "", at=report.at
        )
    if cause := _cause(report):
        suppress(
            message.address,
            cause=cause,
            detail=report.detail,
            contact=message.contact,
            at=report.at,
        )
    return True


def _cause(report: Report) -> Suppression.Cause | None:
    sent_back = report.event in (EventType.BOUNCED, EventType.REJECTED)
    # Some providers hand on the server's words alone.
    unexplained = not report.reject_reason and blames_address(report.detail)
    if sent_back and (report.reject_reason in _BAD_ADDRESS or unexplained):
        return Suppression.Cause.BOUNCE
    if sent_back and report.reject_reason == RejectReason.SPAM:
        return Suppression.Cause.COMPLAINT
    return _CAUSES.get(report.event)
