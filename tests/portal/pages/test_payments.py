"""Payments and credits: what was received and given back, and what became of it."""

import re
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.utils import timezone
from pypdf import PdfReader

from agencies.scope import acting_for
from billing.applying import apply
from billing.cancelling import cancel
from billing.crediting import delete_credit
from billing.drafting import Item, draft_credit
from billing.issuing import issue_credit
from billing.models import Credit, Payment
from billing.payments import delete_payment, record_payment
from billing.refunding import refund, undo_refund
from clients.models import Client
from tests.portal.pages.conftest import HOSTILE
from tests.portal.test_front import words

BASE = "/portal/north/"
DAY = date(2026, 3, 1)


@pytest.fixture
def pay(acme, north):
    def pay(amount, on=DAY, **facts):
        with acting_for(north.agency_id):
            at = timezone.now()
            return record_payment(acme, amount=Decimal(amount), on=on, by=north, at=at, **facts)

    return pay


@pytest.fixture
def give(acme, north):
    def give(amount, on=DAY, **facts):
        with acting_for(north.agency_id):
            line = Item(quantity=Decimal(1), price=Decimal(amount), description=HOSTILE)
            draft = draft_credit(acme, by=north, lines=[line], at=timezone.now(), **facts)
            return issue_credit(draft, on=on, at=timezone.now())

    return give


@pytest.fixture
def give_back(north):
    def give_back(source, amount, **facts):
        with acting_for(north.agency_id):
            at = timezone.now()
            return refund(source, amount=Decimal(amount), on=DAY, by=north, at=at, **facts)

    return give_back


def test_a_payment_says_what_became_of_it(browser, year, north, pay, give_back):
    paid = pay(260, method=Payment.Method.CARD, reference="Visa 42")
    give_back(paid, 20, reference="SEPA-9")

    listed, shown = (words(browser.get(BASE + one)) for one in ("payments", f"payments/{paid.pk}"))

    for page in (listed, shown):
        # 200 were open; of the rest 20 went back, and 40 are on account.
        for said in (paid.number, "Mar 1, 2026", "card", "Visa 42", "€260.00", "€200.00", "€40.00"):
            assert said in page
        assert year[1].number in page
        assert "€20.00" in page
    assert "SEPA-9" in shown


def test_a_refund_that_was_undone_never_was(browser, north, pay, give_back):
    paid = pay(260)
    returned = give_back(paid, 20, reference="SEPA-9")
    with acting_for(north.agency_id):
        undo_refund(returned, at=timezone.now())

    assert "SEPA-9" not in browser.get(f"{BASE}payments/{paid.pk}").text


def test_an_invoice_names_what_paid_for_it_and_those_name_the_invoice(
    browser, year, north, pay, give
):
    credit = give(50)
    with acting_for(north.agency_id):
        apply(credit, [(year[1], Decimal(50))], on=DAY, at=timezone.now())
    paid = pay(10)

    page = browser.get(f"{BASE}invoices/{year[1].pk}")

    for address in (f"payments/{paid.pk}", f"credits/{credit.pk}"):
        assert f'href="{BASE}{address}"' in page.text
        assert f'href="{BASE}invoices/{year[1].pk}"' in browser.get(BASE + address).text
    # 50 of the first payment, 50 of the credit, 10 of the second payment.
    settled = words(page).partition("What was paid and credited")[2]
    assert re.findall(r"€([\d.]+)", settled) == ["50.00", "50.00", "10.00"]
    assert "Paid and credited 110.00" in words(page)


def test_a_credit_is_a_page_and_a_pdf_and_says_what_is_left(browser, year, north, give, give_back):
    credit = give(90)
    with acting_for(north.agency_id):
        apply(credit, [(year[1], Decimal(30))], on=DAY, at=timezone.now())
    give_back(credit, 10, reference="SEPA-10")

    listed, page = browser.get(f"{BASE}credits"), browser.get(f"{BASE}credits/{credit.pk}")
    paper = browser.get(f"{BASE}credits/{credit.pk}.pdf")

    text = "".join(one.extract_text() for one in PdfReader(BytesIO(b"".join(paper))).pages)
    for said in (words(listed), words(page)):
        for figure in ("90.00", "40.00", "50.00"):
            assert figure in said
    assert "SEPA-10" in page.text
    assert credit.number in text
    assert paper["Content-Disposition"] == f'attachment; filename="{credit.number}.pdf"'
    assert paper["X-Content-Type-Options"] == "nosniff"


