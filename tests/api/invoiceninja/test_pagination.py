from urllib.parse import parse_qs, urlsplit

import pytest

from agencies.scope import acting_for
from contacts.enrolling import enroll


@pytest.fixture
def seven(north):
    with acting_for(north.agency_id):
        for n in range(7):
            enroll(north.agency, by=north, name=f"Client {n}")


def pagination(response):
    assert response.status_code == 200
    return response.json()["meta"]["pagination"]


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("", 20),
        ("?per_page=3", 3),
        ("?per_page=%2B3", 3),
        ("?per_page=-3", 3),
        ("?per_page=003", 3),
        ("?per_page=3.7", 3),
        ("?per_page=%203%20", 3),
        ("?per_page=5000", 5000),
        ("?per_page=5001", 5000),
        ("?per_page=" + "9" * 3000, 5000),
        ("?per_page=0", 15),
        ("?per_page=-0", 15),
        ("?per_page=", 15),
        ("?per_page=ten", 15),
        ("?per_page=3x", 15),
        ("?per_page=٣", 15),
        ("?per_page[]=3", 15),
    ],
)
def test_how_many_rows_a_page_has(north, ninja, query, size):
    assert pagination(ninja(north).get(f"/api/v1/clients{query}"))["per_page"] == size


@pytest.mark.parametrize(
    ("page", "number"),
    [
        ("2", 2),
        ("%2B2", 2),
        ("0", 1),
        ("-1", 1),
        ("", 1),
        ("two", 1),
        ("1.5", 1),
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", 1),
        ("9" * 3000, 1),
    ],
)
def test_which_page_is_shown(north, ninja, page, number):
    assert pagination(ninja(north).get(f"/api/v1/clients?page={page}"))["current_page"] == number


def test_one_page_links_nothing(north, ninja, seven):
    assert pagination(ninja(north).get("/api/v1/clients")) == {
        "total": 7,
        "count": 7,
        "per_page": 20,
        "current_page": 1,
        "total_pages": 1,
        "links": [],
    }


def test_no_clients_are_one_empty_page(north, ninja):
    response = ninja(north).get("/api/v1/clients")

    assert response.json()["data"] == []
    assert pagination(response)["total_pages"] == 1


def test_links_keep_the_callers_other_parameters(north, ninja, seven):
    page = pagination(ninja(north).get("/api/v1/clients?per_page=3&page=2&include=ledger&a=%26+b"))

    assert list(page["links"]) == ["previous", "next"]
    assert page["links"]["next"].startswith("http://localhost/api/v1/clients?")
    assert parse_qs(urlsplit(page["links"]["next"]).query) == {
        "per_page": ["3"],
        "page": ["3"],
        "include": ["ledger"],
        "a": ["& b"],
    }


@pytest.mark.parametrize(
    ("number", "count", "links"),
    [(1, 3, ["next"]), (3, 1, ["previous"]), (4, 0, ["previous"])],
)
def test_the_first_page_the_last_and_the_one_past_the_end(
    north, ninja, seven, number, count, links
):
    page = pagination(ninja(north).get(f"/api/v1/clients?per_page=3&page={number}"))

    assert (page["count"], list(page["links"]), page["total_pages"]) == (count, links, 3)


def test_following_the_links_shows_every_client_once_oldest_first(north, ninja, seven):
    api, address, names = ninja(north), "/api/v1/clients?per_page=2", []

    while address:
        response = api.get(address).json()
        names += [client["name"] for client in response["data"]]
        links = response["meta"]["pagination"]["links"]
        address = dict(links).get("next")

    assert names == [f"Client {n}" for n in range(7)]
