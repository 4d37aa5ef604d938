"""GET /clients, asked for some of them: a test for every line of the contract's table."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations

import pytest

from agencies.scope import acting_for
from api.invoiceninja.ids import encode
from clients.models import Client, ClientGroup
from contacts.enrolling import Person, enroll
from contacts.models import Contact

LIST = "/api/v1/clients"
THEN = datetime(2026, 2, 28, 9, 15, tzinfo=UTC)
THEN_SECONDS = 1772270100
SPRING = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def add(north):
    """Makes a client of North's; facts that creation does not take are written afterwards."""

    def add(name, *, people=(), owner=north, **facts):
        late = {key: facts.pop(key) for key in LATE & set(facts)}
        with acting_for(owner.agency_id):
            client = enroll(owner.agency, by=owner, name=name, people=people, **facts)
            if late:
                Client.objects.filter(pk=client.pk).update(**late)
        return client

    return add


LATE = {"balance", "archived_at", "deleted_at", "suspended_at", "created_at", "updated_at"}


@pytest.fixture
def names(north, ninja):
    """The names that a query string shows, in their order."""
    api = ninja(north)

    def names(query="", **parameters):
        response = api.get(LIST + query, parameters or None)
        assert response.status_code == 200, response.content
        return [client["name"] for client in response.json()["data"]]

    return names


@pytest.fixture
def balances(add):
    for amount in ("-5", "0", "10", "10.000001", "1000", "1000.5"):
        add(amount, balance=Decimal(amount))


EVERY_BALANCE = ["-5", "0", "10", "10.000001", "1000", "1000.5"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("lt:10", ["-5", "0"]),
        ("lte:10", ["-5", "0", "10"]),
        ("gt:10", ["10.000001", "1000", "1000.5"]),
        ("gte:10", ["10", "10.000001", "1000", "1000.5"]),
        ("eq:10", ["10"]),
        ("gt:1000", ["1000.5"]),
        ("10:lt", ["-5", "0"]),
        ("10:lte", ["-5", "0", "10"]),
        ("10:gt", ["10.000001", "1000", "1000.5"]),
        ("10:gte", ["10", "10.000001", "1000", "1000.5"]),
        ("10:eq", ["10"]),
        ("LT:10", ["-5", "0"]),
        (" lt : 10 ", ["-5", "0"]),
        ("lt:+1e1", ["-5", "0"]),
        ("lt:-4.99", ["-5"]),
        ("gte:.5", ["10", "10.000001", "1000", "1000.5"]),
        ("eq:1000.", ["1000"]),
        ("eq:1000.50", ["1000.5"]),
        ("gt:" + "9" * 3000, []),
        # More digits than PostgreSQL has room for.
        ("gt:" + "9" * 140_000, []),
        ("lt:1e99", EVERY_BALANCE),
        ("lt:-1e99", []),
        ("gt:1e-99", ["10", "10.000001", "1000", "1000.5"]),
    ],
)
def test_balance_takes_an_operator_and_a_value_in_either_order(names, balances, asked, found):
    assert names(balance=asked) == found


@pytest.mark.parametrize("asked", ["ne:10", "x:10", "10:x", ":10", "10:"])
def test_an_unknown_operator_of_balance_is_equality(names, balances, asked):
    assert names(balance=asked) == ["10"]


@pytest.mark.parametrize(
    "asked",
    ["10", "foo", "", ":", "lt:", "lt:ten", "lt:10:20", "lt:0x10", "lt:1e999", "lt:٣", "lt:NaN",
     "gt:Infinity", "gt:1;DROP TABLE clients_client", "gt:1_000", "gt:0." + "0" * 60 + "1"],
)  # fmt: skip
def test_a_balance_that_cannot_be_read_is_ignored(names, balances, asked):
    assert names(balance=asked) == EVERY_BALANCE


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("0:10", ["0", "10"]),
        ("10:1000", ["10", "10.000001", "1000"]),
        ("-5:-5", ["-5"]),
        ("foo:10", ["0", "10"]),
        ("-10:foo", ["-5", "0"]),
        (":10", ["0", "10"]),
        ("1000:10", []),
        ("0:" + "9" * 400, EVERY_BALANCE[1:]),
    ],
)
def test_between_balance_is_inclusive_and_reads_other_words_as_zero(names, balances, asked, found):
    assert names(between_balance=asked) == found


