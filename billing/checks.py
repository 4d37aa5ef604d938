"""Warns before the first PDF is asked for."""

import ctypes
import ctypes.util
import sys
from typing import Any

from django.core.checks import Warning, register

from billing.pdf import how_to_get_pango

_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")


@register
def pango_is_there(**_: Any) -> list[Warning]:
    """A warning where PDFs cannot be made; all else works."""
    if has_pango():
        return []
    return [
        Warning(
            "Pango is missing, so PDFs cannot be made.",
            hint=f"Install it with {how_to_get_pango()}.",
            id="billing.W001",
        )
    ]


def has_pango() -> bool:
    if sys.platform == "darwin":
        return ctypes.util.find_library("pango-1.0") is not None
    return all(_loads(library) for library in _LIBRARIES)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
