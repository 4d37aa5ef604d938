"""The bulk action `template`: statements of many clients, merged into one PDF or mailed to each."""

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from api.downloads import attachment
from api.invoiceninja import errors
from api.invoiceninja.billing.fields import asked
from api.invoiceninja.manners import NinjaViewSet
from billing.batching import ask_for_batch
from billing.statement_models import StatementBatch

_SECONDS_TO_WAIT = "2"


def begin_batch(clients, sent, *, by) -> Response:
    """By the original's words: the name to ask for the PDF by, or that mail is on its way."""
    mailed = asked(sent, "send_email")
    batch = ask_for_batch(clients, by=by, at=timezone.now(), mailed=mailed)
    return Response({"message": "email sent" if mailed else str(batch.key)})


class PreviewViewSet(NinjaViewSet):
    subject = "invoices"

    def scope_needed(self, request):
        # A POST that only reads.
        return "invoices:read"

    def preview(self, request, key):
        batch = _find(key)
        if batch.pdf:
            pdf = bytes(batch.pdf)
            return attachment(pdf, name="Statements.pdf", media_type="application/pdf")
        if batch.trouble:
            raise errors.Rejected(batch.trouble)
        later = {"Retry-After": _SECONDS_TO_WAIT}
        return Response({"message": "The PDF is not ready yet. Ask again."}, 404, headers=later)

    def refuse_absent(self):
        _find(self.kwargs["key"])


def _find(key: str) -> StatementBatch:
    try:
        found = StatementBatch.objects.filter(key=UUID(key), is_mailed=False).first()
    except ValueError:
        found = None
    if found is None:
        raise errors.Rejected("There is no such PDF. It is kept for a day.")
    return found
