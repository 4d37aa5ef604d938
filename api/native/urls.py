"""Nextoria Hub's `/v1`, which is also Foyer's own."""

from django.urls import re_path

from api.native.account_views import BalanceViewSet, LedgerViewSet
from api.native.billing_settings_views import BillingSettingsViewSet
from api.native.client_actions import ClientActionViewSet, ClientRestoreViewSet
from api.native.contact_views import ContactViewSet
from api.native.credit_views import CreditRestoreViewSet, CreditViewSet
from api.native.custom_field_views import CustomFieldViewSet
from api.native.document_views import DocumentViewSet, UploadViewSet
from api.native.event_views import EventViewSet
from api.native.filing_views import (
    CategoryViewSet,
    GroupRestoreViewSet,
    GroupViewSet,
    TagViewSet,
)
from api.native.invite_views import ClientInviteViewSet, InviteViewSet
from api.native.invoice_views import (
    ClientInvoiceViewSet,
    InvoiceRestoreViewSet,
    InvoiceViewSet,
)
from api.native.manners import NativeUnknownPath
from api.native.me_views import MeViewSet
from api.native.merge_views import ClientMergeViewSet, MergeViewSet
from api.native.payment_views import PaymentRestoreViewSet, PaymentViewSet
from api.native.project_views import ClientProjectViewSet, ProjectViewSet
from api.native.refund_views import RefundViewSet
from api.native.schedule_views import ScheduleViewSet
from api.native.search_views import SearchViewSet
from api.native.statement_views import ClientStatementViewSet, StatementViewSet
from api.native.views import ClientViewSet
from api.native.webhook_views import DeliveryViewSet, WebhookPingViewSet, WebhookViewSet

app_name = "native"

LIST = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}


def _route(path, view, name, **actions):
    """Both slash forms answer directly; ID stands for the id of a record."""
    pattern = path.replace("ID", r"(?P<id>[^/]+)")
    return re_path(rf"^{pattern}/?$", view.as_view(actions), name=name)


