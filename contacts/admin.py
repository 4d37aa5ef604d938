"""Clients together with their people: the admin's pages for both, on the floor that knows both."""

from babel.numbers import format_currency
from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from unfold.admin import TabularInline
from unfold.decorators import display

from agencies.admin import AgencyOwnedAdmin
from agencies.admin_history import ACTORS
from agencies.money import rounded
from clients.admin import StateFilter
from clients.models import Client, CustomField, Removal, Tag
from clients.sorting import set_tags
from contacts import own_fields
from contacts.admin_forms import ClientForm, ContactForm, NewClientForm
from contacts.admin_mail import MessageAdmin, SuppressionAdmin
from contacts.admin_removals import RemovalAdmin
from contacts.models import Contact, Message, Suppression

admin.site.register(Removal, RemovalAdmin)
admin.site.register(Message, MessageAdmin)
admin.site.register(Suppression, SuppressionAdmin)


def _people(ids):
    found = Contact.objects.select_related("client").in_bulk(ids)
    return {pk: f"{contact} of {contact.client}" for pk, contact in found.items()}


# The history tells who did something in the portal.
ACTORS["contact"] = _people

_ADDRESS = (
    "Address",
    {"fields": [("address1", "address2"), ("postal_code", "city"), ("state", "country")]},
)
_SHIPPING = (
    "Shipping address",
    {
        "classes": ["collapse"],
        "fields": [
            ("shipping_address1", "shipping_address2"),
            ("shipping_postal_code", "shipping_city"),
            ("shipping_state", "shipping_country"),
        ],
    },
)
_DEFAULTS = ("Defaults for documents", {"fields": [("currency", "language"), "invoice_due_days"]})
_NOTES = ("Notes", {"fields": ["public_notes", "private_notes"]})


def _money(client, amount):
    """With the code of the currency, since one list holds many."""
    currency = client.currency or client.agency.currency
    shown = format_currency(
        rounded(amount, currency), currency, "#,##0.00\N{NO-BREAK SPACE}¤¤", locale="en"
    )
    return format_html('<span class="whitespace-nowrap">{}</span>', shown)


def _figure(column):
    """A read-only column of money for the client's page."""

    @admin.display(description=capfirst(column.replace("_", " ")), ordering=column)
    def figure(self, client):
        return _money(client, getattr(client, column))

    return figure


class PeopleInline(TabularInline):
    """People to look at; each is changed on a page of its own."""

    model = Contact
    verbose_name_plural = "people"
    fields = ["page", "email", "phone", "job_title", "is_primary", "receives_mail"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    hide_title = True

    def get_queryset(self, request):
        return super().get_queryset(request).present().primary_first()

    @admin.display(description="Name")
    def page(self, contact):
        url = reverse("admin:contacts_contact_change", args=[contact.pk])
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, contact
        )

    def has_add_permission(self, request, obj):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(Client)
