"""What bodies of `/v1` take, and all its shapes by name."""

from rest_framework import serializers

from api.body_shapes import body_of, shape_of
from api.native import inputs
from api.native.addresses import Address, AddressInput
from api.native.billing_inputs import (
    CreditChange,
    CreditInput,
    Exact,
    InvoiceChange,
    InvoiceCreditInput,
    InvoiceInput,
    Line,
    LineInput,
)
from api.native.billing_settings_views import BillingSettingsInput
from api.native.client_actions import TagsInput
from api.native.contact_views import ContactChange, ContactInput
from api.native.custom_field_views import FieldChange, FieldInput
from api.native.document_views import DocumentChange
from api.native.fields import CountryCode
from api.native.filing_views import NameInput, TagInput
from api.native.ids import encode
from api.native.invite_views import Expiry, InviteInput
from api.native.merge_views import MergeInput
from api.native.payment_views import PaymentChange, PaymentInput
from api.native.project_views import ProjectChange, ProjectInput
from api.native.schedule_views import ScheduleChange, ScheduleInput
from api.native.schema_billing import BILLING_SHAPES
from api.native.schema_events import EVENT_SHAPES
from api.native.schema_records import CLIENT, EXPANDED, MINOR, RECORDS, id_of
from api.native.schema_statements import STATEMENT_SHAPES
from api.native.serializers import LIST_KEYS, ClientInput
from api.native.settling import ApplyInput, RefundInput, UnapplyInput
from api.native.statement_views import StatementInput
from api.shapes import ANYTHING, FLAG, TEXT, WHOLE, Shape, closed


@shape_of.register
def _(field: CountryCode) -> Shape:
    return {"type": "string", "pattern": "^[A-Za-z]{2}$", "description": "ISO 3166-1 alpha-2."}


@shape_of.register
def _(field: Address) -> Shape:
    return body_of(AddressInput) | {"description": "Always sent whole."}


@shape_of.register
def _(field: inputs.Flag) -> Shape:
    return FLAG


@shape_of.register
def _(field: inputs.Amount) -> Shape:
    return MINOR | {"minimum": field.min_value, "maximum": field.max_value}


@shape_of.register
def _(field: inputs.Sum) -> Shape:
    return MINOR | {"minimum": 1, "maximum": field.max_value}


@shape_of.register
def _(field: inputs.Currency) -> Shape:
    return {"type": "string", "pattern": "^[A-Za-z]{3}$", "description": "ISO 4217."}


@shape_of.register
def _(field: serializers.DictField) -> Shape:
    return ANYTHING


@shape_of.register
def _(field: Expiry) -> Shape:
    return {"type": "string", "description": "A moment to come; seven days from now without it."}


@shape_of.register
def _(field: inputs.Reference) -> Shape:
    return id_of(field.kind)


@shape_of.register
def _(field: Exact) -> Shape:
    return {
        "type": ["number", "string"],
        "minimum": field.least,
        "maximum": field.most,
        "description": f"At most {field.places} digits after the point; text keeps them exactly.",
    }


@shape_of.register
def _(field: inputs.CalendarDay) -> Shape:
    return {"type": "string", "format": "date", "description": "From 1900-01-01 to 2999-12-31."}


@shape_of.register
def _(field: Line) -> Shape:
    return body_of(LineInput)


_META = closed(
    {"total": WHOLE, "limit": WHOLE},
    optional={"next_cursor": TEXT | {"description": "Only where there is a next page."}},
)
_ERROR = closed(
    {"error": closed({"type": TEXT, "code": TEXT, "message": TEXT}, optional={"param": TEXT})}
)

_EXAMPLE = {
    "id": encode("client", 12),
    "name": "Acme Corp",
    "email": "hello@acmecorp.com",
    "company": "Acme Corporation Inc.",
    "phone": "+1 555 000 0000",
    "address": {
        "line1": "123 Main St",
        "city": "Springfield",
        "state": "IL",
        "postal_code": "62701",
        "country": "US",
    },
    "notes": None,
    "portal_access": True,
    "portal_last_seen": "2026-02-28T09:15:00Z",
    "total_billed": 45000,
    "outstanding_balance": 8500,
    "active_projects": 2,
    "created_at": "2025-06-01T00:00:00Z",
    "updated_at": "2026-02-28T09:15:00Z",
}
SHAPES: dict[str, Shape] = {
    "Client": closed(CLIENT, optional=EXPANDED) | {"examples": [_EXAMPLE]},
    "ListedClient": closed({key: CLIENT[key] for key in LIST_KEYS}, optional=EXPANDED)
    | {"examples": [{key: _EXAMPLE[key] for key in LIST_KEYS}]},
    **RECORDS,
    **EVENT_SHAPES,
    **BILLING_SHAPES,
    **STATEMENT_SHAPES,
    "StatementInput": body_of(StatementInput),
    "ScheduleInput": body_of(ScheduleInput),
    "ScheduleChanges": body_of(ScheduleChange, partial=True),
    "BillingSettingsChanges": body_of(BillingSettingsInput, partial=True),
    "Meta": _META,
    "Error": _ERROR,
    "ClientInput": body_of(ClientInput),
    "ClientChanges": body_of(ClientInput, partial=True),
    "ContactInput": body_of(ContactInput),
    "ContactChanges": body_of(ContactChange, partial=True),
    "CustomFieldInput": body_of(FieldInput),
    "CustomFieldChanges": body_of(FieldChange, partial=True),
    "DocumentChanges": body_of(DocumentChange, partial=True),
    "MergeInput": body_of(MergeInput),
    "InviteInput": body_of(InviteInput),
    "ApplyInput": body_of(ApplyInput),
    "CreditInput": body_of(CreditInput),
    "CreditChanges": body_of(CreditChange, partial=True),
    "InvoiceCreditInput": body_of(InvoiceCreditInput),
    "PaymentInput": body_of(PaymentInput),
    "PaymentChanges": body_of(PaymentChange, partial=True),
    "RefundInput": body_of(RefundInput),
    "UnapplyInput": body_of(UnapplyInput),
    "InvoiceInput": body_of(InvoiceInput),
    "InvoiceChanges": body_of(InvoiceChange, partial=True),
    "NameInput": body_of(NameInput),
    "NameChanges": body_of(NameInput, partial=True),
    "ProjectInput": body_of(ProjectInput),
    "ProjectChanges": body_of(ProjectChange, partial=True),
    "TagInput": body_of(TagInput),
    "TagChanges": body_of(TagInput, partial=True),
    "TagsInput": body_of(TagsInput),
}
