"""List and get of `/api/clients`."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from agencies.scope import acting_for
from clients.models import Category, Client
from contacts.enrolling import Person, enroll

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def make(north):
    """Makes a client of North, with a person unless told otherwise."""

    def make(name, **facts):
        facts.setdefault("people", [Person(first_name="Jane", last_name="Doe")])
        with acting_for(north.agency_id):
            return enroll(north.agency, by=north, name=name, **facts)

    return make


@pytest.fixture
def names(north, bearer):
    """The names that a list answers to a query."""
    api = bearer(north)

    def names(query=""):
        response = api.get(f"/api/clients?{query}")
        assert response.status_code == 200
        return [client["company_name"] for client in response.json()["data"]]

    return names


def test_a_client_has_every_documented_field(north, bearer, make):
    client = make(
        "Acme Inc",
        public_notes="Key account.",
        phone="+1 555 0100",
        website="https://acme.example",
        vat_number="GB123456789",
        address1="1 Market St",
        address2="Floor 3",
        city="San Francisco",
        state="CA",
        postal_code="94105",
        country="US",
        invoice_due_days=7,
        shipping_address1="2 Dock Rd",
        shipping_city="Bristol",
        shipping_state="Avon",
        shipping_postal_code="BS1 4QA",
        shipping_country="GB",
        tags=["retainer", "priority"],
        created_at=datetime(2026, 6, 15, 9, 30, tzinfo=UTC),
        updated_at=datetime(2026, 6, 15, 9, 30, 1, 25, tzinfo=UTC),
    )
    with acting_for(north.agency_id):
        owner = client.contacts.get()

    response = bearer(north).get(f"/api/clients/{client.pk}")

    assert response.status_code == 200
    assert response.json() == {
        "data": {
            "id": client.pk,
            "company_name": "Acme Inc",
            "description": "Key account.",
            "status": "active",
            "phone": "+1 555 0100",
            "website": "https://acme.example",
            "vat": "GB123456789",
            "category": {"id": client.category_id, "name": "Default"},
            "owner": {"id": owner.pk, "name": "Jane Doe"},
            "billing": {
                "street": "1 Market St",
                "city": "San Francisco",
                "state": "CA",
                "zip": "94105",
                "country": "United States",
                "invoice_due_days": "7",
            },
            "shipping": {
                "street": "2 Dock Rd",
                "city": "Bristol",
                "state": "Avon",
                "zip": "BS1 4QA",
                "country": "United Kingdom",
            },
            "dates": {
                "created": "2026-06-15T09:30:00.000000Z",
                "updated": "2026-06-15T09:30:01.000025Z",
            },
            "tags": ["retainer", "priority"],
        },
        "message": "Client retrieved successfully.",
    }


def test_what_is_empty_is_null(north, bearer, make):
    client = make("Acme Inc", people=[])

    found = bearer(north).get(f"/api/clients/{client.pk}").json()["data"]

    assert [found[key] for key in ("description", "phone", "website", "vat")] == [None] * 4
    assert set(found["billing"].values()) == {None}
    assert set(found["shipping"].values()) == {None}
    assert found["tags"] == []


def test_an_owner_without_a_name_goes_by_the_clients(north, bearer, make):
    client = make("Acme Inc", people=[Person(email="jane@acme.example")])

    found = bearer(north).get(f"/api/clients/{client.pk}").json()["data"]

    assert found["owner"]["name"] == "Acme Inc"


def test_the_owner_is_the_primary_contact(north, bearer, make):
    people = [Person(first_name="Ann"), Person(first_name="Bob", is_primary=True)]
    make("Acme Inc", people=people)

    found = bearer(north).get("/api/clients").json()["data"]

    assert [client["owner"]["name"] for client in found] == ["Bob"]


def test_a_list_shows_whole_clients(north, bearer, make):
    client = make("Acme Inc", tags=["priority"])
    api = bearer(north)
    single = api.get(f"/api/clients/{client.pk}").json()["data"]

    response = api.get("/api/clients")

    assert response.json() == {
        "data": [single],
        "meta": {"current_page": 1, "per_page": 25, "total": 1, "last_page": 1},
        "message": "Clients retrieved successfully.",
    }
    assert list(response.json()["data"][0]) == list(single)


def test_nothing_to_show_is_one_empty_page(north, bearer):
    response = bearer(north).get("/api/clients").json()

    assert response["data"] == []
    assert response["meta"] == {"current_page": 1, "per_page": 25, "total": 0, "last_page": 1}


def test_the_pages_show_every_client_once(make, names):
    for n in range(7):
        make(f"Client {n}")

    shown = [name for page in (1, 2, 3) for name in names(f"limit=3&page={page}")]

    assert shown == [f"Client {n}" for n in reversed(range(7))]


def test_past_the_last_page_is_an_empty_one(north, bearer, make):
    make("Acme Inc")

    response = bearer(north).get("/api/clients?page=9&limit=1").json()

    assert response["data"] == []
    assert response["meta"] == {"current_page": 9, "per_page": 1, "total": 1, "last_page": 1}


@pytest.mark.parametrize("page", ["0", "-1", "two", "", "٢", "1.5", "9" * 30, "9" * 5000])
def test_a_page_that_makes_no_sense_is_the_first(north, bearer, make, page):
    make("Acme Inc")

    response = bearer(north).get("/api/clients", {"page": page}).json()

    assert response["meta"]["current_page"] == 1
    assert len(response["data"]) == 1


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        ("1", 1), ("100", 100), ("101", 100), ("9" * 30, 100), (" 7 ", 7),
        ("0", 25), ("-5", 25), ("ten", 25), ("", 25), ("٣", 25),
    ],
)  # fmt: skip
def test_limit_is_capped_and_nonsense_is_the_default(north, bearer, limit, shown):
    response = bearer(north).get("/api/clients", {"limit": limit}).json()

    assert response["meta"]["per_page"] == shown


def test_the_largest_page_is_no_error(north, bearer, make):
    make("Acme Inc")

    response = bearer(north).get(f"/api/clients?page={2**63 - 1}&limit=100").json()

    assert (response["data"], response["meta"]["current_page"]) == ([], 2**63 - 1)


def test_deleted_clients_are_gone_and_archived_ones_are_there(north, bearer, make, names):
    gone = make("Gone", deleted_at=NOON)
    make("Archived", archived_at=NOON)

    assert names() == ["Archived"]
    assert bearer(north).get(f"/api/clients/{gone.pk}").status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=active", ["Active"]),
        ("status=suspended", ["Suspended"]),
        ("status=", ["Active", "Suspended"]),
        ("status=frozen", []),
        ("status=suspended&status=active", ["Active"]),
        ("colour=red&owner=1", ["Active", "Suspended"]),
    ],
)
def test_status_filters(make, names, query, expected):
    make("Active")
    make("Suspended", suspended_at=NOON)

    assert sorted(names(query)) == expected


def test_a_suspended_client_says_so(north, bearer, make):
    client = make("Acme Inc", suspended_at=NOON)

    found = bearer(north).get(f"/api/clients/{client.pk}").json()["data"]

    assert found["status"] == "suspended"


def test_category_id_filters(north, make, names):
    with acting_for(north.agency_id):
        gold = Category.objects.create(agency=north.agency, name="Gold")
    make("Plain")
    make("Golden", category=gold)

    assert names(f"category_id={gold.pk}") == ["Golden"]


@pytest.mark.parametrize("value", ["0", "999999999", "-1", "gold", "9" * 30, "1 OR 1=1"])
def test_an_unknown_category_has_no_clients(north, bearer, make, value):
    make("Acme Inc")

    response = bearer(north).get("/api/clients", {"category_id": value})

    assert response.status_code == 200
    assert response.json()["data"] == []


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("acme", ["ACME 100% Ltd", "Acme_Inc"]),
        ("CME", ["ACME 100% Ltd", "Acme_Inc"]),
        ("  acme  ", ["ACME 100% Ltd", "Acme_Inc"]),
        ("%", ["ACME 100% Ltd"]),
        ("_", ["Acme_Inc"]),
        ("\\", []),
        ("o'", ["O'Neill"]),
        ("", ["ACME 100% Ltd", "Acme_Inc", "O'Neill"]),
        ("jane", []),
    ],
)
def test_search_looks_for_literal_text_in_the_company_name(north, bearer, make, search, expected):
    for name in ("Acme_Inc", "ACME 100% Ltd", "O'Neill"):
        make(name)

    found = bearer(north).get("/api/clients", {"search": search}).json()

    assert sorted(client["company_name"] for client in found["data"]) == expected
    assert found["meta"]["total"] == len(expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["alpha", "Charlie", "Bravo"]),
        ("order=asc", ["Bravo", "Charlie", "alpha"]),
        ("order=sideways", ["alpha", "Charlie", "Bravo"]),
        ("sort=public_hash", ["alpha", "Charlie", "Bravo"]),
        ("sort=public_hash&order=asc", ["Bravo", "Charlie", "alpha"]),
        ("sort=client_created&order=asc", ["Bravo", "Charlie", "alpha"]),
        ("sort=client_company_name", ["Charlie", "Bravo", "alpha"]),
        ("sort=client_company_name&order=asc", ["alpha", "Bravo", "Charlie"]),
        ("sort=client_updated&order=desc", ["Charlie", "alpha", "Bravo"]),
        ("sort=client_updated&order=asc", ["Bravo", "alpha", "Charlie"]),
        ("sort=client_status&order=desc", ["alpha", "Charlie", "Bravo"]),
        ("sort=client_status&order=asc", ["Bravo", "Charlie", "alpha"]),
    ],
)
def test_a_list_is_sorted_as_asked(make, names, query, expected):
    later = NOON + timedelta(hours=1)
    make("Bravo", created_at=NOON, updated_at=NOON)
    make("Charlie", created_at=NOON, updated_at=later + timedelta(hours=1))
    make("alpha", created_at=later, updated_at=later, suspended_at=NOON)

    assert names(query) == expected


def test_a_strangers_client_is_neither_listed_nor_found(south, bearer, make):
    client = make("Acme Inc")
    api = bearer(south)

    assert api.get("/api/clients").json()["meta"]["total"] == 0
    assert api.get(f"/api/clients/{client.pk}").status_code == 404


@pytest.mark.parametrize(
    "client_id", ["999999999", "0", "-1", "9" * 30, "twelve", "1.0", "٣", "%00"]
)
def test_an_id_that_names_nothing_is_a_404(north, bearer, client_id):
    response = bearer(north).get(f"/api/clients/{client_id}")

    assert response.status_code == 404
    assert response.json() == {"message": "The requested client could not be found."}


@pytest.mark.parametrize("path", ["/api/clients", "/api/clients/{}"])
def test_both_slash_forms_answer_alike(north, bearer, make, path):
    path, api = path.format(make("Acme Inc").pk), bearer(north)

    response = api.get(path + "/")

    assert response.status_code == 200
    assert response.json() == api.get(path).json()


def test_a_list_costs_the_same_few_queries_whatever_its_length(
    north, bearer, make, django_assert_num_queries
):
    api = bearer(north)
    for n in range(100):
        make(str(n), tags=["a", f"tag {n % 9}"], people=[Person(email=f"{n}@x.example")])
    api.get("/api/clients")

    # The key's agency; the scope, its key and its end; the counter; the scope, count, rows, tags,
    # end.
    for limit in (1, 20, 100):
        with django_assert_num_queries(14):
            response = api.get(f"/api/clients?limit={limit}&status=active&search=")
        assert len(response.json()["data"]) == limit


def test_one_client_costs_a_few_queries(north, bearer, make, django_assert_num_queries):
    api = bearer(north)
    client = make("Acme Inc", tags=["a", "b"])
    api.get("/api/clients")

    with django_assert_num_queries(13):
        api.get(f"/api/clients/{client.pk}")


def test_the_moments_of_a_new_client_have_six_decimals(north, bearer, make):
    client = make("Acme Inc")

    dates = bearer(north).get(f"/api/clients/{client.pk}").json()["data"]["dates"]

    for moment in dates.values():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", moment)
    with acting_for(north.agency_id):
        stored = Client.objects.get().created_at
    assert datetime.fromisoformat(dates["created"]) == stored
