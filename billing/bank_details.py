"""Where an agency is paid: an account, a bank, an address on the web; read as people write them."""

import re
import unicodedata
from urllib.parse import quote, urlsplit

from django.core.exceptions import ValidationError
from stdnum import bic, iban
from stdnum.exceptions import ValidationError as NotWellFormed

LONGEST_ADDRESS = 500
LONGEST_HOLDER = 70
# With the blanks that people write.
LONGEST_TYPED = 60

_PLACE = re.compile(r"\{(number|amount|currency)\}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
# Institution numbers of accounts that take payments with a Swiss QR reference alone. Source: SIX,
# Implementation Guidelines QR-bill 2.3.
_QR_ACCOUNTS = range(30000, 32000)


def read_holder(text: str) -> str:
    """One line of at most 70 characters, as both kinds of QR codes hold it."""
    text = text.strip()
    if (
        any(unicodedata.category(character)[0] == "C" for character in text)
        or text.splitlines()[1:]
    ):
        raise ValidationError("The account holder's name is one line of plain text.")
    if len(text) > LONGEST_HOLDER:
        raise ValidationError(f"Use at most {LONGEST_HOLDER} characters.")
    return text


def read_iban(text: str) -> str:
    """Without blanks, in capitals; empty stays empty. Raises Django's ValidationError."""
    if not text.strip():
        return ""
    try:
        found = iban.validate(text)
    except NotWellFormed as error:
        raise ValidationError("This is no IBAN. Check its digits.") from error
    if found[:2] in ("CH", "LI") and found[4:9].isdigit() and int(found[4:9]) in _QR_ACCOUNTS:
        raise ValidationError(
            "This is a QR-IBAN, which takes payments with a QR reference alone. Use the account's "
            "ordinary IBAN."
        )
    return found


def read_bic(text: str) -> str:
    """Without blanks, in capitals; empty stays empty. Raises Django's ValidationError."""
    if not text.strip():
        return ""
    try:
        return bic.validate(text)
    except NotWellFormed as error:
        raise ValidationError("This is no BIC. It has 8 or 11 letters and digits.") from error


def read_payment_address(text: str) -> str:
    """An https address in which {number}, {amount} and {currency} may stand; empty stays empty.

    They stand behind the host alone, so that no invoice's number leads to another one. Raises
    Django's ValidationError.
    """
    text = text.strip()
    if not text:
        return ""
    if len(text) > LONGEST_ADDRESS:
        raise ValidationError(f"Use at most {LONGEST_ADDRESS} characters.")
    if not re.fullmatch(r"[!-~]+", text) or re.search(r"[\\<>\"'`]", text):
        raise ValidationError("Write the address in ASCII, without blanks, quotes and backslashes.")
    if re.search(r"[{}]", _PLACE.sub("", text)):
        raise ValidationError("In braces stand {number}, {amount} or {currency}, nothing else.")
    _refuse_host(text)
    return text


def _refuse_host(address: str) -> None:
    wrong = ValidationError("Use a full address such as https://pay.example/invoice/{number}.")
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises where it is no number up to 65535
    except ValueError as error:
        raise wrong from error
    if "@" in parts.netloc:
        raise ValidationError("Leave out the name and password before the host.")
    if not address.startswith("https://") or not _HOST.fullmatch(parts.netloc):
        raise wrong


def filled(address: str, *, number: str, amount: str, currency: str) -> str:
    """The address with its places filled, each value percent-encoded and none filled twice."""
    values = {"number": number, "amount": amount, "currency": currency}
    return _PLACE.sub(lambda place: quote(values[place[1]], safe=""), address)


def host_of(address: str) -> str:
    return urlsplit(address).netloc.lower()
