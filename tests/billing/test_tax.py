"""What is known of a client for tax: said with source and moment, and dropped when it is stale."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from billing import tax
from billing.vat_rates import SOURCE
from clients.editing import edit_client
from clients.models import Client
from contacts.enrolling import enroll

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
MOMENT = "2026-03-10T12:00:00Z"


@pytest.fixture
def client(north, in_north):
    """Makes a client of North's that was asked about once."""

    def client(**facts):
        return tax.refresh(enroll(in_north, by=north, name="Acme", **facts), at=AT)

    return client


def info(client):
    client.refresh_from_db()
    return client.tax_info


def test_a_german_number_and_rates_are_told_with_source_and_moment(client):
    acme = client(country="DE", vat_number="DE 136.695.976")

    assert info(acme) == {
        "vat_number": {
            "number": "DE136695976",
            "state": "well_formed",
            "source": "check digits",
            "checked_at": MOMENT,
        },
        "vat_rates": {
            "country": "DE",
            "standard": "19",
            "reduced": ["7"],
            "since": "2024-01-01",
            "source": SOURCE,
            "checked_at": MOMENT,
        },
    }
    assert acme.updated_at == AT
    assert acme.has_valid_vat_number is False


def test_a_number_with_wrong_digits_is_told_as_malformed(client):
    assert info(client(country="DE", vat_number="DE1"))["vat_number"]["state"] == "malformed"


def test_of_a_client_outside_the_union_nothing_is_known(client):
    assert info(client(country="US", vat_number="12-3456789")) == {}


def test_rates_are_those_of_the_day_where_the_agency_is(north, in_north):
    in_north.time_zone = "Pacific/Auckland"
    in_north.save()
    acme = enroll(in_north, by=north, name="Acme", country="RO")

    # The first of August there, and still July in UTC.
    tax.refresh(acme, at=datetime(2025, 7, 31, 20, tzinfo=UTC))

    assert info(acme)["vat_rates"]["standard"] == "21"


def test_what_the_register_said_of_the_number_outlives_a_look_at_its_digits(client):
    acme = client(country="DE", vat_number="DE136695976")
    said = {"number": "DE136695976", "state": "refused", "source": "VIES"}
    Client.objects.filter(pk=acme.pk).update(tax_info={"vat_number": said})

    tax.refresh(acme, at=AT)

    assert info(acme)["vat_number"] == said


def everything(acme):
    facts = {
        "vat_number": {"number": "DE136695976", "state": "confirmed"},
        "vat_rates": {"country": "DE"},
        "sales_tax": {"rate": "0.1"},
    }
    Client.objects.filter(pk=acme.pk).update(tax_info=facts, has_valid_vat_number=True)
    return facts


@pytest.mark.parametrize(
    ("change", "dropped", "still_valid"),
    [
        ({"vat_number": "DE129273398"}, {"vat_number"}, False),
        ({"vat_number": ""}, {"vat_number"}, False),
        ({"country": "AT"}, {"vat_number", "vat_rates", "sales_tax"}, False),
        ({"postal_code": "1"}, {"sales_tax"}, True),
        ({"city": "Kiel"}, {"sales_tax"}, True),
        ({"state": "SH"}, {"sales_tax"}, True),
        ({"address1": "Main St"}, {"sales_tax"}, True),
        ({"name": "Other", "phone": "1", "address2": "b"}, set(), True),
    ],
)
def test_a_change_drops_what_is_stale_and_nothing_else(client, change, dropped, still_valid):
    acme = client(country="DE", vat_number="DE136695976")
    facts = everything(acme)

    edit_client(acme, **change)

    assert info(acme) == {name: fact for name, fact in facts.items() if name not in dropped}
    assert acme.has_valid_vat_number is still_valid


def test_plain_sql_drops_it_too(client):
    acme = client(country="DE", vat_number="DE136695976")
    everything(acme)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE clients_client SET country = 'FR' WHERE id = %s", [acme.pk])

    assert info(acme) == {}


def test_saving_the_same_again_drops_nothing(client):
    acme = client(country="DE", vat_number="DE136695976")
    facts = everything(acme)
    acme.refresh_from_db()

    acme.save()

    assert info(acme) == facts


def test_what_staff_said_of_the_number_by_hand_stays(client):
    acme = client(country="DE", vat_number="DE136695976", has_valid_vat_number=True)

    edit_client(acme, vat_number="DE129273398")

    assert info(acme) == {"vat_rates": acme.tax_info["vat_rates"]}
    assert acme.has_valid_vat_number is True


@pytest.mark.parametrize("odd", [[], "x", 5, {"vat_number": "x"}, {"vat_number": None}])
def test_whatever_lies_in_the_column_is_no_reason_to_fail(client, odd):
    acme = client(country="DE", vat_number="DE136695976")
    Client.objects.filter(pk=acme.pk).update(tax_info=odd)

    edit_client(acme, vat_number="DE129273398")
    tax.refresh(acme, at=AT)

    assert info(acme)["vat_number"]["number"] == "DE129273398"