class ClientAdmin(AgencyOwnedAdmin):
    form = ClientForm
    list_display = ["numbered", "named", "email", "category", "labels", "owed", "condition"]
    list_display_links = ["numbered", "named"]
    list_select_related = ["category", "agency"]
    list_filter = [StateFilter, "category", "group", "tags"]
    # Shows the box; what is looked through is the stored search column.
    search_fields = ["name"]
    search_help_text = "Name, number, register id, VAT number, own fields, people and their e-mail"
    ordering = ["sort_name", "id"]
    autocomplete_fields = ["category", "group", "assigned_to"]
    inlines = [PeopleInline]
    # Money moves through billing's functions, never through a form field.
    readonly_fields = [
        *("owed", "paid", "credited", "unapplied", "billed"),
        *("number", "condition", "own_fields", "created_by", "created_at", "updated_at"),
        *("invited_at", "portal_last_seen_at"),
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("number", "condition"),
                    ("name", "legal_name"),
                    ("category", "group"),
                    ("tagged", "assigned_to"),
                    ("website", "phone"),
                    ("id_number", "vat_number"),
                ]
            },
        ),
        (
            "Money",
            {
                "fields": [
                    ("owed", "billed"),
                    ("paid", "credited"),
                    "unapplied",
                ]
            },
        ),
        _ADDRESS,
        _SHIPPING,
        _DEFAULTS,
        _NOTES,
        (
            "Record",
            {
                "fields": [
                    ("created_at", "created_by"),
                    ("updated_at", "invited_at"),
                    "portal_last_seen_at",
                ]
            },
        ),
    ]
    add_fieldsets = [
        (None, {"fields": [("name", "legal_name"), ("number", "category"), ("group", "tagged")]}),
        (
            "Primary contact",
            {"fields": [("first_name", "last_name"), ("email", "person_phone"), "job_title"]},
        ),
        ("Company", {"fields": [("website", "phone"), ("id_number", "vat_number")]}),
        _ADDRESS,
        _SHIPPING,
        _DEFAULTS,
        _NOTES,
    ]

    def get_queryset(self, request):
        people = Contact.objects.present().filter(client=OuterRef("pk"), is_primary=True)
        tags = Tag.objects.filter(client_tags__client=OuterRef("pk")).order_by("client_tags__id")
        return (
            super()
            .get_queryset(request)
            .annotate(
                primary_email=Subquery(people.values("email")[:1]),
                titles=ArraySubquery(tags.values("title")),
            )
        )

    def get_search_results(self, request, queryset, search_term):
        for word in search_term.split():
            queryset = queryset.matching(word)
        return queryset, False

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = ClientForm if change else NewClientForm
        kwargs["form"] = type(form.__name__, (form,), own_fields.inputs())
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        """The agency's own fields as inputs, for those who may type into them."""
        may_type = self.has_change_permission(request, obj) if obj else True
        shown = list(own_fields.inputs()) if may_type else ["own_fields"]
        own = [("Own fields", {"fields": shown})] if shown else []
        *rest, last = super().get_fieldsets(request, obj)
        return [*rest, *own, last] if obj else [*rest, last, *own]

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else []

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def has_delete_permission(self, request, obj=None):
        # Deleting moves money and people along; it comes with the client's whole life.
        return False

    def save_form(self, request, form, change):
        return (
            super().save_form(request, form, change)
            if change
            else form.enroll(by=request.membership)
        )

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        if not change:
            return
        super().save_related(request, form, formsets, change)
        if "tagged" in form.changed_data:
            set_tags(form.instance, form.titles())

    owed = _figure("balance")
    billed = _figure("total_billed")
    paid = _figure("paid_to_date")
    credited = _figure("credit_balance")
    unapplied = _figure("payment_balance")

    @admin.display(description="Number", ordering="number")
    def numbered(self, client):
        return format_html('<span class="whitespace-nowrap">{}</span>', client.number)

    @admin.display(description="Name", ordering="sort_name")
    def named(self, client):
        return client.name or "–"

    @admin.display(description="Primary e-mail")
    def email(self, client):
        return client.primary_email or "–"

    @display(description="Tags", label=True)
    def labels(self, client):
        return client.titles

    @display(
        description="State",
        label={
            "active": "success",
            "archived": "info",
            "suspended": "warning",
            "deleted": "danger",
        },
    )
    def condition(self, client):
        moments = {
            "deleted": client.deleted_at,
            "suspended": client.suspended_at,
            "archived": client.archived_at,
        }
        return next((state for state, moment in moments.items() if moment), "active")

    @admin.display(description="Values")
    def own_fields(self, client):
        """What the agency's own fields say, in the agency's words."""
        fields = CustomField.objects.filter(name__in=client.custom_fields)
        told = [(field.label, _told(client.custom_fields[field.name])) for field in fields]
        return format_html_join(mark_safe("<br>"), "{}: {}", told) or "–"


def _told(value):
    return {True: "Yes", False: "No"}.get(value, value) if isinstance(value, bool) else value


@admin.register(Contact)
class ContactAdmin(AgencyOwnedAdmin):
    """People at clients. They come with their client; who is primary is not changed here yet."""

    form = ContactForm
    list_display = ["full_name", "email", "client", "job_title", "is_primary", "receives_mail"]
    list_display_links = ["full_name", "email"]
    list_select_related = ["client"]
    list_filter = ["is_primary", "receives_mail", "is_locked"]
    search_fields = ["first_name", "last_name", "email", "client__name"]
    ordering = ["last_name", "first_name", "id"]
    readonly_fields = ["client", "is_primary", "last_seen_at", "created_at"]
    fields = [
        *("client", "is_primary", ("first_name", "last_name"), ("email", "phone"), "job_title"),
        *("language", ("receives_mail", "is_locked"), ("last_seen_at", "created_at")),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).present()

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        # Each client keeps its primary contact.
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj and obj.is_primary)