@pytest.mark.parametrize("asked", ["10", "", "0:10:20", "lt"])
def test_between_balance_without_two_parts_is_ignored(names, balances, asked):
    assert names(between_balance=asked) == EVERY_BALANCE


@pytest.fixture
def bobs(add):
    for name in ("Bob", "Bobby & Co", "Jim Bob", "BÖB GmbH", "50%_\\off", "a*b", "Ann"):
        add(name)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bob", ["Bob", "Bobby & Co", "Jim Bob", "BÖB GmbH"]),
        ("böB", ["Bob", "Bobby & Co", "Jim Bob", "BÖB GmbH"]),
        ("Bob*", ["Bob", "Bobby & Co", "BÖB GmbH"]),
        ("*bob", ["Bob", "Jim Bob"]),
        ("*bob*", ["Bob", "Bobby & Co", "Jim Bob", "BÖB GmbH"]),
        ("b*b", ["Bob"]),
        ("j*m*b", ["Jim Bob"]),
        ("b*m*j", []),
        ("bob%", []),
        ("b_b", []),
        ("%", ["50%_\\off"]),
        ("_", ["50%_\\off"]),
        ("\\", ["50%_\\off"]),
        ("50%*", ["50%_\\off"]),
        ("*_\\*", ["50%_\\off"]),
        ("％", ["50%_\\off"]),
        ("*％*", ["50%_\\off"]),
        ("' OR 1=1 --", []),
    ],
)
def test_name_contains_without_case_and_accents_and_a_star_is_a_wildcard(names, bobs, asked, found):
    assert names(name=asked) == found


def test_a_star_alone_is_every_name(names, bobs):
    assert len(names(name="*")) == len(names(name="**" * 500)) == 7


def test_email_is_exact_without_case_and_finds_no_deleted_contact(names, add, north):
    add("Acme", people=[Person(email="Ann@acme.example"), Person(email="old@acme.example")])
    add("Other", people=[Person(email="jann@acme.example")])
    with acting_for(north.agency_id):
        Contact.objects.filter(email="old@acme.example").update(deleted_at=THEN)

    assert names(email="aNN@ACME.example") == ["Acme"]
    assert names(email="acme.example") == names(email="old@acme.example") == []


@pytest.mark.parametrize("field", ["number", "id_number"])
def test_numbers_are_exact_without_case(names, add, field):
    add("Acme", **{field: "Ab-1"})
    add("Other", **{field: "Ab-12"})

    assert names(**{field: "aB-1"}) == ["Acme"]
    assert names(**{field: "Ab-%"}) == names(**{field: "Ab"}) == []


HAYSTACK = {
    "name": "Nádel",
    "number": "Nadel-7",
    "id_number": "HRB NADEL",
    "custom_value1": "eine Nadel",
    "custom_value2": "nadel",
    "custom_value3": "NÄDEL",
    "custom_value4": "x nadel x",
}


@pytest.mark.parametrize("field", HAYSTACK)
def test_filter_searches_the_clients_own_columns(names, add, field):
    add(**{"name": "found"} | {field: HAYSTACK[field]})
    add("Other")

    assert len(names(filter="nadel")) == 1


@pytest.mark.parametrize("field", ["first_name", "last_name", "email", "phone"])
def test_filter_searches_the_people(names, add, field):
    add("Acme", people=[Person(email="a@b.example"), Person(**{field: "my-Nádel@x"})])
    add("Other")

    assert names(filter="NADEL") == ["Acme"]


