"""Two callers at once: one of the two orders, never a mixture, and never a failure of ours.

Both requests are held at the same rows until both are waiting, and then let go one after the other.
"""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection

from agencies.scope import acting_for
from api.invoiceninja.ids import decode
from clients.models import FIGURES, Client, ClientMerge, Note
from contacts.models import Contact

LIST = "/api/v1/clients"
NO_RECORD = (400, {"message": "No query results for model [App\\Models\\Client]."})
IS_DELETED = (
    400,
    {"message": "Record is deleted and cannot be edited. Restore the record to enable editing"},
)
SUCCESS = (200, {"message": "Success"})

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair(north, create):
    """Ann, who survives, and Bob."""
    people = {
        name: create(name=name, contacts=[{"email": f"{name}@x.example".lower()}])
        for name in ("Ann", "Bob")
    }
    with acting_for(north.agency_id):
        for n, client in enumerate(people.values(), start=1):
            sums = {figure: Decimal(n) / 4 for figure in FIGURES}
            Client.objects.filter(pk=decode(client["id"])).update(**sums)
    return people["Ann"], people["Bob"]


class Caller:
    """What may be asked of a client, by a key whose password is remembered."""

    def __init__(self, api):
        self.api = api

    def put(self, client, **sent):
        return self.api.put(f"{LIST}/{client['id']}", sent)

    def delete(self, client):
        return self.api.delete(f"{LIST}/{client['id']}")

    def purge(self, client, **headers):
        return self.api.post(f"{LIST}/{client['id']}/purge", headers=headers)

    def merge(self, survivor, merged, **headers):
        return self.api.post(f"{LIST}/{survivor['id']}/{merged['id']}/merge", headers=headers)

    def note(self, client):
        body = {"entity": "clients", "entity_id": client["id"], "notes": "Called."}
        return self.api.post("/api/v1/activities/notes", body)

    def get(self, client):
        return self.api.get(f"{LIST}/{client['id']}")


@pytest.fixture
def caller(north, ninja, create):
    api = ninja(north)
    passed = create(name="passed")
    headers = {"X-API-PASSWORD": "correct horse 9"}
    assert api.post(f"{LIST}/{passed['id']}/purge", headers=headers).status_code == 200
    return Caller(api)


def told(response):
    return response.status_code, response.json()


def until_waiting(count):
    """Until so many sessions of this database wait for somebody else's rows."""
    deadline = time.monotonic() + 30
    found = 0
    while found < count:
        assert time.monotonic() < deadline, f"{found} of {count} are waiting."
        time.sleep(0.01)
        with connection.cursor() as cursor:
            # Inside a transaction PostgreSQL would tell the same as before.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            (found,) = cursor.fetchone()


def at_once(owner, client, *calls):
    """Send the calls so that each waits for the client, in this order; returns the answers."""

    def send(call):
        try:
            return told(call())
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        with acting_for(owner.agency_id):
            Client.objects.select_for_update().get(pk=decode(client["id"]))
            sent = []
            for n, call in enumerate(calls, start=1):
                sent.append(pool.submit(send, call))
                until_waiting(n)
        return [answer.result(60) for answer in sent]


def clients_of(owner):
    with acting_for(owner.agency_id):
        return {client.name: client for client in Client.objects.all()}


def people_of(owner):
    with acting_for(owner.agency_id):
        return {
            (contact.email, contact.is_primary, contact.client.name)
            for contact in Contact.objects.present().select_related("client")
        }


def everything(owner):
    """All rows of all tables that the agency sees, as one text."""
    with acting_for(owner.agency_id), connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT to_jsonb(x)::text FROM "{table}" x')
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


ROBERT = {"name": "Robert", "contacts": [{"email": "robert@x.example"}]}


def test_an_update_before_a_merge_is_merged_whole(north, caller, pair):
    ann, bob = pair

    updated, merged = at_once(
        north, bob, lambda: caller.put(bob, **ROBERT), lambda: caller.merge(ann, bob)
    )

    assert (updated[0], merged[0]) == (200, 200)
    assert updated[1]["data"]["name"] == "Robert"
    assert people_of(north) == {("ann@x.example", True, "Ann"), ("robert@x.example", False, "Ann")}
    with acting_for(north.agency_id):
        assert ClientMerge.objects.get().snapshot["name"] == "Robert"


