"""`POST /client_statement`, by the contract's section 10."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from pypdf import PdfReader

from agencies.scope import acting_for
from api.invoiceninja.ids import encode
from contacts.models import Message

PERIOD = {"start_date": "2026-01-01", "end_date": "2026-06-30"}


@pytest.fixture
def ask(north, ninja, north_client):
    """Asks for the statement of North's client."""

    def ask(**sent):
        sent = {"client_id": encode(north_client.pk), **PERIOD, **sent}
        return ninja(north).post("/api/v1/client_statement", sent)

    return ask


@pytest.fixture
def billed(call, north_client):
    """100 in February, due in March; 40 of it were paid in April."""
    client_id = encode(north_client.pk)
    invoice = call(
        "post",
        "invoices?mark_sent=true",
        {
            "client_id": client_id,
            "date": "2026-02-01",
            "due_date": "2026-03-01",
            "line_items": [{"product_key": "Site", "cost": 100, "quantity": 1}],
        },
    )
    call(
        "post",
        "payments",
        {
            "client_id": client_id,
            "date": "2026-04-01",
            "amount": 40,
            "invoices": [{"invoice_id": invoice["id"], "amount": 40}],
        },
    )
    return invoice


def text_of(response):
    assert response.status_code == 200, response.content
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)


def test_the_answer_is_the_pdf_itself(ask, billed):
    response = ask(show_payments_table=True)

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="Statement.pdf"'
    text = text_of(response)
    for said in ("Acme", billed["number"], "100.00", "40.00", "60.00"):
        assert said in text


def test_a_repetition_is_the_same_file(north, ninja, north_client, billed):
    sent = {"client_id": encode(north_client.pk), **PERIOD}
    api, once = ninja(north), {"Idempotency-Key": "one"}
    first, again = (api.post("/api/v1/client_statement", sent, headers=once) for _ in range(2))

    assert again["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    for header in ("Content-Type", "Content-Disposition", "Content-Security-Policy"):
        assert again[header] == first[header]


def test_both_forms_of_the_address_answer(north, ninja, north_client, billed):
    sent = {"client_id": encode(north_client.pk), **PERIOD}

    assert text_of(ninja(north).post("/api/v1/client_statement/", sent))


def test_the_age_is_that_of_today_whatever_the_period(ask, billed):
    text = text_of(ask(show_aging_table=True, end_date="2026-02-02"))

    # Due long ago by now, and not at all on the last day of the period.
    assert timezone.localdate() > date(2026, 3, 1) + timedelta(days=120)
    assert text.rstrip().count("60.00") >= 1


def test_an_empty_period_still_yields_a_pdf(ask, billed):
    assert text_of(ask(start_date="2020-01-01", end_date="2020-12-31"))
    assert text_of(ask(start_date="2026-06-30", end_date="2026-01-01"))


def test_drafts_and_the_cancelled_never_appear(ask, call, north_client):
    sent = {"client_id": encode(north_client.pk), "date": "2026-02-01"}
    for cost in (11.11, 22.22, 33.33):
        sent["line_items"] = [{"product_key": "Site", "cost": cost, "quantity": 1}]
        invoice = call("post", "invoices", sent)
        if cost > 12:
            call("post", "invoices/bulk", {"action": "mark_sent", "ids": [invoice["id"]]})
    call("post", "invoices/bulk", {"action": "cancel", "ids": [invoice["id"]]})

    text = text_of(ask())

    assert "22.22" in text
    assert "11.11" not in text
    assert "33.33" not in text


@pytest.mark.parametrize(
    ("sent", "field", "told"),
    [
        ({"start_date": None}, "start_date", "The start date field is required."),
        ({"end_date": "30.06.2026"}, "end_date", "The end date does not match the format Y-m-d."),
        ({"template": "Wpmbk5ezJn"}, "template", "The selected template is invalid."),
    ],
)
def test_what_is_wrong_is_named(ask, sent, field, told):
    response = ask(**sent)

    assert response.status_code == 422
    assert response.json()["errors"] == {field: [told]}


def test_a_client_that_is_not_ours_is_no_right_before_anything_is_checked(ask, south_client):
    for client_id in (encode(south_client.pk), encode(10**9), "12", "", None, ["x"]):
        response = ask(client_id=client_id, start_date="nonsense")

        assert response.status_code == 401
        assert response.json() == {"message": "This action is unauthorized."}


def test_it_is_mailed_instead(ask, billed, north):
    response = ask(send_email=True)

    assert response.json() == {"message": "Email queued"}
    with acting_for(north.agency_id):
        assert Message.objects.get().address == "a@acme.example"


def test_false_as_text_is_false(ask, billed, north):
    assert text_of(ask(send_email="false"))
    with acting_for(north.agency_id):
        assert not Message.objects.exists()
