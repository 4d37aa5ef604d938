"""Clients that were removed: staff bring them back, or forget them before their time."""

from django.contrib import admin, messages
from django.template.response import TemplateResponse
from django.utils import timezone

from agencies.admin import AgencyOwnedAdmin
from agencies.errors import DomainError
from clients.models import Client
from clients.purging import discard
from clients.removing import WITHIN
from contacts.removing import restore


class RemovalAdmin(AgencyOwnedAdmin):
    """A list to look at and two things to do. What the rows of a client said is not shown."""

    list_display = ["named", "number", "removed_at", "by", "kept_until"]
    list_display_links = ["named"]
    list_select_related = ["removed_by__user"]
    search_fields = ["name", "number"]
    fields = ["named", "number", "removed_at", "by", "kept_until"]
    readonly_fields = fields
    actions = ["restore", "purge"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_restore_permission(self, request):
        return request.user.has_perm("clients.change_removal")

    def has_purge_permission(self, request):
        return request.user.has_perm("clients.delete_removal")

    def audited(self, obj):
        return Client(pk=obj.client_id)

    @admin.action(description="Restore the selected clients", permissions=["restore"])
    def restore(self, request, queryset):
        for removal in queryset:
            try:
                client = restore(removal, at=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{removal}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{client} is back as it was.", messages.SUCCESS)

    @admin.action(description="Purge the selected clients for good", permissions=["purge"])
    def purge(self, request, queryset):
        if "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": "Purge for good?",
                "opts": self.opts,
                "removals": queryset,
            }
            return TemplateResponse(request, "admin/purge_removed.html", context)
        purged = [discard(one, by=request.membership, at=timezone.now()) for one in queryset]
        told = f"Purged for good: {len(purged)}. Nothing tells of them any more."
        self.message_user(request, told, messages.SUCCESS)
        return None

    @admin.display(description="Name", ordering="name")
    def named(self, removal):
        return removal.name or "–"

    @admin.display(description="Removed by", ordering="removed_by__user__email")
    def by(self, removal):
        return removal.removed_by.user.email if removal.removed_by else "–"

    @admin.display(description="Can be restored until", ordering="removed_at")
    def kept_until(self, removal):
        return removal.removed_at + WITHIN
