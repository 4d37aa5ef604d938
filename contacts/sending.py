"""A job hands one message over: claimed before, recorded after, and in doubt never sent twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.mime.image import MIMEImage
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

import structlog
from anymail.backends.base import AnymailBaseBackend
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils import timezone
from django.utils.encoding import punycode

from agencies.models import Agency
from agencies.scope import acting_for
from contacts.letters import LOGO, logo_of
from contacts.mailing import Content, deliverable, enqueue, one_line, opened
from contacts.models import Message, Suppression
from contacts.outcomes import Fate, Outcome, clean, describe, read_failure
from contacts.progress import advance, fail
from contacts.suppressing import suppress

# How long to wait after each attempt that came to nothing: nearly three days in all.
PAUSES: Sequence[timedelta] = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    *(timedelta(hours=hours) for hours in (1, 3, 6, 12, 24, 24)),
)
_log = structlog.get_logger("foyer.mail")


def deliver(agency_id: int, message_id: int) -> None:
    """Make one attempt to send the message, unless it was sent, stopped or is in other hands.

    The claim is committed before anything leaves and the outcome after. Whoever dies in between
    leaves a claim that nobody takes up: see contacts.minding.
    """
    with acting_for(agency_id, door="job"):
        claimed = _claim(message_id, at=timezone.now())
    if claimed is None:
        return
    message, mail = claimed
    outcome = _hand_over(mail)
    with acting_for(agency_id, door="job"):
        _record(message, outcome, at=timezone.now())
    _log.info("mail", message=message.pk, attempt=message.attempts, fate=outcome.fate.value)


def _claim(message_id: int, *, at: datetime) -> tuple[Message, EmailMultiAlternatives] | None:
    message = (
        Message.objects.waiting()
        .select_for_update(of=["self"])
        .select_related("agency")
        .filter(pk=message_id)
        .first()
    )
    if message is None:
        return None
    if reason := deliverable(message.address):
        fail(message, reason, at=at)
        return None
    try:
        mail = _write(message, message.agency, opened(message))
        # Whatever cannot be put into a mail shows here, before anybody was called.
        mail.message()
    except InvalidToken:
        fail(message, Message.Reason.UNREADABLE, "The installation's secret key is another.", at=at)
        return None
    except ValueError as error:
        fail(message, Message.Reason.REFUSED, clean(f"It cannot be written: {error}"), at=at)
        return None
    message.sending_since, message.attempts = at, message.attempts + 1
    message.save(update_fields=["sending_since", "attempts"])
    return message, mail


def _write(message: Message, agency: Agency, content: Content) -> EmailMultiAlternatives:
    reply_to = content.reply_to or agency.reply_to
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=content.text,
        from_email=_mailbox(agency.name, agency.sender_address or settings.DEFAULT_FROM_EMAIL),
        to=[_mailbox(message.name, message.address)],
        reply_to=[_mailbox("", reply_to)] if reply_to else [],
        headers={
            "Message-ID": message.message_id,
            "Date": format_datetime(message.created_at),
            "Auto-Submitted": "auto-generated",
        },
    )
    if content.html:
        mail.attach_alternative(content.html, "text/html")
    if LOGO in content.html and (picture := logo_of(agency)):
        mail.attach(_inline(picture))
        mail.mixed_subtype = "mixed" if content.attachments else "related"
    for attachment in content.attachments:
        mail.attach(one_line(attachment.name), attachment.content, attachment.kind)
    return mail


def _mailbox(name: str, address: str) -> str:
    """`address` may carry a name of its own, which gives way; its host may be in any script."""
    own_name, plain = parseaddr(address)
    local, _, host = plain.rpartition("@")
    return formataddr((one_line(name) or own_name, f"{local}@{punycode(host)}"))


def _inline(picture: bytes) -> MIMEImage:
    image = MIMEImage(picture, "png")
    image.add_header("Content-ID", f"<{LOGO.removeprefix('cid:')}>")
    image.add_header("Content-Disposition", "inline", filename="logo.png")
    return image


def _hand_over(mail: EmailMultiAlternatives) -> Outcome:
    """Whatever a backend raises is read as an outcome: it is the other side's word or silence."""
    try:
        connection = get_connection()
    except Exception as error:  # noqa: BLE001 - any backend, any error; its settings are wrong.
        return Outcome(Fate.RETRY, describe(error))
    try:
        return _give(mail, connection)
    finally:
        _hang_up(connection)


