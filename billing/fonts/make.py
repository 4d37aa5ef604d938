"""Cuts the fonts of printed documents out of their published files; see README.md beside this.

    python billing/fonts/make.py FOLDER

FOLDER holds the published files at any depth. What is written beside this file is committed.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent

LATIN = [(0x20, 0x7E), (0xA0, 0x24F), (0x2B0, 0x2FF), (0x300, 0x36F), (0x1E00, 0x1EFF)]
GREEK = [(0x370, 0x3FF), (0x1F00, 0x1FFF)]
CYRILLIC = [(0x400, 0x52F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)]
MARKS = [(0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20CF), (0x2100, 0x214F), (0x2190, 0x2193)]
SIGNS = [(0x2212, 0x2212), (0x2248, 0x2248), (0x2260, 0x2265), (0x25A0, 0x25FF), (0xFB00, 0xFB06)]
IDEOGRAPHS = [(0x2E80, 0x2FDF), (0x3000, 0x303F), (0x3400, 0x3400), (0x4E00, 0x9FFF)]
SOUNDS = [(0x3040, 0x312F), (0x3131, 0x318E), (0x31A0, 0x31BF), (0x31F0, 0x33FF), (0xAC00, 0xD7A3)]
WIDE = [(0xF900, 0xFAFF), (0xFE10, 0xFE1F), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF)]

EUROPEAN = [*LATIN, *GREEK, *CYRILLIC, *MARKS, *SIGNS]
# Spaces too: between letters of one script they are taken from its own font.
EAST_ASIAN = [(0x20, 0x20), (0xA0, 0xA0), *IDEOGRAPHS, *SOUNDS, *WIDE]
# What shapes letters, and digits of one width; alternates for taste stay out.
SHAPING = [
    *("ccmp", "locl", "mark", "mkmk", "kern", "liga", "rlig", "calt"),
    *("init", "medi", "fina", "isol", "tnum"),
]


@dataclass(frozen=True)
class Cut:
    source: str
    target: str
    ranges: list[tuple[int, int]] | None = None
    features: tuple[str, ...] = tuple(SHAPING)
    # Of a collection: which of its fonts.
    member: int = -1


# Inter's calt turns an x between digits into a times sign, which no number of an invoice wants.
PLAIN = tuple(feature for feature in SHAPING if feature not in ("calt", "liga"))
CUTS = [
    Cut("Inter-Regular.otf", "european-regular", EUROPEAN, PLAIN),
    Cut("Inter-SemiBold.otf", "european-bold", EUROPEAN, PLAIN),
    Cut("NotoSansArabic-Regular.ttf", "arabic-regular"),
    Cut("NotoSansArabic-Bold.ttf", "arabic-bold"),
    Cut("NotoSansHebrew-Regular.ttf", "hebrew-regular"),
    Cut("NotoSansHebrew-Bold.ttf", "hebrew-bold"),
    Cut("NotoSansThai-Regular.ttf", "thai-regular"),
    Cut("NotoSansThai-Bold.ttf", "thai-bold"),
    # The third of the collection draws ideographs as mainland China writes them.
    Cut("NotoSansCJK-Regular.ttc", "east-asian-regular", EAST_ASIAN, ("ccmp",), member=2),
    Cut("NotoSansCJK-Bold.ttc", "east-asian-bold", EAST_ASIAN, ("ccmp",), member=2),
]


def make(cut: Cut, folder: Path) -> Path:
    """Write one font as WOFF2; without ranges it keeps all its characters."""
    source = next(folder.rglob(cut.source))
    font = TTFont(source, fontNumber=cut.member)
    options = Options(layout_features=list(cut.features), hinting=False, notdef_outline=True)
    options.drop_tables += ["DSIG", "meta", "STAT"]
    subsetter = Subsetter(options)
    wanted = font.getBestCmap() if cut.ranges is None else _characters(cut.ranges)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    font.flavor = "woff2"
    target = HERE / f"{cut.target}.woff2"
    font.save(target)
    return target


def _characters(ranges: list[tuple[int, int]]) -> list[int]:
    return [character for first, last in ranges for character in range(first, last + 1)]


if __name__ == "__main__":
    for one in CUTS:
        made = make(one, Path(sys.argv[1]))
        sys.stdout.write(f"{made.name} {made.stat().st_size:,} bytes\n")
