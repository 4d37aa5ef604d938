"""How an invoice can be paid: to the agency's account, or at an address on the web."""

from dataclasses import dataclass
from decimal import Decimal

from agencies.models import Agency
from agencies.money import digits, rounded
from billing.bank_details import LONGEST_HOLDER, filled, host_of
from billing.models import BillingSettings, Invoice
from billing.payment_codes import Payee, PaymentCode, codes_for, one_line
from billing.settings import settings_of

_OWED = (Invoice.Status.SENT, Invoice.Status.PARTIAL)


@dataclass(frozen=True)
class Transfer:
    """To a bank account. `amount` is in major units, rounded; `iban` and `bic` without blanks."""

    holder: str
    iban: str
    bic: str
    amount: Decimal
    currency: str
    reference: str
    codes: tuple[PaymentCode, ...]

    @property
    def iban_in_groups(self) -> str:
        return " ".join(self.iban[at : at + 4] for at in range(0, len(self.iban), 4))


@dataclass(frozen=True)
class WaysToPay:
    """`address` is an https address and `host` what of it people are shown; both may be empty."""

    transfer: Transfer | None = None
    address: str = ""
    host: str = ""

    def __bool__(self) -> bool:
        return bool(self.transfer or self.address)


def ways_to_pay(invoice: Invoice) -> WaysToPay:
    """What the agency offers for what is open now; nothing where nothing is owed.

    An address of the invoice's own goes before the agency's. Neither is told more than the
    invoice's number, amount and currency.
    """
    if invoice.deleted_at or invoice.status not in _OWED or invoice.balance <= 0:
        return WaysToPay()
    agency = invoice.client.agency
    settings = settings_of(agency)
    amount = rounded(invoice.balance, invoice.currency)
    address = filled(
        invoice.payment_url or settings.payment_url,
        number=invoice.number,
        amount=f"{amount:.{digits(invoice.currency)}f}",
        currency=invoice.currency,
    )
    transfer = _transfer(invoice, agency, settings, amount) if settings.bank_iban else None
    return WaysToPay(transfer, address, host_of(address))


def _transfer(
    invoice: Invoice, agency: Agency, settings: BillingSettings, amount: Decimal
) -> Transfer:
    holder = settings.bank_holder or one_line(agency.legal_name or agency.name)[:LONGEST_HOLDER]
    payee = Payee(
        name=holder,
        iban=settings.bank_iban,
        bic=settings.bank_bic,
        street=agency.address1,
        postal_code=agency.postal_code,
        town=agency.city,
        country=str(agency.country),
    )
    return Transfer(
        holder=holder,
        iban=payee.iban,
        bic=payee.bic,
        amount=amount,
        currency=invoice.currency,
        reference=invoice.number,
        codes=codes_for(payee, amount=amount, currency=invoice.currency, reference=invoice.number),
    )
