"""`/v1/invoices`, and those of one client."""

from django.utils import timezone
from rest_framework.response import Response

from agencies.money import from_minor
from api.native import billing_rows, credit_views, errors
from api.native.billing_inputs import InvoiceChange, InvoiceCreditInput, InvoiceInput
from api.native.billing_rows import amounts, day, moments, named
from api.native.departed import client_named
from api.native.fields import member, member_columns, timestamp
from api.native.ids import encode
from api.native.invoice_lists import SORTS, InvoiceFilter, counted, status_of
from api.native.manners import RecordViewSet
from billing import cancelling
from billing.crediting import credit_invoice
from billing.days import day_in
from billing.drafting import draft_invoice, edit_document
from billing.issuing import issue
from billing.mailing import send_document
from billing.models import Invoice, InvoiceLine
from billing.papers import paper_of
from clients.merging import currency_of

_LISTED = (
    *billing_rows.LISTED, "due_on", "project", "project__name", "cancelled", "cancelled_on",
)  # fmt: skip
_WHOLE = (
    *_LISTED, *billing_rows.WHOLE, *member_columns("assigned_to"), "released", "viewed_at",
    "payment_url",
)  # fmt: skip


def present_in_list(row, *, today):
    settled = row["total"] - row["balance"] - row["cancelled"]
    is_owed = row["issued_at"] and not row["deleted_at"]
    return {
        "id": encode("inv", row["pk"]),
        "number": row["number"] or None,
        "status": status_of(row["status"], row["due_on"], today=today),
        # Foyer's own, finer word.
        "state": row["status"],
        "client": named("client", row, "client"),
        "project": named("proj", row, "project"),
        "reference": row["reference"] or None,
        "issue_date": day(row, "issued_on"),
        "due_date": day(row, "due_on"),
        "currency": row["currency"],
        **amounts(row),
        "amount_paid": billing_rows.minor(settled, row) if is_owed else 0,
        **moments(row),
    }


def present(row, *, today):
    lines = InvoiceLine.objects.filter(invoice=row["pk"])
    reversal = next((one["reversal"] for one in row["released"] if "reversal" in one), None)
    return {
        **present_in_list(row, today=today),
        **billing_rows.whole(row, billing_rows.lines_of(lines)),
        "assigned_to": member(row, "assigned_to"),
        "cancelled_on": day(row, "cancelled_on"),
        "reversal_id": reversal and encode("credit", reversal),
        "viewed_at": timestamp(row["viewed_at"]),
        "payment_url": row["payment_url"] or None,
    }


class InvoiceViewSet(RecordViewSet):
    subject = "invoices"
    kind, noun = "inv", "invoice"
    filters = InvoiceFilter
    sorts = SORTS

    @property
    def today(self):
        return day_in(self.agency, timezone.now())

    def records(self):
        return self.all_records().filter(deleted_at__isnull=True)

    def all_records(self):
        """Those that were deleted as well; not those of a deleted client."""
        return Invoice.objects.filter(client__deleted_at__isnull=True)

    def rows(self, records, *more):
        listed = self.action == "list"
        return records.values(*(_LISTED if listed else _WHOLE), *more)

    def present(self, row):
        return present(row, today=self.today)

    def present_in_list(self, row):
        return present_in_list(row, today=self.today)

    def counted(self, records):
        return counted(records, default=self.agency.currency)

    def list(self, request):
        # The filter by what is deleted decides which ones are there.
        return self.listed(self.all_records())

    def pdf(self, request, id):
        """Always as an attachment; a draft is marked, what is issued is the same bytes for ever."""
        errors.refuse_unknown(request.query_params)
        invoice = self.found(id)
        return self.paper(paper_of(invoice), name=f"invoice-{encode(self.kind, invoice.pk)}.pdf")

    def send(self, request, id):
        """Mails it, as PDF, to the people of the client who get documents."""
        invoice = self.held(id)
        self.refuse_stale(invoice.pk)
        send_document(invoice, at=timezone.now())
        return self.one(invoice.pk)

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(InvoiceInput)
        client = body.validated_data["client_id"]
        facts = {"lines": []} | body.facts(currency=currency_of(client))
        by, now = request.auth.member, timezone.now()
        return self.made(draft_invoice(client, by=by, at=now, **facts).pk)

    def partial_update(self, request, id):
        body = self.read(InvoiceChange, partial=True)
        invoice = self.held(id)
        self.refuse_stale(invoice.pk)
        facts = body.facts(currency=invoice.currency)
        if facts:
            edit_document(invoice, at=timezone.now(), **facts)
        return self.one(invoice.pk)

    def destroy(self, request, id):
        invoice = self._changed(id, cancelling.delete_invoice)
        return Response({"id": encode(self.kind, invoice.pk), "deleted": True})

    def issue(self, request, id):
        return self._put(id, issue, on=self.today)

    def cancel(self, request, id):
        return self._put(id, cancelling.cancel, on=self.today)

    def reopen(self, request, id):
        """After a cancellation or a reversal."""
        is_reversed = self.found(id).status == Invoice.Status.REVERSED
        return self._put(id, cancelling.undo_reversal if is_reversed else cancelling.reopen)

    def reverse(self, request, id):
        return self._put(id, cancelling.reverse, on=self.today, by=request.auth.member)

    def archive(self, request, id):
        return self._put(id, cancelling.archive_invoice)

    def credit(self, request, id):
        """Gives part of it back, or all of it, by a credit that is issued at once."""
        sent = self.read(InvoiceCreditInput).validated_data
        invoice = self.held(id)
        self.refuse_stale(invoice.pk)
        amount = sent.get("amount")
        credit = credit_invoice(
            invoice,
            on=sent.get("issue_date") or self.today,
            by=request.auth.member,
            at=timezone.now(),
            amount=None if amount is None else from_minor(amount, invoice.currency),
            note=sent.get("description") or "",
        )
        return credit_views.answer(credit.pk)

    def _put(self, id, change, **facts):
        return self.one(self._changed(id, change, **facts).pk)

    def _changed(self, id, change, **facts):
        invoice = self.held(id)
        self.refuse_stale(invoice.pk)
        change(invoice, at=timezone.now(), **facts)
        return invoice


class InvoiceRestoreViewSet(InvoiceViewSet):
    """Finds what is deleted too."""

    def records(self):
        return self.all_records()

    def restore(self, request, id):
        return self._put(id, cancelling.restore_invoice)


class ClientInvoiceViewSet(InvoiceViewSet):
    """The invoices of one client."""

    def list(self, request, id):
        client = client_named(request, id)
        invoices = self.all_records().filter(client=client)
        return self.listed(invoices, bound_to=encode("client", client.pk))
