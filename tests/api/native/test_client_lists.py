from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

import pytest

from agencies.scope import acting_for
from api.native.ids import encode
from clients.lifecycle import archive, delete, suspend
from clients.models import Category, Client, ClientGroup
from clients.projects import create_project
from clients.sorting import set_tags

MADE = datetime(2026, 1, 2, 9, 15, 30, 500_000, tzinfo=UTC)


@pytest.fixture
def three(north, enrolled):
    """A owes 1,000.00 EUR, B 5 dollars, C 2,000 yen; B is archived and C suspended."""
    made = {}
    for name, currency, balance, country, tags in (
        ("Alpha", "", "1000", "DE", ["Retainer", "priority"]),
        ("Béta", "USD", "5", "FR", ["priority"]),
        ("Gamma", "JPY", "2000", "", ["x,y"]),
    ):
        client = enrolled(north, name, currency=currency, country=country, created_at=MADE)
        with acting_for(north.agency_id):
            set_tags(client, tags)
            Client.objects.filter(pk=client.pk).update(balance=Decimal(balance))
            if name == "Alpha":
                create_project(client, name="Site")
        made[name[0]] = client
    with acting_for(north.agency_id):
        clients = Client.objects
        clients.filter(name="Béta").update(portal_last_seen_at=MADE, invited_at=MADE)
        archive(clients.filter(name="Béta"), at=MADE)
        suspend(clients.filter(name="Gamma"), at=MADE)
        clients.filter(name="Gamma").update(invited_at=MADE)
    return made


def found(api, query):
    response = api.get(f"/v1/clients?sort=name&{query}")
    assert response.status_code == 200, response.json()
    page = response.json()
    assert page["meta"]["total"] == len(page["data"])
    return "".join(client["name"][0] for client in page["data"])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "ABG"),
        ("status=active", "A"),
        ("status=archived", "B"),
        ("status=suspended,archived", "BG"),
        ("status=deleted", ""),
        ("q=alpha", "A"),
        ("q=BETA@x", "B"),
        ("q=a", "ABG"),
        ("q=%25", ""),
        ("name=eta", "B"),
        ("name=x.example", ""),
        ("email=GAMMA@x.example", "G"),
        ("email=gamma", ""),
        ("tags=retainer", "A"),
        ("tags=retainer,PRIORITY", "AB"),
        ("tags=any:retainer,priority", "AB"),
        ("tags=all:retainer,priority", "A"),
        ("tags=nothing", ""),
        ("country=de,fr", "AB"),
        ("portal_access=true", "B"),
        ("portal_access=false", "AG"),
        ("portal_last_seen=gt:2026-01-01", "B"),
        ("portal_last_seen=eq:2026-01-02T09:15:30Z", "B"),
        ("active_projects=gt:0", "A"),
        ("active_projects=0", "BG"),
        ("total_billed=0", "ABG"),
        # In minor units of each one's own currency.
        ("outstanding_balance=100000", "A"),
        ("outstanding_balance=gt:500", "AG"),
        ("outstanding_balance=gte:500", "ABG"),
        ("outstanding_balance=lt:2000", "B"),
        ("outstanding_balance=lte:2000", "BG"),
        ("outstanding_balance=between:500,2000", "BG"),
        ("outstanding_balance=gt:999999999999999999", ""),
        # As they are shown: in whole seconds.
        ("created_at=2026-01-02T09:15:30Z", "ABG"),
        ("created_at=2026-01-02T10:15:30%2B01:00", "ABG"),
        ("created_at=2026-01-02T09:15:30.5Z", ""),
        ("created_at=gt:2026-01-02T09:15:30Z", ""),
        ("created_at=gt:2026-01-02T09:15:29.9Z", "ABG"),
        ("created_at=gte:2026-01-02", "ABG"),
        ("created_at=lt:2026-01-02T09:15:30Z", ""),
        ("created_at=lte:2026-01-02T09:15:30Z", "ABG"),
        ("created_at=between:2026-01-02,2026-01-02T09:15:30Z", "ABG"),
        ("created_at=lte:9999-12-31T23:59:59Z", "ABG"),
        ("created_at=gte:0001-01-01T00:00:00%2B14:00", "ABG"),
        ("updated_at=2026-01-02T09:15:30Z", "BG"),
        ("updated_since=2026-01-03", "A"),
        ("updated_since=2026-01-02T09:15:30Z", "ABG"),
        ("status=active,archived&tags=priority&outstanding_balance=lt:100000", "B"),
    ],
)
def test_what_is_asked_is_found_and_counted(api, three, query, names):
    assert found(api, query) == names


