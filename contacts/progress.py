"""How far a message came. Reports arrive late and in any order; none takes back a graver one."""

from datetime import datetime

from agencies.digests import digest_of, remember
from agencies.models import SecretDigest
from contacts.models import Message

_GRAVITY = {
    Message.Status.QUEUED: 0,
    Message.Status.ACCEPTED: 1,
    Message.Status.FAILED: 2,
    # Some attempt got through after all, whatever was believed of it.
    Message.Status.DELIVERED: 3,
    # Mail may come back hours after a server took it; a late "delivered" does not undo that.
    Message.Status.BOUNCED: 4,
    Message.Status.COMPLAINED: 5,
}
_ARRIVED = (Message.Status.ACCEPTED, Message.Status.DELIVERED, Message.Status.COMPLAINED)


def fail(message: Message, reason: str, detail: str = "", *, at: datetime) -> None:
    """It goes no further, unless it was accepted before; `message` must be locked."""
    advance(message, Message.Status.FAILED, reason=reason, detail=detail, at=at)


def advance(
    message: Message,
    status: Message.Status,
    *,
    reason: str = "",
    detail: str = "",
    provider_id: str = "",
    at: datetime,
) -> None:
    """Note a step of the message, which must be locked; a step back changes nothing.

    A failure nobody was sure of counts as none. Once a server has it, its content is dropped.
    """
    _name(message, provider_id)
    if _GRAVITY[status] > _gravity(message):
        message.status, message.reason, message.detail = status, reason, detail
        message.failed_at = at if reason else None
    if status in _ARRIVED or (status == Message.Status.BOUNCED and message.accepted_at):
        message.content = b""
        message.accepted_at = message.accepted_at or at
    if status == Message.Status.DELIVERED:
        message.delivered_at = message.delivered_at or at
    message.sending_since = message.next_attempt_at = None
    message.save()


def _gravity(message: Message) -> int:
    if message.reason == Message.Reason.OUTCOME_UNKNOWN:
        return 0
    return _GRAVITY[Message.Status(message.status)]


def _name(message: Message, provider_id: str) -> None:
    """What the provider calls it, so that its later reports find the agency and the message."""
    if not provider_id or message.provider_id:
        return
    message.provider_id = provider_id[:255]
    message.provider_digest = digest_of(provider_id)
    if not SecretDigest.objects.filter(pk=message.provider_digest).exists():
        remember(provider_id, message.agency)
