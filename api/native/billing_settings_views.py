"""`/v1/billing_settings`: how the agency bills."""

from django.core.exceptions import ValidationError
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from agencies.models import Agency
from agencies.number_patterns import check_pattern
from api.native import errors, etags, inputs
from api.native.fields import timestamp
from api.native.manners import NativeViewSet
from billing.bank_details import (
    LONGEST_ADDRESS,
    LONGEST_HOLDER,
    LONGEST_TYPED,
    read_bic,
    read_holder,
    read_iban,
    read_payment_address,
)
from billing.models import BillingSettings, NumberSeries
from billing.settings import change_settings, numbers_of, settings_of
from billing.totals import Rounding

# Columns by their keys on the wire.
_FACTS = {
    "tax_rounding": "rounding",
    "prices_include_tax": "includes_tax",
    "invoice_terms": "invoice_terms",
    "invoice_footer": "invoice_footer",
    "payment_details": "payment_details",
    "bank_holder": "bank_holder",
    "bank_iban": "bank_iban",
    "bank_bic": "bank_bic",
    "payment_url": "payment_url",
}
_TEXTS = [name for name in _FACTS if name not in ("tax_rounding", "prices_include_tax")]
_NUMBERS = {"pattern": "pattern", "restarts": "restarts", "next_counter": "counter"}
_LONGEST_TEXT = 10_000


class Pattern(inputs.Name):
    """Such as INV-{year}-{counter:4}."""

    def __init__(self):
        super().__init__(60, required=False)

    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        try:
            check_pattern(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return value


class NumbersInput(serializers.Serializer):
    pattern = Pattern()
    restarts = serializers.ChoiceField(choices=Agency.Restarts.choices, required=False)
    next_counter = inputs.Whole(1, 10**12)


class AllNumbersInput(serializers.Serializer):
    invoice = NumbersInput(required=False)
    credit = NumbersInput(required=False)
    payment = NumbersInput(required=False)


class BillingSettingsInput(serializers.Serializer):
    tax_rounding = serializers.ChoiceField(choices=[way.value for way in Rounding], required=False)
    prices_include_tax = inputs.Flag()
    payment_terms_days = inputs.Whole(0, 3650)
    invoice_terms = inputs.Text(_LONGEST_TEXT)
    invoice_footer = inputs.Text(_LONGEST_TEXT)
    payment_details = inputs.Text(_LONGEST_TEXT)
    bank_holder = inputs.Read(LONGEST_HOLDER, read_holder)
    bank_iban = inputs.Read(LONGEST_TYPED, read_iban)
    bank_bic = inputs.Read(LONGEST_TYPED, read_bic)
    payment_url = inputs.Read(LONGEST_ADDRESS, read_payment_address)
    numbers = AllNumbersInput(required=False)

    def facts(self) -> dict:
        """As change_settings() takes them; null empties a text."""
        sent = self.validated_data
        facts = {
            ours: "" if sent[theirs] is None else sent[theirs]
            for theirs, ours in _FACTS.items()
            if theirs in sent
        }
        if "payment_terms_days" in sent:
            facts["terms_days"] = sent["payment_terms_days"]
        if "numbers" in sent:
            facts["numbers"] = {
                kind: {_NUMBERS[name]: value for name, value in changes.items()}
                for kind, changes in sent["numbers"].items()
            }
        return facts


class BillingSettingsViewSet(NativeViewSet):
    subject = "invoices"
    # What all documents say and which number they get is for who administers.
    deleting_actions = frozenset({"partial_update"})

    def retrieve(self, request):
        errors.refuse_unknown(request.query_params)
        shown = self.shown()
        tag = etags.tag_of(shown)
        known = etags.is_known(request, tag)
        return Response(None if known else shown, 304 if known else 200, headers={"ETag": tag})

    def partial_update(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(BillingSettingsInput, partial=True)
        settings = settings_of(self.agency)
        # Held before they are compared.
        BillingSettings.objects.select_for_update().get(pk=settings.pk)
        if etags.is_conditional(request):
            etags.refuse_stale(request, etags.tag_of(self.shown()))
        facts = body.facts()
        if facts:
            change_settings(self.agency, at=timezone.now(), **facts)
        shown = self.shown()
        return Response(shown, headers={"ETag": etags.tag_of(shown)})

    def shown(self):
        settings = settings_of(self.agency)
        agency = Agency.objects.get(pk=self.agency.pk)
        return {
            "tax_rounding": settings.rounding,
            "prices_include_tax": settings.includes_tax,
            "payment_terms_days": agency.payment_terms_days,
            **{name: getattr(settings, name) or None for name in _TEXTS},
            "numbers": {kind: self._numbers(series) for kind, series in numbers_of(agency).items()},
            "updated_at": timestamp(settings.updated_at),
        }

    @staticmethod
    def _numbers(series: NumberSeries) -> dict:
        return {
            "pattern": series.pattern,
            "restarts": series.restarts,
            "next_counter": series.counter,
        }
