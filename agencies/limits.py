"""A fixed window counter: requests per bucket in the current minute."""

from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from agencies.models import RateWindow

# One statement, committed at once: two workers cannot both take the last place.
_COUNT = """
INSERT INTO agencies_ratewindow AS w (bucket, minute, count) VALUES (%s, %s, 1)
ON CONFLICT (bucket) DO UPDATE SET
    minute = excluded.minute,
    count = CASE WHEN w.minute = excluded.minute THEN w.count + 1 ELSE 1 END
RETURNING count
"""


@dataclass(frozen=True)
class Allowance:
    limit: int
    remaining: int
    # Seconds until the window ends.
    resets_in: int

    exceeded: bool = False


def count_request(bucket: str, *, limit: int) -> Allowance:
    """Count one request; `exceeded` tells whether it was one too many."""
    now = int(timezone.now().timestamp())
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [bucket, now // 60])
        (count,) = cursor.fetchone()
    return Allowance(limit, max(0, limit - count), 60 - now % 60, exceeded=count > limit)


def forget_old_windows(*, before_minute: int) -> int:
    """Delete buckets last used before that minute of the epoch; returns how many."""
    deleted, _ = RateWindow.objects.filter(minute__lt=before_minute).delete()
    return deleted
