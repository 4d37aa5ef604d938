"""Invitations: who was sent a key to the portal, and what became of it."""

from django.contrib import admin, messages
from django.utils import timezone
from unfold.admin import StackedInline
from unfold.decorators import display

from agencies.admin import AgencyAdmin, AgencyOwnedAdmin
from agencies.errors import DomainError
from contacts.admin import ContactAdmin
from portal import admin_access as admin_access
from portal import admin_files as admin_files
from portal import document_links
from portal.access_models import PersonRights
from portal.admin_forms import NewInviteForm, RightsFormSet
from portal.admin_preview import portal_as_clients_see_it
from portal.admin_requests import DetailRequestAdmin
from portal.inviting import resend, revoke
from portal.models import DetailRequest, DocumentLink, Invite


class RightsInline(StackedInline):
    """What somebody may do in the portal, on the page of the person."""

    model = PersonRights
    fk_name = "contact"
    formset = RightsFormSet
    fields = [("invoices", "statements", "projects"), ("files", "invite")]
    can_delete = False


# The pages belong to floors below, which know nothing of the portal.
ContactAdmin.inlines = [RightsInline]
AgencyAdmin.portal_as_clients_see_it = portal_as_clients_see_it
AgencyAdmin.actions_detail = ["portal_as_clients_see_it"]
admin.site.register(DetailRequest, DetailRequestAdmin)


@admin.register(Invite)
class InviteAdmin(AgencyOwnedAdmin):
    """Sent, sent anew and taken back by functions of the portal; nothing is edited."""

    list_display = ["sent_at", "address", "client", "state", "mailed", "expires_at", "accepted_at"]
    list_display_links = ["sent_at", "address"]
    list_select_related = ["client", "mail"]
    search_fields = ["address", "client__name"]
    autocomplete_fields = ["client", "contact"]
    fields = [
        *("client", "contact", "address", "state", "mailed", "opens", "message"),
        ("invited_by", "asked_by"),
        *(("sent_at", "expires_at"), ("accepted_at", "revoked_at")),
    ]
    readonly_fields = ["state", "mailed", "opens"]
    add_fieldsets = [(None, {"fields": ["client", "contact", "opened", "message", "expires_at"]})]
    actions = ["send_anew", "take_back"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(
            request, obj, change, **({} if change else {"form": NewInviteForm}), **kwargs
        )

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else []

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_invite_permission(self, request):
        return request.user.has_perm("portal.add_invite")

    def save_form(self, request, form, change):
        return form.send(by=request.membership)

    def save_model(self, request, obj, form, change):
        """Stored by save_form already."""

    def save_related(self, request, form, formsets, change):
        """So are its projects."""

    @admin.action(description="Send the selected invitations anew", permissions=["invite"])
    def send_anew(self, request, queryset):
        for invite in queryset.order_by("id"):
            try:
                resend(invite, by=request.membership, at=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{invite}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{invite}: a new link is on its way.")

    @admin.action(description="Take the selected invitations back", permissions=["invite"])
    def take_back(self, request, queryset):
        for invite in queryset:
            revoke(invite, at=timezone.now())
        self.message_user(request, "The selected invitations open nothing any more.")

    @display(
        description="State",
        label={"open": "info", "accepted": "success", "expired": "warning", "revoked": "danger"},
    )
    def state(self, invite):
        return invite.status(at=timezone.now()).value

    @admin.display(description="Mail", ordering="mail__status")
    def mailed(self, invite):
        return invite.mail.get_status_display() if invite.mail else "–"

    @admin.display(description="Opens")
    def opens(self, invite):
        if invite.opens_all_projects:
            return "All projects"
        return ", ".join(str(project) for project in invite.opened_projects()) or "–"


@admin.register(DocumentLink)
class DocumentLinkAdmin(AgencyOwnedAdmin):
    """Who can read which document without signing in; taken back, but never changed."""

    list_display = ["made_at", "address", "document", "expires_at", "revoked_at"]
    list_display_links = ["made_at", "address"]
    list_select_related = ["contact", "invoice", "credit", "statement__client"]
    search_fields = ["address", "contact__client__name", "invoice__number", "credit__number"]
    fields = ["contact", "address", "document", ("made_at", "expires_at"), "revoked_at"]
    readonly_fields = ["document"]
    actions = ["take_back"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_revoke_permission(self, request):
        return request.user.has_perm("portal.add_invite")

    @admin.action(description="Take the selected links back", permissions=["revoke"])
    def take_back(self, request, queryset):
        for link in queryset:
            document_links.revoke(link, by=request.membership, at=timezone.now())
        self.message_user(request, "The selected links open nothing any more.")