@pytest.mark.parametrize("asked", ["%", "_", "100%_\\", "'; DROP TABLE clients_client; --"])
def test_filter_takes_every_letter_for_itself(names, add, asked):
    add("Acme")
    add(f"x{asked}x")

    assert names(filter=asked) == [f"x{asked}x"]


@pytest.fixture
def states(add):
    add("active")
    add("suspended", suspended_at=THEN)
    add("archived", archived_at=THEN)
    add("deleted", deleted_at=THEN)
    add("both", archived_at=THEN, deleted_at=THEN)


EVERY_STATE = ["active", "suspended", "archived", "deleted", "both"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", EVERY_STATE),
        ("?status=active", ["active", "suspended"]),
        ("?status=archived", ["archived"]),
        ("?status=deleted", ["deleted", "both"]),
        ("?status=active,archived", ["active", "suspended", "archived"]),
        ("?status=deleted, active,nonsense", ["active", "suspended", "deleted", "both"]),
        ("?status=nonsense", EVERY_STATE),
        ("?status=", EVERY_STATE),
        ("?is_deleted=true", ["deleted", "both"]),
        ("?is_deleted=1", ["deleted", "both"]),
        ("?is_deleted=TRUE", ["deleted", "both"]),
        ("?is_deleted=false", ["active", "suspended", "archived"]),
        ("?is_deleted=0", ["active", "suspended", "archived"]),
        ("?is_deleted=", EVERY_STATE),
        ("?is_deleted=maybe", EVERY_STATE),
        ("?with_trashed=false", ["active", "suspended", "archived"]),
        ("?with_trashed=true", EVERY_STATE),
        ("?with_trashed=0", EVERY_STATE),
        ("?filter_deleted_clients=true", ["active", "suspended", "archived"]),
        ("?filter_deleted_clients=false", EVERY_STATE),
        ("?filter_deleted_clients=1", EVERY_STATE),
        ("?without_deleted_clients=true", ["active", "suspended"]),
        ("?without_deleted_clients=anything", ["active", "suspended"]),
        ("?without_deleted_clients=false", EVERY_STATE),
        ("?status=archived&is_deleted=true", []),
    ],
)
def test_which_states_are_shown(names, states, query, found):
    assert names(query) == found


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
@pytest.mark.parametrize(
    "asked",
    [
        THEN_SECONDS,
        f"000{THEN_SECONDS}",
        "2026-02-28T09:15:00Z",
        "2026-02-28 09:15:00",
        "2026-02-28 09:15",
        "2026-02-28T10:15:00+01:00",
        "Sat, 28 Feb 2026 09:15:00 GMT",
        "2026-02-28",
        "20260228000000",
        "28.02.2026",
        "28-02-2026",
        "02/28/2026",
        "2026/02/28",
        "Feb 28, 2026",
        "February 28, 2026",
        "28 Feb 2026",
    ],
)
def test_moments_mean_from_then_on(names, add, field, asked):
    add("before", **{field: datetime(2026, 2, 27, 23, 59, tzinfo=UTC)})
    add("then", **{field: THEN})
    add("later", **{field: SPRING})

    found = names(**{field: asked})

    # Fourteen digits are seconds too, far in the future.
    assert found == ([] if asked == "20260228000000" else ["then", "later"])


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
def test_a_second_later_is_too_late(names, add, field):
    add("then", **{field: THEN})

    assert names(**{field: THEN_SECONDS + 1}) == names(**{field: "2026-02-28 09:15:01"}) == []


@pytest.mark.parametrize("asked", [10**12, "9" * 5000, "9999-12-31T23:59:59.999999-14:00"])
def test_a_moment_beyond_all_calendars_finds_nothing(names, add, asked):
    add("then")

    assert names(updated_at=asked) == []


