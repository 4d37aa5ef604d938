"""Callers who write the same clients at the same time: one of the possible orders, no mixture."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

LIST = "/api/v1/clients"
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """The answers of calls that begin together, each on a connection of its own."""
    together = Barrier(len(calls))

    def run(call):
        together.wait(10)
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def statuses(answers):
    return [answer.status_code for answer in answers]


@pytest.fixture
def callers(north, ninja):
    """As many as wanted, each with a key of their own."""
    return lambda number: [ninja(north) for _ in range(number)]


@pytest.fixture
def read(north, ninja):
    return lambda client: ninja(north).get(f"{LIST}/{client['id']}").json()["data"]


def test_updates_with_contacts_leave_exactly_one_primary_and_one_list(create, callers, read):
    client = create(contacts=[{"first_name": str(n)} for n in range(3)])

    def update(turn, api):
        contacts = [
            {"id": contact["id"], "is_primary": n == turn % 3, "phone": str(turn)}
            for n, contact in enumerate(client["contacts"])
        ]
        new = {"first_name": "new", "phone": str(turn)}
        sent = {"name": f"Turn {turn}", "contacts": [*contacts, new]}
        return lambda: api.put(f"{LIST}/{client['id']}", sent)

    answers = at_once(*(update(turn, api) for turn, api in enumerate(callers(8))))

    assert statuses(answers) == [200] * 8
    left = read(client)
    assert [contact["is_primary"] for contact in left["contacts"]] == [True, False, False, False]
    (turn,) = {contact["phone"] for contact in left["contacts"]}
    assert left["name"] == f"Turn {turn}"
    assert left["contacts"][0]["first_name"] == str(int(turn) % 3)
    # Each caller was answered their own list, not one of the others'.
    for turn, answer in enumerate(answers):
        assert {one["phone"] for one in answer.json()["data"]["contacts"]} == {str(turn)}


def test_a_delete_against_an_update_is_one_order_or_the_other(create, callers, read):
    updater, deleter = callers(2)
    for turn in range(12):
        client = create(name="Old", contacts=[{"first_name": "Old"}])
        path = f"{LIST}/{client['id']}"
        sent = {"name": "New", "contacts": [{"first_name": "New"}]}
        calls = [lambda: updater.put(path, sent), lambda: deleter.delete(path)]  # noqa: B023

        answers = at_once(*(calls if turn % 2 else reversed(calls)))

        updated, deleted = answers if turn % 2 else reversed(answers)
        left = read(client)
        names = (left["name"], [contact["first_name"] for contact in left["contacts"]])
        assert (deleted.status_code, left["is_deleted"]) == (200, True)
        if updated.status_code == 200:
            assert names == ("New", ["New"])
            assert updated.json()["data"]["is_deleted"] is False
            assert deleted.json()["data"] == left
        else:
            assert updated.status_code == 400
            assert names == ("Old", ["Old"])


def test_a_merge_against_an_update_is_one_order_or_the_other(create, callers, read):
    updater, merger = callers(2)
    password = {"X-API-PASSWORD": "correct horse 9"}
    for turn in range(8):
        survivor = create(contacts=[{"email": "ann@x.example"}])
        merged = create(contacts=[{"email": "bob@x.example"}])
        sent = {"contacts": [{"email": "cem@x.example"}]}
        path = f"{LIST}/{survivor['id']}/{merged['id']}/merge"
        calls = [
            lambda: updater.put(f"{LIST}/{merged['id']}", sent),  # noqa: B023
            lambda: merger.post(path, headers=password),  # noqa: B023
        ]

        answers = at_once(*(calls if turn % 2 else reversed(calls)))

        updated, joined = answers if turn % 2 else reversed(answers)
        emails = [contact["email"] for contact in read(survivor)["contacts"]]
        assert joined.status_code == 200
        who = "cem" if updated.status_code == 200 else "bob"
        assert updated.status_code in (200, 400)
        assert emails == ["ann@x.example", f"{who}@x.example"]


def test_clients_created_and_renumbered_at_once_have_a_number_each(create, callers, north, ninja):
    group = ninja(north).post(
        "/api/v1/group_settings", {"name": "Big", "settings": {"client_number_counter": 3}}
    )
    in_group = {"group_settings_id": group.json()["data"]["id"]}
    old = [create(number=f"X-{n}") for n in range(4)]

    def renumber(client, api):
        return lambda: api.put(f"{LIST}/{client['id']}", {"number": "", "contacts": []})

    def make(sent, api):
        return lambda: api.post(LIST, sent)

    answers = at_once(
        *(renumber(client, api) for client, api in zip(old, callers(4), strict=True)),
        *(make(sent, api) for sent, api in zip([{}, in_group] * 4, callers(8), strict=True)),
    )

    assert statuses(answers) == [200] * 12
    numbers = [answer.json()["data"]["number"] for answer in answers]
    assert len(set(numbers)) == 12
    assert sorted(numbers) == [f"{n:04}" for n in range(1, 13)]


def test_bulk_actions_and_updates_at_once_all_come_through(create, callers, read):
    clients = [create(name="Old") for _ in range(6)]
    ids = [client["id"] for client in clients]

    def bulk(api, order):
        return lambda: api.post(f"{LIST}/bulk", {"action": "archive", "ids": order})

    def update(api, client):
        return lambda: api.put(f"{LIST}/{client['id']}", {"name": "New", "number": None})

    first, second, *updaters = callers(8)
    answers = at_once(
        bulk(first, ids),
        bulk(second, ids[::-1]),
        *(update(api, client) for api, client in zip(updaters, clients, strict=True)),
    )

    assert statuses(answers) == [200] * 8
    for client in clients:
        left = read(client)
        assert (left["name"], left["archived_at"] > 0) == ("New", True)