def _give(mail: EmailMultiAlternatives, connection: Any) -> Outcome:
    try:
        connection.open()
    except Exception as error:  # noqa: BLE001 - any backend, any error; nothing was given yet.
        return Outcome(Fate.RETRY, describe(error))
    mail.connection = connection
    if isinstance(connection, AnymailBaseBackend):
        # Providers set their own ids and dates; ours comes back with what they tell of it.
        mail.metadata = {"message": mail.extra_headers.pop("Message-ID")}  # type: ignore[attr-defined]
        del mail.extra_headers["Date"]
    try:
        taken = connection.send_messages([mail])
    except Exception as error:  # noqa: BLE001 - any backend, any error; see contacts.outcomes.
        return read_failure(error, in_doubt=getattr(connection, "in_doubt", False))
    return _accepted(mail) if taken else Outcome(Fate.REFUSED, "The mail backend took nothing.")


def _hang_up(connection: Any) -> None:
    """The answer stands by now: a goodbye that fails must not make a sent message unsent."""
    try:
        connection.close()
    except Exception:  # noqa: BLE001 - any backend, any error.
        _log.info("The mail server did not say goodbye.", exc_info=True)


def _accepted(mail: EmailMultiAlternatives) -> Outcome:
    if name := getattr(mail, "filed_as", ""):
        detail = f"Filed as {name} in the outbox; no mail provider is set, so nobody got it."
        return Outcome(Fate.ACCEPTED, detail)
    status = getattr(mail, "anymail_status", None)
    if status is None:
        return Outcome(Fate.ACCEPTED)
    told = next(iter(status.recipients.values()), None)
    if told is not None and told.status in ("failed", "invalid", "rejected"):
        return Outcome(Fate.REFUSED, f"The provider answered: {told.status}.")
    return Outcome(Fate.ACCEPTED, provider_id=str(told.message_id or "") if told else "")


def _record(claimed: Message, outcome: Outcome, *, at: datetime) -> None:
    message = Message.objects.select_for_update().filter(pk=claimed.pk).first()
    if message is None or message.sending_since not in (claimed.sending_since, None):
        # Purged meanwhile, or given up and sent again by a person.
        return
    match outcome.fate:
        case Fate.ACCEPTED:
            advance(
                message,
                Message.Status.ACCEPTED,
                detail=outcome.detail,
                provider_id=outcome.provider_id,
                at=at,
            )
        case Fate.RETRY:
            _pause(message, outcome.detail, at=at)
        case Fate.REFUSED:
            fail(message, Message.Reason.REFUSED, outcome.detail, at=at)
        case Fate.BOUNCED:
            advance(
                message,
                Message.Status.BOUNCED,
                reason=Message.Reason.BOUNCED,
                detail=outcome.detail,
                at=at,
            )
            suppress(
                message.address,
                cause=Suppression.Cause.BOUNCE,
                detail=outcome.detail,
                contact=message.contact,
                at=at,
            )
        case Fate.UNKNOWN:
            fail(message, Message.Reason.OUTCOME_UNKNOWN, outcome.detail, at=at)


def _pause(message: Message, detail: str, *, at: datetime) -> None:
    """Let go of the message and come back later, or give up after the last pause."""
    if message.status != Message.Status.QUEUED:
        return
    if message.attempts > len(PAUSES):
        fail(message, Message.Reason.UNREACHABLE, detail, at=at)
        return
    message.sending_since, message.detail = None, detail
    message.next_attempt_at = at + PAUSES[message.attempts - 1]
    message.save(update_fields=["sending_since", "detail", "next_attempt_at"])
    enqueue(message, at=message.next_attempt_at)
