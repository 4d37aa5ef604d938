"""Files in the admin: who at a client sent them, and their content to be saved."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html

from clients.admin import DocumentAdmin
from clients.documents import FileIsMissing
from clients.models import Document
from portal.files import download

# The page belongs to a floor below, which knows nothing of the portal.
admin.site.unregister(Document)


class FromPortal(admin.SimpleListFilter):
    title = "sent through the portal"
    parameter_name = "from_portal"

    def lookups(self, request, model_admin):
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request, queryset):
        if self.value() in ("yes", "no"):
            return queryset.filter(portal_upload__isnull=self.value() == "no")
        return queryset


@admin.register(Document)
class ReadableDocumentAdmin(DocumentAdmin):
    list_display = [*DocumentAdmin.list_display, "sender", "content"]
    list_select_related = [
        *DocumentAdmin.list_select_related,
        "uploaded_by__user",
        "portal_upload__contact",
    ]
    fields = [*DocumentAdmin.fields, "sender", "content"]
    readonly_fields = fields

    def get_list_filter(self, request):
        return [*self.list_filter, FromPortal]

    def get_urls(self):
        name = "clients_document_download"
        view = self.admin_site.admin_view(self.download)
        return [path("<int:pk>/download", view, name=name), *super().get_urls()]

    def download(self, request, pk):
        document = self.get_object(request, str(pk))
        if document is None:
            raise Http404
        if not self.has_view_permission(request, document):
            raise PermissionDenied
        try:
            return download(document)
        except FileIsMissing as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:clients_document_change", pk)

    @admin.display(description="Sent by")
    def sender(self, document):
        upload = getattr(document, "portal_upload", None)
        if upload:
            return f"{upload.contact or document.client}, in the portal"
        return document.uploaded_by or "–"

    @admin.display(description="Content")
    def content(self, document):
        address = reverse("admin:clients_document_download", args=[document.pk])
        return format_html('<a href="{}">Save</a>', address)
