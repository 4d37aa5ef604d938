"""Sending events to endpoints: in order, again where nothing arrives, and never twice at once.

One worker at a time holds an endpoint, by a lease in its row that ends by itself. It works in
rounds: what is to be sent is written down and committed, then sent, then what became of it is
written down. Who dies in between leaves an attempt without an end, and the next one goes on.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from cryptography.fernet import InvalidToken
from django.utils import timezone
from standardwebhooks import Webhook

from agencies import destinations, events
from agencies.destinations import BadDestination, Resolver, ask_system
from agencies.models import Agency
from agencies.posting import SECONDS_IN_ALL, Deadline, PostFailed, Reply, post
from agencies.scope import acting_for
from agencies.webhook_models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from agencies.webhooks import secrets_of, switch_off, wake, wake_later

# How long to wait after each planned attempt that failed: ten attempts in three days, as the
# Standard Webhooks specification recommends.
PAUSES: Sequence[timedelta] = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 16, 24)),
)
# What waited behind others has had fewer by then, and is not waited for any longer.
LONGEST_TRY = timedelta(days=3)
# An endpoint where nothing arrives is left in peace, for twice as long after every round.
_SHORTEST_PEACE, _LONGEST_PEACE = timedelta(seconds=2), timedelta(minutes=5)
_LONGEST_WISH = timedelta(hours=24)
# Longer than a round can take: nobody else sends while a request of ours may be under way.
LEASE = timedelta(seconds=90)
AT_ONCE = 8
# Events wait in the log while that many of an endpoint's have not been tried yet.
_MOST_UNTRIED, _READ_AT_ONCE = 1000, 500
# Then somebody else has a turn.
_SECONDS_AT_A_TIME = 20.0

_log = structlog.get_logger("foyer.webhooks")


@dataclass(frozen=True)
class Message:
    """The same however often it is sent: receivers know a repetition by its `id`."""

    id: str
    body: bytes


@dataclass(frozen=True)
class Wording:
    """What only a higher floor knows: how an event looks, and how people are written to.

    Both are called within the agency's scope.
    """

    message: Callable[[WebhookDelivery], Message]
    switched_off: Callable[[WebhookEndpoint], None]


@dataclass(frozen=True)
class Sending:
    attempt: WebhookAttempt
    message: Message
    url: str
    secrets: Sequence[str]


@dataclass(frozen=True)
class Outcome:
    attempt: WebhookAttempt
    reply: Reply | None
    failure: str = ""
    text: str = ""
    milliseconds: int = 0

    @property
    def arrived(self) -> bool:
        return self.reply is not None and 200 <= self.reply.status < 300


def serve(
    agency_id: int, endpoint_id: int, *, wording: Wording, ask: Resolver = ask_system
) -> None:
    """Send what is due to the endpoint, unless somebody else is at it. Call it in no scope."""
    lease, until = uuid.uuid4(), time.monotonic() + _SECONDS_AT_A_TIME
    goes_on = True
    while goes_on and (sendings := _begin(agency_id, endpoint_id, lease, wording)):
        outcomes = _send_all(sendings, ask)
        has_time = time.monotonic() < until
        goes_on = _finish(agency_id, endpoint_id, lease, outcomes, wording, has_time=has_time)


def wake_all(*, at: datetime) -> None:
    """Wake every endpoint that has something to do; for those whom no change wakes."""
    for agency_id in Agency.objects.values_list("pk", flat=True):
        with acting_for(agency_id, door="job"):
            on = WebhookEndpoint.objects.filter(switched_off="").free(at=at)
            for endpoint in on:
                if _has_work(endpoint, at):
                    wake(endpoint)


def _has_work(endpoint: WebhookEndpoint, at: datetime) -> bool:
    if endpoint.quiet_until and endpoint.quiet_until > at:
        return False
    if endpoint.leased_until:
        # Nobody has it in hand, and somebody had: what was under way is to be looked after.
        return True
    waiting = endpoint.deliveries
    if waiting.due(at=at).exists() or waiting.asked_for().exists():
        return True
    return events.settled().after(endpoint.position, endpoint.event_id).exists()


def _begin(agency_id: int, endpoint_id: int, lease: uuid.UUID, wording: Wording) -> list[Sending]:
    """Take the endpoint, and write down what is sent next; nothing lets go of it."""
    with acting_for(agency_id, door="job"):
        at = timezone.now()
        endpoint = _take(endpoint_id, lease, at)
        if endpoint is None:
            return []
        _end_interrupted(endpoint, at)
        endpoint.deliveries.pending().forgotten().delete()
        _read_log(endpoint)
        chosen = _choose(endpoint, at)
        sendings = [_write_down(endpoint, delivery, at, wording) for delivery in chosen]
        endpoint.lease = lease if sendings else None
        endpoint.leased_until = at + LEASE if sendings else None
        endpoint.save(update_fields=["lease", "leased_until", "position", "event_id"])
        return sendings


def _take(endpoint_id: int, lease: uuid.UUID, at: datetime) -> WebhookEndpoint | None:
    # Waits for who is just beginning or finishing, so that a wake-up is never lost.
    held = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint_id).first()
    if held is None or not held.is_on or (held.quiet_until and held.quiet_until > at):
        return None
    is_free = held.leased_until is None or held.leased_until < at
    return held if is_free or held.lease == lease else None


def _end_interrupted(endpoint: WebhookEndpoint, at: datetime) -> None:
    open_ones = WebhookAttempt.objects.filter(delivery__endpoint=endpoint, finished_at=None)
    # Of pending ones the next attempt is planned already.
    finished = endpoint.deliveries.exclude(state=WebhookDelivery.State.PENDING)
    finished.filter(attempts__in=open_ones).update(resend_at=at)
    open_ones.update(
        finished_at=at, failure="interrupted", excerpt="Foyer was stopped while it was sent."
    )


def _read_log(endpoint: WebhookEndpoint) -> None:
    """Take over from the log what the endpoint wants, unless much is still to be tried."""
    stop = events.end()
    if stop is None or endpoint.deliveries.untried().count() >= _MOST_UNTRIED:
        return
    start = events.Place(endpoint.position, endpoint.event_id)
    found = list(events.between(events.settled(), start, stop)[:_READ_AT_ONCE])
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            agency_id=endpoint.agency_id,
            endpoint=endpoint,
            event=event,
            type=event.type,
            kind=event.kind,
            subject_id=event.subject_id,
            client_id=event.client_id,
            next_attempt_at=event.batch.committed_at,
        )
        for event in found
        if endpoint.wants(event.type)
    )
    if len(found) == _READ_AT_ONCE:
        stop = events.place_of(found[-1])
    endpoint.position, endpoint.event_id = stop.position, stop.event_id


def _choose(endpoint: WebhookEndpoint, at: datetime) -> list[WebhookDelivery]:
    wanted = list(endpoint.deliveries.asked_for().select_related("event__batch")[:AT_ONCE])
    if wanted:
        return wanted
    due = endpoint.deliveries.due(at=at).select_related("event__batch")
    if not endpoint.failures:
        return list(due[:AT_ONCE])
    # Few are enough to see whether anything arrives again: the oldest, which has waited longest,
    # and the one least tried, since it may be that oldest one alone that is refused.
    probes = [*due[:1], *due.order_by("planned_attempts", "pk")[:1]]
    return list(dict.fromkeys(probes))


def _write_down(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, at: datetime, wording: Wording
) -> Sending:
    """As if the attempt had failed already: so a worker that dies in it leaves nothing to mend."""
    delivery.attempt_count += 1
    if delivery.state == WebhookDelivery.State.PENDING:
        delivery.next_attempt_at = at + PAUSES[min(delivery.planned_attempts, len(PAUSES) - 1)]
        delivery.planned_attempts += 1
    delivery.resend_at = None
    delivery.save()
    attempt = WebhookAttempt.objects.create(
        agency_id=endpoint.agency_id,
        delivery=delivery,
        number=delivery.attempt_count,
        started_at=at,
    )
    try:
        secrets = secrets_of(endpoint, at=at)
    except InvalidToken:
        secrets = []
    return Sending(attempt, wording.message(delivery), endpoint.url, secrets)


def _send_all(sendings: Sequence[Sending], ask: Resolver) -> list[Outcome]:
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="webhook") as pool:
        return list(pool.map(lambda sending: _send(sending, ask), sendings))


def _send(sending: Sending, ask: Resolver) -> Outcome:
    """Uses no database: it runs in a thread of its own."""
    began = time.monotonic()

    def outcome(reply: Reply | None, failure: str = "", text: str = "") -> Outcome:
        passed = int((time.monotonic() - began) * 1000)
        return Outcome(sending.attempt, reply, failure, text, passed)

    if not sending.secrets:
        text = "Its secret cannot be read: this installation's secret key is another. Rotate it."
        return outcome(None, "secret", text)
    deadline = Deadline(SECONDS_IN_ALL)
    try:
        destination = destinations.read(sending.url)
        addresses = destinations.resolve(destination, ask)
        headers = _headers(sending, timezone.now())
        body = sending.message.body
        return outcome(post(destination, addresses, headers=headers, body=body, deadline=deadline))
    except BadDestination as error:
        return outcome(None, "address", str(error))
    except PostFailed as error:
        return outcome(None, error.code, str(error))


def _headers(sending: Sending, at: datetime) -> dict[str, str]:
    """As the Standard Webhooks specification has them; one signature for each secret."""
    message, text = sending.message, sending.message.body.decode()
    signatures = [Webhook(secret).sign(message.id, at, text) for secret in sending.secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Foyer-Webhooks/1",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _finish(
    agency_id: int,
    endpoint_id: int,
    lease: uuid.UUID,
    outcomes: Sequence[Outcome],
    wording: Wording,
    *,
    has_time: bool,
) -> bool:
    """Write down what became of it; returns whether to go on, and lets go of the endpoint else.

    Whoever was too late for the lease leaves everything alone.
    """
    with acting_for(agency_id, door="job"):
        at = timezone.now()
        held = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint_id)
        endpoint = held.first()
        if endpoint is None or endpoint.lease != lease:
            return False
        given_up = [outcome for outcome in outcomes if _end(outcome, at)]
        _note(endpoint, outcomes, at)
        _stop_if_hopeless(endpoint, outcomes, given_up, wording, at)
        goes_on = has_time and endpoint.is_on and not endpoint.quiet_until
        if not goes_on:
            _let_go(endpoint)
    _log.info(
        "webhook",
        endpoint=endpoint_id,
        arrived=sum(outcome.arrived for outcome in outcomes),
        failed=sum(not outcome.arrived for outcome in outcomes),
    )
    return goes_on


def _let_go(endpoint: WebhookEndpoint) -> None:
    endpoint.lease, endpoint.leased_until = None, None
    endpoint.save(update_fields=["lease", "leased_until"])
    if endpoint.is_on and endpoint.quiet_until:
        wake_later(endpoint.agency_id, endpoint.pk, at=endpoint.quiet_until)
    elif endpoint.is_on:
        wake(endpoint)


def _end(outcome: Outcome, at: datetime) -> bool:
    """Write down how the attempt went; returns whether the delivery is given up with it."""
    attempt, delivery = outcome.attempt, outcome.attempt.delivery
    attempt.finished_at, attempt.milliseconds = at, outcome.milliseconds
    attempt.failure, attempt.excerpt = outcome.failure, outcome.text
    if outcome.reply:
        attempt.status, attempt.excerpt = outcome.reply.status, outcome.reply.excerpt
    attempt.save()
    is_pending = delivery.state == WebhookDelivery.State.PENDING
    is_old = at >= delivery.counted_from + LONGEST_TRY
    is_over = is_old or delivery.planned_attempts > len(PAUSES)
    if outcome.arrived:
        delivery.state = WebhookDelivery.State.DELIVERED
    elif is_pending and is_over:
        delivery.state = WebhookDelivery.State.FAILED
    elif is_pending:
        pause = PAUSES[delivery.planned_attempts - 1]
        delivery.next_attempt_at = at + max(pause, _wish(outcome.reply))
    if delivery.state != WebhookDelivery.State.PENDING:
        delivery.finished_at, delivery.next_attempt_at = at, None
    delivery.save(update_fields=["state", "finished_at", "next_attempt_at"])
    return is_pending and delivery.state == WebhookDelivery.State.FAILED


def _wish(reply: Reply | None) -> timedelta:
    """How long a receiver that is busy asks to be left alone."""
    if reply is None or reply.status not in (429, 503) or not reply.retry_after.isdecimal():
        return timedelta()
    return min(timedelta(seconds=int(reply.retry_after[:9])), _LONGEST_WISH)


def _note(endpoint: WebhookEndpoint, outcomes: Sequence[Outcome], at: datetime) -> None:
    if any(outcome.arrived for outcome in outcomes):
        endpoint.failures, endpoint.failing_since, endpoint.quiet_until = 0, None, None
        endpoint.last_success_at = at
    else:
        endpoint.failures += 1
        endpoint.failing_since = endpoint.failing_since or at
        peace = min(_SHORTEST_PEACE * 2 ** min(endpoint.failures - 1, 10), _LONGEST_PEACE)
        endpoint.quiet_until = at + peace
    endpoint.save(update_fields=["failures", "failing_since", "quiet_until", "last_success_at"])


def _stop_if_hopeless(
    endpoint: WebhookEndpoint,
    outcomes: Sequence[Outcome],
    given_up: Sequence[Outcome],
    wording: Wording,
    at: datetime,
) -> None:
    """One that is given up stops nothing where others arrived meanwhile."""
    begun = [outcome.attempt.delivery.counted_from for outcome in given_up]
    last = endpoint.last_success_at
    if any(outcome.reply and outcome.reply.status == 410 for outcome in outcomes):
        reason = WebhookEndpoint.SwitchedOff.GONE
    elif any(last is None or last < first for first in begun):
        reason = WebhookEndpoint.SwitchedOff.FAILING
    else:
        return
    switch_off(endpoint, at=at, reason=reason)
    wording.switched_off(endpoint)
