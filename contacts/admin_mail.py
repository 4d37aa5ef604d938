"""The log of mails to look at, and the addresses nothing is sent to."""

from django.contrib import admin, messages
from django.utils import timezone
from unfold.decorators import display

from agencies.admin import AgencyOwnedAdmin
from agencies.errors import DomainError
from contacts.admin_forms import SuppressionForm
from contacts.mailing import send_again
from contacts.suppressing import lift

_COLOURS = {
    "queued": "info",
    "accepted": "info",
    "delivered": "success",
    "bounced": "danger",
    "complained": "danger",
    "failed": "danger",
}


class MessageAdmin(AgencyOwnedAdmin):
    """What was sent to whom and how far it came. What it said is not kept, so it is not shown."""

    list_display = ["created_at", "recipient", "subject", "kind", "state", "why", "attempts"]
    list_display_links = ["created_at", "subject"]
    list_filter = ["status", "reason", "kind"]
    search_fields = ["address", "name", "subject"]
    date_hierarchy = "created_at"
    fields = [
        *("recipient", "subject", "kind", "contact", "state", "why", "detail"),
        *(("attempts", "next_attempt_at"), ("created_at", "accepted_at")),
        *(("delivered_at", "failed_at"), "message_id", "provider_id"),
    ]
    readonly_fields = ["recipient", "state", "why"]
    actions = ["send_again"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_send_permission(self, request):
        return request.user.has_perm("contacts.change_message")

    @admin.action(description="Send the selected messages again", permissions=["send"])
    def send_again(self, request, queryset):
        for message in queryset.order_by("id"):
            try:
                send_again(message, at=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{message}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{message}: on its way again.", messages.SUCCESS)

    @admin.display(description="To", ordering="address")
    def recipient(self, message):
        address = message.address or "–"
        return f"{message.name} <{address}>" if message.name else address

    @display(description="State", ordering="status", label=_COLOURS)
    def state(self, message):
        return message.status

    @admin.display(description="Reason", ordering="reason")
    def why(self, message):
        return message.get_reason_display() or "–"


class InForceFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("lifted", "Lifted"), ("all", "All")]

    def choices(self, changelist):
        default, *others = super().choices(changelist)
        return [{**default, "display": "In force"}, *others]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        if self.value() == "lifted":
            return queryset.exclude(lifted_at=None)
        return queryset.in_force()


class SuppressionAdmin(AgencyOwnedAdmin):
    """Addresses are entered by hand or by what came back, and lifted; nothing else changes."""

    form = SuppressionForm
    list_display = ["address", "cause", "detail", "created_at", "state", "lifted_by"]
    list_select_related = ["lifted_by__user"]
    list_filter = [InForceFilter, "cause"]
    search_fields = ["address", "detail"]
    fields = [
        *("address", "cause", "detail", "contact", "created_at"),
        ("lifted_at", "lifted_by"),
    ]
    readonly_fields = ["cause", "contact", "created_at", "lifted_at", "lifted_by"]
    add_fieldsets = [(None, {"fields": ["address", "detail"]})]
    actions = ["lift"]

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else []

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_lift_permission(self, request):
        return request.user.has_perm("contacts.change_suppression")

    @admin.action(description="Send to the selected addresses again", permissions=["lift"])
    def lift(self, request, queryset):
        for suppression in queryset:
            lift(suppression, by=request.membership, at=timezone.now())
        self.message_user(request, "The selected addresses get mail again.", messages.SUCCESS)

    @display(description="State", label={"in force": "danger", "lifted": "success"})
    def state(self, suppression):
        return "lifted" if suppression.lifted_at else "in force"