@pytest.mark.parametrize(
    "asked",
    [0, "0" * 50, "", "soon", "-1", "1.5", "2026-02-30", "2026-13-01", "0000-00-00", "٣",
     "0001-01-01T00:00:00+14:00", "Mon, 99 Foo 2026 99:99:99 +9999", ",", "1 2 3 4 5 6 7"],
)  # fmt: skip
def test_a_moment_that_cannot_be_read_is_ignored(names, add, asked):
    add("then", created_at=THEN, updated_at=THEN)

    assert names(updated_at=asked) == names(created_at=asked) == ["then"]


def test_a_group_and_a_single_client_are_asked_by_their_ids(names, add, north):
    with acting_for(north.agency_id):
        group = ClientGroup.objects.create(agency=north.agency, name="Big")
    grouped, _ = add("grouped", group=group), add("alone")

    assert names(group=encode(group.pk)) == names(client_id=encode(grouped.pk)) == ["grouped"]
    assert names(group=encode(10**9)) == names(client_id=encode(10**9)) == []


@pytest.mark.parametrize("parameter", ["group", "client_id", "with"])
@pytest.mark.parametrize("asked", ["", "1", "nonsense", "D2J234DFA", "x" * 5000, "é" * 20, "0"])
def test_an_id_that_is_none_is_ignored(names, add, parameter, asked):
    add("Acme")

    assert names(**{parameter: asked}) == ["Acme"]


def test_with_adds_one_client_in_front_whatever_else_is_asked(names, add):
    for name in ("Ann", "Bob", "Cleo"):
        last = add(name, balance=0)

    one_more = encode(last.pk)

    assert names(**{"with": one_more}) == ["Cleo", "Ann", "Bob"]
    assert names(**{"with": one_more, "name": "bob"}) == ["Cleo", "Bob"]
    assert names(**{"with": one_more, "sort": "name|desc", "name": "*"}) == ["Cleo", "Bob", "Ann"]


def test_a_strangers_client_can_neither_be_added_nor_asked_for(names, add, south):
    add("ours")
    theirs = encode(add("theirs", owner=south).pk)

    assert names(**{"with": theirs}) == ["ours"]
    assert names(client_id=theirs) == []


def test_filters_combine(names, add):
    add("Bob rich", balance=2000)
    add("Bob poor", balance=1)
    add("Bob gone", balance=2000, deleted_at=THEN)
    add("Ann rich", balance=2000)

    assert names("?balance=gt:1000&is_deleted=false&name=Bob*") == ["Bob rich"]
    assert names("?balance=gt:1000&between_balance=1:2000&status=deleted&filter=gone") == [
        "Bob gone"
    ]


@pytest.fixture
def every_filter(add, north):
    """Each filter of the contract with a value that finds some of eight clients and not all."""
    with acting_for(north.agency_id):
        group = ClientGroup.objects.create(agency=north.agency, name="Big")
    for n in range(8):
        client = add(
            f"Bob {n}" if n % 2 else f"Ann {n}",
            number=f"N-{n}",
            id_number=f"HRB {n}",
            people=[Person(email=f"p{n}@x.example", phone="12" if n in (1, 5, 6) else "9")],
            group=group if n in (1, 2, 3, 6) else None,
            balance=n * 100,
            archived_at=THEN if n in (4, 5) else None,
            deleted_at=THEN if n in (6, 7) else None,
            created_at=SPRING if n > 2 else THEN,
            updated_at=SPRING if n in (0, 1, 5, 6) else THEN,
        )
    return {
        "balance": "gte:200", "between_balance": "100:600", "name": "Bob*",
        "email": "P5@x.example", "id_number": "hrb 5", "number": "n-5", "filter": "12",
        "status": "active,archived", "is_deleted": "false", "with_trashed": "false",
        "created_at": "2026-03-01", "updated_at": "2026-03-01", "group": encode(group.pk),
        "client_id": encode(client.pk - 2), "filter_deleted_clients": "true",
        "without_deleted_clients": "true",
    }  # fmt: skip


