"""Following the log while others write: real transactions in real threads."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from agencies import events
from agencies.scope import acting_for
from clients.models import Client
from contacts.enrolling import enroll

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clients(transactional_db, north):
    with acting_for(north.agency_id):
        return [enroll(north.agency, by=north, name=str(n)).pk for n in range(4)]


@pytest.fixture
def run():
    """Runs a function in a thread of its own, with a connection of its own."""
    with ThreadPoolExecutor() as pool:

        def run(function, *args):
            def work():
                try:
                    return function(*args)
                finally:
                    connection.close()

            return pool.submit(work)

        yield run


def rename(client_id, name):
    Client.objects.filter(pk=client_id).update(name=name)


def end(agency_id):
    with acting_for(agency_id):
        return events.end()


def read(agency_id, start, *, limit=None):
    """What is behind the place now, and the place behind that."""
    with acting_for(agency_id):
        stop = events.end()
        if stop is None:
            return [], start
        found = list(events.between(events.settled(), start, stop)[:limit])
        if limit and len(found) == limit:
            stop = events.Place(found[-1].batch.position, found[-1].pk)
        return found, stop


@contextmanager
def kept_open(run, agency_id, change, *, committing=False):
    """A transaction in another thread that has done `change` and commits with the block's end."""
    done, go_on = threading.Event(), threading.Event()

    def work():
        with acting_for(agency_id):
            change()
            if committing:
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            done.set()
            assert go_on.wait(30)

    running = run(work)
    assert done.wait(30)
    try:
        yield
    finally:
        go_on.set()
        running.result()


def test_what_is_not_committed_is_not_read(north, clients, run):
    start = end(north.agency_id)

    with kept_open(run, north.agency_id, lambda: rename(clients[0], "open")):
        during, _ = read(north.agency_id, start)
    after, _ = read(north.agency_id, start)

    assert during == []
    assert [event.subject_id for event in after] == [clients[0]]


def test_a_long_transaction_holds_up_nobody_and_comes_where_it_commits(north, clients, run):
    start = end(north.agency_id)

    with kept_open(run, north.agency_id, lambda: rename(clients[0], "long")):
        with acting_for(north.agency_id):
            rename(clients[1], "short")
        during, here = read(north.agency_id, start)
    after, _ = read(north.agency_id, here)

    assert [event.subject_id for event in during] == [clients[1]]
    assert [event.subject_id for event in after] == [clients[0]]


def test_who_waited_for_a_row_comes_after_whom_it_waited_for(north, clients, run):
    """However early the transaction that waited began."""
    start = end(north.agency_id)
    went = threading.Event()

    def begun_early():
        with acting_for(north.agency_id):
            rename(clients[1], "early")
            went.wait(30)
            rename(clients[0], "late")

    waiting = run(begun_early)
    with acting_for(north.agency_id):
        rename(clients[0], "first")
    went.set()
    waiting.result()

    found, _ = read(north.agency_id, start)
    assert [event.subject_id for event in found] == [clients[0], clients[1], clients[0]]


def test_a_reader_waits_for_those_that_are_committing(north, clients, run):
    """One that took its place before another, and is seen after it."""
    start = end(north.agency_id)

    with kept_open(run, north.agency_id, lambda: rename(clients[0], "slow"), committing=True):
        with acting_for(north.agency_id):
            rename(clients[1], "quick")
        unsettled = end(north.agency_id)
    found, _ = read(north.agency_id, start)

    assert unsettled is None
    assert [event.subject_id for event in found] == [clients[0], clients[1]]


def test_committing_in_one_agency_holds_up_no_reader_of_another(north, south, clients, run):
    with kept_open(run, north.agency_id, lambda: rename(clients[0], "slow"), committing=True):
        assert end(south.agency_id) == events.Place(0, 2**63 - 1)


def test_a_follower_gets_every_committed_change_once_while_many_write(north, clients, run):
    """Long and short transactions, rollbacks and savepoints; each change is a name of its own."""
    start, stop = end(north.agency_id), threading.Event()

    def write(seed):
        dice, kept = random.Random(seed), 0
        for n in range(25):
            try:
                with acting_for(north.agency_id):
                    for step in range(dice.choice([1, 1, 3])):
                        enroll(north.agency, by=north, name=f"{seed}-{n}-{step}")
                        time.sleep(dice.choice([0, 0, 0.02]))
                    with transaction.atomic():
                        rename(dice.choice(clients), f"{seed}-{n}")
                        transaction.set_rollback(dice.random() < 0.3)
                    if dice.random() < 0.2:
                        raise InterruptedError
                kept += 1
            except InterruptedError:
                continue
        return kept

    def follow():
        here, found = start, []
        while True:
            last_round = stop.is_set()
            new, here = read(north.agency_id, here, limit=7)
            found += new
            if last_round and not new:
                return found
            time.sleep(0.001)

    follower = run(follow)
    writers = [run(write, seed) for seed in range(5)]
    committed = sum(writer.result() for writer in writers)
    stop.set()
    found = follower.result()

    with acting_for(north.agency_id):
        everything = [
            (e.batch.position, e.pk) for e in events.between(events.settled(), start, events.end())
        ]
        there = set(Client.objects.exclude(pk__in=clients).values_list("pk", flat=True))
    assert committed > 50
    assert [(e.batch.position, e.pk) for e in found] == everything
    created = [e.subject_id for e in found if e.type == "client.created"]
    assert (len(created), set(created)) == (len(there), there)


def test_pages_of_any_size_show_a_large_transaction_once(north, clients):
    start = end(north.agency_id)
    with acting_for(north.agency_id):
        Client.objects.update(name="all")
        rename(clients[0], "one")
    with acting_for(north.agency_id):
        rename(clients[1], "two")

    for limit in (1, 2, 3, 100):
        here, seen = start, []
        while True:
            new, here = read(north.agency_id, here, limit=limit)
            if not new:
                break
            seen += [event.subject_id for event in new]
        assert seen == [*clients[1:], clients[0], clients[1]]


def test_the_log_says_who_did_it_and_through_which_door(north, clients):
    start = end(north.agency_id)
    with acting_for(north.agency_id, door="v1", member_id=north.pk):
        rename(clients[0], "x")

    (event,), _ = read(north.agency_id, start)

    assert (event.batch.door, event.batch.member_id) == ("v1", north.pk)
    assert event.batch.committed_at is not None
