"""Billing in the admin: its settings, statements that go out, and whether the figures stand."""

import pytest
import time_machine

from agencies.roles import Role
from agencies.scope import acting_for
from billing.models import NumberSeries, StatementSchedule, Verification
from billing.settings import settings_of
from tests.admin.conftest import filled_in, listing, page

SETTINGS = listing("billing.BillingSettings")
NUMBERS = listing("billing.NumberSeries")
SCHEDULES = listing("billing.StatementSchedule")
ADD = SCHEDULES + "add/"


@pytest.fixture(autouse=True)
def in_february():
    with time_machine.travel("2026-02-10T12:00:00Z", tick=False):
        yield


@pytest.fixture
def client(new_client, north):
    return new_client(north, tags=["Monthly"])


def the_schedule(north):
    with acting_for(north.agency_id):
        return StatementSchedule.objects.select_related("client", "tag").get()


def test_the_settings_are_one_page(staff, north):
    browser = staff(north)
    address = browser.get(SETTINGS)["Location"]

    sent = filled_in(browser.get(address)) | {"rounding": "line", "invoice_footer": "Thanks."}
    response = browser.post(address, sent)

    assert response.status_code == 302
    with acting_for(north.agency_id):
        settings = settings_of(north.agency)
        assert (settings.rounding, settings.invoice_footer) == ("line", "Thanks.")
    assert browser.get(SETTINGS + "add/").status_code == 403
    assert browser.get(page(settings, "delete")).status_code == 403


def test_staff_say_where_invoices_are_paid(staff, north):
    browser = staff(north)
    address = browser.get(SETTINGS)["Location"]
    sent = filled_in(browser.get(address)) | {
        "bank_holder": "Nord",
        "bank_iban": "de89 3704 0044 0532 0130 00",
        "bank_bic": "cobadeff xxx",
        "payment_url": "https://pay.example/{number}",
    }

    assert browser.post(address, sent).status_code == 302

    with acting_for(north.agency_id):
        kept = settings_of(north.agency)
    assert (kept.bank_holder, kept.bank_iban) == ("Nord", "DE89370400440532013000")
    assert (kept.bank_bic, kept.payment_url) == ("COBADEFFXXX", "https://pay.example/{number}")
    assert browser.post(address, filled_in(browser.get(address))).status_code == 302


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        ("bank_holder", "Nord\x85DE89", "The account holder's name is one line of plain text."),
        ("bank_iban", "DE88370400440532013000", "This is no IBAN. Check its digits."),
        ("bank_bic", "COBADEF", "This is no BIC. It has 8 or 11 letters and digits."),
        ("payment_url", "https://a@b.example", "Leave out the name and password before the host."),
        (
            "bank_iban",
            "CH4431999123000889012",
            "This is a QR-IBAN, which takes payments with a QR reference alone. Use the account's "
            "ordinary IBAN.",
        ),
    ],
)
def test_a_wrong_account_or_address_is_refused_with_a_sentence(staff, north, field, wrong, said):
    browser = staff(north)
    address = browser.get(SETTINGS)["Location"]

    response = browser.post(address, filled_in(browser.get(address)) | {field: wrong})

    assert response.context["adminform"].form.errors == {field: [said]}
    with acting_for(north.agency_id):
        assert getattr(settings_of(north.agency), field) == ""


@pytest.mark.parametrize("role", [Role.STAFF, Role.VIEWER])
def test_only_who_administers_says_how_the_agency_bills(staff, north, join, role):
    browser = staff(join(north, role))
    staff(north).get(NUMBERS)
    with acting_for(north.agency_id):
        rows = [settings_of(north.agency), NumberSeries.objects.get(kind="invoice")]

    for row in rows:
        assert browser.get(page(row)).status_code == 200
        assert browser.post(page(row), {"pattern": "X-{counter}"}).status_code == 403


