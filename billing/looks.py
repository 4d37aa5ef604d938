"""How an agency's documents look: its colour, its logo, its paper."""

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

from agencies.colours import readable, text_on
from agencies.models import Agency

# Enough for the 60 mm that it is shown at, at 400 dots per inch.
_WIDEST, _HIGHEST = 960, 320
_PAPER = "#ffffff"
# Where letters are written on Letter instead of A4. Source: CLDR, measurementData, paperSize.
_ON_LETTER = frozenset(
    ("BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE")
)


@dataclass(frozen=True)
class Look:
    """`logo` is a PNG, empty where there is none; then the agency's name stands in its place."""

    accent: str = "#2f5d8a"
    logo: bytes = b""
    paper: str = "A4"

    @property
    def on_accent(self) -> str:
        return text_on(self.accent)

    @property
    def on_paper(self) -> str:
        return readable(self.accent, on=_PAPER)

    @property
    def logo_address(self) -> str:
        """The logo as a data: address, for pages that stand alone."""
        return f"data:image/png;base64,{base64.b64encode(self.logo).decode()}"


def look_of(agency: Agency) -> Look:
    logo = _picture(agency.logo.storage, agency.logo.name) if agency.logo else b""
    paper = "Letter" if str(agency.country) in _ON_LETTER else "A4"
    return Look(agency.accent_colour, logo, paper)


def _picture(storage: Any, name: str) -> bytes:
    try:
        with storage.open(name) as file, Image.open(file) as image:
            image.thumbnail((_WIDEST, _HIGHEST))
            drawn = BytesIO()
            image.convert("RGBA").save(drawn, "PNG")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        # Lost or broken: the name stands in its place, and the document is still made.
        return b""
    return drawn.getvalue()
