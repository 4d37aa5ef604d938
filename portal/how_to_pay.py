"""How an invoice is paid, as its page says it."""

from typing import Any

from billing.code_pictures import picture_of
from billing.models import Invoice
from billing.paying import ways_to_pay
from billing.speaking import speaker


def how_to_pay(invoice: Invoice) -> dict[str, Any]:
    """For a page's context; empty where nothing is owed, or the agency has not said how."""
    ways = ways_to_pay(invoice)
    if not ways:
        return {}
    client = invoice.client
    voice = speaker(client.language or client.agency.language)
    codes = ways.transfer.codes if ways.transfer else ()
    return {
        "ways": ways,
        "open_now": voice.money(invoice.balance, invoice.currency),
        "codes": [picture_of(code) for code in codes],
    }
