"""Where a document stands, read off its amounts."""

from billing.models import Credit, Invoice


def standing_of(document: Invoice | Credit) -> str:
    """Its status as its amounts have it."""
    if isinstance(document, Credit):
        return _credit_standing(document)
    if not document.is_issued:
        return Invoice.Status.DRAFT
    if document.cancelled_on:
        return Invoice.Status.CANCELLED
    if not document.balance:
        return Invoice.Status.REVERSED if reversal_of(document) else Invoice.Status.PAID
    return Invoice.Status.SENT if document.balance == document.total else Invoice.Status.PARTIAL


def reversal_of(invoice: Invoice) -> int | None:
    """The id of the credit that gave all of it back."""
    found = (one["reversal"] for one in invoice.released if "reversal" in one)
    return next(found, None)


def _credit_standing(credit: Credit) -> str:
    if not credit.is_issued:
        return Credit.Status.DRAFT
    if not credit.balance:
        return Credit.Status.APPLIED
    return Credit.Status.SENT if credit.balance == credit.total else Credit.Status.PARTIAL
