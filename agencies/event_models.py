"""What changed: one row per change of a thing, numbered in the order of the commits.

Written by the triggers of agencies.telling alone, read through agencies.events. Rows name things
by their ids and say nothing about anybody, so they may outlive what they tell of.
"""

from typing import Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

# A position is taken while the transaction commits and not before: whoever waited for another's
# rows comes after it. The shared lock tells readers that a lower position may still appear.
_TAKE_POSITION = """
    PERFORM pg_advisory_xact_lock_shared(1718581605, (NEW.agency_id % 2147483647)::int);
    -- The scope has ended when the transaction commits; it is the row's own agency that acts.
    PERFORM set_config('foyer.agency', NEW.agency_id::text, true);
    UPDATE agencies_eventbatch
    SET position = nextval('agencies_eventbatch_position'), committed_at = clock_timestamp()
    WHERE id = NEW.id;
    -- As agencies.webhooks.wake(), for changes that no code of ours makes as well.
    INSERT INTO procrastinate_jobs (queue_name, task_name, args)
    SELECT 'webhooks', 'api.tasks.send_webhooks',
        jsonb_build_object('agency_id', e.agency_id, 'endpoint_id', e.id)
    FROM agencies_webhookendpoint e WHERE e.switched_off = '';
    PERFORM set_config('foyer.event_batch', '', true);
    PERFORM set_config('foyer.agency', coalesce(outer_scope, ''), true);
    RETURN NULL;
"""

# Until the commit, two changes of one thing become one event.
_REFUSE_LATER_CHANGE = """
    IF OLD.batch_id IS DISTINCT FROM agencies_open_event_batch() THEN
        RAISE EXCEPTION 'An event is never changed.';
    END IF;
    RETURN NEW;
"""


class EventBatch(models.Model):
    """The events of one transaction. Without a position it has not been committed."""

    agency = models.ForeignKey("agencies.Agency", models.CASCADE, related_name="+")
    position = models.BigIntegerField(null=True, editable=False)
    committed_at = models.DateTimeField(null=True, editable=False)
    # Through which door and by which membership, as in the audit trail.
    door = models.CharField(max_length=20, blank=True, editable=False)
    member_id = models.BigIntegerField(null=True, editable=False)
    # Its events are forgotten; the newest such row tells how far the log has been cut.
    is_forgotten = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name_plural = "event batches"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "position"], name="event_batch_position_once")
        ]
        indexes = [models.Index(fields=["agency", "committed_at"], name="event_batch_by_time")]
        triggers = [
            pgtrigger.Trigger(
                name="take_position",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("outer_scope", "text := current_setting('foyer.agency', true)")],
                func=_TAKE_POSITION,
            ),
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="keep_position",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.position IS NOT NULL AND (OLD.position, OLD.committed_at) "
                    "IS DISTINCT FROM (NEW.position, NEW.committed_at)"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}"


class EventQuerySet(models.QuerySet["Event"]):
    def after(self, position: int, event_id: int) -> Self:
        """In the order of the log, what follows that event of the batch with that position."""
        return self.filter(
            Q(batch__position__gt=position) | Q(pk__gt=event_id),
            # Said apart, so that the index is entered at the right place.
            batch__position__gte=position,
        ).order_by("batch__position", "pk")


class Event(models.Model):
    """Something happened to one thing. Within a transaction once per type and thing."""

    # No constraint: the trigger takes both from the transaction itself, and asking for each of
    # 10,000 rows whether they exist would cost more than writing them.
    agency = models.ForeignKey(
        "agencies.Agency", models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    batch = models.ForeignKey(
        EventBatch, models.CASCADE, related_name="events", db_constraint=False, db_index=False
    )
    # The kind of thing and what happened to it, such as client.created.
    type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    # The client it belongs to, where it belongs to one.
    client_id = models.BigIntegerField(null=True)
    # Who answers for a merged client from now on.
    survivor_id = models.BigIntegerField(null=True)
    # Names of the columns that changed, where something was updated.
    changed = ArrayField(models.CharField(max_length=63), default=list)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "type", "subject_id"], name="event_once")
        ]
        triggers = [
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="keep_content",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=_REFUSE_LATER_CHANGE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject_id}"

    @property
    def kind(self) -> str:
        return self.type.partition(".")[0]
