"""Statements that go out by themselves, once per client and period."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import structlog
from django.db import transaction

from agencies.models import Agency
from agencies.scope import acting_for
from billing.days import day_in
from billing.mailing import NobodyToMail
from billing.statement_models import KeptStatement, StatementSchedule
from billing.statements import Wanted
from billing.stating import again, mail, make
from clients.editing import hold_client
from clients.models import Client

_log = structlog.get_logger("foyer.billing")
_MONTHS = {StatementSchedule.Every.MONTH: 1, StatementSchedule.Every.QUARTER: 3}


def first_of_next(every: str, *, after: date) -> date:
    """The next first of a month, or of a quarter, behind this day."""
    step = _MONTHS[StatementSchedule.Every(every)]
    month = (after.month - 1) // step * step + step
    return date(after.year + month // 12, month % 12 + 1, 1)


def period_of(schedule: StatementSchedule) -> tuple[date, date]:
    """First and last day of what is sent on `next_on`: the month or quarter before it."""
    end = schedule.next_on - timedelta(days=1)
    step = _MONTHS[StatementSchedule.Every(schedule.every)]
    return date(end.year, end.month - step + 1, 1), end


def send_due(*, at: datetime) -> int:
    """Make and mail what is due in every agency; returns how many statements were mailed.

    Each client in a transaction of its own, which also remembers that it was done: started again,
    it goes on where it stopped. A failure keeps none of the others; all are raised at the end.
    """
    failures: list[Exception] = []
    mailed = 0
    for agency in Agency.objects.order_by("pk"):
        on = day_in(agency, at)
        with acting_for(agency.pk, door="job"):
            due = list(StatementSchedule.objects.due(on=on))
        for schedule in due:
            sent, failed = _send(schedule, at=at)
            mailed += sent
            failures += failed
    if failures:
        raise ExceptionGroup("Some scheduled statements could not be sent.", failures)
    return mailed


def _send(schedule: StatementSchedule, *, at: datetime) -> tuple[int, list[Exception]]:
    mailed, failures = 0, []
    with acting_for(schedule.agency_id, door="job"):
        clients = list(_clients(schedule))
    for client in clients:
        try:
            with acting_for(schedule.agency_id, door="job"):
                mailed += _send_one(schedule, client, at=at)
        except Exception as error:  # noqa: BLE001 - any; raised by send_due().
            failures.append(error)
    if not failures:
        with acting_for(schedule.agency_id, door="job"):
            _move_on(schedule)
    return mailed, failures


def _clients(schedule: StatementSchedule) -> Iterable[Client]:
    theirs = {"pk": schedule.client_id} if schedule.client_id else {"tags": schedule.tag_id}
    return Client.objects.active().filter(**theirs).order_by("pk")


@transaction.atomic
def _send_one(schedule: StatementSchedule, client: Client, *, at: datetime) -> bool:
    """Whether it was mailed: not twice, and not where nothing is open."""
    start, end = period_of(schedule)
    client = hold_client(client.pk)
    done = KeptStatement.objects.filter(schedule=schedule, client=client, start=start, end=end)
    if done.exists():
        return False
    wanted = Wanted(start=start, end=end, **schedule.options())
    with transaction.atomic():
        kept = make(client, wanted, by=None, schedule=schedule)
        is_open = any(section.closing for section in again(kept).sections)
        if not is_open:
            kept.delete()
            return False
    try:
        mail(kept, at=at)
    except NobodyToMail as nobody:
        _log.warning("A scheduled statement has no reader.", client=client.pk, why=str(nobody))
        return False
    return True


def _move_on(schedule: StatementSchedule) -> None:
    held = StatementSchedule.objects.select_for_update().filter(pk=schedule.pk).first()
    if held and held.next_on == schedule.next_on:
        # One period at a time: after a pause of the worker each has its turn, day by day.
        held.next_on = first_of_next(held.every, after=held.next_on)
        held.save(update_fields=["next_on"])
