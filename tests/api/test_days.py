"""A day is a day: at both ends of the world, in each dialect, on screen, on paper, in tables."""

import csv
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from openpyxl import load_workbook

from agencies.models import Agency
from agencies.scope import acting_for
from api.invoiceninja.ids import encode as hashid
from api.native.ids import encode
from contacts.enrolling import Person, enroll
from tests.billing.reading import text_of

# Eleven hours behind the server's clock, and fourteen before it.
ZONES = ["Pacific/Pago_Pago", "Pacific/Kiritimati"]
DAYS = [date(2026, 1, 31), date(2028, 2, 29), date(2026, 12, 31)]
FIRST_SECOND, LAST_SECOND = time(0, 0, 1), time(23, 59, 59)

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("zone", ZONES)]


@pytest.fixture
def acme(north, zone):
    with acting_for(north.agency_id):
        Agency.objects.filter(pk=north.agency_id).update(time_zone=zone)
        people = [Person(email="a@acme.example")]
        return enroll(north.agency, by=north, name="Acme", people=people, currency="EUR")


@pytest.fixture
def native(north, bearer):
    def native(verb, path, sent=None):
        response = getattr(bearer(north), verb)(f"/v1/{path}", sent)
        assert response.status_code in (200, 201), response.content
        return response.json()

    return native


@pytest.fixture
def hosted(north, ninja):
    def hosted(verb, path, sent=None):
        response = getattr(ninja(north), verb)(f"/api/v1/{path}", sent)
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return hosted


@pytest.fixture
def papers(north, bearer):
    """The text of a statement in each of its forms."""

    def papers(id):
        def get(kind):
            return bearer(north).get(f"/v1/statements/{id}.{kind}").content

        rows = csv.DictReader(StringIO(get("csv").decode("utf-8-sig")))
        cells = load_workbook(BytesIO(get("xlsx")))["Statement of account"]
        return {
            "pdf": text_of(get("pdf")),
            "html": get("html").decode(),
            "csv": {row["on"] for row in rows},
            "xlsx": {cell.value.date() for cell in cells["B"][1:]},
        }

    return papers


@pytest.mark.parametrize("on", DAYS)
def test_a_day_that_was_given_is_told_by_everybody(acme, native, hosted, papers, on):
    day, client = on.isoformat(), encode("client", acme.pk)
    lines = [{"unit_price": 10000}]
    draft = native("post", "invoices", {"client_id": client, "issue_date": day, "lines": lines})
    native("post", f"invoices/{draft['id']}/issue", {})
    native("post", "payments", {"client_id": client, "amount": 4000, "payment_date": day})
    mine = {"client_id": hashid(acme.pk)}
    theirs = {**mine, "date": day, "line_items": [{"cost": 7, "quantity": 1}]}
    sent = hosted("post", "invoices?mark_sent=true", theirs)
    share = {"invoice_id": sent["id"], "amount": 1}
    hosted("post", "payments", {**mine, "date": day, "amount": 1, "invoices": [share]})

    invoices, payments = native("get", "invoices")["data"], native("get", "payments")["data"]
    period = {"start_date": day, "end_date": day}
    made = native("post", f"clients/{client}/statements", period)
    told = papers(made["id"])

    due = (on + timedelta(days=14)).isoformat()
    assert [(one["issue_date"], one["due_date"]) for one in invoices] == [(day, due)] * 2
    assert [one["payment_date"] for one in payments] == [day] * 2
    assert [(one["date"], one["due_date"]) for one in hosted("get", "invoices")] == [(day, due)] * 2
    assert [one["date"] for one in hosted("get", "payments")] == [day] * 2
    (section,) = made["sections"]
    assert [one["date"] for one in section["movements"]] == [day] * 4
    assert (section["opening_balance"], section["closing_balance"]) == (0, 6600)
    written = f"{on:%b} {on.day}, {on.year}"
    assert f"Period {written} – {written}" in told["pdf"]
    assert f"{written} Invoice INV-0001 100.00 100.00" in told["pdf"]
    assert written in told["html"]
    assert told["csv"] == {day}
    assert told["xlsx"] == {on}


@pytest.mark.parametrize("on", DAYS)
@pytest.mark.parametrize("hour", [FIRST_SECOND, LAST_SECOND])
def test_today_is_where_the_agency_is(acme, native, hosted, zone, on, hour):
    day, client = on.isoformat(), encode("client", acme.pk)
    with time_machine.travel(datetime.combine(on, hour, ZoneInfo(zone)), tick=False):
        draft = native("post", "invoices", {"client_id": client, "lines": [{"unit_price": 10000}]})
        invoice = native("post", f"invoices/{draft['id']}/issue", {})
        payment = native("post", "payments", {"client_id": client, "amount": 4000})
        credit = native("post", f"invoices/{invoice['id']}/credit", {"amount": 1000})
        refund = native("post", f"payments/{payment['id']}/refund", {"amount": 500})
        made = native("post", f"clients/{client}/statements", {})
        mine = {"client_id": hashid(acme.pk)}
        theirs = {**mine, "line_items": [{"cost": 7, "quantity": 1}]}
        sent = hosted("post", "invoices?mark_sent=true", theirs)
        paid = hosted("post", "payments", {**mine, "amount": 1})

    assert (invoice["issue_date"], payment["payment_date"], credit["issue_date"]) == (day,) * 3
    assert refund["refund_date"] == day
    assert (made["start_date"], made["end_date"]) == (f"{on.year}-01-01", day)
    assert (sent["date"], paid["date"]) == (day, day)


@pytest.mark.parametrize("on", DAYS)
def test_an_invoice_is_overdue_when_its_day_is_over_there(acme, native, zone, on):
    client, day = encode("client", acme.pk), on.isoformat()
    body = {"client_id": client, "issue_date": day, "due_date": day}
    draft = native("post", "invoices", body | {"lines": [{"unit_price": 100}]})
    native("post", f"invoices/{draft['id']}/issue", {})
    midnight = datetime.combine(on + timedelta(days=1), time(), ZoneInfo(zone))

    statuses = []
    for moment in (midnight - timedelta(seconds=1), midnight):
        with time_machine.travel(moment, tick=False):
            statuses.append(native("get", f"invoices/{draft['id']}")["status"])

    assert statuses == ["sent", "overdue"]
