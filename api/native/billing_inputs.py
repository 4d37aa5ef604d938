"""Bodies of invoices and credits: amounts in minor units, other numbers exact."""

import re
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from agencies.money import digits, from_minor
from api.native import inputs
from billing.bank_details import LONGEST_ADDRESS, read_payment_address
from billing.drafting import Item
from billing.models import Invoice
from clients.models import Project

_NUMBER = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,12})?")
_MOST_MINOR = 10**13 - 1
# What columns of amounts and quantities hold behind the point.
_PLACES = 6

# Columns by their keys on the wire.
_TEXTS = {
    "number": "number",
    "reference": "reference",
    "notes": "public_notes",
    "internal_notes": "private_notes",
    "terms": "terms",
    "footer": "footer",
    "payment_url": "payment_url",
}
_OTHERS = {
    "issue_date": "issued_on",
    "due_date": "due_on",
    "currency": "currency",
    "prices_include_tax": "includes_tax",
    "project_id": "project",
    "assigned_to_id": "assigned_to",
    "invoice_id": "invoice",
}


class Exact(serializers.Field):
    """A number that is kept as it is written: 2, 1.5 or "1.5"."""

    default_error_messages = {
        "invalid": 'Give a number such as 2 or "1.5", with at most {places} digits after the '
        "point.",
        "range": "Give a number from {least} to {most}.",
    }

    def __init__(self, least: int, most: int, *, places: int = _PLACES, **options: Any) -> None:
        super().__init__(**{"required": False, **options})
        self.least, self.most, self.places = least, most, places

    def to_internal_value(self, data):
        is_number = isinstance(data, int | float | str) and not isinstance(data, bool)
        text = str(data) if is_number else ""
        if not _NUMBER.fullmatch(text) or len(text.partition(".")[2]) > self.places:
            self.fail("invalid", places=self.places)
        number = Decimal(text)
        if not self.least <= number <= self.most:
            self.fail("range", least=self.least, most=self.most)
        return number


class Percent(Exact):
    def __init__(self) -> None:
        super().__init__(0, 100, allow_null=True)


class LineInput(serializers.Serializer):
    product = inputs.Text(255)
    description = inputs.Text(10_000)
    quantity = Exact(-(10**9), 10**9)
    # In minor units, of which there may be a part: 0.5 cents a sheet.
    unit_price = Exact(-_MOST_MINOR, _MOST_MINOR, required=True)
    discount_percent = Percent()
    discount_amount = inputs.Amount()
    tax_name = inputs.Text(60)
    tax_rate = Exact(0, 1000, places=4)

    def validate(self, attrs):
        refuse_two_discounts(attrs)
        return attrs


class Line(serializers.Field):
    """One line, always whole, also where the rest of the body is not."""

    def to_internal_value(self, data):
        body = LineInput(data=data)
        body.is_valid(raise_exception=True)
        return body.validated_data


class DocumentChange(serializers.Serializer):
    """What may be written on an invoice or a credit."""

    number = inputs.Text(60)
    issue_date = inputs.CalendarDay()
    currency = inputs.Currency()
    reference = inputs.Text(191)
    discount_percent = Percent()
    discount_amount = inputs.Amount()
    prices_include_tax = inputs.Flag()
    notes = inputs.Text(10_000)
    internal_notes = inputs.Text(10_000)
    terms = inputs.Text(10_000)
    footer = inputs.Text(10_000)
    lines = inputs.Several(Line(), 500)

    def validate(self, attrs):
        refuse_two_discounts(attrs)
        return attrs

    def facts(self, *, currency: str) -> dict[str, Any]:
        """The domain's names for what was sent; amounts are in `currency` unless another is."""
        sent = self.validated_data
        facts = {ours: sent[theirs] or "" for theirs, ours in _TEXTS.items() if theirs in sent}
        facts |= {ours: sent[theirs] for theirs, ours in _OTHERS.items() if theirs in sent}
        unit = sent.get("currency", currency)
        if "lines" in sent:
            facts["lines"] = [_item(line, unit, place) for place, line in enumerate(sent["lines"])]
        return facts | _discount(sent, unit)


class InvoiceChange(DocumentChange):
    due_date = inputs.CalendarDay()
    project_id = inputs.Reference(
        "proj", Project.objects.all(), noun="project", required=False, allow_null=True
    )
    assigned_to_id = inputs.MemberReference()
    payment_url = inputs.Read(LONGEST_ADDRESS, read_payment_address)


class InvoiceInput(InvoiceChange):
    client_id = inputs.ClientReference()


class CreditChange(DocumentChange):
    invoice_id = inputs.Reference(
        "inv", Invoice.objects.existing(), noun="invoice", required=False, allow_null=True
    )


class CreditInput(CreditChange):
    client_id = inputs.ClientReference()


class InvoiceCreditInput(serializers.Serializer):
    """How much of an invoice is given back; without an amount all that is not credited yet."""

    amount = inputs.Sum(required=False)
    issue_date = inputs.CalendarDay()
    description = inputs.Text(10_000)


def refuse_two_discounts(sent: dict[str, Any]) -> None:
    if sent.get("discount_percent") is not None and sent.get("discount_amount") is not None:
        message = "Give a discount in percent or as an amount, not both."
        raise serializers.ValidationError({"discount_amount": message}, "invalid")


def _discount(sent: dict[str, Any], currency: str) -> dict[str, Any]:
    percent, amount = sent.get("discount_percent"), sent.get("discount_amount")
    if amount is not None:
        return {"discount": from_minor(amount, currency), "discount_is_amount": True}
    if "discount_percent" in sent or "discount_amount" in sent:
        return {"discount": percent or Decimal(0), "discount_is_amount": False}
    return {}


def _item(line: dict[str, Any], currency: str, place: int) -> Item:
    price = line["unit_price"].scaleb(-digits(currency))
    if price != round(price, _PLACES):
        message = f"This is too fine a part of {currency}'s smallest unit."
        failure = {f"lines.{place}.unit_price": message}
        raise serializers.ValidationError(failure, "invalid")
    return Item(
        product=line.get("product") or "",
        description=line.get("description") or "",
        quantity=line.get("quantity", Decimal(1)),
        price=price,
        tax_name=line.get("tax_name") or "",
        tax_rate=line.get("tax_rate", Decimal(0)),
        **_discount(line, currency),
    )
