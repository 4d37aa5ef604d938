"""The staff admin: what all its pages keep to, and the pages about the agency itself."""

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import TextField
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.text import capfirst
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from agencies.admin_forms import (
    AgencyForm,
    AgencyOwnedForm,
    MembershipForm,
    NewKeyForm,
    NewMemberForm,
    StaffSignIn,
    is_last_owner,
)
from agencies.admin_history import changes_of
from agencies.errors import DomainError
from agencies.keys import revoke
from agencies.middleware import SESSION_KEY
from agencies.models import Agency, ApiKey, Membership, WebhookDelivery, WebhookEndpoint
from agencies.roles import EVERYTHING

admin.site.login_form = StaffSignIn
admin.site.index_title = "Overview"

_EXACT = ("", "__exact", "__id__exact", "__isnull")


class AuditedAdmin(ModelAdmin):
    """Every page's manners: the audit trail as history, and no question that was not offered."""

    list_per_page = 50
    formfield_overrides = {TextField: {"widget": UnfoldAdminTextareaWidget({"rows": 4})}}
    object_history_template = "admin/audit_trail.html"

    class Media:
        css = {"all": ["agencies/admin.css"]}

    # Django's log stands outside the wall and would carry names across; the trail is the record.
    def log_addition(self, request, obj, message):
        return None

    def log_change(self, request, obj, message):
        return None

    def log_deletions(self, request, queryset):
        return None

    def lookup_allowed(self, lookup, value, request):
        """Django lets a list be asked about any column, password hashes included."""
        offered = [
            item.parameter_name
            if isinstance(item, type) and issubclass(item, SimpleListFilter)
            else item
            for item in self.get_list_filter(request)
        ]
        return lookup in {f"{name}{ending}" for name in offered for ending in _EXACT}

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            # What the form could not foresee, such as a number that was taken meanwhile.
            self.message_user(request, str(error), messages.ERROR)
            return redirect(request.get_full_path())

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["show_history"] = change
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.save()
            return
        # Only what was edited: figures that others wrote meanwhile stay as they are.
        columns = {field.name for field in obj._meta.concrete_fields}
        edited = columns.intersection(form.changed_data)
        if edited and "updated_at" in columns:
            obj.updated_at = timezone.now()
            edited.add("updated_at")
        obj.save(update_fields=edited)

    def audited(self, obj):
        """Whose trail is shown as this row's history."""
        return obj

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        page, changes = changes_of(self.audited(obj), page=request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {obj}",
            "opts": self.opts,
            "object": obj,
            "module_name": capfirst(self.opts.verbose_name_plural),
            "page": page,
            "changes": changes,
        }
        return TemplateResponse(request, self.object_history_template, context)


