"""Payments and refunds as callers send them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from api.invoiceninja.billing.fields import Amount, ClientId, Day, InvoiceId, Supported
from api.invoiceninja.billing.inputs import CUSTOM
from api.invoiceninja.billing.payment_types import PaymentTypeId
from api.invoiceninja.changes import unlike
from api.invoiceninja.fields import HashedId, ListOf, Text
from billing.applying import Share
from billing.models import Credit, Payment

_ZERO = Decimal(0)
_MOST_SHARES = 1000
_TWICE = "The :attribute field has a duplicate value."
_UNKNOWN = "The selected :attribute is invalid."


class CreditId(HashedId):
    def find(self, pk):
        return Credit.objects.issued().filter(pk=pk).first()


class PaymentId(HashedId):
    def find(self, pk):
        return Payment.objects.filter(pk=pk).first()


class InvoiceShare(serializers.Serializer):
    default_error_messages = {"invalid": "The :attribute must be an array."}

    invoice_id = InvoiceId(required=True, allow_null=False)
    amount = Amount(least=_ZERO, required=True)


class CreditShare(serializers.Serializer):
    default_error_messages = {"invalid": "The :attribute must be an array."}

    credit_id = CreditId(required=True, allow_null=False)
    amount = Amount(least=_ZERO, required=True)


class Shares(ListOf):
    """None of them twice, and none of nothing."""

    def __init__(self, child, **options):
        super().__init__(child=child, max_length=_MOST_SHARES, required=False, **options)
        self.named = next(iter(child.fields))

    def to_internal_value(self, data):
        shares = super().to_internal_value(data)
        pks = [share[self.named].pk for share in shares]
        doubles = [place for place, pk in enumerate(pks) if pks.count(pk) > 1]
        if doubles:
            raise serializers.ValidationError({n: {self.named: [_TWICE]} for n in doubles})
        return [share for share in shares if share["amount"]]


class PaymentChanges(Supported):
    """What a PUT says: `invoices` are settled with what is left of the payment."""

    unsupported = CUSTOM

    client_id = ClientId(source="client")
    amount = Amount(least=_ZERO)
    date = Day(source="paid_on")
    number = Text(max_length=60)
    type_id = PaymentTypeId(source="method")
    transaction_reference = Text(source="reference", max_length=191)
    private_notes = Text(max_length=10_000)
    invoices = Shares(InvoiceShare())

    @classmethod
    def of(cls, sent: Mapping[str, Any], shown: Mapping[str, Any]) -> "PaymentChanges":
        """`shown` is what a read of the payment answers."""
        return cls(data=unlike(sent, shown), partial=True)

    def facts(self) -> dict[str, Any]:
        """The domain's names for what was sent of the payment itself."""
        others = ("invoices", "credits")
        return {name: value for name, value in self.validated_data.items() if name not in others}

    def shares(self) -> list[Share]:
        return [
            (one["invoice_id"], one["amount"]) for one in self.validated_data.get("invoices", ())
        ]


class PaymentInput(PaymentChanges):
    client_id = ClientId(source="client", required=True, allow_null=False)
    idempotency_key = Text(source="external_reference", max_length=191)
    credits = Shares(CreditShare())

    def validate(self, attrs):
        """Everything is the client's, and the invoices take no more than there is."""
        faults: dict[str, Any] = {}
        for name, one in (("invoices", "invoice_id"), ("credits", "credit_id")):
            for place, share in enumerate(attrs.get(name, ())):
                if share[one].client_id != attrs["client"].pk:
                    faults.setdefault(name, {})[place] = {one: [_UNKNOWN]}
        if faults:
            raise serializers.ValidationError(faults)
        wanted, given = _sum(attrs.get("invoices")), _sum(attrs.get("credits"))
        if not attrs.get("amount"):
            attrs["amount"] = max(wanted - given, _ZERO)
        if not attrs["amount"] and not given:
            raise serializers.ValidationError({"amount": ["The :attribute field is required."]})
        if given > wanted:
            text = "The credits are more than the invoices they are for."
            raise serializers.ValidationError({"credits": [text]})
        if wanted > attrs["amount"] + given:
            text = "The invoices take more than the payment and the credits are."
            raise serializers.ValidationError({"invoices": [text]})
        return attrs

    def credits_given(self) -> list[tuple[Credit, Decimal]]:
        return [(one["credit_id"], one["amount"]) for one in self.validated_data.get("credits", ())]


class RefundInput(serializers.Serializer):
    id = PaymentId(required=True, allow_null=False)
    amount = Amount(least=_ZERO)
    date = Day()
    invoices = Shares(InvoiceShare())

    def validate(self, attrs):
        wanted = _sum(attrs.get("invoices"))
        attrs["amount"] = attrs.get("amount") or wanted
        if not attrs["amount"]:
            raise serializers.ValidationError({"amount": ["The :attribute field is required."]})
        if wanted > attrs["amount"]:
            text = "More is taken off the invoices than is paid back."
            raise serializers.ValidationError({"invoices": [text]})
        return attrs

    def shares(self) -> list[Share] | None:
        """None where no invoice was named: what is on account goes first."""
        named = self.validated_data.get("invoices")
        return [(one["invoice_id"], one["amount"]) for one in named] if named else None


def _sum(shares) -> Decimal:
    return sum((share["amount"] for share in shares or ()), _ZERO)
