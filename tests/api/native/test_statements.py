"""`/v1/statements`: from an empty agency to a statement that a person can add up."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from pypdf import PdfReader

from agencies.scope import acting_for
from api.native.ids import encode
from billing.drafting import Item, draft_invoice
from billing.issuing import issue
from billing.payments import record_payment
from contacts.enrolling import Person, enroll
from contacts.models import Message

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
YEAR = {"start_date": "2026-01-01", "end_date": "2026-12-31"}


@pytest.fixture
def acme(north):
    """100 in January and 250 in February, of which 120 were paid in March."""
    with acting_for(north.agency_id):
        client = enroll(
            north.agency, by=north, name="Acme", people=[Person(email="a@acme.example")]
        )
        for month, price in ((1, 100), (2, 250)):
            lines = [Item(quantity=Decimal(1), price=Decimal(price))]
            on = date(2026, month, 10)
            draft = draft_invoice(client, by=north, lines=lines, at=NOW, issued_on=on)
            issue(draft, on=on, at=NOW)
        record_payment(client, amount=Decimal(120), on=date(2026, 3, 1), by=north, at=NOW)
    return client


@pytest.fixture
def made(acme, north, bearer):
    def made(**body):
        path = f"/v1/clients/{encode('client', acme.pk)}/statements"
        return bearer(north).post(path, YEAR | body)

    return made


def test_a_statement_says_every_movement_in_minor_units(made):
    response = made()

    assert response.status_code == 201
    body = response.json()
    assert response["Location"] == f"/v1/statements/{body['id']}"
    (section,) = body["sections"]
    assert [(m["date"], m["type"], m["amount"], m["balance"]) for m in section["movements"]] == [
        ("2026-01-10", "invoice", 10000, 10000),
        ("2026-02-10", "invoice", 25000, 35000),
        ("2026-03-01", "payment", -10000, 25000),
        ("2026-03-01", "payment", -2000, 23000),
    ]
    assert section["closing_balance"] == section["ageing"]["total"] == 23000
    assert [item["balance"] for item in section["open_items"]] == [23000]
    assert section["payments"][0]["settled"] == [
        {"invoice_number": "INV-0001", "date": "2026-03-01", "amount": 10000},
        {"invoice_number": "INV-0002", "date": "2026-03-01", "amount": 2000},
    ]


def test_what_is_not_to_be_shown_is_null_and_changes_no_figure(made):
    (section,) = made(show_payments=False, show_credits=False, show_ageing=False).json()["sections"]

    assert (section["payments"], section["credits"], section["ageing"]) == (None, None, None)
    assert section["closing_balance"] == 23000


def test_the_files_say_the_same(made, bearer, north):
    id = made(kind="activity").json()["id"]

    def get(kind):
        response = bearer(north).get(f"/v1/statements/{id}.{kind}")
        assert response.status_code == 200
        assert response["Content-Disposition"].startswith("attachment; ")
        return response.content

    printed = "\n".join(page.extract_text() for page in PdfReader(BytesIO(get("pdf"))).pages)
    rows = list(csv.reader(StringIO(get("csv").decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    book = load_workbook(BytesIO(get("xlsx")))
    numbers = {
        cell.value for sheet in book for row in sheet.iter_rows() for cell in row
        if isinstance(cell.value, int | float)
    }  # fmt: skip
    page = get("html").decode()
    for shown in ("350.00", "230.00"):
        assert shown in printed
        assert shown in page
        assert shown in cells
        assert float(shown) in numbers


def test_read_again_it_has_the_figures_it_had(made, acme, north, bearer):
    id = made().json()["id"]
    before = bearer(north).get(f"/v1/statements/{id}").json()
    with acting_for(north.agency_id):
        record_payment(acme, amount=Decimal(30), on=date(2026, 3, 2), by=north, at=NOW)

    assert bearer(north).get(f"/v1/statements/{id}").json() == before
    changes = bearer(north).get(f"/v1/statements/{id}/changes").json()
    assert changes["same_figures"] is True
    assert [(c["type"], c["date"], c["amount"]) for c in changes["back_dated"]] == [
        ("payment_recorded", "2026-03-02", 0),
        ("payment_applied", "2026-03-02", -3000),
    ]


def test_it_is_mailed(made, north, bearer):
    id = made().json()["id"]

    response = bearer(north).post(f"/v1/statements/{id}/send", {})

    assert response.status_code == 200
    assert response.json()["mailed_at"] is not None
    with acting_for(north.agency_id):
        assert Message.objects.get().address == "a@acme.example"


def test_nobody_to_mail_it_to_is_a_conflict(made, acme, north, bearer):
    with acting_for(north.agency_id):
        acme.contacts.update(receives_mail=False)
    id = made().json()["id"]

    response = bearer(north).post(f"/v1/statements/{id}/send", {})

    assert response.status_code == 409
    assert response.json()["error"]["code"] == "nobody_to_mail"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"kind": "balance"}, "kind"),
        ({"start_date": "2026-13-01"}, "start_date"),
        ({"end_date": "2025-01-01"}, "end_date"),
        ({"status": "open"}, "status"),
        ({"currency": "XXQ"}, "currency"),
        ({"language": "not a language"}, "language"),
        ({"show_ageing": "yes"}, "show_ageing"),
    ],
)
def test_a_bad_value_is_named(made, body, param):
    response = made(**body)

    assert response.status_code == 422
    assert response.json()["error"]["param"] == param


def test_lists_of_the_agency_and_of_the_client(made, acme, north, bearer, south):
    ids = [made().json()["id"] for _ in range(3)]
    client = encode("client", acme.pk)

    def listed(path, by=north):
        return [row["id"] for row in bearer(by).get(path).json()["data"]]

    assert listed("/v1/statements") == ids[::-1]
    assert listed(f"/v1/clients/{client}/statements") == ids[::-1]
    assert listed(f"/v1/statements?client_id={client}&kind=activity&end_date=gte:2026-12-31")
    assert listed("/v1/statements", by=south) == []
    assert bearer(south).get(f"/v1/statements/{ids[0]}").status_code == 404


def test_a_list_costs_the_same_for_many(made, north, bearer):
    caller = bearer(north)
    # What is written once a minute is out of the way.
    caller.get("/v1/statements")
    counts = []
    for _ in range(2):
        made()
        with CaptureQueriesContext(connection) as queries:
            caller.get("/v1/statements")
        counts.append(len(queries))

    assert counts[0] == counts[1]