def test_amounts_are_in_the_agencys_currency_where_a_client_has_none(api, north, three):
    with acting_for(north.agency_id):
        north.agency.currency = "JPY"
        north.agency.save()
        # Its figures are those of its account in yen from now on.
        Client.objects.filter(name="Alpha").update(balance=1000)

    assert found(api, "outstanding_balance=1000") == "A"
    assert found(api, "outstanding_balance=gt:1000") == "G"


def test_category_and_group_are_asked_for_by_id(api, north, three):
    with acting_for(north.agency_id):
        category = Category.objects.create(agency=north.agency, name="Shop")
        group = ClientGroup.objects.create(agency=north.agency, name="Big")
        Client.objects.filter(name="Alpha").update(category=category)
        Client.objects.filter(name="Gamma").update(group=group)

    assert found(api, f"category_id={encode('category', category.pk)}") == "A"
    assert found(api, f"group_id={encode('group', group.pk)}") == "G"
    assert found(api, f"group_id={encode('group', 10**9)}") == ""


def test_a_deleted_client_is_found_by_its_status_alone(api, north, three):
    with acting_for(north.agency_id):
        delete(Client.objects.filter(name__in=["Alpha", "Béta"]), at=MADE)

    assert found(api, "") == "G"
    assert found(api, "status=archived") == ""
    assert found(api, "status=deleted") == "AB"
    assert found(api, "status=deleted,suspended&tags=retainer") == "A"


@pytest.mark.parametrize(
    ("param", "values"),
    [
        ("status", ["", "Active", "gone", "active,", "active,gone", "gt:1"]),
        ("q", ["", " ", "x" * 201]),
        ("name", [""]),
        ("email", [""]),
        ("tags", ["", ",", "a,,b", "all:", ",".join("abcdefghij" * 6)]),
        ("category_id", ["", "12", "client_aaaaaaaa", "category_", "category_" + "a" * 3000]),
        ("country", ["", "Germany", "DE,ZZ"]),
        ("portal_access", ["", "yes", "1", "True"]),
        ("active_projects", ["", "gt:", "gt:x", "1.5", "9" * 40, "between:1"]),
        ("outstanding_balance", ["", "gt:", "12.50", "1e3", "9" * 40, "neq:1", "٣", "NaN"]),
        ("created_at", ["", "gte:", "yesterday", "2026-13-01", "2026-01-01T00:00:00+02:00x"]),
        ("updated_since", ["", "gt:2026-01-01", "1767312000", "0000-01-01"]),
        ("limit", ["", "0", "-1", "1.5", "x"]),
        ("expand", ["", "invoices", "contacts,"]),
        ("colour", ["", "red"]),
        ("client_id", ["x"]),
    ],
)
def test_what_cannot_be_read_is_named(api, three, param, values):
    for value in values:
        response = api.get(f"/v1/clients?{param}={quote(value)}")

        assert response.status_code == 400, value
        error = response.json()["error"]
        assert (error["type"], error["code"], error["param"]) == (
            "invalid_request_error",
            "invalid_parameter",
            param,
        )


def test_a_parameter_that_comes_twice_is_named(api, three):
    response = api.get("/v1/clients?status=active&status=archived")

    assert response.status_code == 400
    assert response.json()["error"]["param"] == "status"


@pytest.mark.parametrize("query", ["q=a%00b", "tags=%00", "%00=1"])
def test_text_that_cannot_be_stored_is_refused(api, query):
    assert api.get(f"/v1/clients?{query}").status_code == 400


def test_a_stranger_finds_none_of_them(south, bearer, three):
    assert bearer(south).get("/v1/clients?status=active,archived,suspended").json()["data"] == []


@pytest.mark.parametrize("number", [1, 20, 100])
def test_a_list_costs_the_same_few_queries_whatever_its_length(
    api, north, enrolled, number, django_assert_num_queries
):
    for n in range(number):
        enrolled(north, f"Client {n}")
    path = "/v1/clients?limit=100&status=active&outstanding_balance=gte:0&q=client&sort=name"
    api.get(path)

    # The key's agency; the scope, its key and its end; the counter; the scope, count, rows, end.
    with django_assert_num_queries(13):
        page = api.get(path).json()

    assert len(page["data"]) == number
