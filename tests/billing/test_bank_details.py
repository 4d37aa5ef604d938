"""Accounts and addresses as people write them, and what is refused."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from billing.bank_details import (
    filled,
    host_of,
    read_bic,
    read_holder,
    read_iban,
    read_payment_address,
)

ADDRESS = "https://pay.example/i/{number}?a={amount}&c={currency}"


@pytest.mark.parametrize(
    ("read", "typed", "kept"),
    [
        (read_iban, " de89 3704 0044 0532 0130 00 ", "DE89370400440532013000"),
        (read_iban, "CH93-0076-2011-6238-5295-7", "CH9300762011623852957"),
        (read_iban, "MT84 MALT 0110 0001 2345 MTLC AST0 01S", "MT84MALT011000012345MTLCAST001S"),
        (read_iban, " ", ""),
        (read_bic, "cobadeff xxx", "COBADEFFXXX"),
        (read_bic, "", ""),
        (read_holder, " Nørd & Söhne ", "Nørd & Söhne"),
        (read_payment_address, f" {ADDRESS} ", ADDRESS),
        (read_payment_address, "https://pay.example:8443", "https://pay.example:8443"),
        (read_payment_address, "", ""),
    ],
)
def test_what_people_type_is_kept_in_one_form(read, typed, kept):
    assert read(typed) == kept


@pytest.mark.parametrize(
    ("iban", "said"),
    [
        ("DE88370400440532013000", "This is no IBAN. Check its digits."),
        ("DE8937040044053201300", "This is no IBAN. Check its digits."),
        ("ZZ89370400440532013000", "This is no IBAN. Check its digits."),
        ("DE89370400440532013000\nX", "This is no IBAN. Check its digits."),
        ("CH4431999123000889012", "This is a QR-IBAN"),
        ("x", "This is no IBAN. Check its digits."),
    ],
)
def test_a_wrong_iban_and_a_qr_iban_are_refused_with_a_sentence(iban, said):
    with pytest.raises(ValidationError) as refused:
        read_iban(iban)

    assert refused.value.message.startswith(said)


@pytest.mark.parametrize("bic", ["COBADEF", "COBADEFFXX", "COBAD3FF", "COBAZZFF", "1OBADEFF"])
def test_a_wrong_bic_is_refused(bic):
    with pytest.raises(ValidationError, match="This is no BIC"):
        read_bic(bic)


@pytest.mark.parametrize(
    "holder", ["A\nB", "A\rB", "A\u2028B", "A\u2029B", "A\x85B", "A\x00B", "A\u202eB", "x" * 71]
)
def test_a_holder_is_one_short_line(holder):
    with pytest.raises(ValidationError):
        read_holder(holder)


@pytest.mark.parametrize(
    "address",
    [
        "http://pay.example/",
        "javascript:alert(1)//https://pay.example",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "//pay.example/",
        "pay.example",
        "https:pay.example",
        "https:///x",
        "https://",
        "HTTPS://pay.example",
        "https://user@pay.example/",
        "https://user:word@pay.example/",
        "https://bank.example@pay.example/",
        "https://{number}.pay.example/",
        "https://pay.example{number}/",
        "https://pay.example:{amount}/",
        "https://pay.example:99999/",
        "https://pay.example:x/",
        "https://[::1]/",
        "https://[oops/",
        "https://pay.example\\@bank.example/",
        "https://pay.example/a b",
        "https://pay.example/\nx",
        "https://pay.example/\x00",
        "https://pay.example/\u202e",
        "https://p\u0430y.example/",
        'https://pay.example/"onclick="x',
        "https://pay.example/<script>",
        "https://pay.example/{client}",
        "https://pay.example/{number.__class__}",
        "https://pay.example/{number",
        "https://pay.example/{{number}}",
        "https://pay.example/" + "x" * 500,
    ],
)
def test_an_address_that_leads_elsewhere_is_refused(address):
    with pytest.raises(ValidationError):
        read_payment_address(address)


def test_values_are_encoded_and_none_is_filled_twice():
    told = filled(ADDRESS, number="{amount}/../?x&y=#%ü", amount="12.30", currency="EUR")

    assert told == (
        "https://pay.example/i/%7Bamount%7D%2F..%2F%3Fx%26y%3D%23%25%C3%BC?a=12.30&c=EUR"
    )


def test_the_host_is_what_people_are_shown():
    assert host_of("https://Pay.Example:8443/bank.example") == "pay.example:8443"
    assert host_of("") == ""


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused(text):
    for read in (read_iban, read_bic, read_holder, read_payment_address):
        try:
            kept = read(text)
        except ValidationError:
            continue
        assert read(kept) == kept
        assert len(kept.splitlines()) <= 1
