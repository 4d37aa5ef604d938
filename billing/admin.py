"""Pages about billing: how the agency bills, statements that go out, and whether figures stand."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html_join
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from agencies.admin import AgencyOwnedAdmin
from agencies.admin_forms import AgencyOwnedForm
from agencies.models import Agency
from billing.bank_details import (
    LONGEST_TYPED,
    read_bic,
    read_holder,
    read_iban,
    read_payment_address,
)
from billing.days import day_in
from billing.models import BillingSettings, NumberSeries, StatementSchedule, Verification
from billing.planning import BadScheduleDay, plan, refuse_day, replan
from billing.settings import numbers_of, settings_of

_SHOWN = 100


class BillingSettingsForm(AgencyOwnedForm):
    bank_iban = forms.CharField(
        label="IBAN",
        required=False,
        max_length=LONGEST_TYPED,
        widget=UnfoldAdminTextInputWidget,
    )
    bank_bic = forms.CharField(
        label="BIC",
        required=False,
        max_length=LONGEST_TYPED,
        help_text="Needed for QR codes where the account is in SEPA and outside of the EEA.",
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_bank_holder(self) -> str:
        return read_holder(self.cleaned_data["bank_holder"])

    def clean_bank_iban(self) -> str:
        return read_iban(self.cleaned_data["bank_iban"])

    def clean_bank_bic(self) -> str:
        return read_bic(self.cleaned_data["bank_bic"])

    def clean_payment_url(self) -> str:
        return read_payment_address(self.cleaned_data["payment_url"])


@admin.register(BillingSettings)
class BillingSettingsAdmin(AgencyOwnedAdmin):
    """One page. Days to pay are among the agency's own defaults."""

    form = BillingSettingsForm
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "rounding",
                    "includes_tax",
                    "invoice_terms",
                    "invoice_footer",
                    "payment_details",
                ]
            },
        ),
        (
            "How to pay, in the portal",
            {
                "fields": ["bank_holder", "bank_iban", "bank_bic", "payment_url"],
                "description": "What is open on an invoice is shown with these details, and with "
                "a QR code: the European one for euros, the Swiss one for francs and euros to an "
                "account in Switzerland or Liechtenstein, once the agency's postal code and city "
                "are filled in.",
            },
        ),
    ]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        settings = settings_of(request.membership.agency)
        return redirect("admin:billing_billingsettings_change", settings.pk)


@admin.register(NumberSeries)
class NumberSeriesAdmin(AgencyOwnedAdmin):
    list_display = ["kind", "pattern", "restarts", "counter"]
    fields = ["kind", "pattern", "restarts", "counter"]
    readonly_fields = ["kind"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        numbers_of(request.membership.agency)
        return super().changelist_view(request, extra_context)


class ScheduleForm(AgencyOwnedForm):
    next_on = forms.DateField(
        required=False,
        help_text="The first day of a month or quarter; empty for the next one.",
        widget=UnfoldAdminSingleDateWidget,
    )
    is_paused = forms.BooleanField(label="paused", required=False, widget=UnfoldBooleanSwitchWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_paused"].initial = self.instance.paused_at is not None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        client = cleaned.get("client", self.instance.client)
        tag = cleaned.get("tag", self.instance.tag)
        if (client is None) == (tag is None):
            self.add_error("client", "Name either a client or a tag.")
        next_on = cleaned.get("next_on")
        if next_on and next_on != self.initial.get("next_on"):
            try:
                refuse_day(cleaned.get("every", ""), next_on, on=self._today())
            except BadScheduleDay as error:
                self.add_error("next_on", str(error))
        return cleaned

    def _today(self) -> date:
        return day_in(Agency.objects.get(pk=self.instance.agency_id), timezone.now())


@admin.register(StatementSchedule)
class StatementScheduleAdmin(AgencyOwnedAdmin):
    form = ScheduleForm
    list_display = ["reader", "every", "kind", "next_on", "is_active"]
    list_display_links = ["reader"]
    list_select_related = ["client", "tag"]
    list_filter = ["every", "kind"]
    search_fields = ["client__name", "tag__title"]
    autocomplete_fields = ["client", "tag"]
    fields = [
        *("client", "tag", ("every", "next_on"), "kind"),
        *(("payments", "credits", "ageing"), "language", "is_paused"),
    ]

    def get_readonly_fields(self, request, obj=None):
        return ["client", "tag"] if obj else []

    def save_model(self, request, obj, form, change):
        agency, now = request.membership.agency, timezone.now()
        sent = dict(form.cleaned_data)
        paused, next_on = sent.pop("is_paused"), sent.pop("next_on")
        moment = {"on": day_in(agency, now), "at": now}
        if change and next_on == form.initial.get("next_on"):
            # As it was shown: another rhythm may still move it.
            next_on = None
        if not change:
            made = plan(agency, next_on=next_on, **moment, **sent)
            obj.pk = made.pk
        if change or paused:
            sent = {name: sent[name] for name in sent if name not in ("client", "tag")}
            replan(obj, next_on=next_on if change else None, paused=paused, **moment, **sent)
        obj.refresh_from_db()

    @display(description="For", ordering="client__name")
    def reader(self, schedule):
        return str(schedule.client or f"All tagged {schedule.tag}")

    @display(description="Active", boolean=True, ordering="paused_at")
    def is_active(self, schedule):
        return schedule.paused_at is None


@admin.register(Verification)
class VerificationAdmin(AgencyOwnedAdmin):
    """What the nightly recomputation found; nothing here is anybody's to change."""

    list_display = ["ran_at", "found", "clients", "entries"]
    fields = ["ran_at", "found", "clients", "entries", "named"]
    readonly_fields = fields

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def audited(self, obj):
        # Written once and by the house alone: its own story would be one line.
        return obj.agency

    @display(description="Result", label={"Every figure is right": "success"})
    def found(self, verification):
        count = len(verification.differences)
        return f"{count} differences" if count else "Every figure is right"

    @display(description="Differences")
    def named(self, verification):
        told = [
            (f"{one['what']} {one['id']}", one["figure"], one["kept"], one["proved"])
            for one in verification.differences[:_SHOWN]
        ]
        return format_html_join("", "<p>{}: {} is {} and should be {}.</p>", told) or "None"
