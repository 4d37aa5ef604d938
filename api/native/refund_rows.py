"""How refunds look, from plain rows."""

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from rest_framework.response import Response

from agencies.money import to_minor
from api.native import etags
from api.native.fields import timestamp
from api.native.ids import encode
from billing.models import Refund

_COLUMNS = (
    "pk", "payment", "credit", "amount", "refunded_on", "reference", "note", "created_at",
    "undone_at",
)  # fmt: skip


def existing():
    """All but those of a deleted client."""
    here = Q(payment__client__deleted_at__isnull=True, credit__client__deleted_at__isnull=True)
    return Refund.objects.filter(here)


def rows(refunds, *more):
    """Client and currency are those of the payment or credit."""
    own = {
        "of_client": Coalesce("payment__client", "credit__client"),
        "client_name": Coalesce("payment__client__name", "credit__client__name"),
        "of_currency": Coalesce("payment__currency", "credit__currency"),
    }
    return refunds.values(*_COLUMNS, *more, **own)


def present(row):
    return {
        "id": encode("refund", row["pk"]),
        "payment_id": row["payment"] and encode("pay", row["payment"]),
        "credit_id": row["credit"] and encode("credit", row["credit"]),
        "client": {"id": encode("client", row["of_client"]), "name": row["client_name"]},
        "currency": row["of_currency"],
        "amount": to_minor(row["amount"], row["of_currency"]),
        "refund_date": row["refunded_on"].isoformat(),
        "reference": row["reference"] or None,
        "note": row["note"] or None,
        "created_at": timestamp(row["created_at"]),
        "undone_at": timestamp(row["undone_at"]),
    }


def answer(pk):
    """The answer that shows a new refund, and where it lives."""
    shown = present(rows(existing().filter(pk=pk)).get())
    path = reverse("native:refund", args=[shown["id"]])
    return Response(shown, 201, headers={"ETag": etags.tag_of(shown), "Location": path})
