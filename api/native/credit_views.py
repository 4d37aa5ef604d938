"""`/v1/credits`: money given back, which settles invoices or is refunded."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from rest_framework.response import Response

from agencies.money import to_minor
from api.native import billing_rows, errors, etags
from api.native.billing_filters import Currencies, Deleted, period
from api.native.billing_inputs import CreditChange, CreditInput
from api.native.billing_rows import amounts, day, moments, named
from api.native.filters import Amount, If, Moment, Same, SameClient, Search, Since
from api.native.ids import encode
from api.native.settling import SourceViewSet, applications, refunds
from api.native.sorting import amount, moment, text
from api.native.sorting import day as by_day
from api.operators import ChoiceInFilter, OperatorFilter
from billing.crediting import archive_credit, delete_credit, restore_credit
from billing.drafting import draft_credit, edit_document
from billing.issuing import issue_credit
from billing.mailing import send_document
from billing.models import Credit, CreditLine
from billing.papers import paper_of
from clients.merging import currency_of

_LISTED = (*billing_rows.LISTED, "invoice", "invoice__number", "applied", "refunded")
_WHOLE = (*_LISTED, *billing_rows.WHOLE)


def present_in_list(row):
    invoice = row["invoice"] and {
        "id": encode("inv", row["invoice"]),
        "number": row["invoice__number"],
    }
    return {
        "id": encode("credit", row["pk"]),
        "number": row["number"] or None,
        "status": row["status"],
        "client": named("client", row, "client"),
        "invoice": invoice,
        "reference": row["reference"] or None,
        "issue_date": day(row, "issued_on"),
        "currency": row["currency"],
        **amounts(row),
        **{name: to_minor(row[name], row["currency"]) for name in ("applied", "refunded")},
        **moments(row),
    }


def present(row):
    own = {"credit": row["pk"]}
    lines = billing_rows.lines_of(CreditLine.objects.filter(**own))
    return {
        **present_in_list(row),
        **billing_rows.whole(row, lines),
        "invoices": applications(own, row["currency"]),
        "refunds": refunds(own),
    }


def answer(pk):
    """The answer that shows a new credit, and where it lives."""
    shown = present(Credit.objects.filter(pk=pk).values(*_WHOLE).get())
    path = reverse("native:credit", args=[shown["id"]])
    return Response(shown, 201, headers={"ETag": etags.tag_of(shown), "Location": path})


_Period: Any = period("issued_on")


class CreditFilter(_Period):
    """`?client_id=client_…&balance=gt:0`"""

    q = Search("number", "reference", "client__name")
    status = ChoiceInFilter(choices=Credit.Status.choices)
    client_id = SameClient()
    invoice_id = Same("inv", "invoice")
    currency = Currencies()
    total = Amount("total")
    balance = Amount("balance")
    issue_date = OperatorFilter(date, field_name="issued_on")
    archived = If(Q(archived_at__isnull=False))
    deleted = Deleted()
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")
    updated_since = Since("updated_at")


class CreditViewSet(SourceViewSet):
    kind = noun = "credit"
    model = Credit
    filters = CreditFilter
    sorts = {
        "created_at": moment("created_at"),
        "updated_at": moment("updated_at"),
        "issue_date": by_day("issued_on"),
        "number": text("number"),
        "total": amount("total"),
        "balance": amount("balance"),
    }

    def rows(self, records, *more):
        return records.values(*(_LISTED if self.action == "list" else _WHOLE), *more)

    def present(self, row):
        return present(row)

    def present_in_list(self, row):
        return present_in_list(row)

    def pdf(self, request, id):
        """Always as an attachment; a draft is marked, what is issued is the same bytes for ever."""
        errors.refuse_unknown(request.query_params)
        credit = self.found(id)
        return self.paper(paper_of(credit), name=f"credit-{encode(self.kind, credit.pk)}.pdf")

    def send(self, request, id):
        """Mails it, as PDF, to the people of the client who get documents."""
        credit = self.held(id)
        self.refuse_stale(credit.pk)
        send_document(credit, at=timezone.now())
        return self.one(credit.pk)

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(CreditInput)
        client = body.validated_data["client_id"]
        facts = {"lines": []} | body.facts(currency=currency_of(client))
        by, now = request.auth.member, timezone.now()
        return self.made(draft_credit(client, by=by, at=now, **facts).pk)

    def partial_update(self, request, id):
        body = self.read(CreditChange, partial=True)
        credit = self.held(id)
        self.refuse_stale(credit.pk)
        facts = body.facts(currency=credit.currency)
        if facts:
            edit_document(credit, at=timezone.now(), **facts)
        return self.one(credit.pk)

    def destroy(self, request, id):
        return self._deleted(id, delete_credit)

    def issue(self, request, id):
        return self._put(id, issue_credit, on=self.today)

    def archive(self, request, id):
        return self._put(id, archive_credit)


class CreditRestoreViewSet(CreditViewSet):
    """Finds what is deleted too."""

    def records(self):
        return self.all_records()

    def restore(self, request, id):
        return self._put(id, restore_credit)
