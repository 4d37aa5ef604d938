"""Workers that are killed with SIGKILL in the middle of a job, and the job's fate."""

import signal
import time
from contextlib import contextmanager, suppress
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from agencies.limits import count_request
from agencies.models import RateWindow
from agencies.rescuing import DEATHS
from agencies.tasks import forget_rate_windows, rescue_stalled_jobs

# Tells our job from those that a worker defers by the clock.
LOCK = "test"


@pytest.fixture(autouse=True)
def no_other_jobs(transactional_db):
    """What other tests left behind is not this worker's to run."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@contextmanager
def in_the_way(database_address):
    """Holds a row that the job wants to delete, so that it waits in the middle of its work."""
    with psycopg.connect(database_address) as holder:
        holder.execute("SELECT * FROM agencies_ratewindow FOR UPDATE")
        yield
        holder.rollback()


def wait_until_it_hangs():
    """Until the worker's statement waits for the row."""
    waits = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND wait_event_type = 'Lock' AND query LIKE '%%agencies_ratewindow%%'"""
    with connection.cursor() as cursor:
        for _ in range(600):
            cursor.execute(waits)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.1)
    pytest.fail("The job never came to the row.")


def kill_in_the_middle(worker, database_address):
    with in_the_way(database_address):
        process = worker()
        wait_until_it_hangs()
        process.send_signal(signal.SIGKILL)
        process.wait()
        # What it was about to do dies with its connection.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )


def let_time_pass():
    """As half a minute without a word of the dead."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"
        )


def rescue(worker):
    # The worker may have done so by the clock.
    with suppress(AlreadyEnqueued):
        rescue_stalled_jobs.defer(timestamp=0)
    assert worker().wait(60) == 0


def job():
    found = ProcrastinateJob.objects.get(queueing_lock=LOCK)
    return found.status, found.attempts


@pytest.fixture
def deferred(no_other_jobs):
    count_request("ip:1", limit=1)
    tomorrow = timezone.now() + timedelta(days=1)
    ours = forget_rate_windows.configure(queueing_lock=LOCK)
    ours.defer(timestamp=int(tomorrow.timestamp()))


def test_the_job_of_a_killed_worker_is_done_by_another(deferred, worker, database_address):
    kill_in_the_middle(worker, database_address)
    assert (job(), RateWindow.objects.exists()) == (("doing", 0), True)

    let_time_pass()
    rescue(worker)

    assert (job(), RateWindow.objects.exists()) == (("succeeded", 2), False)


def test_the_job_of_a_worker_that_lives_is_left_alone(deferred, worker, database_address):
    with in_the_way(database_address):
        alive = worker()
        wait_until_it_hangs()
        rescue(worker)
        assert job() == ("doing", 0)

    assert alive.wait(60) == 0
    assert job() == ("succeeded", 1)


def test_a_job_that_kills_its_workers_is_given_up(deferred, worker, database_address):
    kill_in_the_middle(worker, database_address)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s", [DEATHS - 1])

    let_time_pass()
    rescue(worker)

    assert (job(), RateWindow.objects.exists()) == (("failed", DEATHS), True)


def test_where_a_like_one_waits_that_does_it(deferred, worker, database_address):
    kill_in_the_middle(worker, database_address)
    next_hour = timezone.now() + timedelta(hours=1)
    waiting = forget_rate_windows.configure(queueing_lock=LOCK, schedule_at=next_hour)
    waiting.defer(timestamp=0)

    let_time_pass()
    rescue(worker)

    jobs = ProcrastinateJob.objects.filter(queueing_lock=LOCK).order_by("id")
    assert [one.status for one in jobs] == ["aborted", "todo"]


def test_a_rescuer_who_died_himself_stands_in_nobodys_way(deferred, worker, database_address):
    kill_in_the_middle(worker, database_address)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args, status)
            VALUES ('default', %s, 'rescue_stalled_jobs', '{"timestamp": 0}', 'doing')""",
            [rescue_stalled_jobs.name],
        )

    let_time_pass()
    rescue(worker)

    assert job() == ("succeeded", 2)
    rescuers = ProcrastinateJob.objects.filter(task_name=rescue_stalled_jobs.name)
    assert not rescuers.filter(status="doing").exists()
