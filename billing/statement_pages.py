"""A statement as a page and as PDF: formats what billing.statements found, and computes nothing."""

from collections.abc import Sequence
from typing import Any

from billing.looks import Look
from billing.pages import Page, letterhead, lines_of, on_paper, on_screen
from billing.pdf import LIMITS, Limits, OnPage
from billing.speaking import speaker
from billing.statement_rows import section_rows
from billing.statement_shapes import Statement


def statement_pdf(
    statement: Statement, look: Look, *, archive: bool = False, limits: Limits = LIMITS
) -> bytes:
    """Raises what billing.pdf.render() raises."""
    return statements_pdf([statement], look, archive=archive, limits=limits)


def statements_pdf(
    statements: Sequence[Statement],
    look: Look,
    *,
    archive: bool = False,
    limits: Limits = LIMITS,
    on_page: OnPage = lambda page: None,
) -> bytes:
    """One after the other in one file. Takes and raises what billing.pdf.render() does."""
    contexts = (statement_context(statement, look) for statement in statements)
    return on_paper(*contexts, look=look, archive=archive, limits=limits, on_page=on_page)


def statement_page(statement: Statement, look: Look) -> Page:
    """The same statement for a screen; reads well at 320 pixels and without JavaScript."""
    return on_screen(statement_context(statement, look), look)


def statement_context(statement: Statement, look: Look) -> dict[str, Any]:
    """What the templates ask for."""
    voice = speaker(statement.language)
    name = voice.words.title(statement.kind)
    period = f"{voice.date(statement.start)} – {voice.date(statement.end)}"
    return {
        **letterhead(statement.seller, statement.buyer, look, voice),
        "body": "statement/body.html",
        "name": name,
        "title": f"{name} · {statement.buyer.name} · {period}",
        "period": period,
        "end": voice.date(statement.end),
        "as_of": voice.moment(statement.as_of),
        "made_at": statement.as_of.isoformat(timespec="seconds"),
        "sections": [
            section_rows(section, statement.kind, voice) for section in statement.sections
        ],
        "footer": lines_of(statement.footer.splitlines(), voice),
    }
