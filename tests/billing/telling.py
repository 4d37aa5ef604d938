"""What a statement says of each currency, read back out of whatever it was written in."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from io import StringIO

from babel.numbers import get_currency_symbol

CURRENCIES = ("EUR", "USD", "JPY", "KWD")

_AMOUNT = r"-?[\d,]+(?:\.\d+)?"
_DAY = r"[A-Z][a-z]{2} \d{1,2}, \d{4}"
_SECTION = re.compile(rf"^({'|'.join(CURRENCIES)}) [A-Z]")
_MOVEMENT = re.compile(rf"^{_DAY} [A-Z][a-z]+ .*?({_AMOUNT}) ({_AMOUNT})$")
_ITEM = re.compile(rf"^\S+ {_DAY} {_DAY} .*?({_AMOUNT}) ({_AMOUNT})$")
_AGES = re.compile(rf"^({_AMOUNT}(?: {_AMOUNT}){{6}})$")


@dataclass(frozen=True)
class Told:
    """Of one currency, in major units. Movements are (amount, balance after it)."""

    opening: Decimal
    closing: Decimal
    unapplied: Decimal
    credit_balance: Decimal
    movements: Sequence[tuple[Decimal, Decimal]]
    # What is still open of each invoice; none in a text about activity.
    items: Sequence[Decimal]
    # From what is not due yet to what is over 120 days late.
    ages: Sequence[Decimal]


def told_by_csv(made: bytes) -> dict[str, Told]:
    lines = list(csv.DictReader(StringIO(made.decode("utf-8-sig"), newline="")))
    currencies = {line["currency"] for line in lines}
    return {
        currency: _told_by_lines([line for line in lines if line["currency"] == currency])
        for currency in currencies
    }


def told_by_text(text: str) -> dict[str, Told]:
    """Of a PDF's text or of a page's, in English."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        heading = _SECTION.match(line)
        if heading and "," not in line:
            current = sections.setdefault(heading[1], [])
        current.append(line)
    return {currency: _told_by_section(lines) for currency, lines in sections.items()}


def told_by_mail(text: str) -> dict[str, Decimal]:
    """The closing balances that a mail names."""
    symbols = {get_currency_symbol(code, locale="en"): code for code in CURRENCIES}
    found = re.findall(rf"^Closing balance: (-?)(\D+?)\s?({_AMOUNT})$", text, re.M)
    return {symbols[symbol]: _amount(sign + amount) for sign, symbol, amount in found}


def text_of_page(html: str) -> str:
    """As a reader has it before the eyes: a row of a table is a line, and so is a paragraph."""
    body = html.split("<body>")[1]
    rows = re.sub(r"\s+", " ", body)
    rows = re.sub(r"</(?:tr|p|h1|h2|h3|div)>", "\n", re.sub(r"</t[dh]>", " ", rows))
    plain = unescape(re.sub(r"<[^>]+>", "", rows))
    return "\n".join(re.sub(r"[^\S\n]+", " ", line).strip() for line in plain.splitlines())


def _told_by_lines(lines: list[dict[str, str]]) -> Told:
    def column(row: str, name: str) -> list[Decimal]:
        return [Decimal(line[name]) for line in lines if line["row"] == row]

    (opening,), (closing,) = column("opening", "balance"), column("closing", "balance")
    (unapplied,), (unused,) = column("unapplied", "balance"), column("credit_balance", "balance")
    moved = zip(column("movement", "amount"), column("movement", "balance"), strict=True)
    items, ages = column("open_item", "balance"), column("ageing", "balance")
    return Told(opening, closing, unapplied, unused, list(moved), items, ages)


def _told_by_section(lines: list[str]) -> Told:
    """Opening and closing stand in its head, and again where its table ends."""
    text = "\n".join(lines)
    (opening,) = re.findall(rf"^Opening balance\n({_AMOUNT})$", text, re.M)
    (closing,) = re.findall(rf"^Closing balance ({_AMOUNT})$", text, re.M)
    (unapplied,) = re.findall(rf"^Money on account ({_AMOUNT})$", text, re.M)
    (unused,) = re.findall(rf"^Unused credits ({_AMOUNT})$", text, re.M)
    (in_head,) = re.findall(rf"^Closing balance · {_DAY}\n\D*?({_AMOUNT})$", text, re.M)
    assert in_head == closing
    table = lines[: lines.index(f"Closing balance {closing}")]
    (ages,) = _matching(_AGES, lines)
    return Told(
        *(_amount(one) for one in (opening, closing, unapplied, unused)),
        [(_amount(one[1]), _amount(one[2])) for one in _matching(_MOVEMENT, table)],
        [_amount(one[2]) for one in _matching(_ITEM, table)],
        [_amount(one) for one in ages[1].split()[:-1]],
    )


def _matching(pattern: re.Pattern[str], lines: list[str]) -> Iterator[re.Match[str]]:
    return (found for line in lines if (found := pattern.match(line)))


def _amount(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))
