"""Invoice Ninja's `/api/v1`."""

from django.urls import re_path

from api.invoiceninja import (
    activity_views,
    bulk_views,
    departing_views,
    document_views,
    group_views,
    lookup_views,
    mail_views,
    tax_views,
    views,
)
from api.invoiceninja.billing.batches import PreviewViewSet
from api.invoiceninja.billing.credits import CreditViewSet
from api.invoiceninja.billing.designs import DesignViewSet
from api.invoiceninja.billing.invoices import InvoiceViewSet
from api.invoiceninja.billing.payments import PaymentViewSet
from api.invoiceninja.billing.statements import StatementViewSet
from api.invoiceninja.manners import NinjaUnknownPath

app_name = "invoiceninja"

urlpatterns = [
    re_path(
        r"^clients/?$",
        views.ClientViewSet.as_view({"get": "list", "post": "create"}),
        name="clients",
    ),
    re_path(
        r"^clients/create/?$",
        views.ClientViewSet.as_view({"get": "blank"}),
        name="blank-client",
    ),
    re_path(
        r"^clients/bulk/?$",
        bulk_views.BulkViewSet.as_view({"post": "bulk"}),
        name="bulk-clients",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/edit/?$",
        views.ClientViewSet.as_view({"get": "edit"}),
        name="edit-client",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/purge/?$",
        departing_views.DepartingViewSet.as_view({"post": "purge"}),
        name="purge-client",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/(?P<merged_id>[^/]+)/merge/?$",
        departing_views.DepartingViewSet.as_view({"post": "merge"}),
        name="merge-clients",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/upload/?$",
        document_views.UploadViewSet.as_view({"put": "upload", "post": "upload"}),
        name="upload",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/updateTaxData/?$",
        tax_views.TaxViewSet.as_view({"post": "update_tax_data"}),
        name="update-tax-data",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/documents/?$",
        document_views.DocumentViewSet.as_view({"post": "of_client"}),
        name="client-documents",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/?$",
        views.ClientViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}
        ),
        name="client",
    ),
    re_path(
        r"^documents/?$",
        document_views.DocumentViewSet.as_view({"get": "list"}),
        name="documents",
    ),
    re_path(
        r"^documents/(?P<document_id>[^/]+)/?$",
        document_views.DocumentViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="document",
    ),
    re_path(
        r"^documents/(?P<document_id>[^/]+)/download/?$",
        document_views.DocumentViewSet.as_view({"get": "download"}),
        name="download",
    ),
    re_path(
        r"^group_settings/?$",
        group_views.GroupViewSet.as_view({"get": "list", "post": "create"}),
        name="groups",
    ),
    re_path(
        r"^group_settings/bulk/?$",
        group_views.GroupViewSet.as_view({"post": "bulk"}),
        name="bulk-groups",
    ),
    re_path(
        r"^group_settings/(?P<group_id>[^/]+)/?$",
        group_views.GroupViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}
        ),
        name="group",
    ),
    re_path(
        r"^activities/?$",
        activity_views.ActivityViewSet.as_view({"get": "list"}),
        name="activities",
    ),
    re_path(
        r"^activities/notes/?$",
        activity_views.ActivityViewSet.as_view({"post": "leave_note"}),
        name="notes",
    ),
    re_path(
        r"^invoices/?$", InvoiceViewSet.as_view({"get": "list", "post": "create"}), name="invoices"
    ),
    re_path(r"^invoices/create/?$", InvoiceViewSet.as_view({"get": "blank"}), name="blank-invoice"),
    re_path(r"^invoices/bulk/?$", InvoiceViewSet.as_view({"post": "bulk"}), name="bulk-invoices"),
    re_path(
        r"^invoices/(?P<record_id>[^/]+)/?$",
        InvoiceViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}
        ),
        name="invoice",
    ),
    re_path(
        r"^payments/?$", PaymentViewSet.as_view({"get": "list", "post": "create"}), name="payments"
    ),
    re_path(r"^payments/create/?$", PaymentViewSet.as_view({"get": "blank"}), name="blank-payment"),
    re_path(r"^payments/bulk/?$", PaymentViewSet.as_view({"post": "bulk"}), name="bulk-payments"),
    re_path(r"^payments/refund/?$", PaymentViewSet.as_view({"post": "refund"}), name="refund"),
    re_path(
        r"^payments/(?P<record_id>[^/]+)/?$",
        PaymentViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}
        ),
        name="payment",
    ),
    re_path(
        r"^credits/?$", CreditViewSet.as_view({"get": "list", "post": "create"}), name="credits"
    ),
    re_path(r"^credits/create/?$", CreditViewSet.as_view({"get": "blank"}), name="blank-credit"),
    re_path(r"^credits/bulk/?$", CreditViewSet.as_view({"post": "bulk"}), name="bulk-credits"),
    re_path(
        r"^credits/(?P<record_id>[^/]+)/?$",
        CreditViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}
        ),
        name="credit",
    ),
    re_path(r"^client_statement/?$", StatementViewSet.as_view({"post": "print"}), name="statement"),
    re_path(
        r"^templates/preview/(?P<key>[^/]+)/?$",
        PreviewViewSet.as_view({"post": "preview"}),
        name="preview",
    ),
    re_path(r"^designs/?$", DesignViewSet.as_view({"get": "list"}), name="designs"),
    re_path(
        r"^designs/(?P<design_id>[^/]+)/?$",
        DesignViewSet.as_view({"get": "retrieve"}),
        name="design",
    ),
    re_path(
        r"^reactivate_email/(?P<bounce_id>[^/]+)/?$",
        mail_views.BounceViewSet.as_view({"post": "reactivate"}),
        name="reactivate-email",
    ),
    re_path(r"^statics/?$", lookup_views.LookupViewSet.as_view({"get": "statics"}), name="statics"),
    re_path(r"^ping/?$", lookup_views.LookupViewSet.as_view({"get": "ping"}), name="ping"),
    re_path(r"", NinjaUnknownPath.as_view(), name="unknown"),
]
