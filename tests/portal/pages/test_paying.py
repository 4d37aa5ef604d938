"""How an invoice is paid, on its page."""

import re
from datetime import date
from html import unescape

import pytest
import segno
from django.test import Client as Browser
from django.utils import timezone

from agencies.models import Agency
from agencies.scope import acting_for
from billing.models import BillingSettings, Invoice
from billing.paying import ways_to_pay
from billing.settings import change_settings
from clients.models import Client
from contacts.models import Contact
from portal.document_links import make_link
from tests.billing.test_payment_codes import drawn
from tests.portal.test_front import words

BASE = "/portal/north/"
HOSTILE = '"><script>alert(1)</script>'
SWISS = "CH9300762011623852957"


@pytest.fixture
def says(north):
    def says(**facts):
        with acting_for(north.agency_id):
            change_settings(north.agency, at=timezone.now(), **facts)

    return says


@pytest.fixture
def swiss(north, says):
    """North banks in Switzerland."""
    facts = {"country": "CH", "postal_code": "8001", "city": "Zürich", "address1": "Weg 1"}
    with acting_for(north.agency_id):
        Agency.objects.filter(pk=north.agency_id).update(**facts)
    says(bank_holder="Nord AG", bank_iban=SWISS, bank_bic="POFICHBEXXX")


def page_of(browser, invoice):
    answer = browser.get(f"{BASE}invoices/{invoice.pk}")
    assert answer.status_code == 200
    return answer


def test_what_is_open_is_shown_with_all_that_a_transfer_needs(browser, year, says):
    says(bank_holder="Nord", bank_iban="DE89370400440532013000", bank_bic="COBADEFFXXX")

    shown = words(page_of(browser, year[1]))

    told = shown[shown.index("of this invoice is open") - 10 :]
    for said in (
        "€200.00 of this invoice is open",
        "Account holder Nord",
        "IBAN DE89 3704 0044 0532 0130 00",
        "BIC COBADEFFXXX",
        f"Reference {year[1].number}",
    ):
        assert said in told


def test_each_code_on_the_page_holds_its_payload(browser, north, year, swiss):
    with acting_for(north.agency_id):
        invoice = Invoice.objects.select_related("client__agency").get(pk=year[1].pk)
        codes = ways_to_pay(invoice).transfer.codes

    pictures = re.findall(r"<svg.*?</svg>", page_of(browser, year[1]).text, re.S)

    assert [code.kind for code in codes] == ["swiss", "epc"]
    assert len(pictures) == 2
    for code, picture in zip(codes, pictures, strict=True):
        side = int(re.search(r'viewBox="0 0 (\d+) \1"', picture)[1])
        ground, dark, *cross = re.findall(r'<path fill="(\S+)"[^>]*? d="([^"]+)"', picture)
        expected = segno.make_qr(code.payload.encode(), error="m", boost_error=False)
        assert ground == ("#fff", f"M0 0h{side}v{side}H0z")
        assert dark[0] == "#000"
        assert drawn(dark[1], side) == [list(row) for row in expected.matrix_iter(border=4)]
        assert len(cross) == (4 if code.kind == "swiss" else 0)
        assert 'role="img"' in picture
        assert f'aria-labelledby="code-{code.kind}"' in picture
        assert f'<title id="code-{code.kind}">' in picture


def test_the_page_needs_no_style_and_no_script_of_its_own(browser, year, swiss, says):
    says(payment_url="https://pay.example/{number}")

    shown = page_of(browser, year[1]).text

    assert "<svg" in shown
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", shown)


def test_the_address_is_a_button_that_tells_nobody_where_one_came_from(browser, year, says):
    says(payment_url="https://pay.example/x?n={number}&a={amount}&c={currency}")

    shown = page_of(browser, year[1]).text

    link = re.search(r'<a class="button" href="(https:[^"]+)"([^>]*)>Pay online</a>', shown)
    told = f"https://pay.example/x?n={year[1].number}&a=200.00&c=EUR"
    assert unescape(link[1]) == told
    assert link[2] == ' rel="noopener noreferrer"'
    assert "This leads to pay.example" in words(page_of(browser, year[1]))
    assert "<svg" not in shown


def test_an_address_of_the_invoice_itself_goes_first(browser, acme, north, bill, says):
    says(payment_url="https://pay.example/")
    own = bill(acme, north, 5, on=date(2026, 4, 1), payment_url="https://own.example/{number}")

    shown = page_of(browser, own).text

    assert f'href="https://own.example/{own.number}"' in shown
    assert "pay.example" not in shown


