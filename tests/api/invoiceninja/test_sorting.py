"""GET /clients in an order."""

from datetime import UTC, datetime
from itertools import chain

import pytest

from agencies.roles import Role
from agencies.scope import acting_for
from clients.models import Client, ClientGroup
from contacts.enrolling import enroll

LIST = "/api/v1/clients"
EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def make(north):
    def make(**facts):
        with acting_for(north.agency_id):
            client = enroll(north.agency, by=facts.pop("by", north))
            Client.objects.filter(pk=client.pk).update(**facts)
        return client

    return make


@pytest.fixture
def shown(north, ninja):
    """One key of every client that a query string shows."""
    api = ninja(north)

    def shown(query, key="name"):
        response = api.get(LIST, query)
        assert response.status_code == 200, response.content
        return [client[key] for client in response.json()["data"]]

    return shown


@pytest.fixture
def three(make):
    for name in ("beta", "Álpha", "Gamma"):
        make(name=name)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["beta", "Álpha", "Gamma"]),
        ({"sort": "name|asc"}, ["Álpha", "beta", "Gamma"]),
        ({"sort": "name|desc"}, ["Gamma", "beta", "Álpha"]),
        ({"sort": "display_name|asc"}, ["Álpha", "beta", "Gamma"]),
        ({"sort": "name", "sort_dir": "asc"}, ["Álpha", "beta", "Gamma"]),
        ({"sort": "name", "sort_dir": "desc"}, ["Gamma", "beta", "Álpha"]),
        ({"sort": "name|desc", "sort_dir": "asc"}, ["Gamma", "beta", "Álpha"]),
        ({"sort": "id|desc"}, ["Gamma", "Álpha", "beta"]),
    ],
)
def test_sorting_by_name_in_both_spellings(shown, three, query, names):
    assert shown(query) == names


@pytest.mark.parametrize("direction", ["ASC", "up", "", "0", "desc "])
def test_every_direction_but_asc_falls(shown, three, direction):
    assert shown({"sort": f"name|{direction}"}) == ["Gamma", "beta", "Álpha"]


@pytest.mark.parametrize(
    "sort",
    ["name", "name|asc|x", "|", "|asc", "", "documents|asc", "contacts|asc", "settings|asc",
     "nothing|asc", "agency_id|desc", "agency__name|desc", "pk|desc", "-name|asc", "?|asc",
     "name;--|asc", "people_text|desc", "sort_key|desc"],
)  # fmt: skip
def test_an_order_that_is_unknown_or_malformed_is_ignored(shown, three, sort):
    assert shown({"sort": sort}) == ["beta", "Álpha", "Gamma"]


def test_numbers_are_sorted_by_their_digits(make, shown):
    for number in ("C-10", "C-9", "none", "2026/1", "٣", "1" * 100):
        make(number=number)

    numbers = shown({"sort": "number|asc"}, "number")

    assert numbers == ["none", "٣", "C-9", "C-10", "2026/1", "1" * 100]


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_the_id_breaks_ties_so_that_pages_neither_repeat_nor_miss(make, shown, direction):
    numbers = [f"n{n}" for n in range(5)]
    for number in numbers:
        make(number=number, city="Rome")

    pages = [
        shown({"sort": f"city|{direction}", "per_page": 2, "page": n}, "number") for n in (1, 2, 3)
    ]

    assert list(chain(*pages)) == (numbers if direction == "asc" else numbers[::-1])


SMALL_AND_LARGE = {
    "name": ("a", "B"),
    "website": ("a", "B"),
    "private_notes": ("a", "B"),
    "public_notes": ("a", "B"),
    "balance": (-1, 10),
    "paid_to_date": (9, 10),
    "payment_balance": (9, 10),
    "credit_balance": (9, 10),
    "client_hash": ("a" * 40, "b" * 40),
    "address1": ("a", "B"),
    "address2": ("a", "B"),
    "phone": ("1", "2"),
    "city": ("ä", "B"),
    "state": ("a", "B"),
    "postal_code": ("01", "1"),
    "custom_value1": ("a", "B"),
    "custom_value2": ("a", "B"),
    "custom_value3": ("a", "B"),
    "custom_value4": ("a", "B"),
    "shipping_address1": ("a", "B"),
    "shipping_address2": ("a", "B"),
    "shipping_city": ("a", "B"),
    "shipping_state": ("a", "B"),
    "shipping_postal_code": ("a", "B"),
    "vat_number": ("a", "B"),
    "id_number": ("a", "B"),
    "routing_id": ("a", "B"),
    "classification": ("a", "b"),
    "has_valid_vat_number": (False, True),
    "is_tax_exempt": (False, True),
    "created_at": (EARLY, LATE),
    "updated_at": (EARLY, LATE),
    "last_login": (None, EARLY),
    "archived_at": (None, EARLY),
    "is_deleted": (None, EARLY),
    # By the ids on the wire, whatever the words are.
    "size_id": ("4 - 10", "101 - 500"),
    "industry_id": ("Advertising", "Commodities & Chemicals"),
    "shipping_country_id": ("", "BG"),
    "country_id": ("AF", "BG"),
}
COLUMNS = {
    "client_hash": "public_hash",
    "last_login": "portal_last_seen_at",
    "is_deleted": "deleted_at",
    "size_id": "size",
    "industry_id": "industry",
    "shipping_country_id": "shipping_country",
    "country_id": "country",
}


@pytest.mark.parametrize("wire", SMALL_AND_LARGE)
def test_every_column_sorts_both_ways(make, shown, wire):
    small, large = SMALL_AND_LARGE[wire]
    column = COLUMNS.get(wire, wire)
    make(number="large", **{column: large})
    make(number="small", **{column: small})

    assert shown({"sort": f"{wire}|asc"}, "number") == ["small", "large"]
    assert shown({"sort": f"{wire}|desc"}, "number") == ["large", "small"]


def test_a_client_without_a_country_is_sorted_by_the_agencys(make, shown):
    for number, country in (("us", "US"), ("agency", ""), ("af", "AF")):
        make(number=number, country=country)

    assert shown({"sort": "country_id|asc"}, "number") == ["af", "agency", "us"]


@pytest.mark.parametrize("wire", ["user_id", "assigned_user_id", "group_settings_id"])
def test_people_and_groups_sort_by_their_age_and_nobody_comes_first(north, join, make, shown, wire):
    second = join(north, Role.STAFF)
    with acting_for(north.agency_id):
        groups = [ClientGroup.objects.create(agency=north.agency, name=n) for n in "zy"]
    column = {"user_id": "created_by", "assigned_user_id": "assigned_to"}.get(wire, "group")
    older, newer = groups if column == "group" else (north, second)
    make(number="newer", **{column: newer})
    make(number="older", **{column: older})
    make(number="none", **{column: None})

    assert shown({"sort": f"{wire}|asc"}, "number") == ["none", "older", "newer"]
    assert shown({"sort": f"{wire}|desc"}, "number") == ["newer", "older", "none"]


def test_the_archived_are_sorted_by_the_moment_that_is_shown(make, shown):
    make(number="deleted", archived_at=EARLY.replace(year=2020), deleted_at=LATE)
    make(number="archived", archived_at=EARLY)

    assert shown({"sort": "archived_at|asc"}, "number") == ["archived", "deleted"]
