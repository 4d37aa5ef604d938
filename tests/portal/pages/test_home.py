"""The first page behind the sign-in."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from agencies.scope import acting_for
from billing.payments import record_payment
from tests.portal.test_front import words

BASE = "/portal/north/"
HOSTILE = "<script>alert(1)</script>"


def test_home_says_what_is_due_and_what_is_new(browser, year):
    shown = words(browser.get(f"{BASE}home"))

    assert "€200.00" in shown
    assert "€200.00 of it is overdue." in shown
    assert year[0].number in shown
    assert year[1].number in shown


def test_money_on_account_is_told(browser, acme, north):
    with acting_for(north.agency_id):
        at = timezone.now()
        record_payment(acme, amount=Decimal(30), on=date(2026, 3, 1), by=north, at=at)

    shown = words(browser.get(f"{BASE}home"))

    assert "Everything is paid." in shown
    assert "€30.00 is on account for you." in shown


def test_two_currencies_are_never_added(browser, acme, north, year, bill):
    bill(acme, north, 70, on=date(2026, 4, 1), currency="USD")

    shown = words(browser.get(f"{BASE}home"))

    assert "€200.00" in shown
    assert "$70.00" in shown
    assert "270" not in shown


@pytest.mark.parametrize("page", ["home", "invoices"])
def test_without_invoices_the_page_says_what_will_be_here(browser, page):
    shown = words(browser.get(f"{BASE}{page}"))

    assert "Invoices of North will appear here as soon as there are any." in shown
