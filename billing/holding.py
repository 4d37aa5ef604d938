"""Documents held until the transaction ends: the client first, so that nobody waits in a circle."""

from decimal import Decimal
from typing import Any, TypeVar

from agencies.errors import DomainError
from agencies.money import digits, rounded
from billing.models import Credit, Invoice, Payment
from clients.editing import hold_client
from clients.models import Client

Held = TypeVar("Held", bound="Invoice | Credit | Payment")

# Fourteen digits before the point fit; sums of many have to fit as well.
_LARGEST = Decimal(10) ** 12


class DocumentGone(DomainError):
    """Purged meanwhile, or never there."""

    code = "document_gone"


class BadAmount(DomainError):
    code = "bad_amount"


def hold(document: Held) -> tuple[Client, Held]:
    """The document's client and the document as they are now, held. Raises DocumentGone."""
    model: Any = type(document)
    while True:
        client_id = model.objects.filter(pk=document.pk).values_list("client_id", flat=True).first()
        if client_id is None:
            raise DocumentGone("This was removed meanwhile.")
        client = hold_client(client_id)
        held = model.objects.select_for_update(no_key=True).filter(pk=document.pk).first()
        # A merge may have handed it on while this waited for the client.
        if held is not None and held.client_id == client_id:
            held.client = client
            return client, held


def exact(amount: Decimal, currency: str, *, field: str = "amount") -> Decimal:
    """The same, if it is more than nothing and the currency has so many digits.

    Raises BadAmount.
    """
    if not amount.is_finite() or amount <= 0:
        raise BadAmount("The amount has to be more than 0.", field=field)
    if amount >= _LARGEST:
        raise BadAmount("The amount is too large.", field=field)
    if rounded(amount, currency) != amount:
        raise BadAmount(
            f"{currency} has {digits(currency)} digits after the point; this amount has more.",
            field=field,
        )
    return amount


def worded(amount: Decimal, document: Invoice | Credit | Payment) -> str:
    """For messages: 40.00 EUR."""
    return f"{rounded(amount, document.currency)} {document.currency}"
