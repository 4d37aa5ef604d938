"""Reading what changed, in the order of the commits, and forgetting it after a while.

A reader that stands at a Place has seen everything up to it: nothing appears there later, however
long other transactions stay open. Call all of this inside the agency's scope, and in PostgreSQL's
default isolation: a snapshot taken before would miss what was waited for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pgtrigger
from django.db import connection

from agencies.event_models import Event, EventBatch, EventQuerySet
from agencies.models import Agency
from agencies.scope import acting_for
from agencies.telling import VERBS

KEPT = timedelta(days=90)
# How long a reader waits for those that are committing.
_PATIENCE = "2 seconds"
# Transactions whose events go at once, so that none of our own lasts for long.
_BATCHES_AT_ONCE = 1000


@dataclass(frozen=True, order=True)
class Place:
    """Between two events of the log: behind this one of the batch with this position."""

    position: int = 0
    event_id: int = 0


def types() -> list[str]:
    """Every type of event there is, such as client.created."""
    return [f"{kind}.{verb}" for kind in sorted(VERBS) for verb in VERBS[kind]]


def end() -> Place | None:
    """Behind the newest event that everything before has settled for.

    None where somebody is committing for so long that nothing can be said now; ask again later.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT agencies_settled_position(%s::interval)", [_PATIENCE])
        (position,) = cursor.fetchone()
    return None if position is None else Place(position, 2**63 - 1)


def settled() -> EventQuerySet:
    """All events that were committed, in no order."""
    return Event.objects.select_related("batch").filter(batch__position__isnull=False)


def between(some: EventQuerySet, start: Place, stop: Place) -> EventQuerySet:
    """Those behind `start` up to `stop`, which comes from end(); in the order of the log."""
    return some.after(start.position, start.event_id).filter(batch__position__lte=stop.position)


def place_of(event: Event) -> Place:
    """Behind this event, which was committed."""
    return Place(event.batch.position or 0, event.pk)


def is_forgotten(place: Place) -> bool:
    """Whether events behind the place are gone, so that who stands there must start over."""
    return EventBatch.objects.filter(is_forgotten=True, position__gt=place.position).exists()


def forget_old(*, before: datetime) -> int:
    """Delete every agency's events committed before that moment; returns how many."""
    deleted = 0
    for agency_id in Agency.objects.values_list("pk", flat=True):
        while some := _forget_some(agency_id, before):
            deleted += some
    return deleted


def _forget_some(agency_id: int, before: datetime) -> int:
    keepers = pgtrigger.ignore("agencies.Event:keep", "agencies.EventBatch:keep")
    with acting_for(agency_id, door="job"), keepers:
        old = EventBatch.objects.filter(committed_at__lt=before).order_by("position")
        batches = list(old.filter(is_forgotten=False)[:_BATCHES_AT_ONCE])
        if not batches:
            return 0
        newest = batches.pop()
        deleted = Event.objects.filter(batch__in=[*batches, newest])._raw_delete("default")
        EventBatch.objects.filter(position__lt=newest.position)._raw_delete("default")
        newest.is_forgotten = True
        newest.save(update_fields=["is_forgotten"])
    return deleted