def test_what_was_deleted_or_is_a_draft_is_not_there(browser, acme, north, pay, give):
    paid, credit = pay(10), give(20)
    with acting_for(north.agency_id):
        delete_payment(paid, at=timezone.now())
        delete_credit(credit, at=timezone.now())
        line = Item(quantity=Decimal(1), price=Decimal(5))
        draft = draft_credit(acme, by=north, lines=[line], at=timezone.now())

    assert paid.number not in browser.get(f"{BASE}payments").text
    assert credit.number not in browser.get(f"{BASE}credits").text
    assert browser.get(f"{BASE}payments/{paid.pk}").status_code == 404
    for one in (credit, draft):
        assert browser.get(f"{BASE}credits/{one.pk}").status_code == 404
        assert browser.get(f"{BASE}credits/{one.pk}.pdf").status_code == 404


def test_a_cancelled_invoice_is_not_named_as_paid_for(browser, year, north):
    with acting_for(north.agency_id):
        cancel(year[1], on=DAY, at=timezone.now())
        paid = Payment.objects.get()

    for page in (f"{BASE}payments", f"{BASE}payments/{paid.pk}"):
        shown = browser.get(page)
        assert year[1].number not in shown.text
        assert f"invoices/{year[1].pk}" not in shown.text
        assert re.search(r"an invoice that is not shown here (Mar 1, 2026 )?€50.00", words(shown))


def test_there_are_twenty_to_a_page(browser, pay, give):
    for number in range(21):
        pay(1, number=f"P{number:02}")
        give(1, number=f"C{number:02}")

    for page, sign in (("payments", "P"), ("credits", "C")):
        second = browser.get(f"{BASE}{page}?page=2").text
        assert re.findall(rf"<bdi>({sign}\d\d)<", second) == [f"{sign}00"]
        assert 'href="?page=1"' in second
        assert browser.get(f"{BASE}{page}?page=x").status_code == 200


def test_they_are_written_in_the_clients_language(browser, acme, north, pay, give):
    pay(1260)
    give(5)
    with acting_for(north.agency_id):
        Client.objects.update(language="de")

    payments, credits_ = (words(browser.get(BASE + one)) for one in ("payments", "credits"))

    for said in ("Zahlungen", "Überweisung", "1.260,00 €", "01.03.2026"):
        assert said in payments
    assert "Gutschriften" in credits_
    assert "5,00 €" in credits_


def test_without_any_the_page_says_what_will_be_here(browser):
    assert "Payments that North has received will appear here." in words(
        browser.get(f"{BASE}payments")
    )
    assert "Credits that North gives you will appear here." in words(browser.get(f"{BASE}credits"))


def test_what_staff_wrote_down_for_themselves_is_never_shown(browser, north, pay, give):
    paid, credit = pay(10, private_notes="OWN-1", external_reference="OWN-2"), give(10)
    with acting_for(north.agency_id):
        Credit.objects.update(private_notes="OWN-3")

    for page in ("payments", f"payments/{paid.pk}", "credits", f"credits/{credit.pk}"):
        assert "OWN-" not in browser.get(BASE + page).text


def test_references_are_text(browser, pay, give, give_back):
    paid, credit = pay(10, reference=HOSTILE), give(10, reference=HOSTILE)
    give_back(paid, 5, reference=HOSTILE)
    give_back(credit, 5, reference=HOSTILE)

    for page in ("payments", f"payments/{paid.pk}", f"credits/{credit.pk}"):
        shown = browser.get(BASE + page).text
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown
