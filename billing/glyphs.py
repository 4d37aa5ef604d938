"""What a reader of a PDF copies where one sign is drawn by several glyphs.

WeasyPrint notes for each glyph the text of its whole cluster, or none: after a Thai or Arabic
letter with a mark, that letter would be read as nothing, or as both, wherever it stands.
"""

import unicodedata
from io import BytesIO
from typing import Any


class ReadableFonts(dict[Any, Any]):
    """The fonts of a document; each is told apart as it is put in."""

    def __setitem__(self, key: Any, font: Any) -> None:
        font.to_unicode = _Texts(font)
        super().__setitem__(key, font)


class _Texts(dict[int, str]):
    """The text of each glyph; of one in a larger cluster, the character that the font gives it."""

    def __init__(self, font: Any) -> None:
        super().__init__()
        self._font = font
        self._own: dict[int, str] = {}

    def __contains__(self, glyph: object) -> bool:
        # One without a text may still find a better one.
        return bool(self.get(glyph))  # type: ignore[call-overload]

    def __setitem__(self, glyph: int, text: str) -> None:
        if len(text) != 1:
            self._own = self._own or _characters(self._font)
            text = self._own.get(glyph, text)
        super().__setitem__(glyph, text)


def _characters(font: Any) -> dict[int, str]:
    """The character of each glyph that stands for one; shapes of a letter as the letter."""
    from fontTools.ttLib import TTFont

    file = TTFont(BytesIO(font.file_content), fontNumber=font.index, lazy=True)
    found: dict[int, str] = {}
    shapes: dict[int, str] = {}
    for code, name in sorted(file.getBestCmap().items()):
        is_shape = unicodedata.decomposition(chr(code)).startswith("<")
        text = unicodedata.normalize("NFKC", chr(code)).strip() if is_shape else chr(code)
        (shapes if is_shape else found).setdefault(file.getGlyphID(name), text)
    return {**shapes, **found}