def test_an_update_after_a_merge_finds_nobody_and_changes_nothing(north, caller, pair):
    ann, bob = pair

    merged, updated = at_once(
        north, bob, lambda: caller.merge(ann, bob), lambda: caller.put(bob, **ROBERT)
    )

    assert (merged[0], updated) == (200, NO_RECORD)
    assert people_of(north) == {("ann@x.example", True, "Ann"), ("bob@x.example", False, "Ann")}
    assert "Robert" not in everything(north)


@pytest.mark.parametrize("merge_first", [True, False])
def test_an_update_of_the_survivor_and_a_merge_are_both_done(north, caller, pair, merge_first):
    ann, bob = pair
    calls = [lambda: caller.merge(ann, bob), lambda: caller.put(ann, name="Anna", city="Rome")]

    answers = at_once(north, ann, *(calls if merge_first else reversed(calls)))

    assert [status for status, _ in answers] == [200, 200]
    assert answers[-1][1]["data"]["name"] == "Anna"
    left = clients_of(north)
    assert set(left) == {"Anna"}
    assert (left["Anna"].city, left["Anna"].balance) == ("Rome", Decimal("0.75"))


def test_a_list_of_people_after_a_merge_is_the_whole_list(north, caller, pair):
    ann, bob = pair

    merged, updated = at_once(
        north,
        ann,
        lambda: caller.merge(ann, bob),
        lambda: caller.put(ann, contacts=[{"email": "new@x.example"}]),
    )

    assert (merged[0], updated[0]) == (200, 200)
    assert people_of(north) == {("new@x.example", True, "Ann")}


def test_an_update_before_a_delete_stays_and_after_it_is_refused(north, caller, pair):
    ann, bob = pair

    before, deleted = at_once(
        north, ann, lambda: caller.put(ann, name="Anna"), lambda: caller.delete(ann)
    )
    also_deleted, after = at_once(
        north, bob, lambda: caller.delete(bob), lambda: caller.put(bob, **ROBERT)
    )

    assert (before[0], deleted[0], also_deleted[0], after) == (200, 200, 200, IS_DELETED)
    assert deleted[1]["data"]["name"] == "Anna"
    left = clients_of(north)
    assert set(left) == {"Anna", "Bob"}
    assert all(client.deleted_at for client in left.values())
    assert "robert@x.example" not in everything(north)


def test_a_delete_before_a_merge_is_merged_and_after_it_finds_nobody(north, caller, pair, create):
    ann, bob = pair
    cleo = create(name="Cleo")

    deleted, merged = at_once(
        north, bob, lambda: caller.delete(bob), lambda: caller.merge(ann, bob)
    )
    also_merged, after = at_once(
        north, cleo, lambda: caller.merge(ann, cleo), lambda: caller.delete(cleo)
    )

    assert (deleted[0], merged[0], also_merged[0], after) == (200, 200, 200, NO_RECORD)
    assert [client.deleted_at for client in clients_of(north).values()] == [None]
    with acting_for(north.agency_id):
        was_deleted = [r.snapshot["deleted_at"] is not None for r in ClientMerge.objects.all()]
    assert was_deleted == [False, True]


@pytest.mark.parametrize("purge_first", [True, False])
def test_whatever_was_updated_a_purge_leaves_nothing_of_it(north, caller, pair, purge_first):
    _ann, bob = pair
    calls = [lambda: caller.purge(bob), lambda: caller.put(bob, **ROBERT)]

    answers = at_once(north, bob, *(calls if purge_first else reversed(calls)))

    assert SUCCESS in answers
    assert [status for status, _ in answers] == ([200, 400] if purge_first else [200, 200])
    assert set(clients_of(north)) == {"Ann"}
    found = everything(north)
    assert not any(word in found for word in ("Bob", "bob@x", "Robert", "robert@x"))


@pytest.mark.parametrize("purge_first", [True, False])
def test_a_note_taken_while_its_client_is_purged_is_refused_or_purged_too(
    north, caller, pair, purge_first
):
    _ann, bob = pair
    calls = [lambda: caller.purge(bob), lambda: caller.note(bob)]

    answers = at_once(north, bob, *(calls if purge_first else reversed(calls)))

    assert SUCCESS in answers
    assert [status for status, _ in answers] == ([200, 400] if purge_first else [200, 200])
    with acting_for(north.agency_id):
        assert not Note.objects.exists()


def test_a_note_taken_while_its_client_is_merged_is_refused_and_may_be_taken_again(
    north, caller, pair
):
    ann, bob = pair

    merged, noted = at_once(north, bob, lambda: caller.merge(ann, bob), lambda: caller.note(bob))

    assert (merged[0], noted) == (200, NO_RECORD)
    with acting_for(north.agency_id):
        assert not Note.objects.exists()
    assert caller.note(ann).status_code == 200


