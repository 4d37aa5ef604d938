"""What a mail looks like: the agency's name, logo, colour and words around what is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.template.loader import render_to_string
from PIL import Image

from agencies.colours import readable, text_on
from agencies.models import Agency

# The picture travels within the mail: no address has to be reached to see it.
LOGO = "cid:logo@mail"
# Twice the size it is shown at, for fine screens.
_WIDEST, _HIGHEST = 400, 160
_PAPER, _NIGHT = "#ffffff", "#1f242b"


@dataclass(frozen=True)
class Letter:
    """Named as queue_message() takes them."""

    subject: str
    text: str
    html: str


def write(template: str, *, agency: Agency, subject: str, **words: Any) -> Letter:
    """Fill templates/mail/<template>.txt and .html, both with `words`, in the agency's looks."""
    accent = agency.accent_colour
    context = {
        **words,
        "agency": agency,
        "subject": subject,
        "logo": LOGO if logo_of(agency) else "",
        "accent": accent,
        "on_accent": text_on(accent),
        "on_paper": readable(accent, on=_PAPER),
        "on_night": readable(accent, on=_NIGHT),
    }
    return Letter(
        subject=subject,
        text=render_to_string(f"mail/{template}.txt", context).strip() + "\n",
        html=render_to_string(f"mail/{template}.html", context),
    )


def notice(
    *,
    agency: Agency,
    subject: str,
    heading: str,
    paragraphs: Sequence[str],
    label: str = "",
    address: str = "",
    reason: str = "",
) -> Letter:
    """A plain letter: a heading, paragraphs and, with an `address` to open, a button with `label`.

    `reason` says below the line why the reader gets it. All texts are plain and are escaped.
    """
    return write(
        "notice",
        agency=agency,
        subject=subject,
        heading=heading,
        paragraphs=paragraphs,
        label=label,
        address=address,
        reason=reason,
    )


def logo_of(agency: Agency) -> bytes:
    """The logo as a small PNG, which every mail program shows; empty where there is none."""
    if not agency.logo:
        return b""
    return _small(agency.logo.storage, agency.logo.name)


def _small(storage: Any, name: str) -> bytes:
    try:
        with storage.open(name) as file, Image.open(file) as image:
            image.thumbnail((_WIDEST, _HIGHEST))
            shrunk = BytesIO()
            image.convert("RGBA").save(shrunk, "PNG")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        # Lost or broken: the name stands in its place, and the mail still leaves.
        return b""
    return shrunk.getvalue()
