"""`/v1/clients/:id/invoices`."""

from datetime import date

from django_filters import rest_framework as filters
from rest_framework.response import Response

from api.native import errors
from api.native.departed import client_named
from api.native.filters import checked
from api.native.manners import NativeViewSet
from api.native.pagination import PARAMETERS, page_of
from api.native.sorting import day, moment, order_of
from api.operators import ChoiceInFilter, OperatorFilter
from clients.models import Client

_STATUSES = ("draft", "sent", "paid", "overdue", "void")


class InvoiceFilter(filters.FilterSet):
    status = ChoiceInFilter(choices=[(status, status) for status in _STATUSES])
    issue_date = OperatorFilter(date)
    due_date = OperatorFilter(date)


class ClientInvoiceViewSet(NativeViewSet):
    """Billing keeps no invoices yet: whatever is asked finds none, and has to be asked rightly."""

    subject = "invoices"
    sorts = {
        "created_at": moment("created_at"),
        "issue_date": day("issued_on"),
        "due_date": day("due_on"),
    }

    def list(self, request, id):
        query = request.query_params
        errors.refuse_unknown(query, known={*PARAMETERS, *InvoiceFilter.base_filters})
        client = client_named(request, id)
        checked(InvoiceFilter, Client.objects.none(), request)
        order = order_of(query, self.sorts, "-created_at")
        page = page_of(query, order, bound_to=f"{self.agency.pk} inv {client.pk}")
        return Response(page.envelope([], [], total=0))
