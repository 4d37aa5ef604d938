"""Which day it is: where the agency is, not where the server stands."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Case, F, Value, When

from agencies.models import Agency


def day_in(agency: Agency, at: datetime) -> date:
    return at.astimezone(ZoneInfo(agency.time_zone)).date()


def dated(column: str) -> Case:
    """A day to sort by; none yet comes before all others.

    As CASE: behind the wall an index may be begun in the middle where PostgreSQL knows that looking
    tells nothing, and of COALESCE it does not know that.
    """
    return Case(When(**{f"{column}__isnull": True}, then=Value(date(1, 1, 1))), default=F(column))
