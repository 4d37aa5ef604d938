"""Against a real mail server that refuses, hangs and dies at every step."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from agencies.scope import acting_for
from contacts.mailing import queue_message, send_again
from contacts.minding import LONGEST_ATTEMPT, OVERDUE, mind_messages
from contacts.models import Message, Suppression
from contacts.sending import PAUSES, deliver
from tests.contacts.conftest import Post


@pytest.fixture
def message(north, person):
    with acting_for(north.agency_id):
        return queue_message(to=person, kind="note", subject="Hello", text="Hello Birgit.")


def now_of(message):
    with acting_for(message.agency_id):
        return Message.objects.get(pk=message.pk)


def told(message):
    message = now_of(message)
    return message.status, message.reason


def suppressed(message):
    with acting_for(message.agency_id):
        return list(Suppression.objects.in_force().values_list("address", "cause"))


def later(run_jobs, pause):
    """Runs what is due after the pause."""
    with time_machine.travel(timezone.now() + pause + timedelta(seconds=1), tick=False):
        return run_jobs()


def test_what_the_server_took_is_accepted(post, message, run_jobs):
    run_jobs()

    assert told(message) == ("accepted", "")
    (letter,) = post.letters()
    assert letter["To"] == "Birgit Berg <birgit@birch.example>"
    assert post.received[0].mail_from == "foyer@localhost"


def test_a_job_that_runs_twice_sends_once(post, message, run_jobs):
    run_jobs()
    deliver(message.agency_id, message.pk)

    assert len(post.received) == 1


# Not now


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("to_sender", "451 4.3.0 Try later"),
        ("to_recipient", "450 4.2.1 Greylisted"),
        ("to_recipient", "421 4.3.2 Going down"),
        ("to_message", "452 4.3.1 Disk full"),
    ],
)
def test_a_server_that_says_later_is_asked_later(post, message, run_jobs, step, answer):
    setattr(post, step, answer)
    run_jobs()
    waiting = now_of(message)
    assert (waiting.status, waiting.detail, waiting.attempts) == ("queued", answer, 1)
    assert run_jobs() == 0

    setattr(post, step, "250 OK")
    later(run_jobs, PAUSES[0])

    assert told(message) == ("accepted", "")
    assert now_of(message).attempts == 2
    assert post.letters()[-1]["Message-ID"] == now_of(message).message_id


def test_a_server_that_is_not_there_is_tried_for_days_and_then_given_up(
    post, message, run_jobs, settings
):
    settings.EMAIL_PORT = 1
    start = timezone.now()
    attempts = run_jobs()
    for pause in PAUSES:
        start += pause + timedelta(seconds=1)
        with time_machine.travel(start, tick=False):
            attempts += run_jobs()

    assert attempts == len(PAUSES) + 1
    assert told(message) == ("failed", "unreachable")
    assert "refused" in now_of(message).detail
    assert sum(PAUSES, timedelta()) > timedelta(days=2)
    assert later(run_jobs, timedelta(days=9)) == 0


def test_wrong_credentials_are_the_operators_to_mend_and_cost_no_message(
    post, message, run_jobs, settings
):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "foyer", "wrong"

    run_jobs()

    assert told(message) == ("queued", "")
    assert post.received == []


# Never


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("to_sender", "553 5.1.8 Sender domain does not exist"),
        ("to_sender", "550 5.1.1 We know no such sender"),
        ("to_recipient", "554 5.7.1 Relay access denied"),
        ("to_recipient", "550 No"),
        ("to_message", "554 5.6.0 Looks like spam"),
    ],
)
def test_a_refusal_fails_once_and_says_nothing_of_the_address(
    post, message, run_jobs, step, answer
):
    setattr(post, step, answer)

    run_jobs()

    assert told(message) == ("failed", "refused")
    assert now_of(message).detail == answer
    assert suppressed(message) == []
    assert later(run_jobs, timedelta(days=9)) == 0


@pytest.mark.parametrize(
    "answer", ["550 5.1.1 <birgit@birch.example>: no such user", "550 5.2.1 Mailbox is closed"]
)
def test_an_address_that_is_not_there_bounces_and_is_suppressed(post, message, run_jobs, answer):
    post.to_recipient = answer

    run_jobs()

    assert told(message) == ("bounced", "bounced")
    assert suppressed(message) == [("birgit@birch.example", "bounce")]
    assert post.received == []


# Who knows


@pytest.mark.parametrize("answer", [Post.HANG_UP, Post.SAY_NOTHING, Post.NONSENSE, "299 Well"])
def test_a_server_that_dies_with_the_message_never_gets_it_twice(post, message, run_jobs, answer):
    post.to_message = answer
    run_jobs()

    assert told(message) == ("failed", "outcome_unknown")
    assert len(post.received) == 1
    later(run_jobs, timedelta(days=9))
    assert len(post.received) == 1


def test_a_person_may_have_it_sent_again_and_the_recipient_can_tell(post, message, run_jobs):
    post.to_message = Post.HANG_UP
    run_jobs()

    post.to_message = "250 OK"
    with acting_for(message.agency_id):
        send_again(message, at=timezone.now())
    run_jobs()

    assert told(message) == ("accepted", "")
    first, second = post.letters()
    assert first["Message-ID"] == second["Message-ID"] == now_of(message).message_id
    assert first["Date"] == second["Date"]


@pytest.mark.parametrize("goodbye", ["221 Bye", "221 " + "x" * 9000])
def test_a_server_that_dies_after_its_answer_has_the_message(post, message, run_jobs, goodbye):
    async def hang_up(server, session, envelope):
        if len(goodbye) < 100:
            server.transport.abort()
        return goodbye

    post.handle_QUIT = hang_up

    run_jobs()

    assert told(message) == ("accepted", "")


def test_a_server_that_dies_before_the_message_is_asked_again(post, message, run_jobs):
    async def hang_up(server, session, envelope, address, options):
        server.transport.abort()
        return "250 OK"

    post.handle_RCPT = hang_up
    run_jobs()
    assert told(message) == ("queued", "")

    del post.handle_RCPT
    later(run_jobs, PAUSES[0])

    assert told(message) == ("accepted", "")
    assert len(post.received) == 1


# Workers that die


def claim(message, at):
    """What a worker leaves that was killed while it had the message."""
    with acting_for(message.agency_id):
        Message.objects.update(sending_since=at, attempts=1)


def test_what_a_killed_worker_had_is_sent_by_nobody_and_found_out(post, message, run_jobs):
    now = timezone.now()
    claim(message, now)

    run_jobs()
    mind_messages(at=now + LONGEST_ATTEMPT - timedelta(seconds=1))
    assert told(message) == ("queued", "")
    mind_messages(at=now + LONGEST_ATTEMPT + timedelta(seconds=1))

    assert told(message) == ("failed", "outcome_unknown")
    assert later(run_jobs, timedelta(days=1)) == 0
    assert post.received == []


def test_a_worker_killed_with_the_message_in_the_servers_hands_doubles_nothing(
    worker, post, message, settings
):
    post.to_message = Post.SAY_NOTHING
    smtp = {
        "EMAIL_PROVIDER": "smtp",
        "EMAIL_HOST": settings.EMAIL_HOST,
        "EMAIL_PORT": str(settings.EMAIL_PORT),
        "EMAIL_TIMEOUT": "60",
    }
    first = worker(**smtp)
    assert post.given.wait(60)
    first.kill()
    first.wait()
    assert told(message) == ("queued", "")

    mind_messages(at=timezone.now() + LONGEST_ATTEMPT + timedelta(minutes=1))
    assert worker(**smtp).wait(60) == 0

    assert told(message) == ("failed", "outcome_unknown")
    assert len(post.received) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_it_once(post, message):
    ready = Barrier(2)

    def work():
        try:
            ready.wait()
            deliver(message.agency_id, message.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(work) for _ in range(2)]:
            done.result()

    assert told(message) == ("accepted", "")
    assert len(post.received) == 1


def test_a_message_whose_job_was_lost_is_sent_after_all(post, message, run_jobs):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    mind_messages(at=timezone.now())
    assert run_jobs() == 0

    for _ in range(2):
        mind_messages(at=timezone.now() + OVERDUE + timedelta(seconds=1))

    assert later(run_jobs, OVERDUE + timedelta(minutes=1)) == 1
    assert len(post.received) == 1


def test_what_failed_long_ago_is_forgotten(post, message, run_jobs):
    post.to_message = "554 5.6.0 No"
    run_jobs()

    mind_messages(at=timezone.now() + timedelta(days=29))
    assert now_of(message).can_be_sent_again()
    mind_messages(at=timezone.now() + timedelta(days=31))

    assert not now_of(message).can_be_sent_again()
