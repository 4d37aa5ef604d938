"""What events say of invoices, payments and credits is called as in their records."""

import pytest

from api.native.events import KINDS
from api.native.schema_billing import BILLING_SHAPES
from billing.models import Credit, Invoice, Payment

# Columns that no record shows, by kind; a change of them is told by their own names.
_OWN = {"agency", "created_by", "language", "rounding", "pdf", "pdf_digest", "released"}
# And hidden ones, of which nothing is told.
_OWN |= {"private_notes", "search_text"}


@pytest.mark.parametrize(
    ("kind", "model", "more"),
    [
        ("invoice", Invoice, {"cancelled"}),
        ("payment", Payment, set()),
        ("credit", Credit, set()),
    ],
)
def test_events_call_a_field_as_its_record_does(kind, model, more):
    names = KINDS[kind][2]
    shape = BILLING_SHAPES[model.__name__]["properties"]

    columns = [field.attname for field in model._meta.concrete_fields]
    told = {names.get(column, column.removesuffix("_id")) for column in columns}

    assert told - set(shape) - _OWN - more == set()
