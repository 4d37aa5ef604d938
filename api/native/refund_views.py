"""`/v1/refunds`: money paid back, which is recorded on its payment or credit."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from api.native import refund_rows
from api.native.billing_filters import period
from api.native.departed import resolved
from api.native.filters import Asked, If, Moment, Same, prefixed
from api.native.manners import RecordViewSet
from api.native.sorting import day, moment
from api.operators import OperatorFilter
from billing.refunding import undo_refund
from clients.editing import hold_client


def _of_client(refunds, pk):
    client = resolved(pk)
    return refunds.filter(Q(payment__client=client) | Q(credit__client=client))


_Period: Any = period("refunded_on")


class RefundFilter(_Period):
    """`?payment_id=pay_…&undone=false`"""

    client_id = Asked(prefixed("client"), _of_client)
    payment_id = Same("pay", "payment")
    credit_id = Same("credit", "credit")
    undone = If(Q(undone_at__isnull=False))
    refund_date = OperatorFilter(date, field_name="refunded_on")
    created_at = Moment("created_at")


class RefundViewSet(RecordViewSet):
    subject = "invoices"
    kind = noun = "refund"
    filters = RefundFilter
    sorts = {"created_at": moment("created_at"), "refund_date": day("refunded_on")}

    def records(self):
        return refund_rows.existing()

    def rows(self, records, *more):
        return refund_rows.rows(records, *more)

    def present(self, row):
        return refund_rows.present(row)

    def undo(self, request, id):
        # The client before anything of its own, as everybody does.
        hold_client(self.found(id).source.client_id)
        made = self.found(id, hold=True)
        self.refuse_stale(made.pk)
        undo_refund(made, at=timezone.now())
        return self.one(made.pk)
