"""Text that a spreadsheet must not take for a formula. Source: OWASP, CSV Injection."""

import re

# What begins a formula, also in full width, and also behind what a spreadsheet skips.
_BEGINNING = r"[\s\x00\ufeff]*[=+\-@＝＋－＠﹢﹣﹦﹫]|[\t\r\n]"
_FORMULA = re.compile(f"(?:{_BEGINNING})")
_DANGEROUS = re.compile(f"'*(?:{_BEGINNING})")
_NEUTRAL = re.compile(f"'+(?:{_BEGINNING})")


def looks_like_formula(text: str) -> bool:
    return bool(_FORMULA.match(text))


def neutral(text: str) -> str:
    """For CSV: an apostrophe before what could be a formula; plain() takes it away again."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def plain(text: str) -> str:
    """What neutral() was given."""
    return text[1:] if _NEUTRAL.match(text) else text
