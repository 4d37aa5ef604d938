import pytest
from django_countries.data import COUNTRIES as ISO_COUNTRIES

from agencies.money import currency_codes
from api.invoiceninja.statics import (
    COUNTRIES,
    CURRENCIES,
    INDUSTRIES,
    SIZES,
    language_id,
    language_tag,
)


@pytest.mark.parametrize("table", [COUNTRIES, CURRENCIES, INDUSTRIES, SIZES])
def test_every_id_leads_to_its_value_and_back(table):
    for static_id, value in table.by_id.items():
        assert table.id_of(table.value_of(static_id)) == static_id
        assert table.by_value[value] == static_id
    assert table.id_of("nothing") == table.value_of("nothing") == ""


@pytest.mark.parametrize(
    ("table", "static_id", "value"),
    [
        (CURRENCIES, "1", "USD"),
        (CURRENCIES, "3", "EUR"),
        (COUNTRIES, "840", "US"),
        (COUNTRIES, "276", "DE"),
        (COUNTRIES, "4", "AF"),
        (INDUSTRIES, "1", "Accounting & Legal"),
        (SIZES, "3", "11 - 50"),
    ],
)
def test_well_known_ids(table, static_id, value):
    assert table.value_of(static_id) == value


def test_the_tables_name_only_what_the_domain_can_store():
    assert set(COUNTRIES.by_value) == set(ISO_COUNTRIES)
    assert set(CURRENCIES.by_value) <= currency_codes()


@pytest.mark.parametrize(
    ("tag", "static_id"),
    [("en", "1"), ("de", "3"), ("pt-BR", "5"), ("pt_BR", "5"), ("pt-br", "5"), ("de-AT", "3")],
)
def test_a_language_is_found_however_its_tag_is_spelt(tag, static_id):
    assert language_id(tag) == static_id


def test_an_unknown_language_has_no_id():
    assert language_id("tlh") == language_id("") == language_tag("999") == ""


def test_languages_lead_back():
    assert {language_id(language_tag(str(n))) for n in range(1, 42)} == {
        str(n) for n in range(1, 42)
    }
