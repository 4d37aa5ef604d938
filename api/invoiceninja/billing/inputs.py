"""Invoices and credits as callers send them; unknown and computed keys are ignored."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from agencies.models import Agency
from api.invoiceninja.billing.fields import Amount, ClientId, Day, InvoiceId, ProjectId, Supported
from api.invoiceninja.changes import unlike
from api.invoiceninja.fields import Flag, ListOf, Text
from api.invoiceninja.inputs import MemberId
from billing.drafting import Item
from billing.models import Credit, Invoice

_ZERO = Decimal(0)
_MOST_LINES = 1000
CUSTOM = frozenset(f"custom_value{n}" for n in (1, 2, 3, 4))


class LineInput(Supported):
    unsupported = frozenset({"tax_rate2", "tax_rate3"}) | CUSTOM

    quantity = Amount()
    cost = Amount()
    product_key = Text(max_length=255)
    notes = Text(max_length=10_000)
    discount = Amount(least=_ZERO)
    is_amount_discount = Flag(required=False)
    tax_name1 = Text(max_length=60)
    tax_rate1 = Amount(least=_ZERO, most=Decimal(1000), places=4)


class Lines(ListOf):
    def __init__(self, **options):
        super().__init__(child=LineInput(), max_length=_MOST_LINES, **options)


class DocumentInput(Supported):
    """What invoices and credits have in common."""

    unsupported = CUSTOM | frozenset(
        {
            "partial",
            *(f"tax_rate{n}" for n in (1, 2, 3)),
            *(f"custom_surcharge{n}" for n in (1, 2, 3, 4)),
        }
    )

    client_id = ClientId(required=True, allow_null=False)
    number = Text(max_length=60)
    po_number = Text(source="reference", max_length=191)
    date = Day(source="issued_on")
    discount = Amount(least=_ZERO)
    is_amount_discount = Flag(source="discount_is_amount", required=False)
    uses_inclusive_taxes = Flag(source="includes_tax", required=False)
    public_notes = Text(max_length=10_000)
    private_notes = Text(max_length=10_000)
    terms = Text(max_length=10_000)
    footer = Text(max_length=10_000)
    line_items = Lines(required=False)

    @classmethod
    def of_new(cls, sent: Mapping[str, Any], *, agency: Agency) -> "DocumentInput":
        return cls(data=sent, context={"agency": agency})

    @classmethod
    def of_changes(
        cls,
        sent: Mapping[str, Any],
        *,
        document: Invoice | Credit,
        shown: Mapping[str, Any],
        agency: Agency,
    ) -> "DocumentInput":
        """What a PUT says of a document that is there; `shown` is what a read of it answers."""
        context = {"agency": agency, "document": document}
        return cls(data=unlike(sent, shown), partial=True, context=context)

    def validate_client_id(self, client):
        document = self.context.get("document")
        if document and client.pk != document.client_id:
            raise serializers.ValidationError("The selected :attribute is invalid.")
        return client

    def facts(self) -> dict[str, Any]:
        """The domain's names for what was sent of the document itself, without its client."""
        others = ("line_items", "client_id")
        return {name: value for name, value in self.validated_data.items() if name not in others}

    def lines(self) -> list[Item] | None:
        """None where none were sent and they stay."""
        lines = self.validated_data.get("line_items")
        if lines is None:
            return None
        document = self.context.get("document")
        of_all = self.validated_data.get(
            "discount_is_amount", bool(document and document.discount_is_amount)
        )
        return [_item(line, is_amount=of_all) for line in lines]


class InvoiceInput(DocumentInput):
    due_date = Day(source="due_on")
    assigned_user_id = MemberId(source="assigned_to")
    project_id = ProjectId(source="project")


class CreditInput(DocumentInput):
    invoice_id = InvoiceId(source="invoice")


def _item(line: Mapping[str, Any], *, is_amount: bool) -> Item:
    """`is_amount` is the document's word for lines that have none of their own."""
    return Item(
        product=line.get("product_key", ""),
        description=line.get("notes", ""),
        quantity=line.get("quantity", Decimal(1)),
        price=line.get("cost", _ZERO),
        discount=line.get("discount", _ZERO),
        discount_is_amount=line.get("is_amount_discount", is_amount),
        tax_name=line.get("tax_name1", ""),
        tax_rate=line.get("tax_rate1", _ZERO),
    )
