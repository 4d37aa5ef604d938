"""The original's fixed table of ways to pay, as its public API numbers them, and ours."""

from api.invoiceninja.fields import StaticId
from api.invoiceninja.statics import Table
from billing.models import Payment

_Method = Payment.Method
_IDS: dict[str, tuple[str, ...]] = {
    _Method.BANK_TRANSFER: ("1", "4", "34", "45", "48", "50"),
    _Method.CASH: ("2",),
    _Method.CARD: ("12", "3", *(str(n) for n in range(5, 12)), *(str(n) for n in range(16, 23))),
    _Method.CHEQUE: ("15",),
    _Method.DIRECT_DEBIT: ("42", "29", "30", "43", "44", "49"),
    _Method.PAYPAL: ("13",),
}
_MOST = 52
# The first of each is the one that is shown; all that are left are some other way.
PAYMENT_TYPES = Table(
    {str(n): _Method.OTHER.value for n in range(1, _MOST + 1)}
    | {static_id: method for method, ids in _IDS.items() for static_id in ids},
    {method: ids[0] for method, ids in _IDS.items()},
)


class PaymentTypeId(StaticId):
    """Empty is some other way, which has no number here."""

    table = PAYMENT_TYPES

    def run_validation(self, data=None):
        return super().run_validation(data) or _Method.OTHER.value
