"""What clients are filed under, and work for them. Clients themselves: see contacts.admin."""

from django import forms
from django.contrib import admin
from django.db.models import Q
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from agencies.admin import AgencyOwnedAdmin
from agencies.admin_forms import AgencyOwnedForm
from clients.models import Category, ClientGroup, CustomField, Document, Project, Tag

_STATES = {
    "active": Q(archived_at=None, suspended_at=None, deleted_at=None),
    "archived": Q(archived_at__isnull=False, deleted_at=None),
    "suspended": Q(suspended_at__isnull=False, deleted_at=None),
    "deleted": Q(deleted_at__isnull=False),
}


class StateFilter(admin.SimpleListFilter):
    """Deleted clients stay out of sight until they are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("all", "All, deleted too"), *((state, state.capitalize()) for state in _STATES)]

    def choices(self, changelist):
        default, *others = super().choices(changelist)
        return [{**default, "display": "All but deleted"}, *others]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        if self.value() in _STATES:
            return queryset.filter(_STATES[self.value()])
        return queryset.existing()


class CategoryForm(AgencyOwnedForm):
    once = {"name": "iexact"}


@admin.register(Category)
class CategoryAdmin(AgencyOwnedAdmin):
    form = CategoryForm
    list_display = ["name", "is_default", "updated_at"]
    search_fields = ["name"]
    fields = ["name", "is_default"]
    # Another default needs the present one to step down in the same moment.
    readonly_fields = ["is_default"]

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj and obj.is_default)


@admin.register(ClientGroup)
class ClientGroupAdmin(AgencyOwnedAdmin):
    list_display = ["name", "updated_at"]
    search_fields = ["name"]
    fields = ["name", "client_number_counter"]


class TagForm(AgencyOwnedForm):
    once = {"title": "iexact"}


@admin.register(Tag)
class TagAdmin(AgencyOwnedAdmin):
    form = TagForm
    list_display = ["title", "created_at"]
    search_fields = ["title"]
    fields = ["title"]


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        lines = (line.strip() for line in super().to_python(value).splitlines())
        return [line for line in lines if line]

    def has_changed(self, initial, data):
        return self.to_python(data) != (initial or [])


class CustomFieldForm(AgencyOwnedForm):
    once = {"name": "iexact"}

    choices = LinesField(
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text="One per line, for fields of the kind choice.",
    )

    def clean(self):
        cleaned = super().clean()
        kind, choices = cleaned.get("kind"), cleaned.get("choices")
        if kind == CustomField.Kind.CHOICE and not choices and "choices" not in self.errors:
            self.add_error("choices", "A choice needs something to choose from. Add a line.")
        return cleaned


@admin.register(CustomField)
class CustomFieldAdmin(AgencyOwnedAdmin):
    form = CustomFieldForm
    list_display = ["label", "name", "kind", "is_required", "position"]
    list_filter = ["kind"]
    search_fields = ["label", "name"]
    fields = ["label", "name", "kind", "choices", "is_required", "position"]

    def get_readonly_fields(self, request, obj=None):
        # Clients keep their values by this name.
        return ["name"] if obj else []


class ProjectForm(AgencyOwnedForm):
    def clean(self):
        cleaned = super().clean()
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "The project ends before it starts. Choose a later day.")
        return cleaned


@admin.register(Project)
class ProjectAdmin(AgencyOwnedAdmin):
    form = ProjectForm
    list_display = ["name", "client", "state", "starts_on", "ends_on", "is_shared"]
    list_select_related = ["client"]
    list_filter = ["status", "is_shared"]
    search_fields = ["name", "client__name"]
    autocomplete_fields = ["client", "lead"]
    fields = [
        *("client", "name", "description", "status", ("starts_on", "ends_on")),
        *(("budget", "currency"), "lead", "is_shared"),
    ]

    def get_changeform_initial_data(self, request):
        given = super().get_changeform_initial_data(request)
        return {"currency": request.membership.agency.currency, **given}

    @display(
        description="Status",
        ordering="status",
        label={
            "Planning": "info",
            "In Progress": "warning",
            "Review": "warning",
            "Completed": "success",
        },
    )
    def state(self, project):
        return "Archived" if project.archived_at else project.get_status_display()


@admin.register(Document)
class DocumentAdmin(AgencyOwnedAdmin):
    """A list to look at. Files come and go through functions that check and store them."""

    list_display = ["name", "client", "project", "extension", "size", "is_shared", "created_at"]
    list_select_related = ["client", "project"]
    list_filter = ["is_shared"]
    search_fields = ["name", "client__name"]
    fields = ["name", "client", "project", "extension", "size", "is_shared", "created_at"]
    readonly_fields = fields

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
