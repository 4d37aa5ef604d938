"""Who is told of what changed by requests: making, changing and switching endpoints.

What is sent them, and when, is agencies.delivering.
"""

import base64
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from agencies import destinations, events
from agencies.destinations import Resolver, ask_system
from agencies.errors import DomainError
from agencies.models import Agency, Membership
from agencies.scope import acting_for
from agencies.sealing import seal, unseal
from agencies.webhook_models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

# The job that sends; a higher floor says how events are worded. Known to a trigger as well.
SEND = "api.tasks.send_webhooks"
QUEUE = "webhooks"
PING = "webhook.ping"

MOST = 50
# How long the secret before the present one signs as well.
OVERLAP = timedelta(hours=24)
# How long finished deliveries can be looked at and sent again.
KEPT = timedelta(days=30)
# As the scheme recommends 24 to 64 bytes.
_SECRET_BYTES = 32
_PREFIX = "whsec_"


class UnknownEventType(DomainError):
    code = "unknown_event_type"


class TooManyWebhooks(DomainError):
    code = "too_many_webhooks"


class WebhookIsOff(DomainError):
    code = "webhook_is_off"


class EventForgotten(DomainError):
    code = "event_forgotten"


class TryAgain(DomainError):
    code = "try_again"


@transaction.atomic
def create_endpoint(
    agency: Agency,
    *,
    url: str,
    types: Sequence[str],
    description: str = "",
    by: Membership | None = None,
    ask: Resolver = ask_system,
) -> tuple[WebhookEndpoint, str]:
    """Tell this address of events from now on; returns it with its secret, which is shown once.

    `types` are names such as client.created, client.* or *. Raises BadDestination,
    UnknownEventType and TooManyWebhooks.
    """
    _check_address(url, ask)
    _check_types(types)
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
    if WebhookEndpoint.objects.count() >= MOST:
        raise TooManyWebhooks(f"An agency has at most {MOST} webhooks. Delete one first.")
    now_at = events.end()
    if now_at is None:
        raise TryAgain("Changes are being written. Try again in a second.")
    secret = _new_secret()
    endpoint = WebhookEndpoint.objects.create(
        agency=agency,
        url=url,
        types=list(dict.fromkeys(types)),
        description=description,
        secret=seal(secret.encode()),
        created_by=by,
        position=now_at.position,
        event_id=now_at.event_id,
    )
    return endpoint, secret


def edit_endpoint(endpoint: WebhookEndpoint, *, ask: Resolver = ask_system, **facts: Any) -> None:
    """Change `url`, `types` or `description`. Raises BadDestination and UnknownEventType.

    What is pending already goes to the new address.
    """
    if "url" in facts:
        _check_address(facts["url"], ask)
    if "types" in facts:
        _check_types(facts["types"])
    for name, value in facts.items():
        setattr(endpoint, name, value)
    endpoint.updated_at = timezone.now()
    endpoint.save(update_fields=[*facts, "updated_at"])


def rotate_secret(endpoint: WebhookEndpoint, *, at: datetime) -> str:
    """A new secret, shown once; for a day the present one signs as well."""
    secret = _new_secret()
    endpoint.former_secret, endpoint.former_secret_until = endpoint.secret, at + OVERLAP
    endpoint.secret, endpoint.updated_at = seal(secret.encode()), at
    endpoint.save(update_fields=["secret", "former_secret", "former_secret_until", "updated_at"])
    return secret


def secrets_of(endpoint: WebhookEndpoint, *, at: datetime) -> list[str]:
    """Those that sign, the present one first.

    Raises cryptography.fernet.InvalidToken where the installation's secret has changed.
    """
    sealed = [endpoint.secret]
    if endpoint.former_secret_until and at < endpoint.former_secret_until:
        sealed.append(endpoint.former_secret)
    return [unseal(bytes(secret)).decode() for secret in sealed]


def switch_off(
    endpoint: WebhookEndpoint,
    *,
    at: datetime,
    reason: str = WebhookEndpoint.SwitchedOff.BY_HAND,
) -> None:
    """Send nothing more. What is pending, and what changes meanwhile, waits for switch_on()."""
    if endpoint.is_on:
        endpoint.switched_off, endpoint.switched_off_at, endpoint.updated_at = reason, at, at
        endpoint.save(update_fields=["switched_off", "switched_off_at", "updated_at"])


