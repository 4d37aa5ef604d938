"""When statements go out by themselves: to whom, how often, and from which day on."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from agencies.errors import DomainError
from agencies.models import Agency
from billing.models import StatementSchedule
from billing.scheduling import first_of_next
from clients.models import Client, Tag


class BadScheduleDay(DomainError):
    """No first of a month, or of a quarter, or a day that is over."""

    code = "bad_schedule_day"


class ScheduleGone(DomainError):
    code = "schedule_gone"


class OneReader(DomainError):
    """A schedule is for one client or for one tag."""

    code = "client_or_tag"


@transaction.atomic
def plan(
    agency: Agency,
    *,
    on: date,
    at: datetime,
    client: Client | None = None,
    tag: Tag | None = None,
    every: str = StatementSchedule.Every.MONTH,
    next_on: date | None = None,
    **options: Any,
) -> StatementSchedule:
    """Send statements to the client, or to all that carry the tag, from the next period's end on.

    `on` is today. Raises OneReader and BadScheduleDay.
    """
    if (client is None) == (tag is None):
        raise OneReader("Name either a client or a tag.", field="client_id")
    refuse_day(every, next_on, on=on)
    return StatementSchedule.objects.create(
        agency_id=agency.pk,
        client=client,
        tag=tag,
        every=every,
        next_on=next_on or first_of_next(every, after=on),
        created_at=at,
        **options,
    )


@transaction.atomic
def replan(
    schedule: StatementSchedule,
    *,
    on: date,
    at: datetime,
    every: str | None = None,
    next_on: date | None = None,
    paused: bool | None = None,
    **options: Any,
) -> StatementSchedule:
    """Change what is named. Periods that ended during a pause are not sent later.

    Raises BadScheduleDay and ScheduleGone.
    """
    held = StatementSchedule.objects.select_for_update().filter(pk=schedule.pk).first()
    if held is None:
        raise ScheduleGone("This schedule was deleted meanwhile.")
    resumed = paused is False and held.paused_at is not None
    anew = bool(every and every != held.every) or (resumed and held.next_on < on)
    held.every = every or held.every
    refuse_day(held.every, next_on, on=on)
    if next_on or anew:
        held.next_on = next_on or first_of_next(held.every, after=on)
    if paused is not None:
        held.paused_at = (held.paused_at or at) if paused else None
    for name, value in options.items():
        setattr(held, name, value)
    held.save()
    return held


def refuse_day(every: str, next_on: date | None, *, on: date) -> None:
    """Raises BadScheduleDay where something cannot go out on this day for the first time."""
    if next_on is None:
        return
    if next_on < on:
        raise BadScheduleDay("This day is over. Name a later one.", field="next_on")
    step = 3 if every == StatementSchedule.Every.QUARTER else 1
    if next_on.day != 1 or (next_on.month - 1) % step:
        of = "quarter: 1 January, April, July or October" if step == 3 else "month"
        raise BadScheduleDay(f"Name the first day of a {of}.", field="next_on")
