"""What a printed statement says: all of the data, in every language and script."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from billing.looks import Look
from billing.speaking import speaker
from billing.statement_pages import statement_pdf, statements_pdf
from billing.statement_shapes import StatementKind
from billing.words import languages, words_in
from tests.billing.reading import packed, pages_of, plain, text_of
from tests.billing.samples import END, logo, section, statement

LOOK = Look()


def test_each_movement_is_one_line_with_its_running_balance():
    text = text_of(statement_pdf(statement(section(3)), LOOK))

    assert "Opening balance 1,234.50" in text
    assert "Jan 1, 2026 Invoice 2026-0001 Website relaunch, phase 2 617.25 1,851.75" in text
    assert "Apr 17, 2026 Invoice 2026-0002 Website relaunch, phase 2 740.70 2,592.45" in text
    assert "Aug 2, 2026 Payment P-0002 2026-0001 · Bank transfer -864.15 1,728.30" in text
    assert "Closing balance 1,728.30" in text
    assert "Closing balance · Nov 21, 2026\n€1,728.30" in text


def test_parties_period_payments_credits_ageing_and_footer_are_there():
    text = text_of(statement_pdf(statement(section(3)), LOOK))

    for line in (
        "Nordlicht Studio GmbH",
        "20457 Hamburg",
        "VAT ID DE136695976",
        "Acme Robotics Ltd",
        "Client no. C-0042",
        "Period Jan 1, 2026 – Nov 21, 2026",
        "As recorded Nov 21, 2026, 4:30 PM UTC",
        "Money on account 123.45",
        "Unused credits 246.90",
        "1,628.30 100.00 0.00 0.00 0.00 0.00 1,728.30",
        "Please pay to IBAN DE02 1203 0000 0000 2020 51, BIC BYLADEM1001.",
    ):
        assert line in text
    assert packed("Aug 2, 2026 P-0002 Bank transfer TX-P-0002") in packed(text)
    assert packed("Jun 30, 2026 CN-7 2026-0001 2026-0001 123.45 370.35 246.90") in packed(text)


def test_open_items_say_when_they_were_due_and_what_is_left():
    made = statement(section(2), kind=StatementKind.OPEN_ITEMS)

    text = text_of(statement_pdf(made, LOOK))

    assert "Open items" in text
    assert "2026-0001 Jan 1, 2026 Jan 15, 2026 Relaunch 310 2,592.44 1,296.22" in text
    assert "Opening balance" in text
    assert "Details" not in text


def test_what_is_not_to_be_shown_is_left_out_and_changes_no_figure():
    shown = section(3)
    hidden = replace(shown, receipts=None, credits=None, ageing=None)

    text = text_of(statement_pdf(statement(hidden), LOOK))

    assert "Payments" not in text
    assert "Credits" not in text.replace("Unused credits", "")
    assert "days" not in text
    assert "Closing balance 1,728.30" in text
    assert "Money on account 123.45" in text


def test_an_empty_statement_says_so():
    empty = replace(section(0), receipts=(), credits=(), open_items=())

    assert "Nothing was recorded in this period." in text_of(statement_pdf(statement(empty), LOOK))
    for_items = statement(empty, kind=StatementKind.OPEN_ITEMS)
    assert "Nothing is open." in text_of(statement_pdf(for_items, LOOK))


def test_each_currency_has_its_own_section_and_digits():
    made = statement(
        section(3),
        section(3, currency="JPY", unit="12345"),
        section(3, currency="KWD", unit="1.234"),
    )

    text = text_of(statement_pdf(made, LOOK))

    assert "EUR Euro" in text
    assert "JPY Japanese Yen" in text
    assert "KWD Kuwaiti Dinar" in text
    assert "¥172,830" in text
    assert "61,725 185,175" in text
    assert "6.170 18.510" in text


def test_amounts_are_rounded_half_up_not_to_even():
    assert speaker("en").amount(Decimal("0.125"), "EUR") == "0.13"
    assert speaker("en").amount(Decimal("-2.5"), "JPY") == "-3"


@pytest.mark.parametrize(
    ("language", "title", "amount", "day"),
    [
        ("en", "Statement of account", "-864.15", "Aug 2, 2026"),
        ("en-GB", "Statement of account", "-864.15", "2 Aug 2026"),
        ("de", "Kontoauszug", "-864,15", "02.08.2026"),
        ("de-CH", "Kontoauszug", "1’728.30", "02.08.2026"),
        ("fr", "Relevé de compte", "1 728,30", "2 août 2026"),
        ("es", "Estado de cuenta", "1.728,30", "2 ago 2026"),
        ("pt-BR", "Extrato de conta", "1.728,30", "2 de ago. de 2026"),
        ("ar", "كشف حساب", "1,728.30", "02/08/2026"),
        ("he", "דף חשבון", "1,728.30", "2 באוג׳ 2026"),
        # Words we have not, numbers and dates of the language all the same.
        ("sv", "Statement of account", "1 728,30", "2 aug. 2026"),
        ("tlh", "Statement of account", "1,728.30", "Aug 2, 2026"),
    ],
)
def test_a_statement_speaks_the_language_of_its_reader(language, title, amount, day):
    pdf = statement_pdf(statement(section(3), language=language), LOOK)

    text = text_of(pdf)
    assert title in text
    assert amount in text
    # Readers of PDFs turn around what runs from right to left.
    parts = re.split(r"[ /]", day)
    assert all(part in text for part in parts)
    assert PdfReader(BytesIO(pdf)).trailer["/Root"]["/Lang"] == words_in(language).language


@pytest.mark.parametrize("language", languages())
def test_every_word_of_a_language_is_there_and_can_be_printed(language):
    words = words_in(language)
    made = statement(section(3), language=language)
    items = statement(section(3), language=language, kind=StatementKind.OPEN_ITEMS)

    text = packed(text_of(statement_pdf(made, LOOK)) + text_of(statement_pdf(items, LOOK)))

    assert words.language == language
    headings = [words.charged, words.settled, words.payments, words.credits, words.unapplied]
    for word in [*headings, words.credit_balance, words.still_open, words.not_due]:
        assert sorted(packed(word)) == sorted(part_of(text, packed(word)))


def part_of(text: str, word: str) -> str:
    """The word, or its letters in the order that a reader of PDFs took them in."""
    spots = [text[at : at + len(word)] for at in range(len(text))]
    return next((spot for spot in spots if sorted(spot) == sorted(word)), "")


@pytest.mark.parametrize(
    "name",
    [
        "Łódź Žižkov Ñandú Þórr Đặng q̃ ŵ fi",
        "Общество «Ромашка» Ђорђевић",
        "Ανώνυμη Εταιρεία Ὀδυσσεύς",
        "شركة الأفق للتجارة",
        "شَرِكَة مقدَّم",
        "חברת אופק בעמ",
        "שָׁלוֹם עֲלֵיכֶם",
        "บริษัท ขอบฟ้า จำกัด ที่นี่",
        "株式会社山田製作所",
        "北京天际线有限公司",
        "臺灣天際線股份有限公司",
        "주식회사 한빛 갂",
    ],
)
def test_a_name_in_any_script_is_read_back_as_it_was(name):
    base = statement(section(3, text=name))
    made = replace(base, buyer=replace(base.buyer, name=name))

    pdf = statement_pdf(made, LOOK)

    # HarfBuzz draws the Thai vowel am as the two signs that it consists of.
    assert packed(text_of(pdf)).count(packed(name.replace("ำ", "ํา"))) == 5
    assert fonts_of(pdf) <= {"european", "arabic", "hebrew", "thai", "east-asian"}


def fonts_of(pdf: bytes) -> set[str]:
    """Ours by family; another's by its name."""
    found = set()
    for page in PdfReader(BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():
            name = font.get_object()["/BaseFont"].split("+")[-1]
            found.add(name.removeprefix("Foyer-").removesuffix("-Bold"))
    return found


def test_pages_are_numbered_and_repeat_the_heads_of_their_table():
    pages = pages_of(statement_pdf(statement(replace(section(100), receipts=None)), LOOK))

    assert len(pages) == 4
    for number, text in enumerate(pages, start=1):
        assert f"{number} / 4" in text
        assert "Nordlicht Studio GmbH · Statement of account · Acme Robotics Ltd" in text
    for text in pages[:3]:
        assert "Date Document Details Amount Balance" in text


def test_no_row_is_torn_between_two_pages():
    words = " ".join(f"word{index}" for index in range(60))
    made = replace(section(40, text=f"begin {words} end"), receipts=None)

    pages = pages_of(statement_pdf(statement(made), LOOK))

    assert len(pages) > 5
    assert sum(text.count("begin") for text in pages) == 40
    for text in pages:
        assert text.count("begin") == text.count(" end")


def test_the_closing_line_never_stands_alone_on_a_page():
    for rows in range(20, 40):
        made = replace(section(rows), receipts=None, credits=None, ageing=None)
        pages = pages_of(statement_pdf(replace(statement(made), footer=""), LOOK))
        on_last = pages[-1]
        if "Closing balance 1" in on_last or "Money on account" in on_last:
            assert "2026-" in on_last


def test_a_thousand_rows_are_printed_with_each_balance():
    made = replace(section(1000), receipts=None)

    text = text_of(statement_pdf(statement(made), LOOK))

    lines = [line for line in text.splitlines() if "Invoice 2026-" in line or "Payment P-" in line]
    assert len(lines) == 1000
    voice = speaker("en")
    for line, row in zip(lines, made.movements, strict=True):
        assert line.endswith(
            f"{voice.amount(row.amount, 'EUR')} {voice.amount(row.balance, 'EUR')}"
        )


def test_the_logo_takes_the_place_of_the_name():
    with_logo = statement_pdf(statement(), Look(accent="#0b7a75", logo=logo()))
    without = statement_pdf(statement(), LOOK)

    assert len(PdfReader(BytesIO(with_logo)).pages[0].images) == 1
    assert len(PdfReader(BytesIO(without)).pages[0].images) == 0
    assert pages_of(without)[0].startswith("Nordlicht Studio GmbH")


def test_north_american_agencies_print_on_letter():
    letter = PdfReader(BytesIO(statement_pdf(statement(), Look(paper="Letter")))).pages[0]
    a4 = PdfReader(BytesIO(statement_pdf(statement(), LOOK))).pages[0]

    assert [round(float(side)) for side in letter.mediabox[2:]] == [612, 792]
    assert [round(float(side)) for side in a4.mediabox[2:]] == [595, 842]


def test_arabic_runs_from_right_to_left():
    placed: dict[str, float] = {}

    def note(text, _matrix, text_matrix, _font, _size):
        for word in ("Nordlicht Studio", "1,728.30"):
            if word in text:
                placed.setdefault(word, text_matrix[4])

    for language, left_first in (("en", True), ("ar", False)):
        placed.clear()
        pdf = statement_pdf(statement(section(3), language=language), LOOK)
        PdfReader(BytesIO(pdf)).pages[0].extract_text(visitor_text=note)
        assert set(placed) == {"Nordlicht Studio", "1,728.30"}
        assert (placed["Nordlicht Studio"] < 250) == left_first


def test_it_is_tagged_titled_and_in_a_language_for_screen_readers():
    reader = PdfReader(BytesIO(statement_pdf(statement(language="de"), LOOK)))

    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert reader.metadata.title == ("Kontoauszug · Acme Robotics Ltd · 01.01.2026 – 21.11.2026")
    assert {"/H1", "/H2", "/Table", "/TH", "/TD"} <= structure_of(reader)


def structure_of(reader: PdfReader) -> set[str]:
    kinds = set()
    for number in range(1, reader.trailer["/Size"]):
        found = reader.get_object(number)
        if hasattr(found, "get") and found.get("/Type") == "/StructElem":
            kinds.add(found["/S"])
    return kinds


def test_it_is_archivable_where_asked():
    archived = PdfReader(BytesIO(statement_pdf(statement(), LOOK, archive=True)))

    root = archived.trailer["/Root"]
    metadata = root["/Metadata"].get_data()
    assert b"pdfaid" in metadata
    assert b"3" in metadata
    assert root["/OutputIntents"]
    assert root["/MarkInfo"]["/Marked"]


def test_the_same_statement_gives_the_same_bytes():
    assert statement_pdf(statement(), LOOK) == statement_pdf(statement(), LOOK)


def test_dates_are_those_of_the_statement_not_of_today():
    reader = PdfReader(BytesIO(statement_pdf(statement(), LOOK)))

    assert reader.metadata.creation_date.date() == END == date(2026, 11, 21)


def test_two_clients_printed_one_after_the_other_do_not_mix():
    first = statement(section(3))
    other = replace(
        statement(section(3)), buyer=replace(first.buyer, name="Zephyr Ltd", number="C-9")
    )

    one, two = text_of(statement_pdf(first, LOOK)), text_of(statement_pdf(other, LOOK))

    assert "Zephyr" not in one
    assert "Acme" not in two
    assert plain("C-0042") not in two


def test_statements_of_several_clients_follow_each_other_in_one_file():
    first = statement(section(60))
    other = replace(first, language="ar", buyer=replace(first.buyer, name="Zephyr Ltd"))

    merged = PdfReader(BytesIO(statements_pdf([first, other, first], LOOK)))
    alone = [PdfReader(BytesIO(statement_pdf(one, LOOK))) for one in (first, other)]

    one, two = ([page.extract_text() for page in reader.pages] for reader in alone)
    assert len(one) > 1
    # Each counts its own pages.
    assert [page.extract_text() for page in merged.pages] == [*one, *two, *one]
    assert merged.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert structure_of(merged) == structure_of(alone[0])
    assert statements_pdf([first, other], LOOK) == statements_pdf([first, other], LOOK)
