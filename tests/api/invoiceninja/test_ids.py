import pytest

from api.invoiceninja.ids import decode, encode

COMPUTED = {
    0: "WjnegYbwZ1",
    1: "VolejRejNm",
    2: "Wpmbk5ezJn",
    3: "Opnel5aKBz",
    4: "wMvbmOeYAl",
    5: "4openRe7Az",
    10: "gl9avmeG1v",
    100: "Wjneg56bwZ",
    166: "q9wdL84djP",
    391: "OpnelpJeKB",
}


@pytest.mark.parametrize(("pk", "hashed"), COMPUTED.items())
def test_ids_are_those_of_the_original_with_an_empty_salt(settings, pk, hashed):
    settings.FOYER_NINJA_SALT = ""

    assert encode(pk) == hashed
    assert decode(hashed) == pk


def test_a_salt_changes_every_id(settings):
    settings.FOYER_NINJA_SALT = "pepper"

    assert encode(1) != COMPUTED[1]
    assert decode(COMPUTED[1]) is None
    assert decode(encode(1)) == 1


def test_nothing_has_an_empty_id():
    assert encode(None) == ""


@pytest.mark.parametrize(
    "text", ["", "1", "0000000001", "D2J234DFA", "VolejRejNM", "VolejRejNm ", "V" * 4000, "é" * 10]
)
def test_what_encode_would_not_have_made_is_nothing(text):
    assert decode(text) is None


def test_the_largest_key_survives_and_a_larger_number_is_nothing():
    assert decode(encode(2**63 - 1)) == 2**63 - 1
    assert decode(encode(2**63)) is None
