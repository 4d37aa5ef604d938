import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from threading import Event, Semaphore
from urllib.parse import quote

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.scope import acting_for
from api.native.ids import encode
from clients.lifecycle import delete
from clients.models import Client
from contacts.enrolling import enroll

THEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def seven(north, enrolled):
    """Names repeat, without regard to case; so do sums and days; some were never seen."""
    facts = zip(
        ["b", "Ä", "a", "B", "c", "A", "b"],
        [5, 0, 5, 0, 5, 0, -1],
        [1, 1, 2, 2, 3, 3, 3],
        [None, 1, 2, None, 1, 2, None],
        strict=True,
    )
    made = []
    for n, (name, balance, day, seen) in enumerate(facts):
        client = enrolled(north, name, email=f"{n}@x.example", created_at=THEN + timedelta(day))
        with acting_for(north.agency_id):
            Client.objects.filter(pk=client.pk).update(
                balance=Decimal(balance),
                portal_last_seen_at=seen and THEN + timedelta(microseconds=seen),
            )
        made.append(encode("client", client.pk))
    return made


@pytest.mark.parametrize(
    ("sort", "places"),
    [
        ("", [6, 5, 4, 3, 2, 1, 0]),
        ("created_at", [0, 1, 2, 3, 4, 5, 6]),
        ("-created_at,name", [5, 6, 4, 2, 3, 1, 0]),
        ("name", [1, 2, 5, 0, 3, 6, 4]),
        ("-name", [4, 6, 3, 0, 5, 2, 1]),
        ("outstanding_balance", [6, 1, 3, 5, 0, 2, 4]),
        ("-outstanding_balance,name", [2, 0, 4, 1, 5, 3, 6]),
        ("name,-outstanding_balance", [2, 5, 1, 0, 3, 6, 4]),
        ("name,-outstanding_balance,created_at", [2, 1, 5, 0, 3, 6, 4]),
        ("portal_last_seen", [0, 3, 6, 1, 4, 2, 5]),
        ("-portal_last_seen", [5, 2, 4, 1, 6, 3, 0]),
        ("total_billed", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_every_order_is_walked_without_a_gap_or_a_repetition(api, seven, walk, sort, places, limit):
    found = walk(api, f"/v1/clients?limit={limit}" + (f"&sort={sort}" if sort else ""))

    assert [client["id"] for client in found] == [seven[n] for n in places]


@pytest.mark.parametrize(
    "sort", ["", "colour", "name,colour", "name,name", "name,-name", "--name", "name,", "id", "pk"]
)
def test_an_order_that_is_none_is_named(api, sort):
    response = api.get(f"/v1/clients?sort={sort}")

    assert response.status_code == 400
    assert response.json()["error"]["param"] == "sort"


def cursor_of(api, path):
    return api.get(path).json()["meta"]["next_cursor"]


def refused(api, path):
    response = api.get(path)
    error = response.json()["error"]
    return (response.status_code, error["param"], error["code"]) == (
        400,
        "cursor",
        "invalid_parameter",
    )


def test_a_cursor_is_good_for_its_order_alone(api, seven):
    cursor = cursor_of(api, "/v1/clients?limit=2&sort=name")

    assert refused(api, f"/v1/clients?cursor={cursor}")
    assert refused(api, f"/v1/clients?sort=-name&cursor={cursor}")
    assert api.get(f"/v1/clients?sort=name&cursor={cursor}").status_code == 200


def test_a_cursor_is_good_for_its_list_alone(api, seven):
    for n in range(2):
        api.post("/v1/projects", {"name": str(n), "client_id": seven[0]})
    path = f"/v1/clients/{seven[0]}/projects"

    assert refused(api, f"/v1/projects?cursor={cursor_of(api, '/v1/clients?limit=2')}")
    assert refused(api, f"/v1/projects?cursor={cursor_of(api, path + '?limit=1')}")
    assert refused(
        api, f"/v1/clients/{seven[1]}/projects?cursor={cursor_of(api, path + '?limit=1')}"
    )


def test_a_cursor_is_good_for_its_agency_alone(api, south, bearer, seven):
    assert refused(bearer(south), f"/v1/clients?cursor={cursor_of(api, '/v1/clients?limit=2')}")


def test_a_cursor_cannot_be_made_or_changed(api, seven):
    cursor = cursor_of(api, "/v1/clients?limit=2")
    forged = "cur_" + Signer(key="another", salt="any", sep=".").sign_object(["-created_at", 1, 1])
    changed = [
        cursor[:n] + ("A" if cursor[n] != "A" else "B") + cursor[n + 1 :] for n in (0, 5, 20)
    ]

    for value in ["", "cur_", "cur_x.y", "x" * 3000, "é", "9" * 40, cursor[4:], forged, *changed]:
        assert refused(api, f"/v1/clients?cursor={quote(value)}"), value


def test_a_name_of_the_longest_kind_fits_into_a_cursor(api, north, enrolled, walk):
    for n in range(3):
        # Folded, each of these letters becomes 18.
        enrolled(north, "\ufdfa" * 254 + str(n), email=f"{n}@x.example")

    found = walk(api, "/v1/clients?limit=1&sort=name")

    assert [client["name"][-1] for client in found] == ["0", "1", "2"]
    assert len(cursor_of(api, "/v1/clients?limit=1&sort=name")) < 4000


def test_a_client_that_goes_is_no_gap_for_the_others(api, north, seven):
    page = api.get("/v1/clients?limit=3").json()
    with acting_for(north.agency_id):
        delete(Client.objects.filter(balance=0), at=THEN)

    rest = api.get(f"/v1/clients?limit=3&cursor={page['meta']['next_cursor']}").json()

    assert [client["id"] for client in rest["data"]] == [seven[2], seven[0]]


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("-created_at", "client_by_creation"),
        ("created_at", "client_by_creation"),
        ("name", "client_by_name"),
        ("-name", "client_by_name"),
        ("updated_at", "client_by_change"),
    ],
)
def test_a_late_page_begins_at_its_place_in_an_index(api, north, seven, sort, index):
    cursor = cursor_of(api, f"/v1/clients?limit=2&sort={sort}")
    with CaptureQueriesContext(connection) as queries:
        api.get(f"/v1/clients?limit=2&sort={sort}&cursor={cursor}")
    (sql,) = [
        query["sql"] for query in queries if "ORDER BY" in query["sql"] and "ROW(" in query["sql"]
    ]

    with acting_for(north.agency_id), connection.cursor() as database:
        # A small table is read whole and sorted unless that is forbidden.
        for other_way in ("seqscan", "bitmapscan", "sort"):
            database.execute(f"SET LOCAL enable_{other_way} = off")
        database.execute("EXPLAIN " + sql)
        plan = "\n".join(row[0] for row in database.fetchall())

    assert "OFFSET" not in sql
    assert re.search(rf"{index} .*\n\s*Index Cond: .*ROW\(", plan), plan


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sort", ["-created_at", "created_at", "name", "-name,created_at"])
def test_whoever_follows_the_cursor_sees_each_client_once_while_others_write(north, bearer, sort):
    with acting_for(north.agency_id):
        lasting = {
            encode("client", enroll(north.agency, by=north, name=f"Client {n % 7}").pk)
            for n in range(60)
        }
    api, stop, written = bearer(north, requests_per_minute=10**6), Event(), Semaphore(0)

    def write():
        """Makes, changes and deletes clients before, between and behind those that last."""
        try:
            for n in count():
                if stop.is_set():
                    return
                with acting_for(north.agency_id):
                    new = enroll(north.agency, by=north, name=f"Client {n % 9}")
                    Client.objects.filter(name=f"Client {n % 7}").update(private_notes=str(n))
                    if n % 3 == 0:
                        Client.objects.filter(pk=new.pk).update(deleted_at=new.created_at)
                written.release()
        finally:
            connection.close()

    found, path = [], f"/v1/clients?limit=7&sort={sort}"
    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        try:
            while path:
                # Something was written since the page before.
                assert written.acquire(timeout=60)
                page = api.get(path).json()
                found += [client["id"] for client in page["data"]]
                cursor = page["meta"].get("next_cursor")
                path = cursor and f"/v1/clients?limit=7&sort={sort}&cursor={cursor}"
        finally:
            stop.set()
    writer.result()

    assert len(found) == len(set(found))
    assert lasting <= set(found)
