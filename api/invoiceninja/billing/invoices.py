"""`/invoices`: drafts are written and changed; what is issued stays as it is."""

from django.utils import timezone
from rest_framework import serializers

from api.invoiceninja.billing import acting
from api.invoiceninja.billing.fields import Amount, asked
from api.invoiceninja.billing.filters import INVOICE_COLUMNS, find_invoices
from api.invoiceninja.billing.inputs import InvoiceInput
from api.invoiceninja.billing.serializers import blank_invoice, present_invoices
from api.invoiceninja.billing.views import MoneyViewSet
from billing.cancelling import archive_invoice, delete_invoice
from billing.drafting import draft_invoice, edit_document
from billing.holding import hold
from billing.models import Invoice

_STATES = {"archive": archive_invoice, "delete": delete_invoice, "restore": acting.bring_back}
_UNSUPPORTED = ("send_email", "auto_bill", "save_default_footer", "save_default_terms", "redirect")


class Triggered(serializers.Serializer):
    amount_paid = Amount()


class InvoiceViewSet(MoneyViewSet):
    original = "Invoice"
    model = Invoice
    columns = INVOICE_COLUMNS
    relations = frozenset({"client"})
    begin = staticmethod(blank_invoice)
    actions = ("mark_sent", "mark_paid", "archive", "restore", "delete", "cancel")

    def find(self):
        return find_invoices(self.sent, on=self.today)

    def present(self, records, include):
        return present_invoices(records, agency=self.agency, include=include)

    def create(self, request):
        body = InvoiceInput.of_new(self.sent, agency=self.agency)
        body.is_valid(raise_exception=True)
        paid = self._judged()
        facts = body.facts()
        # As in the original, a draft has a day from the first.
        facts["issued_on"] = facts.get("issued_on") or self.today
        invoice = draft_invoice(
            body.validated_data["client_id"],
            by=request.auth.member,
            lines=body.lines() or [],
            at=timezone.now(),
            **facts,
        )
        self._trigger(invoice, paid)
        return self.shown(invoice.pk)

    def update(self, request, record_id):
        _, invoice = hold(self.found(record_id))
        (shown,) = self.present(Invoice.objects.filter(pk=invoice.pk), frozenset())
        body = InvoiceInput.of_changes(self.sent, document=invoice, shown=shown, agency=self.agency)
        body.is_valid(raise_exception=True)
        paid = self._judged()
        invoice = edit_document(invoice, at=timezone.now(), lines=body.lines(), **body.facts())
        self._trigger(invoice, paid)
        return self.shown(invoice.pk)

    def do(self, action, records):
        at = timezone.now()
        if action in _STATES:
            for record in records:
                _STATES[action](record, at=at)
        elif action == "cancel":
            for record in records:
                acting.withdraw(record, at=at)
        else:
            # All numbers of invoices before the first of a payment, whoever else does the same.
            issued = [acting.mark_sent(record, at=at) for record in records]
            if action == "mark_paid":
                for record in issued:
                    acting.mark_paid(record, by=self.request.auth.member, at=at)

    def _judged(self):
        """What was paid with it, None for nothing said; refuses what is not done besides."""
        self.refuse_unsent(*_UNSUPPORTED)
        body = Triggered(data=self.sent)
        body.is_valid(raise_exception=True)
        return body.validated_data.get("amount_paid")

    def _trigger(self, invoice, paid):
        """Actions that the caller has done along with saving."""
        at, by = timezone.now(), self.request.auth.member
        is_paid = asked(self.sent, "paid")
        if asked(self.sent, "mark_sent") or is_paid or paid:
            invoice = acting.mark_sent(invoice, at=at)
        if is_paid or paid:
            invoice = acting.mark_paid(invoice, by=by, at=at, amount=paid or None)
        if asked(self.sent, "cancel"):
            acting.withdraw(invoice, at=at)
