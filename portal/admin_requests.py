"""What clients' people ask to have changed, for staff to answer."""

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.text import capfirst
from unfold.decorators import display

from agencies.admin import AgencyOwnedAdmin
from agencies.errors import DomainError
from portal.details import address_of, answer


class _Answered(SimpleListFilter):
    title = "answer"
    parameter_name = "answer"

    def lookups(self, request, model_admin):
        return [("open", "open"), ("answered", "answered")]

    def queryset(self, request, queryset):
        wanted = {"open": True, "answered": False}.get(self.value())
        return queryset if wanted is None else queryset.filter(answered_at__isnull=wanted)


class DetailRequestAdmin(AgencyOwnedAdmin):
    """Answered as a whole, by a function of the portal; nothing is edited."""

    list_display = ["asked_at", "client", "contact", "state", "answered_at"]
    list_display_links = ["asked_at", "client"]
    list_select_related = ["client", "contact"]
    list_filter = [_Answered]
    search_fields = ["client__name", "contact__email"]
    fields = [
        *("client", "contact", "asked_at", "wanted", "state"),
        ("answered_at", "answered_by"),
    ]
    readonly_fields = ["wanted", "state"]
    actions = ["accept", "decline"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_answer_permission(self, request):
        return request.user.has_perm("portal.change_detailrequest")

    @admin.action(description="Accept: change the address", permissions=["answer"])
    def accept(self, request, queryset):
        self._answer(request, queryset, accepted=True, told="the address is changed.")

    @admin.action(description="Decline: change nothing", permissions=["answer"])
    def decline(self, request, queryset):
        self._answer(request, queryset, accepted=False, told="declined.")

    def _answer(self, request, queryset, *, accepted, told):
        for one in queryset.select_related("client").order_by("id"):
            try:
                answer(one, accepted=accepted, by=request.membership, at=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{one}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{one}: {told} A mail says so.")

    @display(
        description="State", label={"open": "warning", "accepted": "success", "declined": "danger"}
    )
    def state(self, one):
        if one.answered_at is None:
            return "open"
        return "accepted" if one.accepted else "declined"

    @admin.display(description="Wanted")
    def wanted(self, one):
        """Beside it what the client has now."""
        return format_html_join(
            "",
            "<p>{}: <strong>{}</strong>{}</p>",
            [
                (
                    capfirst(name.replace("_", " ")),
                    one.fields[name] or "–",
                    "" if one.fields[name] == held else f" (now: {held or '–'})",
                )
                # PostgreSQL keeps no order of its own.
                for name, held in address_of(one.client).items()
            ],
        )
