"""`/v1/billing_settings`: how an agency bills, and what comes of it."""

import pytest
import time_machine

from agencies.scope import acting_for
from billing.models import NumberSeries
from clients.owning import trail_of

from .conftest import answered, refused

PATH = "/v1/billing_settings"


def numbers(pattern):
    return {"pattern": pattern, "restarts": "never", "next_counter": 1}


def test_it_begins_with_what_agencies_usually_want(api, north):
    told = answered(api.get(PATH))

    assert told == {
        "tax_rounding": "document",
        "prices_include_tax": False,
        "payment_terms_days": 14,
        "invoice_terms": None,
        "invoice_footer": None,
        "payment_details": None,
        "bank_holder": None,
        "bank_iban": None,
        "bank_bic": None,
        "payment_url": None,
        "numbers": {
            "invoice": numbers("INV-{counter:4}"),
            "credit": numbers("CR-{counter:4}"),
            "payment": numbers("P-{counter:4}"),
        },
        "updated_at": told["updated_at"],
    }


def test_what_is_not_sent_stays_and_null_empties(api):
    before = answered(api.patch(PATH, {"invoice_terms": "Net.", "invoice_footer": "Thanks."}))

    after = answered(api.patch(PATH, {"invoice_footer": None, "prices_include_tax": True}))

    expected = {**before, "invoice_footer": None, "prices_include_tax": True}
    assert after == {**expected, "updated_at": after["updated_at"]}
    assert answered(api.get(PATH)) == after


def test_an_account_is_kept_compact_and_null_forgets_it(api):
    sent = {
        "bank_holder": " Nord GmbH ",
        "bank_iban": "de89 3704 0044 0532 0130 00",
        "bank_bic": "cobadeffxxx",
        "payment_url": "https://pay.example/{number}?a={amount}&c={currency}",
    }

    told = answered(api.patch(PATH, sent))

    kept = {
        "bank_holder": "Nord GmbH",
        "bank_iban": "DE89370400440532013000",
        "bank_bic": "COBADEFFXXX",
        "payment_url": sent["payment_url"],
    }
    assert {name: told[name] for name in kept} == kept
    again = answered(api.patch(PATH, kept))
    assert {**again, "updated_at": None} == {**told, "updated_at": None}
    emptied = answered(api.patch(PATH, dict.fromkeys(kept)))
    assert {emptied[name] for name in kept} == {None}


def test_invoices_follow_the_settings(api, issued):
    sent = {
        "payment_terms_days": 30,
        "numbers": {
            "invoice": {"pattern": "{year}/{counter:3}", "restarts": "yearly", "next_counter": 7}
        },
    }
    answered(api.patch(PATH, sent))

    with time_machine.travel("2026-03-10T12:00:00Z", tick=False):
        invoice = issued()

    assert invoice["number"] == "2026/007"
    assert (invoice["issue_date"], invoice["due_date"]) == ("2026-03-10", "2026-04-09")
    assert answered(api.get(PATH))["numbers"]["invoice"]["next_counter"] == 8


def test_a_counter_that_is_set_back_gives_no_number_twice(api, issued):
    first = issued()

    answered(api.patch(PATH, {"numbers": {"invoice": {"next_counter": 1}}}))

    assert (first["number"], issued()["number"]) == ("INV-0001", "INV-0002")


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ({"tax_rounding": "up"}, "tax_rounding"),
        ({"prices_include_tax": "yes"}, "prices_include_tax"),
        ({"payment_terms_days": -1}, "payment_terms_days"),
        ({"payment_terms_days": 3651}, "payment_terms_days"),
        ({"payment_terms_days": None}, "payment_terms_days"),
        ({"invoice_footer": 1}, "invoice_footer"),
        ({"invoice_footer": "x" * 10_001}, "invoice_footer"),
        ({"numbers": {"invoice": {"pattern": "no counter"}}}, "numbers.invoice.pattern"),
        ({"numbers": {"invoice": {"pattern": "{counter}{counter}"}}}, "numbers.invoice.pattern"),
        ({"numbers": {"credit": {"restarts": "often"}}}, "numbers.credit.restarts"),
        ({"numbers": {"payment": {"next_counter": 0}}}, "numbers.payment.next_counter"),
        ({"numbers": []}, "numbers"),
        ({"bank_holder": "Nord\nDE89"}, "bank_holder"),
        ({"bank_holder": "x" * 71}, "bank_holder"),
        ({"bank_iban": "DE88370400440532013000"}, "bank_iban"),
        ({"bank_iban": "CH4431999123000889012"}, "bank_iban"),
        ({"bank_iban": "x" * 61}, "bank_iban"),
        ({"bank_iban": 12}, "bank_iban"),
        ({"bank_bic": "COBADEF"}, "bank_bic"),
        ({"payment_url": "javascript:alert(1)"}, "payment_url"),
        ({"payment_url": "https://me@pay.example/"}, "payment_url"),
        ({"payment_url": "https://pay.example/{secret}"}, "payment_url"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(api, sent, param):
    before = answered(api.get(PATH))

    status, _, told = refused(api.patch(PATH, {"invoice_terms": "Net.", **sent}))

    assert (status, told) == (422, param)
    assert answered(api.get(PATH)) == before


@pytest.mark.parametrize(("role", "status"), [("manager", 200), ("staff", 403), ("viewer", 403)])
def test_owners_and_managers_change_it_and_others_read(north, join, key, doors, role, status):
    door = doors(key(join(north, role)))["native"]

    assert door.get(PATH).status_code == 200
    assert door.patch(PATH, {"payment_terms_days": 3}).status_code == status


def test_a_change_over_somebody_elses_is_refused(api):
    tag = api.get(PATH)["ETag"]
    answered(api.patch(PATH, {"invoice_terms": "Theirs."}))

    late = api.patch(PATH, {"invoice_terms": "Mine."}, headers={"If-Match": tag})

    assert refused(late)[:2] == (412, "precondition_failed")
    assert answered(api.get(PATH))["invoice_terms"] == "Theirs."
    known = api.get(PATH, headers={"If-None-Match": api.get(PATH)["ETag"]})
    assert (known.status_code, known.content) == (304, b"")


def test_each_agency_has_its_own_and_the_trail_tells_who_changed_them(api, north, south):
    answered(api.patch(PATH, {"numbers": {"credit": {"pattern": "G-{counter}"}}}))

    with acting_for(south.agency_id):
        assert not NumberSeries.objects.filter(pattern="G-{counter}").exists()
    with acting_for(north.agency_id):
        told = trail_of(NumberSeries).objects.filter(pattern="G-{counter}").get()
        assert told.pgh_context == {"door": "v1", "member": north.pk}
