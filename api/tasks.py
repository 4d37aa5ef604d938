"""Jobs that need words of a dialect."""

from datetime import timedelta
from threading import BoundedSemaphore

from django.utils import timezone
from procrastinate.contrib.django import app

from agencies import delivering
from agencies.webhooks import QUEUE, wake_later
from api.native.webhook_messages import WORDING

# A receiver may take its time; mails and the rest must not wait for it. Of a worker's places at
# most so many are taken by webhooks.
_PLACES = BoundedSemaphore(3)


@app.task(queue=QUEUE)
def send_webhooks(agency_id: int, endpoint_id: int) -> None:
    if not _PLACES.acquire(blocking=False):
        wake_later(agency_id, endpoint_id, at=timezone.now() + timedelta(seconds=1))
        return
    try:
        delivering.serve(agency_id, endpoint_id, wording=WORDING)
    finally:
        _PLACES.release()