def test_numbers_follow_a_pattern_that_tells_them_apart(staff, north):
    browser = staff(north)
    assert len(browser.get(NUMBERS).context["cl"].result_list) == 3
    with acting_for(north.agency_id):
        series = NumberSeries.objects.get(kind="invoice")
    sent = filled_in(browser.get(page(series)))

    refused = browser.post(page(series), sent | {"pattern": "same"})
    taken = browser.post(page(series), sent | {"pattern": "R-{year}-{counter}"})

    assert "pattern" in refused.context["adminform"].form.errors
    assert taken.status_code == 302
    with acting_for(north.agency_id):
        series.refresh_from_db()
    assert (series.pattern, series.kind) == ("R-{year}-{counter}", "invoice")


def test_a_schedule_is_planned_changed_paused_and_taken_up_again(staff, north, client):
    browser = staff(north)
    sent = {"client": client.pk, "every": "month", "kind": "open_items", "payments": "on"}

    assert browser.post(ADD, sent).status_code == 302
    made = the_schedule(north)
    assert (made.client, made.kind, str(made.next_on)) == (client, "open_items", "2026-03-01")
    assert (made.payments, made.credits, made.paused_at) == (True, False, None)

    as_shown = filled_in(browser.get(page(made)))
    assert browser.post(page(made), as_shown | {"every": "quarter"}).status_code == 302
    assert str(the_schedule(north).next_on) == "2026-04-01"

    as_shown = filled_in(browser.get(page(made)))
    browser.post(page(made), as_shown | {"is_paused": "on"})
    assert the_schedule(north).paused_at is not None

    with time_machine.travel("2026-08-10T12:00:00Z", tick=False):
        browser = staff(north)
        as_shown = filled_in(browser.get(page(made)))
        as_shown.pop("is_paused")
        browser.post(page(made), as_shown)
    resumed = the_schedule(north)
    assert (resumed.paused_at, str(resumed.next_on)) == (None, "2026-10-01")


def test_a_schedule_is_for_a_client_or_a_tag(staff, north, client):
    browser = staff(north)
    with acting_for(north.agency_id):
        tag = client.tags.get()
    sent = {"every": "month", "kind": "activity"}

    for reader in ({}, {"client": client.pk, "tag": tag.pk}):
        form = browser.post(ADD, sent | reader).context["adminform"].form
        assert form.errors == {"client": ["Name either a client or a tag."]}

    assert browser.post(ADD, sent | {"tag": tag.pk}).status_code == 302
    assert the_schedule(north).tag == tag
    assert "All tagged Monthly" in browser.get(SCHEDULES).text


def test_a_day_that_begins_no_month_is_refused_with_a_sentence(staff, north, client):
    sent = {"client": client.pk, "every": "month", "kind": "activity", "next_on": "2026-03-05"}

    form = staff(north).post(ADD, sent).context["adminform"].form

    assert form.errors == {"next_on": ["Name the first day of a month."]}
    with acting_for(north.agency_id):
        assert not StatementSchedule.objects.exists()


@pytest.mark.parametrize("field", ["client", "tag"])
def test_a_strangers_client_or_tag_is_no_choice(staff, north, south, rows, field):
    label = {"client": "clients.Client", "tag": "clients.Tag"}[field]
    foreign = rows(south)[label]

    response = staff(north).post(ADD, {field: foreign.pk, "every": "month", "kind": "activity"})

    assert field in response.context["adminform"].form.errors


def test_staff_see_what_the_last_proof_found(staff, north, join):
    difference = {"what": "invoice", "id": 7, "figure": "total", "kept": "9", "proved": "10"}
    with acting_for(north.agency_id):
        Verification.objects.create(agency=north.agency)
        found = Verification.objects.create(agency=north.agency, differences=[difference])
    browser = staff(join(north, Role.VIEWER))

    shown = browser.get(listing("billing.Verification")).text

    assert "Every figure is right" in shown
    assert "1 differences" in shown
    assert "invoice 7: total is 9 and should be 10." in browser.get(page(found)).text
    assert staff(north).post(page(found), {"clients": 3}).status_code == 403
