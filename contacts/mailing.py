"""The one way a mail leaves the house: queued with what it tells of, and sent by a job."""

import base64
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from agencies.digests import random_text, remember
from agencies.errors import DomainError
from agencies.models import Agency, Membership
from agencies.scope import current_agency_id
from agencies.sealing import seal, unseal
from contacts.models import Contact, Message
from contacts.suppressing import is_suppressed

# What the columns hold; an address that is cut was none to begin with.
_NAME, _ADDRESS, _SUBJECT = 255, 320, 255


class CannotSendAgain(DomainError):
    code = "cannot_send_again"


@dataclass(frozen=True)
class Attachment:
    """`kind` is the media type, such as application/pdf."""

    name: str
    content: bytes = field(repr=False)
    kind: str


@dataclass(frozen=True)
class Content:
    """What a message says; lies sealed in its row until a server has taken it."""

    text: str
    html: str = ""
    reply_to: str = ""
    attachments: Sequence[Attachment] = ()


@transaction.atomic
def queue_message(
    *,
    to: Contact | Membership | str,
    kind: str,
    subject: str,
    text: str,
    html: str = "",
    reply_to: str = "",
    attachments: Sequence[Attachment] = (),
) -> Message:
    """Log a mail to one recipient and let a job send it once this transaction is committed.

    Called within acting_for(): it comes from that agency, with its name and, unless `reply_to`
    says otherwise, its address for answers. `kind` is one word for what it is about. The text and
    HTML may carry secrets; they are kept sealed, and only until a server has taken the message.
    Where it cannot be sent the message comes back failed, with a reason; see deliverable().
    """
    agency = Agency.objects.get(pk=current_agency_id())
    name, address = _recipient(to)
    reason = deliverable(address)
    message_id = f"<{random_text(32)}@{urlsplit(settings.FOYER_URL).hostname}>"
    now = timezone.now()
    message = Message.objects.create(
        agency=agency,
        contact=to if isinstance(to, Contact) else None,
        kind=kind,
        name=one_line(name)[:_NAME],
        address=one_line(address)[:_ADDRESS],
        subject=one_line(subject)[:_SUBJECT],
        content=_sealed(Content(text, html, reply_to, attachments)),
        message_id=message_id,
        message_digest=remember(message_id, agency),
        status=Message.Status.FAILED if reason else Message.Status.QUEUED,
        reason=reason,
        next_attempt_at=None if reason else now,
        failed_at=now if reason else None,
        created_at=now,
    )
    if not reason:
        enqueue(message, at=now)
    return message


def deliverable(address: str) -> str:
    """Empty where the agency acted for may send there; else the Message.Reason why not."""
    try:
        validate_email(address)
    except ValidationError:
        return Message.Reason.NO_ADDRESS
    return Message.Reason.SUPPRESSED if is_suppressed(address) else ""


def send_again(message: Message, *, at: datetime) -> None:
    """Queue a failed or bounced message once more, under its old id. Somebody has to want it.

    Raises CannotSendAgain where it did not fail, or failed so long ago that it is forgotten.
    """
    message = Message.objects.select_for_update().get(pk=message.pk)
    if not message.can_be_sent_again():
        raise CannotSendAgain("Only a failed message whose content is still kept can be sent.")
    if deliverable(message.address):
        raise CannotSendAgain("Nothing is sent to this address. Lift its suppression first.")
    message.status, message.reason, message.detail = Message.Status.QUEUED, "", ""
    message.attempts, message.failed_at, message.next_attempt_at = 0, None, at
    message.save()
    enqueue(message, at=at)


def withdraw(message: Message, *, at: datetime) -> None:
    """Do not send it, if that is not too late: what is told no longer holds."""
    Message.objects.waiting().filter(pk=message.pk).update(
        status=Message.Status.FAILED,
        reason=Message.Reason.WITHDRAWN,
        failed_at=at,
        content=b"",
    )


def enqueue(message: Message, *, at: datetime) -> None:
    """Let a job send it then; one job at a time waits for a message."""
    job = app.configure_task(
        "contacts.tasks.deliver", schedule_at=at, queueing_lock=f"message-{message.pk}"
    )
    try:
        with transaction.atomic():
            job.defer(agency_id=message.agency_id, message_id=message.pk)
    except AlreadyEnqueued:
        # The job that waits already does the same.
        return


def opened(message: Message) -> Content:
    """What it says. Raises cryptography.fernet.InvalidToken where it cannot be read any more."""
    kept = json.loads(unseal(bytes(message.content)))
    attachments = [
        Attachment(name, base64.b64decode(content), kind)
        for name, content, kind in kept["attachments"]
    ]
    return Content(kept["text"], kept["html"], kept["reply_to"], attachments)


def _sealed(content: Content) -> bytes:
    attachments = [
        (one.name, base64.b64encode(one.content).decode(), one.kind) for one in content.attachments
    ]
    kept = {
        "text": content.text,
        "html": content.html,
        "reply_to": one_line(content.reply_to),
        "attachments": attachments,
    }
    return seal(json.dumps(kept).encode())


def _recipient(to: Contact | Membership | str) -> tuple[str, str]:
    if isinstance(to, Contact):
        return to.full_name, to.email
    if isinstance(to, Membership):
        return to.user.full_name, to.user.email
    return "", to


def one_line(text: str) -> str:
    """Without line breaks and other characters that could begin a new header."""
    plain = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    return " ".join(plain.split())