@transaction.atomic
def switch_on(endpoint: WebhookEndpoint, *, at: datetime) -> None:
    """Go on where it stopped: with all that changed meanwhile and is not forgotten."""
    if endpoint.is_on:
        return
    endpoint.switched_off, endpoint.switched_off_at, endpoint.updated_at = "", None, at
    endpoint.failures, endpoint.failing_since, endpoint.quiet_until = 0, None, None
    endpoint.save(
        update_fields=[
            *("switched_off", "switched_off_at", "updated_at"),
            *("failures", "failing_since", "quiet_until"),
        ]
    )
    endpoint.deliveries.pending().update(planned_attempts=0, counted_from=at, next_attempt_at=at)
    wake(endpoint)


@transaction.atomic
def ping(endpoint: WebhookEndpoint, *, at: datetime) -> WebhookDelivery:
    """Send something that tells of nothing, to see whether it arrives. Raises WebhookIsOff."""
    _refuse_off(endpoint)
    delivery = WebhookDelivery.objects.create(
        agency_id=endpoint.agency_id,
        endpoint=endpoint,
        type=PING,
        kind="webhook",
        subject_id=endpoint.pk,
        next_attempt_at=at,
        created_at=at,
    )
    _disturb(endpoint)
    return delivery


@transaction.atomic
def send_again(delivery: WebhookDelivery, *, at: datetime) -> None:
    """One more attempt now, whatever became of those before.

    Of a pending one it is the next of those that are planned. Raises WebhookIsOff and
    EventForgotten.
    """
    _refuse_off(delivery.endpoint)
    if WebhookDelivery.objects.forgotten().filter(pk=delivery.pk).exists():
        raise EventForgotten("What this told of is no longer in the log, so it cannot be sent.")
    held = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    if held.state == WebhookDelivery.State.PENDING:
        held.next_attempt_at = at
    else:
        held.resend_at = at
    held.save(update_fields=["next_attempt_at", "resend_at"])
    _disturb(delivery.endpoint)


def wake(endpoint: WebhookEndpoint) -> None:
    """Let a worker look after it, once this transaction is committed."""
    job = app.configure_task(SEND, queue=QUEUE)
    job.defer(agency_id=endpoint.agency_id, endpoint_id=endpoint.pk)


def wake_later(agency_id: int, endpoint_id: int, *, at: datetime) -> None:
    """The same at that moment. Of those that wait one is enough, whichever moment it has.

    Whoever would have to be earlier is found by agencies.delivering.wake_all() in time.
    """
    job = app.configure_task(
        SEND, queue=QUEUE, schedule_at=at, queueing_lock=f"webhook-{endpoint_id}"
    )
    with suppress(AlreadyEnqueued), transaction.atomic():
        job.defer(agency_id=agency_id, endpoint_id=endpoint_id)


def forget_old(*, before: datetime) -> int:
    """Delete every agency's deliveries that were finished before; returns how many."""
    deleted = 0
    for agency_id in Agency.objects.values_list("pk", flat=True):
        with acting_for(agency_id, door="job"):
            old = WebhookDelivery.objects.filter(finished_at__lt=before, resend_at=None)
            WebhookAttempt.objects.filter(delivery__in=old)._raw_delete("default")
            deleted += old._raw_delete("default")
    return deleted


def forget_replies(client_ids: Collection[int]) -> None:
    """Blank what receivers answered when they were told of these clients, who are purged."""
    told = WebhookAttempt.objects.filter(delivery__client_id__in=client_ids)
    told.exclude(excerpt="").update(excerpt="")


def _check_address(url: str, ask: Resolver) -> None:
    destinations.resolve(destinations.read(url), ask)


def _check_types(types: Sequence[str]) -> None:
    known = {"*", *events.types(), *(f"{name.partition('.')[0]}.*" for name in events.types())}
    unknown = [name for name in types if name not in known]
    if unknown or not types:
        wrong = f"{unknown[0][:60]} is no type of event. " if unknown else ""
        raise UnknownEventType(
            f"{wrong}Name some such as client.created, client.* or *.", field="types"
        )


def _refuse_off(endpoint: WebhookEndpoint) -> None:
    if not endpoint.is_on:
        raise WebhookIsOff("This webhook is switched off. Switch it on first.")


def _disturb(endpoint: WebhookEndpoint) -> None:
    """Whoever asks wants it now, even where nothing arrived lately."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(quiet_until=None)
    wake(endpoint)


def _new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
