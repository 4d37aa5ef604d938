"""Webhooks: where they go, whether they arrive, and one more attempt for what did not."""

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.decorators import display

from agencies import webhooks
from agencies.admin import AgencyOwnedAdmin
from agencies.admin_forms import WebhookForm
from agencies.errors import DomainError
from agencies.models import WebhookAttempt, WebhookDelivery

_STATES = {"pending": "info", "delivered": "success", "failed": "danger"}


class WebhookEndpointAdmin(AgencyOwnedAdmin):
    """The secret is shown once, when the webhook is made or gets another one."""

    form = WebhookForm
    list_display = ["name", "address", "state", "waiting", "last_success_at", "created_at"]
    search_fields = ["url", "description"]
    fields = ["url", "types", "description", "state", "last_success_at", "failing_since"]
    readonly_fields = ["state", "last_success_at", "failing_since"]
    add_fieldsets = [(None, {"fields": ["url", "types", "description"]})]
    actions = ["ping", "switch_on", "switch_off", "rotate_secret"]

    def get_queryset(self, request):
        pending = Count("deliveries", filter=Q(deliveries__state=WebhookDelivery.State.PENDING))
        return super().get_queryset(request).annotate(pending=pending)

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else []

    def get_deleted_objects(self, objs, request):
        # Deliveries have no delete button of their own, but they go with their webhook.
        listed, counts, needed, protected = super().get_deleted_objects(objs, request)
        return listed, counts, needed - {WebhookDelivery._meta.verbose_name}, protected

    def save_form(self, request, form, change):
        if change:
            return super().save_form(request, form, change)
        facts = form.cleaned_data
        endpoint, secret = webhooks.create_endpoint(
            request.membership.agency, by=request.membership, **facts
        )
        self._show(request, endpoint, secret)
        return endpoint

    def save_model(self, request, obj, form, change):
        """A new one is stored by save_form already."""
        if change:
            super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        """A webhook has nothing below it that is edited."""

    @admin.action(description="Send a test to the selected webhooks", permissions=["change"])
    def ping(self, request, queryset):
        self._each(request, queryset, webhooks.ping, "a test is on its way; see deliveries.")

    @admin.action(description="Switch the selected webhooks on", permissions=["change"])
    def switch_on(self, request, queryset):
        self._each(request, queryset, webhooks.switch_on, "is on, and goes on where it stopped.")

    @admin.action(description="Switch the selected webhooks off", permissions=["change"])
    def switch_off(self, request, queryset):
        self._each(request, queryset, webhooks.switch_off, "is off. Changes are kept for it.")

    @admin.action(description="Give the selected webhooks a new secret", permissions=["change"])
    def rotate_secret(self, request, queryset):
        for endpoint in queryset:
            self._show(request, endpoint, webhooks.rotate_secret(endpoint, at=timezone.now()))

    def _each(self, request, queryset, act, told):
        for endpoint in queryset:
            try:
                act(endpoint, at=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{endpoint}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{endpoint}: {told}", messages.SUCCESS)

    def _show(self, request, endpoint, secret):
        self.message_user(
            request,
            f"{endpoint}: copy its secret now, it is not shown again: {secret}",
            messages.WARNING,
        )

    @admin.display(description="Webhook", ordering="description")
    def name(self, endpoint):
        return endpoint.description or f"Webhook {endpoint.pk}"

    @admin.display(description="Address", ordering="url")
    def address(self, endpoint):
        return endpoint.url[:80]

    @display(description="State", label={"on": "success", "failing": "warning", "off": "danger"})
    def state(self, endpoint):
        if not endpoint.is_on:
            return "off"
        return "failing" if endpoint.failing_since else "on"

    @admin.display(description="To be sent", ordering="pending")
    def waiting(self, endpoint):
        return endpoint.pending


class AttemptInline(TabularInline):
    model = WebhookAttempt
    fields = ["number", "started_at", "milliseconds", "status", "failure", "excerpt"]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("agencies.view_webhookdelivery")


class WebhookDeliveryAdmin(AgencyOwnedAdmin):
    """The log: what was sent where, how each attempt went, and one more for what is wanted."""

    list_display = ["created_at", "type", "endpoint", "state_label", "attempt_count", "finished_at"]
    list_display_links = ["created_at", "type"]
    list_select_related = ["endpoint"]
    list_filter = ["state", "endpoint"]
    search_fields = ["type"]
    date_hierarchy = "created_at"
    fields = [
        *("endpoint", "type", "state_label", "attempt_count"),
        *("created_at", "next_attempt_at", "finished_at"),
    ]
    readonly_fields = ["state_label"]
    inlines = [AttemptInline]
    actions = ["send_again"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_send_permission(self, request):
        return request.user.has_perm("agencies.change_webhookdelivery")

    def history_view(self, request, object_id, extra_context=None):
        """Its attempts are its history."""
        return self.changeform_view(request, object_id)

    @admin.action(description="Send the selected deliveries again", permissions=["send"])
    def send_again(self, request, queryset):
        for delivery in queryset.select_related("endpoint").order_by("pk"):
            try:
                webhooks.send_again(delivery, at=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{delivery}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{delivery}: on its way again.", messages.SUCCESS)

    @display(description="State", ordering="state", label=_STATES)
    def state_label(self, delivery):
        return delivery.state
