"""The fixed tables on the wire, and ping."""

import pytest

from agencies.models import User
from api.invoiceninja.statics import COUNTRIES, CURRENCIES, INDUSTRIES, SIZES

EMPTY = ["banks", "date_formats", "datetime_formats", "gateways", "payment_types", "timezones"]


@pytest.fixture
def statics(north, ninja):
    return ninja(north).get("/api/v1/statics").json()


def by_id(rows):
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row for row in rows}


def test_the_tables_are_lists_of_objects_with_ids_as_text(statics):
    countries, currencies = by_id(statics["countries"]), by_id(statics["currencies"])

    assert currencies["1"] == {
        "id": "1",
        "name": "US Dollar",
        "symbol": "$",
        "precision": 2,
        "thousand_separator": ",",
        "decimal_separator": ".",
        "code": "USD",
        "swap_currency_symbol": False,
        "exchange_rate": 1,
    }
    assert countries["276"] == {
        "id": "276",
        "name": "Germany",
        "full_name": "Germany",
        "iso_3166_2": "DE",
        "iso_3166_3": "DEU",
    }
    assert by_id(statics["languages"])["5"] == {
        "id": "5",
        "name": "Portuguese (Brazil)",
        "locale": "pt_BR",
    }
    assert by_id(statics["sizes"])["3"] == {"id": "3", "name": "11 - 50"}
    assert by_id(statics["industries"])["1"]["name"] == "Accounting & Legal"


def test_every_id_that_clients_may_carry_is_explained(statics):
    for name, table in (
        ("countries", COUNTRIES),
        ("currencies", CURRENCIES),
        ("industries", INDUSTRIES),
        ("sizes", SIZES),
    ):
        rows = by_id(statics[name])
        assert set(rows) == set(table.by_id)
        assert all(row["name"] for row in rows.values())
    assert all(row["name"] and row["locale"] for row in statics["languages"])


def test_precision_is_the_currencys_own(statics):
    precision = {row["code"]: row["precision"] for row in statics["currencies"]}

    assert (precision["JPY"], precision["EUR"], precision["KWD"]) == (0, 2, 3)


def test_tables_of_what_foyer_has_not_are_empty_lists(statics):
    assert {name: statics[name] for name in EMPTY} == {name: [] for name in EMPTY}


def test_include_static_puts_the_tables_beside_the_answer(north, ninja, create, statics):
    client = create()
    api = ninja(north)

    listed = api.get("/api/v1/clients?include_static=true").json()
    single = api.get(f"/api/v1/clients/{client['id']}?include_static=true").json()

    assert list(listed) == ["data", "meta", "static"]
    assert (single["data"], single["static"]) == (client, statics)
    assert "static" not in api.get("/api/v1/clients?include_static=false").json()
    assert api.get("/api/v1/clients?include_static=true&index=none").json() == [client]
    assert list(api.get("/api/v1/clients?include_static=true&index=static").json()) == [
        "data", "meta", "static",
    ]  # fmt: skip


def test_ping_tells_who_is_there(north, ninja):
    api = ninja(north)

    nameless = api.get("/api/v1/ping").json()
    User.objects.filter(pk=north.user_id).update(first_name="Nora", last_name="North")
    named = api.get("/api/v1/ping/").json()

    assert nameless == {"company_name": "North", "user_name": "nora@north.example"}
    assert named == {"company_name": "North", "user_name": "Nora North"}
