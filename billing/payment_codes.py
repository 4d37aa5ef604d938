"""What QR codes of a bank transfer say: the European one, and the Swiss one.

Both are lines of text in UTF-8 whose meaning is their place, so no value holds a line break. Where
a transfer does not fit a standard there is no code: the details are still there to be typed.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stdnum import iso11649

_LEAST, _MOST = Decimal("0.01"), Decimal("999999999.99")
# Countries of accounts in SEPA. Source: European Payments Council, EPC409-09, list of SEPA scheme
# countries of 2025; outside of the EEA a BIC is needed.
_EEA = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
_BEYOND = ("AD", "AL", "CH", "GB", "GI", "MC", "MD", "ME", "MK", "RS", "SM", "VA")
_MOST_EPC_BYTES = 331
_CREDITOR_REFERENCE = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}")
# Source: SIX, Implementation Guidelines QR-bill 2.3, 4.1.1.
_UNKNOWN_IN_SWITZERLAND = re.compile(r"[^ -~\u00a0-\u017f\u0218-\u021b\u20ac]")
_NUMBER_LAST = re.compile(r"(\D.*?),?\s+(\d{1,5} ?[A-Za-z]?(?:[-/]\d{1,5}[A-Za-z]?)?)")
_NUMBER_FIRST = re.compile(r"(\d{1,5}[A-Za-z]?),?\s+(\D.*)")


class CodeKind(StrEnum):
    EPC = "epc"
    SWISS = "swiss"


@dataclass(frozen=True)
class PaymentCode:
    kind: CodeKind
    payload: str


@dataclass(frozen=True)
class Payee:
    """Who is paid, and where. `iban` and `bic` are without blanks; `country` is an ISO code."""

    name: str
    iban: str
    bic: str = ""
    street: str = ""
    postal_code: str = ""
    town: str = ""
    country: str = ""


def codes_for(
    payee: Payee, *, amount: Decimal, currency: str, reference: str
) -> tuple[PaymentCode, ...]:
    """All that fit, the one of the payee's country first. `amount` is in major units."""
    reference = one_line(reference)
    payloads = {
        CodeKind.EPC: _epc(payee, amount, currency, reference),
        CodeKind.SWISS: _swiss(payee, amount, currency, reference),
    }
    codes = [PaymentCode(kind, payload) for kind, payload in payloads.items() if payload]
    swiss_first = payee.country in ("CH", "LI")
    return tuple(sorted(codes, key=lambda code: (code.kind == CodeKind.SWISS) != swiss_first))


def one_line(text: str) -> str:
    """Without line breaks and whatever else nobody sees."""
    seen = (
        character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    return " ".join("".join(seen).split())


def creditor_reference(text: str) -> str:
    """The ISO 11649 reference that the text is, without blanks; else nothing."""
    compact = iso11649.compact(text)
    known = _CREDITOR_REFERENCE.fullmatch(compact) and iso11649.is_valid(compact)
    return compact if known else ""


def _epc(payee: Payee, amount: Decimal, currency: str, reference: str) -> str:
    """Empty where it does not fit.

    Source: European Payments Council, EPC069-12, Guidelines to enable data capture for the
    initiation of a SEPA credit transfer, version 002 of the code: the lines are service tag,
    version, character set (1 is UTF-8), identification, BIC, name, IBAN, amount, purpose,
    structured reference, text; at most 331 bytes.
    """
    country, name = payee.iban[:2], one_line(payee.name)[:70].strip()
    reached = country in _EEA or (country in _BEYOND and payee.bic)
    fits = currency == "EUR" and _LEAST <= amount <= _MOST
    if not (fits and reached and name and reference):
        return ""
    structured = creditor_reference(reference)
    lines = [
        "BCD", "002", "1", "SCT", payee.bic, name, payee.iban, f"EUR{amount:.2f}", "", structured,
        *([] if structured else [reference]),
    ]  # fmt: skip
    payload = "\n".join(lines)
    return payload if len(payload.encode()) <= _MOST_EPC_BYTES else ""


def _swiss(payee: Payee, amount: Decimal, currency: str, reference: str) -> str:
    """Empty where it does not fit.

    Source: SIX, Swiss Implementation Guidelines QR-bill, version 2.3: header, account, creditor
    with a structured address, seven lines of the ultimate creditor which stay empty, amount and
    currency, seven of the debtor whom the bank knows, reference, message, trailer.
    """
    fits = currency in ("CHF", "EUR") and _LEAST <= amount <= _MOST
    if payee.iban[:2] not in ("CH", "LI") or not fits:
        return ""
    street, number = street_and_number(one_line(payee.street))
    name, post = one_line(payee.name)[:70].strip(), one_line(payee.postal_code)
    town, structured = one_line(payee.town), creditor_reference(reference)
    if not (name and reference and 0 < len(post) <= 16 and 0 < len(town) <= 35 and payee.country):
        return ""
    creditor = ["S", name, street[:70].strip(), number, post, town, payee.country]
    said = ["SCOR", structured, ""] if structured else ["NON", "", reference]
    lines = [
        "SPC", "0200", "1", payee.iban, *creditor, *[""] * 7, f"{amount:.2f}", currency,
        *[""] * 7, *said, "EPD",
    ]  # fmt: skip
    payload = "\n".join(lines)
    return "" if any(_UNKNOWN_IN_SWITZERLAND.search(line) for line in lines) else payload


def street_and_number(street: str) -> tuple[str, str]:
    """The two are lines of their own; a street in which no number is found stays whole."""
    if found := _NUMBER_LAST.fullmatch(street):
        return found[1], found[2]
    if found := _NUMBER_FIRST.fullmatch(street):
        return found[2], found[1]
    return street, ""
