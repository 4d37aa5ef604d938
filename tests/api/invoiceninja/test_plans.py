"""Lists stand on the indexes that were made for them: PostgreSQL is asked how it would read.

A list counts, finds the places of its page, and then reads the rows of that page alone.
"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.founding import create_agency
from agencies.scope import acting_for
from clients.models import Client
from clients.sorting import default_category

LIST = "/api/v1/clients"


def fill(agency, *, clients):
    """Clients in one statement, every twentieth of them deleted; the audit trail with it."""
    facts = {
        "agency": str(agency.pk),
        "category": str(default_category(agency).pk),
        "number": "n::text",
        "name": "'Client ' || n",
        "balance": "n",
        "public_hash": f"md5({agency.pk} || '.' || n)",
        "created_at": "now()",
        "updated_at": "now()",
        "deleted_at": "CASE WHEN n % 20 = 0 THEN now() END",
    }
    zero = {"JSONField": "'{}'", "BooleanField": "false", "DecimalField": "0"}
    fields = [f for f in Client._meta.concrete_fields if not (f.generated or f.primary_key)]
    values = [
        facts.get(f.name, "NULL" if f.null else zero.get(f.get_internal_type(), "''"))
        for f in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO clients_client ({', '.join(f.column for f in fields)}) "
            f"SELECT {', '.join(values)} FROM generate_series(1, {clients}) n"
        )


@pytest.fixture
def many(transactional_db, north):
    """A large agency among many small ones, as PostgreSQL knows."""
    for n in range(40):
        owner = create_agency(
            "Small", slug=f"small-{n}", owner_email=f"o@{n}.example", owner_password="x" * 12
        )
        with acting_for(owner.agency_id):
            fill(owner.agency, clients=50)
    with acting_for(north.agency_id):
        fill(north.agency, clients=1500)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE clients_client")
        cursor.execute("VACUUM ANALYZE clients_clientevent")


@pytest.fixture
def plans(north, ninja, many):
    """The plans of all statements that a request sends about a table, in their order."""
    api = ninja(north)

    def plans(path, table):
        with CaptureQueriesContext(connection) as sent:
            assert api.get(path).status_code == 200
        with acting_for(north.agency_id), connection.cursor() as cursor:
            found = []
            for query in sent.captured_queries:
                if f'FROM "{table}"' in query["sql"]:
                    cursor.execute("EXPLAIN " + query["sql"])
                    found.append("\n".join(row[0] for row in cursor.fetchall()))
        return found

    return plans


def test_a_filter_by_balance_is_counted_without_reading_a_row(plans):
    count, _places, _rows = plans(f"{LIST}?balance=gt:1400&is_deleted=false", "clients_client")

    # Both hold the balance. Behind the wall PostgreSQL compares numbers after the agency, so that
    # neither has an advantage; see pg_proc.proleakproof.
    assert re.search("Index Only Scan using client_(by_balance|newest)", count)


def test_who_owes_most_is_found_without_reading_a_row(plans):
    _count, places, _rows = plans(f"{LIST}?is_deleted=false&sort=balance|desc", "clients_client")

    assert re.search("Index (Only )?Scan.* using client_(by_balance|newest)", places)
    assert "Seq Scan" not in places


def test_the_newest_clients_are_read_in_the_order_of_their_index(plans):
    _count, places, _rows = plans(f"{LIST}?is_deleted=false&sort=id|desc", "clients_client")

    assert "Index Only Scan using client_newest" in places
    assert "Sort" not in places


def test_a_page_of_the_newest_with_a_balance_needs_no_row_that_is_not_shown(plans):
    _count, places, _rows = plans(
        f"{LIST}?is_deleted=false&balance=gt:1400&sort=id|desc", "clients_client"
    )

    assert "client_newest" in places
    assert "Sort" not in places


def test_changes_since_a_moment_are_found_by_their_index(plans):
    count, *_ = plans(f"{LIST}?updated_at=4102444800", "clients_client")

    assert "client_by_change" in count
    assert "updated_at >=" in count.partition("Index Cond:")[2]


def test_names_are_read_in_the_order_of_their_index(plans):
    _count, places, _rows = plans(f"{LIST}?sort=name|asc", "clients_client")

    assert "Index Only Scan using client_by_name" in places
    assert "Sort" not in places


def test_the_newest_activities_are_read_in_the_order_of_their_index(plans):
    count, places, *_ = plans("/api/v1/activities", "clients_clientevent")

    assert "Index Only Scan Backward using client_activity" in places
    assert "Index Only Scan using client_activity" in count
