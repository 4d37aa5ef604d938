"""Jobs that ask providers about a client, again and again with longer pauses, and note the answer.

Nothing of the database is open while a provider is asked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from agencies.asking import ServiceUnavailable
from agencies.scope import acting_for
from billing.tax import note, refresh
from billing.tax_providers import PROVIDERS, ProviderMisunderstood
from clients.departing import ClientGone
from clients.editing import hold_client
from clients.models import Client

# After each time that a provider was not there: a day and a half in all.
PAUSES: Sequence[timedelta] = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    *(timedelta(hours=hours) for hours in (1, 4, 12, 24)),
)
_log = structlog.get_logger("foyer.tax")


def learn(client: Client, *, at: datetime) -> Client:
    """Note what is known at once, and let jobs ask the others; returns the client as it is now.

    Raises ClientGone.
    """
    client = refresh(client, at=at)
    look_up_later(client)
    return client


def look_up_later(client: Client) -> None:
    """Let jobs ask every provider that is set and that knows clients of this kind."""
    for name, provider in PROVIDERS.items():
        if provider.question(client):
            _enqueue(client.agency_id, client.pk, name, attempt=0, at=None)


def look_up(agency_id: int, client_id: int, provider: str, attempt: int) -> None:
    """Ask once. Call it in no scope."""
    asked = PROVIDERS[provider]
    with acting_for(agency_id, door="job"):
        client = Client.objects.select_related("agency").filter(pk=client_id).first()
        question = asked.question(client) if client else None
    if question is None:
        return
    try:
        facts = asked.ask(question)
    except ProviderMisunderstood as error:
        _log.error(
            "A tax provider does not accept what it is asked.", provider=provider, why=str(error)
        )
        return
    except ServiceUnavailable as error:
        _log.info("tax", provider=provider, client=client_id, attempt=attempt, why=str(error))
        _again(agency_id, client_id, provider, attempt)
        return
    with acting_for(agency_id, door="job"):
        try:
            held = hold_client(client_id)
        except ClientGone:
            return
        if asked.question(held) == question:
            note(held, asked.subject, facts, source=asked.source, at=timezone.now())
        else:
            # Somebody changed what it was about.
            _enqueue(agency_id, client_id, provider, attempt=0, at=None)


def _again(agency_id: int, client_id: int, provider: str, attempt: int) -> None:
    if attempt >= len(PAUSES):
        _log.warning("A tax provider was not there for long.", provider=provider, client=client_id)
        return
    at = timezone.now() + PAUSES[attempt]
    _enqueue(agency_id, client_id, provider, attempt=attempt + 1, at=at)


def _enqueue(
    agency_id: int, client_id: int, provider: str, *, attempt: int, at: datetime | None
) -> None:
    job = app.configure_task(
        "billing.tasks.look_up_tax",
        schedule_at=at,
        queueing_lock=f"tax-{provider}-{client_id}",
    )
    try:
        with transaction.atomic():
            job.defer(agency_id=agency_id, client_id=client_id, provider=provider, attempt=attempt)
    except AlreadyEnqueued:
        # The job that waits already does the same.
        return
