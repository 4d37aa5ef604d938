"""Looks after messages whose job never came back, and forgets what nobody will send again."""

from datetime import datetime, timedelta

from agencies.models import Agency
from agencies.scope import acting_for
from contacts.mailing import enqueue
from contacts.models import Message
from contacts.progress import fail

# Longer than any attempt takes; see EMAIL_TIMEOUT.
LONGEST_ATTEMPT = timedelta(minutes=15)
# A job that is due for so long was lost with its worker.
OVERDUE = timedelta(minutes=10)
# How long a failed message can be sent again.
KEPT = timedelta(days=30)


def mind_messages(*, at: datetime) -> None:
    for agency_id in Agency.objects.values_list("pk", flat=True):
        with acting_for(agency_id, door="job"):
            _give_up_abandoned(at)
            _find_lost(at)
            _forget_content(at)


def _give_up_abandoned(at: datetime) -> None:
    """Whoever had it may have died before the sending or after it: a person has to decide."""
    abandoned = Message.objects.in_hand().filter(sending_since__lt=at - LONGEST_ATTEMPT)
    for message in abandoned.select_for_update(skip_locked=True):
        fail(
            message,
            Message.Reason.OUTCOME_UNKNOWN,
            "Foyer was stopped while it was being sent.",
            at=at,
        )


def _find_lost(at: datetime) -> None:
    for message in Message.objects.waiting().filter(next_attempt_at__lt=at - OVERDUE):
        enqueue(message, at=at)


def _forget_content(at: datetime) -> None:
    stopped = Message.objects.filter(failed_at__lt=at - KEPT).exclude(content=b"")
    stopped.update(content=b"")
