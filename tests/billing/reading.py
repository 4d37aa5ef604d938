"""Reads printed documents back."""

import dataclasses
import re
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdfium2 import PdfDocument

# Marks that steer the direction of text, and the spaces that numbers and dates are written with.
_STEERING = re.compile("[\u200e\u200f\u061c\u2066-\u2069]")
_NUMBERED = re.compile(r"(\d+) / (\d+)\s*$", re.M)


def pages_of(pdf: bytes) -> list[str]:
    return [plain(page.extract_text()) for page in PdfReader(BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    return "\n".join(pages_of(pdf))


def papers_of(pdf: bytes) -> list[str]:
    """The texts of several documents in one file. Each numbers its own pages: "2 / 3"."""
    papers: list[list[str]] = []
    for page in _fast_pages_of(pdf):
        number, count = (int(one) for one in _NUMBERED.findall(page)[-1])
        assert 1 <= number <= count
        if number == 1:
            papers.append([])
        papers[-1].append(page)
        assert len(papers[-1]) == number
    return ["\n".join(pages) for pages in papers]


def _fast_pages_of(pdf: bytes) -> Iterator[str]:
    with PdfDocument(pdf) as document:
        for page in document:
            yield plain(page.get_textpage().get_text_range().replace("\r\n", "\n"))


def plain(text: str) -> str:
    """With single spaces, marks above and below letters in one order, and none that nobody sees."""
    return unicodedata.normalize("NFC", re.sub(r"[^\S\n]+", " ", _STEERING.sub("", text)))


def packed(text: str) -> str:
    """Without any space: between cells of a table readers of PDFs put them as they like."""
    return re.sub(r"\s+", "", plain(text))


def filled(value: Any, text: str) -> Any:
    """The same dataclass with `text` in every field that people write."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = {"language", "currency"}
        changed = {
            field.name: filled(getattr(value, field.name), text)
            for field in dataclasses.fields(value)
            if field.name not in kept
        }
        return dataclasses.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(filled(item, text) for item in value)
    return text if type(value) is str else value
