"""What all printed documents share: their paper, their page for screens, who sends it to whom."""

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
from billing.pdf import Limits, OnPage, render
from billing.speaking import Speaker
from billing.statement_shapes import Party


@dataclass(frozen=True)
class Page:
    """HTML that needs nothing beside it, and the Content-Security-Policy to serve it with."""

    html: str
    policy: str


def on_paper(
    *contexts: dict[str, Any],
    look: Look,
    archive: bool,
    limits: Limits,
    on_page: OnPage = lambda page: None,
) -> bytes:
    """As one PDF; a context is letterhead() and what the template `body` asks for."""
    pages = (render_to_string("statement/paper.html", context) for context in contexts)
    return render(*pages, logo=look.logo, archive=archive, limits=limits, on_page=on_page)


def on_screen(context: dict[str, Any], look: Look) -> Page:
    style = render_to_string("statement/accent.css", {"look": look}) + _screen_style()
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    context = {**context, "style": style, "policy": policy}
    return Page(render_to_string("statement/screen.html", context), policy)


def letterhead(seller: Party, buyer: Party, look: Look, voice: Speaker) -> dict[str, Any]:
    """What every template of a printed document asks for."""
    return {
        "look": look,
        "words": voice.words,
        "direction": voice.direction,
        "buyer": _party(buyer, voice),
        "seller": _party(seller, voice),
        # Without a logo the name stands in its place, once.
        "nameless": not look.logo,
    }


def lines_of(lines: Iterable[str], voice: Speaker) -> list[tuple[str, str]]:
    """Each with the direction that it runs in, where that is not the document's."""
    return [(line, voice.direction_of(line)) for line in lines]


def _party(party: Party, voice: Speaker) -> dict[str, Any]:
    return {
        "name": lines_of([party.name], voice)[0],
        "address": lines_of(party.address, voice),
        "vat_id": party.vat_id,
        "number": party.number,
        "email": party.email,
    }


@cache
def _screen_style() -> str:
    path = Path(settings.BASE_DIR, "templates", "statement", "screen.css")
    return path.read_text()