def test_what_is_paid_or_not_said_shows_nothing(browser, year, swiss):
    paid, owed = (page_of(browser, one).text for one in year)

    assert ("how-to-pay" in paid, "how-to-pay" in owed) == (False, True)
    assert ("paying.css" in paid, "paying.css" in owed) == (False, True)


def test_an_agency_without_an_account_shows_nothing(browser, year):
    shown = page_of(browser, year[1]).text

    assert "how-to-pay" not in shown
    assert "paying.css" not in shown


def test_a_currency_that_fits_no_code_still_has_its_details(browser, acme, north, bill, swiss):
    dollars = bill(acme, north, 5, on=date(2026, 4, 1), currency="USD")

    shown = page_of(browser, dollars).text

    assert "CH93 0076 2011 6238 5295 7" in shown
    assert "<svg" not in shown


def test_what_an_agency_wrote_is_text(browser, acme, north, bill, says):
    says(bank_iban="DE89370400440532013000", payment_url="https://pay.example/{number}")
    with acting_for(north.agency_id):
        BillingSettings.objects.update(bank_holder=HOSTILE)
    invoice = bill(acme, north, 5, on=date(2026, 4, 1), number=HOSTILE)

    shown = page_of(browser, invoice).text

    assert "<script" not in shown
    assert shown.count("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</bdi>") >= 2
    assert 'href="https://pay.example/%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E"' in shown


def test_it_is_said_in_the_clients_language(browser, north, year, swiss, says):
    says(payment_url="https://pay.example/")
    with acting_for(north.agency_id):
        Client.objects.update(language="de")

    shown = words(page_of(browser, year[1])).replace("\xa0", " ")

    for said in (
        "So bezahlen Sie",
        "Von dieser Rechnung sind 200,00 € offen.",
        "Online bezahlen",
        "Kontoinhaber Nord AG",
        "Per Überweisung",
        "Verwendungszweck",
        "Schweizer QR-Code: Scannen Sie ihn mit Ihrer Banking-App.",
        "Bitte geben Sie den Verwendungszweck an",
    ):
        assert said in shown


def test_pictures_are_drawn_with_points_in_every_language(browser, north, year, swiss):
    english = re.findall(r"<svg.*?</svg>", page_of(browser, year[1]).text, re.S)
    with acting_for(north.agency_id):
        Client.objects.update(language="de")

    german = re.findall(r"<svg.*?</svg>", page_of(browser, year[1]).text, re.S)

    paths = [re.findall(r'\sd="[^"]+"|width="[^"]+"', one) for one in english]
    assert paths == [re.findall(r'\sd="[^"]+"|width="[^"]+"', one) for one in german]
    assert paths[0]


def test_the_paper_stays_the_one_that_was_issued(browser, north, year, swiss):
    address = f"{BASE}invoices/{year[1].pk}.pdf"
    before = b"".join(browser.get(address))

    with acting_for(north.agency_id):
        BillingSettings.objects.update(bank_holder="Another", payment_url="https://pay.example/")

    assert "Another" in page_of(browser, year[1]).text
    assert b"".join(browser.get(address)) == before


def test_another_clients_invoice_is_not_there_and_nor_is_its_account(
    browser, north, south, client_of, bill, swiss, acme
):
    foreign = bill(client_of(north, "Other"), north, 9, on=date(2026, 4, 1))
    strange = bill(client_of(south), south, 9, on=date(2026, 4, 1))

    answers = [browser.get(f"{BASE}invoices/{pk}") for pk in (foreign.pk, strange.pk, 10**12)]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert "CH93" not in answers[0].text


def test_who_comes_by_the_link_in_a_mail_sees_it_too(acme, north, year, swiss, says):
    says(payment_url="https://pay.example/{number}")
    with acting_for(north.agency_id):
        person = Contact.objects.select_related("client__agency", "agency").get(client=acme)
        links = [make_link(one, person, at=timezone.now())[1] for one in year]

    paid, owed = (Browser().get(link.removeprefix("http://hub.example")) for link in links)

    assert "how-to-pay" not in paid.text
    assert "CH93 0076 2011 6238 5295 7" in owed.text
    assert owed.text.count("<svg") == 2
    link = re.search(r'href="(https:[^"]+)" rel="noopener noreferrer"', owed.text)
    assert link[1] == f"https://pay.example/{year[1].number}"
    assert owed["Referrer-Policy"] == "no-referrer"