class AgencyOwnedAdmin(AuditedAdmin):
    """Rows behind the wall. PostgreSQL shows those of the agency acted for and no others."""

    form = AgencyOwnedForm
    exclude = ["agency"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.related_model is Membership:
            # Memberships stand outside the wall.
            kwargs["queryset"] = _members(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def _members(request):
    members = Membership.objects.filter(agency_id=request.membership.agency_id)
    return members.select_related("user", "agency")


@admin.register(Agency)
class AgencyAdmin(AuditedAdmin):
    """The agency acted for, and the way to another one that the person belongs to."""

    form = AgencyForm
    readonly_fields = ["slug", "client_number_counter"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "legal_name", "vat_id"]}),
        (
            "Address",
            {"fields": ["address1", "address2", ("postal_code", "city"), ("state", "country")]},
        ),
        ("Defaults", {"fields": [("currency", "language"), ("time_zone", "payment_terms_days")]}),
        ("Mail", {"fields": ["sender_address", "reply_to"]}),
        (
            "Portal",
            {
                "fields": [
                    *("portal_enabled", "portal_host", "accent_colour", "logo"),
                    *("key_links_need_code", "portal_demands_second_factor"),
                    *("clients_may_edit_address", "portal_names_software"),
                ]
            },
        ),
        (
            "Client numbers",
            {
                "fields": [
                    "client_number_pattern",
                    ("client_number_padding", "client_number_restarts", "client_number_counter"),
                ]
            },
        ),
        ("Documents and sign-in", {"fields": ["statement_footer", "requires_2fa"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(pk=request.membership.agency_id)

    def get_urls(self):
        switch = self.admin_site.admin_view(self.switch)
        return [path("switch/", switch, name="agencies_agency_switch"), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        return redirect("admin:agencies_agency_change", request.membership.agency_id)

    def switch(self, request):
        memberships = Membership.objects.filter(user=request.user).select_related("agency")
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": "Choose an agency",
                "memberships": memberships,
            }
            return TemplateResponse(request, "admin/switch_agency.html", context)
        wanted = request.POST.get("agency", "")
        chosen = memberships.filter(agency_id=wanted).first() if wanted.isdecimal() else None
        if chosen is None:
            raise Http404
        request.session[SESSION_KEY] = chosen.agency_id
        return redirect("admin:index")


@admin.register(Membership)
class MembershipAdmin(AgencyOwnedAdmin):
    """Members by e-mail. Users have no page of their own: they may belong to other agencies too."""

    form = MembershipForm
    list_display = ["email", "role", "created_at"]
    list_filter = ["role"]
    search_fields = ["user__email"]
    fields = ["email", "role"]
    add_fieldsets = [(None, {"fields": ["email", "first_name", "last_name", "password", "role"]})]
    # One by one, so that the last owner is noticed.
    actions = None

    def get_queryset(self, request):
        return _members(request)

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(
            request, obj, change, **({} if change else {"form": NewMemberForm}), **kwargs
        )

    def get_readonly_fields(self, request, obj=None):
        return ["email"] if obj else []

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj and is_last_owner(obj))

    def get_deleted_objects(self, objs, request):
        # Keys have no delete button of their own, but they go with their member.
        listed, counts, needed, protected = super().get_deleted_objects(objs, request)
        return listed, counts, needed - {ApiKey._meta.verbose_name}, protected

    @admin.display(description="E-mail", ordering="user__email")
    def email(self, membership):
        return membership.user.email


@admin.register(ApiKey)
class ApiKeyAdmin(AgencyOwnedAdmin):
    """Keys are made and revoked, never edited; the secret is shown once, when it is made."""

    list_display = ["name", "beginning", "member_email", "state", "last_used_at", "expires_at"]
    list_select_related = ["member__user"]
    search_fields = ["name", "prefix"]
    fields = [
        *("name", "beginning", "member_email", "state", "allowed", "requests_per_minute"),
        *("created_at", "last_used_at", "expires_at", "revoked_at"),
    ]
    readonly_fields = fields
    add_fieldsets = [
        (None, {"fields": ["name", "scopes", "expires_at", "requests_per_minute"]}),
    ]
    actions = ["revoke"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(
            request, obj, change, **({} if change else {"form": NewKeyForm}), **kwargs
        )

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else []

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_revoke_permission(self, request):
        return request.user.has_perm("agencies.change_apikey")

    def save_form(self, request, form, change):
        key, secret = form.make(request.membership)
        self.message_user(
            request, f"Copy the new key now, it is not shown again: {secret}", messages.WARNING
        )
        return key

    def save_model(self, request, obj, form, change):
        """Stored by save_form already."""

    def save_related(self, request, form, formsets, change):
        """A key has nothing below it."""

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request, queryset):
        now = timezone.now()
        for key in queryset:
            revoke(key, at=now)
        self.message_user(request, "The selected keys open nothing from now on.")

    @admin.display(description="Begins with", ordering="prefix")
    def beginning(self, key):
        return f"{key.prefix}…"

    @admin.display(description="Member", ordering="member__user__email")
    def member_email(self, key):
        return key.member.user.email

    @admin.display(description="May")
    def allowed(self, key):
        return "Whatever the member may" if EVERYTHING in key.scopes else ", ".join(key.scopes)

    @display(
        description="State", label={"active": "success", "expired": "warning", "revoked": "danger"}
    )
    def state(self, key):
        if key.revoked_at:
            return "revoked"
        expired = key.expires_at and key.expires_at <= timezone.now()
        return "expired" if expired else "active"


# Their pages keep to the manners above, and so come last.
from agencies.admin_webhooks import WebhookDeliveryAdmin, WebhookEndpointAdmin  # noqa: E402

admin.site.register(WebhookEndpoint, WebhookEndpointAdmin)
admin.site.register(WebhookDelivery, WebhookDeliveryAdmin)
