"""The small picture in a browser tab: the logo where it is nearly square, else letters."""

from io import BytesIO
from typing import Any

from django.template.loader import render_to_string
from PIL import Image

from agencies.colours import text_on
from agencies.models import Agency

_SIZE = 128
# Longer ones would be a line of a few pixels.
_MOST_OBLONG = 1.6


def icon_of(agency: Agency) -> tuple[bytes, str]:
    """The picture and its media type."""
    picture = _square(agency.logo.storage, agency.logo.name) if agency.logo else b""
    if picture:
        return picture, "image/png"
    accent = agency.accent_colour
    drawn = {"letters": initials(agency.name), "accent": accent, "on_accent": text_on(accent)}
    return render_to_string("portal/icon.svg", drawn).encode(), "image/svg+xml"


def initials(name: str) -> str:
    """Two at most, of letters and digits alone; empty where the name has none."""
    firsts = (next((sign for sign in word if sign.isalnum()), "") for word in name.split())
    # One sign may become two, as ß does.
    return "".join(sign.upper()[:1] for sign in [sign for sign in firsts if sign][:2])


def _square(storage: Any, name: str) -> bytes:
    """As PNG, with nothing beside it; empty where the logo is oblong, lost or broken."""
    try:
        with storage.open(name) as file, Image.open(file) as image:
            width, height = image.size
            if max(width, height) > _MOST_OBLONG * min(width, height):
                return b""
            image.thumbnail((_SIZE, _SIZE))
            small = image.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return b""
    square = Image.new("RGBA", (_SIZE, _SIZE))
    square.paste(small, ((_SIZE - small.width) // 2, (_SIZE - small.height) // 2))
    saved = BytesIO()
    square.save(saved, "PNG")
    return saved.getvalue()
