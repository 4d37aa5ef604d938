from datetime import timedelta

from django.utils import timezone

from agencies import answers, events
from agencies.limits import count_request
from agencies.models import Event, RateWindow, StoredAnswer
from agencies.scope import acting_for
from agencies.tasks import forget_events, forget_rate_windows, forget_stored_answers

HEADERS = {"Idempotency-Key": "one"}


def answers_of(owner):
    with acting_for(owner.agency_id):
        return StoredAnswer.objects.count()


def test_old_answers_of_every_agency_are_forgotten(north, south, bearer):
    for owner in (north, south):
        body = {"name": "x", "email": "x@x.example"}
        bearer(owner).post("/v1/clients", body, headers=HEADERS)
    now = timezone.now()

    assert answers.forget_old(before=now - timedelta(hours=24)) == 0
    assert answers.forget_old(before=now + timedelta(seconds=1)) == 2
    assert (answers_of(north), answers_of(south)) == (0, 0)


def test_the_worker_runs_what_was_deferred(worker, north, bearer):
    body = {"name": "x", "email": "x@x.example"}
    bearer(north).post("/v1/clients", body, headers=HEADERS)
    count_request("ip:1", limit=1)
    tomorrow = int((timezone.now() + timedelta(hours=25)).timestamp())

    forget_rate_windows.defer(timestamp=tomorrow)
    forget_stored_answers.defer(timestamp=tomorrow)
    forget_events.defer(timestamp=tomorrow + int(events.KEPT.total_seconds()))
    assert worker().wait(60) == 0

    assert not RateWindow.objects.exists()
    assert answers_of(north) == 0
    with acting_for(north.agency_id):
        assert not Event.objects.exists()
