"""Countries as people write them, and as Grow CRM shows them: by their English names."""

import unicodedata
from functools import cache

from babel import Locale
from django.utils import translation
from django_countries import countries

# What people write for a country that neither CLDR nor ISO 3166 calls so.
_ALIASES = {
    "UK": "GB",
    "Great Britain": "GB",
    "Britain": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "Northern Ireland": "GB",
    "America": "US",
    "Republic of Ireland": "IE",
    "Holland": "NL",
    "Czech Republic": "CZ",
    "Turkey": "TR",
    "Russian Federation": "RU",
    "Macedonia": "MK",
    "Swaziland": "SZ",
    "Burma": "MM",
    "Ivory Coast": "CI",
    "East Timor": "TL",
    "Korea": "KR",
    "Republic of Korea": "KR",
    "Viet Nam": "VN",
    "Republic of the Congo": "CG",
    "DR Congo": "CD",
    "Macau": "MO",
    "UAE": "AE",
    "Vatican": "VA",
    "Holy See": "VA",
}


@cache
def name_of(code: str) -> str | None:
    """The English name; None for no country."""
    if not code:
        return None
    return Locale("en").territories.get(code, code)


def code_of(text: str) -> str | None:
    """The alpha-2 code of a country given by an ISO 3166-1 code or an English name."""
    return _codes().get(_folded(text))


@cache
def _codes() -> dict[str, str]:
    """Every spelling we know, folded, by precedence: codes, CLDR's names, ISO's, everyday ones."""
    codes = list(countries.countries)
    with translation.override("en"):
        spellings = [
            *((code, code) for code in codes),
            *((countries.alpha3(code), code) for code in codes),
            *((name_of(code) or "", code) for code in codes),
            *((str(countries.name(code)), code) for code in codes),
            *_ALIASES.items(),
        ]
    known: dict[str, str] = {}
    for spelling, code in spellings:
        known.setdefault(_folded(spelling), code)
    return known


def _folded(text: str) -> str:
    """Without case, accents, full stops and a leading article; & is and, St. is saint."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = plain.casefold().replace("’", "'").replace("&", " and ").replace(".", "")
    words = ["saint" if word == "st" else word for word in plain.split()]
    return " ".join(words[1:] if words[:1] == ["the"] and len(words) > 1 else words)
