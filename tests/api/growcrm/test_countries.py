import pytest
from django_countries import countries

from api.growcrm.countries import code_of, name_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("US", "US"), ("us", "US"), ("USA", "US"), ("U.S.A.", "US"), ("deu", "DE"),
        ("United States", "US"), ("united states of america", "US"), ("The United States", "US"),
        ("UK", "GB"), ("England", "GB"), ("United Kingdom", "GB"), ("Germany", "DE"),
        ("Côte d’Ivoire", "CI"), ("Cote d'Ivoire", "CI"), ("Türkiye", "TR"), ("Turkey", "TR"),
        ("Bosnia & Herzegovina", "BA"), ("Bosnia and Herzegovina", "BA"), ("St. Lucia", "LC"),
        ("Saint Lucia", "LC"), ("St. Vincent and Grenadines", "VC"), ("The Netherlands", "NL"),
        ("Hong Kong", "HK"),
        ("Atlantis", None), ("", None), ("the", None), ("ZZ", None), ("U", None),
    ],
)  # fmt: skip
def test_a_country_is_known_by_its_codes_and_english_names(text, code):
    assert code_of(text) == code


@pytest.mark.parametrize("code", sorted(countries.countries))
def test_what_is_answered_can_be_sent_again(code):
    assert code_of(name_of(code)) == code
