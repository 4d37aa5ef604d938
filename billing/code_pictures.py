"""QR codes of payments as shapes that a page can draw: dark on white whatever its own colours are.

Error correction is M, as both standards ask; the quiet zone is four modules wide.
"""

from dataclasses import dataclass

import segno

from billing.payment_codes import CodeKind, PaymentCode

_QUIET = 4
# The printed code's side and its cross in the middle, with a white frame. Source: SIX,
# Implementation Guidelines QR-bill 2.3, 6.4; the cross has the flag's arms, 7 : 6 : 7.
_SIDE_MM, _CROSS_MM, _SQUARE_MM = 46, 7, 6
_ARM_MM, _ARMS_MM = 7 / 6, 35 / 9


@dataclass(frozen=True)
class CodePicture:
    """`side` is in modules, quiet zone included; the other shapes are filled paths on white.

    `cross` has a colour and a path each, one above the other. `width` is as wide as it is printed.
    """

    kind: CodeKind
    side: int
    width: str
    dark: str
    cross: tuple[tuple[str, str], ...]


def picture_of(code: PaymentCode) -> CodePicture:
    """Raises segno.DataOverflowError for more than any QR code holds."""
    drawn = segno.make_qr(code.payload.encode(), error="m", boost_error=False)
    side = len(drawn.matrix) + 2 * _QUIET
    module_mm = _SIDE_MM / (side - 2 * _QUIET)
    cross = _cross(side / 2, module_mm) if code.kind == CodeKind.SWISS else ()
    return CodePicture(code.kind, side, f"{side * module_mm:.2f}mm", _dark(drawn), cross)


def _dark(drawn: segno.QRCode) -> str:
    """Each run of dark modules in a row is one stroke of the path."""
    strokes = []
    for y, row in enumerate(drawn.matrix_iter(border=_QUIET)):
        start, cells = None, [*row, 0]
        for x, cell in enumerate(cells):
            if cell and start is None:
                start = x
            elif not cell and start is not None:
                strokes.append(f"M{start} {y}h{x - start}v1h{start - x}z")
                start = None
    return "".join(strokes)


def _cross(middle: float, module_mm: float) -> tuple[tuple[str, str], ...]:
    shapes = (
        ("#fff", _CROSS_MM, _CROSS_MM),
        ("#000", _SQUARE_MM, _SQUARE_MM),
        ("#fff", _ARM_MM, _ARMS_MM),
        ("#fff", _ARMS_MM, _ARM_MM),
    )
    return tuple(
        (fill, _box(middle, width / module_mm, height / module_mm))
        for fill, width, height in shapes
    )


def _box(middle: float, width: float, height: float) -> str:
    x, y = middle - width / 2, middle - height / 2
    return f"M{x:.3f} {y:.3f}h{width:.3f}v{height:.3f}h{-width:.3f}z"