def test_any_two_filters_find_what_both_find(names, every_filter):
    alone = {name: set(names(**{name: value})) for name, value in every_filter.items()}

    assert all(0 < len(found) < 8 for found in alone.values())
    for (one, first), (two, second) in combinations(every_filter.items(), 2):
        assert set(names(**{one: first, two: second})) == alone[one] & alone[two], (one, two)


def test_filters_order_page_size_and_shape_go_together(north, ninja, every_filter):
    query = {"balance": "gte:100", "between_balance": "0:500", "with_trashed": "false",
             "created_at": "2026-01-01", "status": "active", "sort": "number|desc", "per_page": 2,
             "index": "found", "include": "group_settings"}  # fmt: skip

    answer = ninja(north).get(LIST, query).json()

    assert [client["name"] for client in answer["found"]] == ["Bob 3", "Ann 2"]
    assert answer["found"][0]["group_settings"]["name"] == "Big"
    assert answer["meta"]["pagination"]["total"] == 3


@pytest.mark.parametrize(
    "query",
    ["client_status=paid", "vendor_id=VolejRejNm", "custom_value1=x", "city=Rome", "Name=x",
     "first_load=true", "name[]=x", "name[a]=x", "balance[]=gt:1", "status[]=deleted",
     "updated_at[]=9999999999", "with[]=VolejRejNm", "sort[]=name|asc", "filter[]=x"],
)  # fmt: skip
def test_what_is_no_filter_or_no_text_is_ignored(names, add, query):
    add("Acme")

    assert names("?" + query) == ["Acme"]


ODD = [
    "a" * 4000, "9" * 5000, "-" + "9" * 400, "1e99", "*" * 3000, "%" * 300, "\\", "'", '"', ";--",
    ":", "::", "a:b:c", ",", "|", "é", "\u202e", "\ufffe", "👩‍👩‍👧", "{}", "[]", "None",
    "true", "٣", "${7*7}",
]  # fmt: skip
PARAMETERS = [
    "balance", "between_balance", "name", "email", "id_number", "number", "filter", "status",
    "is_deleted", "with_trashed", "created_at", "updated_at", "group", "client_id", "with", "sort",
    "sort_dir", "filter_deleted_clients", "without_deleted_clients", "filter_details", "index",
    "include_static",
]  # fmt: skip


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_nothing_that_is_asked_makes_it_fail(north, ninja, add, parameter):
    add("Acme", people=[Person(email="a@b.example")])
    api = ninja(north)

    statuses = {api.get(LIST, {parameter: value, "sort": "name|asc"}).status_code for value in ODD}
    nested = api.get(f"{LIST}?{parameter}[]=1&{parameter}[a][b]=2")

    assert statuses == {nested.status_code} == {200}


def test_the_total_counts_what_was_asked_for(north, ninja, add):
    for name in ("Bob", "Ann", "Bobby"):
        add(name)

    page = ninja(north).get(f"{LIST}?name=bob&per_page=1").json()["meta"]["pagination"]

    assert (page["total"], page["count"], page["total_pages"]) == (2, 1, 2)


def test_filter_details_shows_names_and_numbers_and_leaves_the_rest_blank(north, ninja, add):
    add("Acme", id_number="HRB 1", city="Rome", balance=5, people=[Person(email="a@b.example")])
    api = ninja(north)
    whole = api.get(LIST).json()["data"][0]

    brief = api.get(f"{LIST}?filter_details=true").json()["data"][0]

    kept = ("id", "name", "number", "id_number", "display_name", "contacts")
    assert list(brief) == list(whole)
    assert {key: brief[key] for key in kept} == {key: whole[key] for key in kept}
    assert (brief["city"], brief["country_id"], brief["client_hash"]) == ("", "", "")
    assert (brief["balance"], brief["created_at"], brief["is_deleted"]) == (0, 0, False)
    assert api.get(f"{LIST}?filter_details=1").json()["data"] == [whole]