def test_purging_and_merging_one_client_at_once_is_one_of_them(north, caller, pair, create):
    ann, bob = pair
    cleo = create(name="Cleo")

    first = at_once(north, bob, lambda: caller.purge(bob), lambda: caller.merge(ann, bob))
    merged, purged = at_once(
        north, cleo, lambda: caller.merge(ann, cleo), lambda: caller.purge(cleo)
    )

    assert first == [SUCCESS, NO_RECORD]
    assert (merged[0], purged) == (200, NO_RECORD)
    assert clients_of(north)["Ann"].balance == Decimal("0.25")


def test_a_survivor_purged_while_it_is_merged_into_takes_the_other_along_or_leaves_it(
    north, caller, pair, create
):
    ann, bob = pair
    cleo = create(name="Cleo")

    first = at_once(north, ann, lambda: caller.purge(ann), lambda: caller.merge(ann, bob))
    merged, purged = at_once(north, bob, lambda: caller.merge(bob, cleo), lambda: caller.purge(bob))

    assert first == [SUCCESS, NO_RECORD]
    assert (merged[0], purged) == (200, SUCCESS)
    assert clients_of(north) == {}


def test_two_purges_at_once_are_one(north, caller, pair):
    ann, _bob = pair

    answers = at_once(north, ann, *[lambda: caller.purge(ann)] * 3)

    assert answers == [SUCCESS, NO_RECORD, NO_RECORD]


@pytest.mark.parametrize("held", [0, 1])
def test_merges_in_opposite_directions_leave_one_client_and_refuse_the_other_clearly(
    north, caller, pair, held
):
    ann, bob = pair

    answers = at_once(
        north, pair[held], lambda: caller.merge(ann, bob), lambda: caller.merge(bob, ann)
    )

    assert sorted(status for status, _ in answers) == [200, 400]
    assert NO_RECORD in answers
    (left,) = clients_of(north).values()
    assert {getattr(left, figure) for figure in FIGURES} == {Decimal("0.75")}
    assert len([primary for _, primary, _ in people_of(north) if primary]) == 1


def test_repetitions_of_a_merge_and_a_purge_under_one_key_are_answered_alike(north, caller, pair):
    ann, bob = pair
    once, other = {"Idempotency-Key": "merge"}, {"Idempotency-Key": "purge"}

    merges = at_once(north, bob, *[lambda: caller.merge(ann, bob, **once)] * 4)
    purges = at_once(north, ann, *[lambda: caller.purge(ann, **other)] * 4)

    assert [status for status, _ in merges] == [200] * 4
    assert merges == merges[:1] * 4
    assert purges == [SUCCESS] * 4


def test_a_storm_of_everything_at_once_makes_nothing_fail_and_mixes_nothing(north, caller, create):
    clients = [create(name=f"C{n}", contacts=[{"email": f"c{n}@x.example"}]) for n in range(4)]
    dice = random.Random(7)

    def lists(n):
        return [{"email": f"p{n}-{m}@x.example", "is_primary": m > 0} for m in range(3)]

    def calls():
        for n in range(120):
            one, two = dice.sample(clients, 2)
            yield from dice.choices(
                [
                    lambda one=one, n=n: caller.put(one, name=f"N{n}", contacts=lists(n)),
                    lambda one=one, n=n: caller.put(one, number="", settings={f"s{n}": n}),
                    lambda one=one: caller.note(one),
                    lambda one=one: caller.get(one),
                    lambda one=one: caller.delete(one),
                    lambda n=n: caller.api.post(LIST, {"name": f"New {n}"}),
                    lambda one=one, two=two: caller.merge(one, two),
                    lambda one=one: caller.purge(one),
                ],
                weights=[30, 10, 20, 10, 2, 10, 2, 1],
            )

    def send(call):
        try:
            return call().status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        statuses = set(pool.map(send, list(calls())))

    assert {200, 400} <= statuses <= {200, 400, 422}
    left = clients_of(north).values()
    assert len({client.number for client in left}) == len(left)
    with acting_for(north.agency_id):
        for client in left:
            people = client.contacts.present()
            assert people.filter(is_primary=True).count() == 1
            # One writer's list, and what merges brought along; never half of another list.
            written = [c.email.split("-")[0] for c in people if "-" in c.email]
            assert all(written.count(list_) == 3 for list_ in written)
