"""Whom we ask about clients' tax, where the operator has said so: what is sent, what comes back."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from django.conf import settings

from agencies.asking import Answer, ServiceUnavailable, ask
from billing.vat_numbers import VatNumber, read_vat_number
from clients.models import Client

Question = dict[str, str]
Facts = dict[str, Any]

# Registers of the member states answer slowly; nobody waits for it.
_SECONDS = 30.0
_LONGEST = 500
_ZIP = re.compile(r"[0-9]{5}(-[0-9]{4})?")


class ProviderMisunderstood(Exception):
    """Our key or our question is not accepted; to ask again would not help."""


class Provider(Protocol):
    # The key of `tax_info` that its facts lie under, and how it is called there.
    subject: str
    source: str

    def question(self, client: Client) -> Question | None:
        """All that will leave the house; None where it is switched off or not its business."""

    def ask(self, question: Question) -> Facts:
        """Empty where nothing is known. Raises ServiceUnavailable and ProviderMisunderstood."""


class Vies:
    """The European Commission's door to the registers of VAT numbers of all member states."""

    subject = "vat_number"
    source = "VIES"

    def question(self, client: Client) -> Question | None:
        number = _askable(client.vat_number, country=client.country.code or "")
        if not settings.VIES_LOOKUP or number is None:
            return None
        agency = client.agency
        own = _askable(agency.vat_id, country=agency.country.code or "")
        asked = {"countryCode": number.prefix, "vatNumber": number.number}
        if own is not None:
            # Whoever names himself gets a number that proves the consultation.
            asked |= {"requesterMemberStateCode": own.prefix, "requesterNumber": own.number}
        return asked

    def ask(self, question: Question) -> Facts:
        answer = _understood(
            ask("POST", settings.VIES_URL, headers={}, content=question, seconds=_SECONDS)
        )
        error = _vies_error(answer)
        if error == "INVALID_REQUESTER_INFO" and "requesterNumber" in question:
            return self.ask({name: question[name] for name in ("countryCode", "vatNumber")})
        valid = answer.content.get("valid")
        if error == "INVALID_INPUT":
            valid = False
        elif error or not isinstance(valid, bool):
            raise ServiceUnavailable(f"VIES says: {error or 'nothing that can be read'}.")
        words = {
            "name": _words(answer.content.get("name")),
            "address": _words(answer.content.get("address")),
            "consultation": _words(answer.content.get("requestIdentifier")),
        }
        return {
            "number": f"{question['countryCode']}{question['vatNumber']}",
            "state": "confirmed" if valid else "refused",
            **{name: text for name, text in words.items() if text},
        }


class TaxJar:
    """Sales tax of an address in the United States."""

    subject = "sales_tax"
    source = "TaxJar"

    def question(self, client: Client) -> Question | None:
        code = client.postal_code.strip()
        if not settings.TAXJAR_API_KEY or client.country.code != "US" or not _ZIP.fullmatch(code):
            return None
        told = {
            "zip": code, "state": client.state, "city": client.city, "street": client.address1,
        }  # fmt: skip
        return {"country": "US"} | {name: text for name, text in told.items() if text}

    def ask(self, question: Question) -> Facts:
        told = {name: text for name, text in question.items() if name != "zip"}
        url = f"{settings.TAXJAR_URL}/rates/{quote(question['zip'], safe='')}?{urlencode(told)}"
        headers = {"Authorization": f"Bearer {settings.TAXJAR_API_KEY}"}
        answer = ask("GET", url, headers=headers, seconds=_SECONDS)
        if answer.status == 404:
            return {}
        rate = _understood(answer).content.get("rate")
        if not isinstance(rate, Mapping) or not (total := _percent(rate.get("combined_rate"))):
            raise ServiceUnavailable("TaxJar says nothing that can be read.")
        parts = {
            part: _percent(rate.get(name))
            for part, name in (
                ("state", "state_rate"), ("county", "county_rate"), ("city", "city_rate"),
                ("district", "combined_district_rate"),
            )
        }  # fmt: skip
        places = {name: _words(rate.get(name)) for name in ("state", "county", "city")}
        return {
            "country": "US",
            "postal_code": question["zip"],
            **{name: text for name, text in places.items() if text},
            "rate": total,
            "rates": {name: percent for name, percent in parts.items() if percent},
            "shipping_taxed": rate.get("freight_taxable") is True,
        }


PROVIDERS: dict[str, Provider] = {"vies": Vies(), "taxjar": TaxJar()}


def _askable(text: str, *, country: str) -> VatNumber | None:
    number = read_vat_number(text, country=country)
    return number if number and number.is_well_formed and number.is_of_the_union else None


def _understood(answer: Answer) -> Answer:
    """One whose JSON is an object. Raises where there is none."""
    if answer.status in (401, 403):
        raise ProviderMisunderstood(f"It answered with status {answer.status}. Check the key.")
    if not isinstance(answer.content, dict):
        raise ServiceUnavailable(f"Nothing that can be read came with status {answer.status}.")
    return answer


def _vies_error(answer: Answer) -> str:
    """Its code of what went wrong, which comes with status 200 as well."""
    match answer.content:
        case {"errorWrappers": [{"error": str(code)}, *_]}:
            return code
        case {"actionSucceed": False}:
            return "UNKNOWN"
    return "" if answer.is_success else f"STATUS_{answer.status}"


def _words(value: Any) -> str:
    """Fit for JSON in a column; VIES writes --- for what a state does not tell."""
    text = value if isinstance(value, str) else ""
    kept = "".join(c for c in text if c.isprintable() or c == "\n").strip()[:_LONGEST]
    return "" if kept == "---" else kept


def _percent(share: Any) -> str:
    """0.0625 and its text as 6.25; empty for what is no share."""
    try:
        value = Decimal(str(share))
    except InvalidOperation:
        return ""
    if not value.is_finite() or not 0 <= value < 1:
        return ""
    return f"{round(value * 100, 4).normalize():f}"
