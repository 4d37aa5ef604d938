"""Guessing ends soon: so many tries in a while, then one has to wait."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from agencies.models import Agency
from agencies.scope import acting_for
from contacts.enrolling import fold_email
from portal.access_models import WrongTries

WINDOW = timedelta(minutes=15)
MOST = 10

# One statement: two requests cannot both take the last try.
_COUNT = """
INSERT INTO portal_wrongtries AS w (agency_id, digest, tries, since) VALUES (%s, %s, 1, %s)
ON CONFLICT (agency_id, digest) DO UPDATE SET
    since = CASE WHEN w.since <= %s THEN excluded.since ELSE w.since END,
    tries = CASE WHEN w.since <= %s THEN 1 ELSE w.tries + 1 END
RETURNING tries, since
"""


class LockedOut(Exception):
    """Too many tries; `minutes` says how long to wait, one at least."""

    def __init__(self, minutes: int) -> None:
        super().__init__(minutes)
        self.minutes = minutes


def count(secret: str, address: str, *, agency: Agency, at: datetime) -> None:
    """Count a try before it is known whether it is right. Raises LockedOut.

    `secret` is a word for what is guessed at. Counts people who are not there like all others.
    """
    digest = _digest(secret, address)
    past = at - WINDOW
    with acting_for(agency.pk, door="portal"), connection.cursor() as cursor:
        cursor.execute(_COUNT, [agency.pk, digest, at, past, past])
        tries, since = cursor.fetchone()
    if tries > MOST:
        raise LockedOut(max(1, -(-int((since + WINDOW - at).total_seconds()) // 60)))


def clear(secret: str, address: str) -> None:
    """It was right. Called within acting_for()."""
    WrongTries.objects.filter(digest=_digest(secret, address)).delete()


def forget_old(*, before: datetime) -> None:
    for agency_id in Agency.objects.values_list("pk", flat=True):
        with acting_for(agency_id, door="job"):
            WrongTries.objects.filter(since__lt=before).delete()


def _digest(secret: str, address: str) -> str:
    said = f"{secret}:{fold_email(address)}"
    return salted_hmac("foyer.tries", said, algorithm="sha256").hexdigest()
