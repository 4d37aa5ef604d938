"""Which day it is: where the agency is, not where the server stands."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from agencies.models import Agency


def day_in(agency: Agency, at: datetime) -> date:
    return at.astimezone(ZoneInfo(agency.time_zone)).date()
