"""What the QR codes of a transfer say, line by line, and when there is none."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
import segno
import segno.helpers
from hypothesis import given
from hypothesis import strategies as st

from billing.code_pictures import picture_of
from billing.payment_codes import (
    CodeKind,
    Payee,
    codes_for,
    creditor_reference,
    one_line,
    street_and_number,
)

GERMAN = "DE89370400440532013000"
SWISS = "CH9300762011623852957"
PAYEE = Payee(
    name="Nord Söhne AG",
    iban=GERMAN,
    bic="COBADEFFXXX",
    street="Bahnhofstrasse 12a",
    postal_code="8001",
    town="Zürich",
    country="CH",
)
AMOUNT = Decimal("1234.56")
RF = "RF18539007547034"


def lines_of(payee=PAYEE, *, amount=AMOUNT, currency="EUR", reference="INV-0001"):
    """The lines of each code by its kind, in their order."""
    codes = codes_for(payee, amount=amount, currency=currency, reference=reference)
    return {code.kind: code.payload.split("\n") for code in codes}


def test_the_european_code_says_who_is_paid_how_much_and_for_what():
    assert lines_of()["epc"] == [
        "BCD", "002", "1", "SCT", "COBADEFFXXX", "Nord Söhne AG", GERMAN, "EUR1234.56", "", "",
        "INV-0001",
    ]  # fmt: skip


def test_the_swiss_code_says_who_is_paid_where_how_much_and_for_what():
    assert lines_of(replace(PAYEE, iban=SWISS), currency="CHF")["swiss"] == [
        "SPC", "0200", "1", SWISS,
        "S", "Nord Söhne AG", "Bahnhofstrasse", "12a", "8001", "Zürich", "CH",
        "", "", "", "", "", "", "",
        "1234.56", "CHF",
        "", "", "", "", "", "", "",
        "NON", "", "INV-0001", "EPD",
    ]  # fmt: skip


def test_a_number_that_is_a_creditor_reference_goes_where_one_belongs():
    found = lines_of(replace(PAYEE, iban=SWISS), reference="RF18 5390 0754 7034")

    assert found["epc"][9:] == [RF]
    assert found["swiss"][27:] == ["SCOR", RF, "", "EPD"]


@pytest.mark.parametrize(
    ("text", "found"),
    [(RF, RF), ("RF18 5390 0754 7034", RF), ("RF19539007547034", ""), ("INV-1", ""), ("RF", "")],
)
def test_a_creditor_reference_has_right_check_digits(text, found):
    assert creditor_reference(text) == found


@pytest.mark.parametrize(
    ("iban", "bic", "currency", "country", "kinds"),
    [
        (GERMAN, "", "EUR", "DE", ["epc"]),
        (GERMAN, "", "CHF", "DE", []),
        (GERMAN, "", "USD", "DE", []),
        (GERMAN, "", "JPY", "DE", []),
        (SWISS, "POFICHBEXXX", "EUR", "CH", ["swiss", "epc"]),
        (SWISS, "POFICHBEXXX", "EUR", "DE", ["epc", "swiss"]),
        (SWISS, "", "EUR", "CH", ["swiss"]),
        (SWISS, "", "CHF", "CH", ["swiss"]),
        (SWISS, "", "USD", "CH", []),
        ("LI21088100002324013AA", "", "EUR", "LI", ["swiss", "epc"]),
        ("GB29NWBK60161331926819", "", "EUR", "GB", []),
        ("GB29NWBK60161331926819", "NWBKGB2L", "EUR", "GB", ["epc"]),
        ("SA0380000000608010167519", "NCBKSAJE", "EUR", "SA", []),
    ],
)
def test_there_is_a_code_where_account_and_currency_fit(iban, bic, currency, country, kinds):
    payee = replace(PAYEE, iban=iban, bic=bic, country=country)

    assert list(lines_of(payee, currency=currency)) == kinds


@pytest.mark.parametrize(
    ("amount", "fits"),
    [("0", False), ("0.01", True), ("999999999.99", True), ("1000000000", False)],
)
def test_an_amount_stays_within_what_both_standards_allow(amount, fits):
    found = lines_of(replace(PAYEE, iban=SWISS, bic="POFICHBE"), amount=Decimal(amount))

    assert set(found) == ({"epc", "swiss"} if fits else set())


@pytest.mark.parametrize(
    ("facts", "swiss"),
    [
        ({}, True),
        ({"street": ""}, True),
        ({"name": "Łódź Ștefan"}, True),
        ({"town": ""}, False),
        ({"postal_code": ""}, False),
        ({"country": ""}, False),
        ({"town": "x" * 36}, False),
        ({"postal_code": "1" * 17}, False),
        ({"name": "Север"}, False),
        ({"name": "北"}, False),
        ({"street": "Straße 1 😀"}, False),
    ],
)
def test_a_payee_whom_the_swiss_code_cannot_name_has_none(facts, swiss):
    found = lines_of(replace(PAYEE, iban=SWISS, bic="POFICHBE", **facts))

    assert ("swiss" in found, "epc" in found) == (swiss, True)


def test_what_is_longer_than_a_code_holds_is_no_european_code():
    payee = replace(PAYEE, name="北" * 70)

    assert len("\n".join(lines_of(payee, reference="x" * 58)["epc"]).encode()) == 331
    assert lines_of(payee, reference="x" * 59) == {}


@pytest.mark.parametrize(
    ("street", "parts"),
    [
        ("Bahnhofstrasse 12", ("Bahnhofstrasse", "12")),
        ("Bahnhofstrasse 12 b", ("Bahnhofstrasse", "12 b")),
        ("Rue du Lac, 12-14", ("Rue du Lac", "12-14")),
        ("12b Main Street", ("Main Street", "12b")),
        ("Strasse des 17. Juni 135", ("Strasse des 17. Juni", "135")),
        ("Haus am See", ("Haus am See", "")),
        ("12", ("12", "")),
        ("", ("", "")),
    ],
)
def test_a_street_is_told_from_its_number(street, parts):
    assert street_and_number(street) == parts


def test_long_names_are_cut_and_lines_become_one():
    payee = replace(
        PAYEE, iban=SWISS, bic="POFICHBE", name="A\r\nB\u2028C\x85D\t E\u202e" + "x" * 99
    )

    found = lines_of(payee)

    expected = "A B C D E" + "x" * 61
    assert (found["epc"][5], found["swiss"][5]) == (expected, expected)


hostile = st.text(alphabet=st.sampled_from("aZ9 \n\r\x0b\x0c\x1c\x85\u2028\u2029\x00\u202e;:|<é北"))


@given(name=hostile, street=hostile, post=hostile, town=hostile, reference=hostile)
def test_no_value_adds_a_line_or_moves_one(name, street, post, town, reference):
    payee = Payee(name, SWISS, "POFICHBE", street, post, town, "CH")

    found = lines_of(payee, reference=reference)

    for kind, lines in found.items():
        assert "\n".join(lines).splitlines() == lines
        assert len(lines) == (11 if kind == "epc" else 31)
    if "epc" in found:
        assert found["epc"][6:8] == [SWISS, "EUR1234.56"]
        assert found["epc"][5] == one_line(name)[:70].strip()
        assert found["epc"][10] == one_line(reference)
    if "swiss" in found:
        assert found["swiss"][3:5] == [SWISS, "S"]
        assert found["swiss"][18:20] == ["1234.56", "EUR"]
        assert found["swiss"][29:] == [one_line(reference), "EPD"]


def drawn(path, side):
    """The modules that a path fills, row by row."""
    rows = [[0] * side for _ in range(side)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path):
        for column in range(int(width)):
            rows[int(y)][int(x) + column] = 1
    assert re.sub(r"M(\d+) (\d+)h(\d+)v1h-\3z", "", path) == ""
    return rows


def code_of(kind):
    payee = replace(PAYEE, iban=SWISS, bic="POFICHBE")
    codes = codes_for(payee, amount=AMOUNT, currency="EUR", reference="INV-0001")
    return next(code for code in codes if code.kind == kind)


@pytest.mark.parametrize("kind", CodeKind)
def test_the_picture_is_the_code_and_a_quiet_zone(kind):
    code = code_of(kind)

    picture = picture_of(code)

    expected = segno.make_qr(code.payload.encode(), error="m", boost_error=False)
    assert expected.error == "M"
    rows = [list(row) for row in expected.matrix_iter(border=4)]
    assert drawn(picture.dark, picture.side) == rows
    assert (picture.side, rows[3]) == (expected.symbol_size(border=4)[0], [0] * picture.side)


def test_the_european_code_is_the_one_that_segno_makes():
    made = segno.helpers.make_epc_qr(
        name=PAYEE.name, iban=SWISS, amount=AMOUNT, text="INV-0001", bic="POFICHBE", encoding=1
    )

    picture = picture_of(code_of(CodeKind.EPC))

    assert drawn(picture.dark, picture.side) == [list(row) for row in made.matrix_iter(border=4)]


def test_the_swiss_code_bears_its_cross_in_the_middle():
    swiss, european = picture_of(code_of(CodeKind.SWISS)), picture_of(code_of(CodeKind.EPC))

    boxes = [
        (fill, *map(float, re.fullmatch(r"M(\S+) (\S+)h(\S+)v(\S+)h\S+z", shape).groups()))
        for fill, shape in swiss.cross
    ]
    module = 46 / (swiss.side - 8)
    sizes = [(fill, round(w * module, 1), round(h * module, 1)) for fill, _, _, w, h in boxes]
    assert sizes == [
        ("#fff", 7.0, 7.0), ("#000", 6.0, 6.0), ("#fff", 1.2, 3.9), ("#fff", 3.9, 1.2),
    ]  # fmt: skip
    for _, x, y, width, height in boxes:
        middle = (x + width / 2, y + height / 2)
        assert middle == pytest.approx((swiss.side / 2,) * 2, abs=0.01)
    assert european.cross == ()
    assert swiss.width == f"{46 + 8 * module:.2f}mm"
