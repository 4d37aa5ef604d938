"""CSV and spreadsheets of a statement: numbers, dates, and text that is never a formula."""

import csv
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from billing.formulas import neutral, plain
from billing.sheets import Line, statement_csv, statement_xlsx
from billing.statement_shapes import StatementKind
from billing.words import languages
from tests.billing.reading import filled
from tests.billing.samples import section, statement

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1",
    "＋1",
    "－1",
    "＠A",
]
# What XML cannot hold is not kept by spreadsheets; it cannot be typed either.
WRITABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]))


def read_csv(made: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(made.decode("utf-8-sig"), newline="")))


def read_xlsx(made: bytes) -> dict[str, list[tuple]]:
    book = openpyxl.load_workbook(BytesIO(made))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


@settings(deadline=None)
@given(st.text())
@example("'=1")
@example("''=1")
@example("'plain")
@example("\x00=1")
def test_text_comes_back_as_it_was(text):
    assert plain(neutral(text)) == text


@settings(deadline=None)
@given(st.text(), st.sampled_from(FORMULAS))
def test_nothing_neutral_begins_like_a_formula(text, beginning):
    made = neutral(beginning + text)

    assert made == f"'{beginning}{text}"
    assert neutral(text).lstrip("\x00 ")[:1] not in {*"=+-@＝＋－＠"}


@settings(deadline=None)
@given(st.one_of(WRITABLE, st.sampled_from(FORMULAS)))
def test_text_in_every_field_survives_the_csv(text):
    made = read_csv(statement_csv(filled(statement(section(2)), text)))

    told = [line["text"] for line in made if line["row"] == "movement"]
    assert told == [neutral(text)] * 2
    assert {plain(line["number"]) for line in made if line["row"] == "credit"} == {text}


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_in_a_csv_is_disarmed_before_it_is_quoted(text):
    made = statement_csv(filled(statement(section(2)), f'{text},"x"')).decode("utf-8-sig")

    for line in read_csv(made.encode()):
        for column in ("kind", "number", "invoice", "text"):
            assert not line[column].startswith(text)
    assert f"\"'{text}" in made


def test_a_csv_holds_every_figure_with_the_digits_of_its_currency():
    made = statement(section(3), section(3, currency="JPY", unit="12345"))

    lines = read_csv(statement_csv(made))

    assert list(lines[0]) == [field.name for field in fields(Line)]
    euros = [line for line in lines if line["currency"] == "EUR"]
    assert [line["balance"] for line in euros if line["row"] == "opening"] == ["1234.50"]
    assert [line["amount"] for line in euros if line["row"] == "movement"] == [
        "617.25",
        "740.70",
        "-864.15",
    ]
    assert [line["balance"] for line in euros if line["row"] == "closing"] == ["1728.30"]
    assert [line["balance"] for line in lines if line["row"] == "closing"][1] == "172830"
    ageing = [Decimal(line["balance"]) for line in euros if line["row"] == "ageing"]
    assert sum(ageing) == Decimal("1728.30")
    assert euros[1]["on"] == "2026-01-01"


def test_movements_of_a_csv_lead_from_opening_to_closing():
    lines = read_csv(statement_csv(statement(section(50))))

    (opening,) = (Decimal(line["balance"]) for line in lines if line["row"] == "opening")
    (closing,) = (Decimal(line["balance"]) for line in lines if line["row"] == "closing")
    amounts = [Decimal(line["amount"]) for line in lines if line["row"] == "movement"]
    assert opening + sum(amounts) == closing


def test_numbers_and_dates_of_a_spreadsheet_are_numbers_and_dates():
    book = read_xlsx(statement_xlsx(statement(section(3))))

    rows = book["Statement of account"]
    assert rows[0][1:] == (
        *("Date", "Document", "Number", "Invoice", "Details", "Amount", "Balance"),
    )
    assert rows[3] == (
        "EUR",
        datetime(2026, 8, 2),  # noqa: DTZ001 - a plain date, as spreadsheets have it.
        "Payment",
        "P-0002",
        "2026-0001",
        "Bank transfer",
        -864.15,
        1728.3,
    )
    summary = book["Balance"]
    assert summary[-1] == ("EUR", 1234.5, 1357.95, 864.15, 1728.3, 123.45, 246.9)


def test_amounts_of_a_spreadsheet_show_the_digits_of_their_currency():
    made = statement(section(2), section(2, currency="JPY", unit="12345"))

    book = openpyxl.load_workbook(BytesIO(statement_xlsx(made)))

    shown = {row[0].value: row[-1].number_format for row in book["Statement of account"].rows}
    assert shown["EUR"] == "#,##0.00"
    assert shown["JPY"] == "#,##0"


@settings(deadline=None)
@given(st.one_of(WRITABLE, st.sampled_from(FORMULAS)))
@example("https://example.com/")
@example("123")
@example("_x0041_")
def test_text_in_a_spreadsheet_is_text_and_comes_back_as_it_was(text):
    book = openpyxl.load_workbook(BytesIO(statement_xlsx(filled(statement(section(2)), text))))

    cell = book["Statement of account"]["F2"]
    assert cell.data_type != "f"
    # Signs that XML cannot hold are written in Excel's own way, which openpyxl undoes in part.
    assert text in (cell.value or "", unescape(cell.value or ""))
    assert cell.hyperlink is None


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_in_a_spreadsheet_is_marked_as_text(text):
    book = openpyxl.load_workbook(BytesIO(statement_xlsx(filled(statement(section(2)), text))))

    assert book["Statement of account"]["F2"].quotePrefix
    assert book["Statement of account"]["F2"].data_type == "s"


@pytest.mark.parametrize("language", languages())
def test_a_spreadsheet_speaks_each_language(language):
    book = openpyxl.load_workbook(BytesIO(statement_xlsx(statement(language=language))))

    assert len(book.sheetnames) == 6
    is_right_to_left = bool(book.worksheets[0].sheet_view.rightToLeft)
    assert is_right_to_left == (language in ("ar", "he"))


def test_what_is_not_to_be_shown_is_in_neither():
    hidden = replace(section(3), receipts=None, credits=None, ageing=None)

    rows = {line["row"] for line in read_csv(statement_csv(statement(hidden)))}
    sheets = read_xlsx(statement_xlsx(statement(hidden, kind=StatementKind.OPEN_ITEMS)))

    assert rows == {"opening", "movement", "open_item", "closing", "unapplied", "credit_balance"}
    assert set(sheets) == {"Balance", "Open items"}


def test_days_that_spreadsheets_do_not_know_and_endless_texts_are_kept_as_they_can_be():
    made = statement(section(2, text="x" * 40_000), start=date(1, 1, 1))

    book = read_xlsx(statement_xlsx(made))

    assert book["Balance"][3][1] == "0001-01-01"
    assert len(book["Statement of account"][1][5]) == 32_767


def test_the_same_statement_gives_the_same_bytes():
    assert statement_csv(statement()) == statement_csv(statement())
    assert statement_xlsx(statement()) == statement_xlsx(statement())
