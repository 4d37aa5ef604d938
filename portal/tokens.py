"""The portal's colours with an agency's accent, read from the stylesheet that pages use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles import finders

from agencies.colours import ENOUGH, contrast, readable, text_on
from agencies.models import Agency

_BLOCK = re.compile(r":root\s*{([^}]*)}")
_COLOUR = re.compile(r"--([\w-]+):\s*(#[0-9a-fA-F]{6});")
# What is written on what, as the stylesheets have it.
_PAIRS = (
    ("Text", "text", "ground"),
    ("Text on a card", "text", "raised"),
    ("Quiet text", "quiet", "ground"),
    ("Quiet text on a card", "quiet", "raised"),
    ("Errors", "bad", "raised"),
    ("Links", "accent-text", "ground"),
    ("Links on a card", "accent-text", "raised"),
    ("Buttons and head", "on-accent", "accent"),
)


@dataclass(frozen=True)
class Pair:
    """`ratio` as WCAG 2.2 counts it, from 1 to 21, for text in a normal size."""

    use: str
    colour: str
    ground: str
    ratio: float

    @property
    def is_enough(self) -> bool:
        return self.ratio >= ENOUGH


@dataclass(frozen=True)
class Theme:
    """`colours` by the names of tokens.css, without their dashes."""

    name: str
    colours: Mapping[str, str]

    @property
    def pairs(self) -> list[Pair]:
        return [
            Pair(use, over, under, contrast(over, under))
            for use, one, other in _PAIRS
            for over, under in [(self.colours[one], self.colours[other])]
        ]


def accent_of(agency: Agency, light: Mapping[str, str], dark: Mapping[str, str]) -> dict[str, str]:
    """What brand.css sets: the accent, what is written on it, and as a text on either ground."""
    accent = agency.accent_colour
    return {
        "accent": accent,
        "on_accent": text_on(accent),
        "on_light": readable(accent, on=light["raised"]),
        "on_dark": readable(accent, on=dark["raised"]),
    }


def themes(agency: Agency) -> list[Theme]:
    """Light and dark, as this agency's clients see them."""
    light, dark = colours()
    own = accent_of(agency, light, dark)
    shared = {"accent": own["accent"], "on-accent": own["on_accent"]}
    return [
        Theme("light", {**light, **shared, "accent-text": own["on_light"]}),
        Theme("dark", {**light, **dark, **shared, "accent-text": own["on_dark"]}),
    ]


def colours() -> tuple[dict[str, str], dict[str, str]]:
    """The stylesheet's own, for light and what dark has otherwise."""
    found = finders.find("portal/tokens.css")
    if not isinstance(found, str):
        raise FileNotFoundError("portal/tokens.css")
    light, dark = (
        dict(_COLOUR.findall(block)) for block in _BLOCK.findall(Path(found).read_text())
    )
    return light, dark