urlpatterns = [
    _route("clients", ClientViewSet, "clients", **LIST),
    # Nextoria Hub deletes no clients by DELETE.
    _route("clients/ID", ClientViewSet, "client", get="retrieve", patch="partial_update"),
    _route("clients/ID/archive", ClientActionViewSet, "archive-client", post="archive"),
    _route("clients/ID/restore", ClientRestoreViewSet, "restore-client", post="restore"),
    _route("clients/ID/suspend", ClientActionViewSet, "suspend-client", post="suspend"),
    _route("clients/ID/resume", ClientActionViewSet, "resume-client", post="resume"),
    _route("clients/ID/delete", ClientActionViewSet, "delete-client", post="delete_client"),
    _route("clients/ID/tags", ClientActionViewSet, "tag-client", post="set_tags"),
    _route("clients/ID/merge_preview", ClientMergeViewSet, "preview-merge", post="merge_preview"),
    _route("clients/ID/merge", ClientMergeViewSet, "merge-clients", post="merge"),
    _route("clients/ID/invite", ClientInviteViewSet, "invite-client", post="invite"),
    _route("clients/ID/projects", ClientProjectViewSet, "client-projects", get="list"),
    _route("clients/ID/invoices", ClientInvoiceViewSet, "client-invoices", get="list"),
    _route("clients/ID/statements", ClientStatementViewSet, "client-statements", **LIST),
    _route("statements", StatementViewSet, "statements", get="list"),
    *(
        _route(rf"statements/ID\.{kind}", StatementViewSet, f"statement-{kind}", get=kind)
        for kind in ("pdf", "csv", "xlsx", "html")
    ),
    _route("statements/ID", StatementViewSet, "statement", get="retrieve"),
    _route("statements/ID/send", StatementViewSet, "send-statement", post="send"),
    _route("statements/ID/changes", StatementViewSet, "statement-changes", get="changes"),
    _route("statement_schedules", ScheduleViewSet, "statement-schedules", **LIST),
    _route("statement_schedules/ID", ScheduleViewSet, "statement-schedule", **ONE),
    _route(
        "billing_settings",
        BillingSettingsViewSet,
        "billing-settings",
        get="retrieve",
        patch="partial_update",
    ),
    _route("clients/ID/balances", BalanceViewSet, "client-balances", get="list"),
    _route("clients/ID/ledger", LedgerViewSet, "client-ledger", get="list"),
    _route("contacts", ContactViewSet, "contacts", **LIST),
    _route("contacts/ID", ContactViewSet, "contact", **ONE),
    _route("contacts/ID/make_primary", ContactViewSet, "make-primary", post="make_primary"),
    _route("tags", TagViewSet, "tags", **LIST),
    _route("tags/ID", TagViewSet, "tag", **ONE),
    _route("categories", CategoryViewSet, "categories", **LIST),
    _route("categories/ID", CategoryViewSet, "category", **ONE),
    _route("categories/ID/make_default", CategoryViewSet, "make-default", post="make_default"),
    _route("groups", GroupViewSet, "groups", **LIST),
    _route("groups/ID", GroupViewSet, "group", **ONE),
    _route("groups/ID/archive", GroupViewSet, "archive-group", post="archive"),
    _route("groups/ID/restore", GroupRestoreViewSet, "restore-group", post="restore"),
    _route("custom_fields", CustomFieldViewSet, "custom-fields", **LIST),
    _route("custom_fields/ID", CustomFieldViewSet, "custom-field", **ONE),
    _route("custom_fields/ID/archive", CustomFieldViewSet, "archive-field", post="archive"),
    _route("custom_fields/ID/restore", CustomFieldViewSet, "restore-field", post="restore"),
    _route("invites", InviteViewSet, "invites", get="list"),
    _route("invites/ID", InviteViewSet, "invite", get="retrieve"),
    _route("invites/ID/revoke", InviteViewSet, "revoke-invite", post="revoke"),
    _route("invites/ID/resend", InviteViewSet, "resend-invite", post="resend"),
    # Files are sent here, and JSON everywhere else.
    _route("documents", UploadViewSet, "documents", **LIST),
    _route("documents/ID", DocumentViewSet, "document", **ONE),
    _route("documents/ID/download", DocumentViewSet, "download-document", get="download"),
    _route("documents/ID/share", DocumentViewSet, "share-document", post="share"),
    _route("documents/ID/unshare", DocumentViewSet, "unshare-document", post="unshare"),
    _route("invoices", InvoiceViewSet, "invoices", **LIST),
    _route("invoices/ID/send", InvoiceViewSet, "send-invoice", post="send"),
    _route(r"invoices/ID\.pdf", InvoiceViewSet, "invoice-pdf", get="pdf"),
    _route("invoices/ID", InvoiceViewSet, "invoice", **ONE),
    _route("invoices/ID/issue", InvoiceViewSet, "issue-invoice", post="issue"),
    _route("invoices/ID/cancel", InvoiceViewSet, "cancel-invoice", post="cancel"),
    _route("invoices/ID/reopen", InvoiceViewSet, "reopen-invoice", post="reopen"),
    _route("invoices/ID/reverse", InvoiceViewSet, "reverse-invoice", post="reverse"),
    _route("invoices/ID/credit", InvoiceViewSet, "credit-invoice", post="credit"),
    _route("invoices/ID/archive", InvoiceViewSet, "archive-invoice", post="archive"),
    _route("invoices/ID/restore", InvoiceRestoreViewSet, "restore-invoice", post="restore"),
    _route("payments", PaymentViewSet, "payments", **LIST),
    _route("payments/ID", PaymentViewSet, "payment", **ONE),
    _route("payments/ID/apply", PaymentViewSet, "apply-payment", post="apply"),
    _route("payments/ID/unapply", PaymentViewSet, "unapply-payment", post="unapply"),
    _route("payments/ID/refund", PaymentViewSet, "refund-payment", post="refund"),
    _route("payments/ID/archive", PaymentViewSet, "archive-payment", post="archive"),
    _route("payments/ID/restore", PaymentRestoreViewSet, "restore-payment", post="restore"),
    _route("credits", CreditViewSet, "credits", **LIST),
    _route("credits/ID/send", CreditViewSet, "send-credit", post="send"),
    _route(r"credits/ID\.pdf", CreditViewSet, "credit-pdf", get="pdf"),
    _route("credits/ID", CreditViewSet, "credit", **ONE),
    _route("credits/ID/issue", CreditViewSet, "issue-credit", post="issue"),
    _route("credits/ID/apply", CreditViewSet, "apply-credit", post="apply"),
    _route("credits/ID/unapply", CreditViewSet, "unapply-credit", post="unapply"),
    _route("credits/ID/refund", CreditViewSet, "refund-credit", post="refund"),
    _route("credits/ID/archive", CreditViewSet, "archive-credit", post="archive"),
    _route("credits/ID/restore", CreditRestoreViewSet, "restore-credit", post="restore"),
    _route("refunds", RefundViewSet, "refunds", get="list"),
    _route("refunds/ID", RefundViewSet, "refund", get="retrieve"),
    _route("refunds/ID/undo", RefundViewSet, "undo-refund", post="undo"),
    _route("me", MeViewSet, "me", get="retrieve"),
    _route("merges", MergeViewSet, "merges", get="list"),
    _route("merges/ID", MergeViewSet, "merge", get="retrieve"),
    _route("merges/ID/undo", MergeViewSet, "undo-merge", post="undo"),
    _route("search", SearchViewSet, "search", get="list"),
    _route("projects", ProjectViewSet, "projects", **LIST),
    _route("projects/ID", ProjectViewSet, "project", **ONE),
    _route("projects/ID/archive", ProjectViewSet, "archive-project", post="archive"),
    _route("projects/ID/restore", ProjectViewSet, "restore-project", post="restore"),
    _route("events", EventViewSet, "events", get="list"),
    _route("events/ID", EventViewSet, "event", get="retrieve"),
    _route("webhooks", WebhookViewSet, "webhooks", **LIST),
    _route("webhooks/ID", WebhookViewSet, "webhook", **ONE),
    _route("webhooks/ID/ping", WebhookPingViewSet, "ping-webhook", post="ping"),
    _route("webhooks/ID/rotate_secret", WebhookViewSet, "rotate-secret", post="rotate_secret"),
    _route("webhook_deliveries", DeliveryViewSet, "webhook-deliveries", get="list"),
    _route("webhook_deliveries/ID", DeliveryViewSet, "webhook-delivery", get="retrieve"),
    _route("webhook_deliveries/ID/resend", DeliveryViewSet, "resend-delivery", post="resend"),
    re_path(r"", NativeUnknownPath.as_view(), name="unknown"),
]
