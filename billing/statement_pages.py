"""A statement as a page and as PDF: formats what billing.statements found, and computes nothing."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from billing.looks import Look
from billing.pdf import LIMITS, Limits, render
from billing.speaking import Speaker, speaker
from billing.statement_rows import section_rows
from billing.statement_shapes import Party, Statement


@dataclass(frozen=True)
class Page:
    """HTML that needs nothing beside it, and the Content-Security-Policy to serve it with."""

    html: str
    policy: str


def statement_pdf(
    statement: Statement, look: Look, *, archive: bool = False, limits: Limits = LIMITS
) -> bytes:
    """Raises what billing.pdf.render() raises."""
    html = render_to_string("statement/paper.html", _context(statement, look))
    return render(html, logo=look.logo, archive=archive, limits=limits)


def statement_page(statement: Statement, look: Look) -> Page:
    """The same statement for a screen; reads well at 320 pixels and without JavaScript."""
    style = render_to_string("statement/accent.css", {"look": look}) + _screen_style()
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    context = {**_context(statement, look), "style": style, "policy": policy}
    return Page(render_to_string("statement/screen.html", context), policy)


@cache
def _screen_style() -> str:
    path = Path(settings.BASE_DIR, "templates", "statement", "screen.css")
    return path.read_text()


def _context(statement: Statement, look: Look) -> dict[str, Any]:
    voice = speaker(statement.language)
    period = f"{voice.date(statement.start)} – {voice.date(statement.end)}"
    return {
        "statement": statement,
        "look": look,
        "words": voice.words,
        "direction": voice.direction,
        "title": voice.words.title(statement.kind),
        "period": period,
        "end": voice.date(statement.end),
        "as_of": voice.moment(statement.as_of),
        "as_of_iso": statement.as_of.isoformat(timespec="seconds"),
        "sections": [
            section_rows(section, statement.kind, voice) for section in statement.sections
        ],
        "buyer": _party(statement.buyer, voice),
        "seller": _party(statement.seller, voice),
        # Without a logo the name stands in its place, once.
        "nameless": not look.logo,
        "footer": _lines(statement.footer.splitlines(), voice),
    }


def _party(party: Party, voice: Speaker) -> dict[str, Any]:
    return {
        "name": _lines([party.name], voice)[0],
        "address": _lines(party.address, voice),
        "vat_id": party.vat_id,
        "email": party.email,
    }


def _lines(lines: Iterable[str], voice: Speaker) -> list[tuple[str, str]]:
    """Each with the direction that it runs in, where that is not the document's."""
    return [(line, voice.direction_of(line)) for line in lines]
