"""Which ways an invoice can be paid, as it stands and as the agency says."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from agencies.models import Agency
from billing.applying import apply
from billing.bank_details import read_iban
from billing.cancelling import cancel, delete_invoice, restore_invoice, reverse
from billing.crediting import credit_invoice
from billing.drafting import draft_invoice, edit_document
from billing.models import BillingSettings, Invoice
from billing.paying import WaysToPay, ways_to_pay
from billing.settings import change_settings
from tests.billing.conftest import DAY, NOW, item

IBAN = "DE89370400440532013000"
SWISS = "CH9300762011623852957"
ADDRESS = "https://pay.example/{number}?a={amount}&c={currency}"


@pytest.fixture
def says(north):
    """What North says of how it is paid."""

    def says(**facts):
        change_settings(north.agency, at=NOW, **facts)

    return says


def ways(invoice):
    return ways_to_pay(Invoice.objects.select_related("client__agency").get(pk=invoice.pk))


def test_an_open_invoice_is_paid_by_transfer_and_on_the_web(acme, billed, paid, says):
    says(bank_holder="Nord", bank_iban=IBAN, bank_bic="COBADEFFXXX", payment_url=ADDRESS)
    invoice = billed(acme, "1234.50")
    paid(acme, "34.50")

    found = ways(invoice)

    told = found.transfer
    assert (told.holder, told.iban_in_groups) == ("Nord", "DE89 3704 0044 0532 0130 00")
    assert (told.bic, told.reference) == ("COBADEFFXXX", invoice.number)
    assert (told.amount, told.currency) == (Decimal("1200.00"), "EUR")
    assert [code.kind for code in told.codes] == ["epc"]
    assert found.address == f"https://pay.example/{invoice.number}?a=1200.00&c=EUR"
    assert found.host == "pay.example"


def test_an_agency_that_says_nothing_offers_nothing(acme, billed):
    found = ways(billed(acme, 100))

    assert found == WaysToPay()
    assert not found


@pytest.mark.parametrize(
    ("facts", "transfer", "address"),
    [
        ({"bank_iban": IBAN}, True, False),
        ({"payment_url": ADDRESS}, False, True),
        ({"bank_holder": "Nord", "bank_bic": "COBADEFF"}, False, False),
    ],
)
def test_each_way_stands_alone(acme, billed, says, facts, transfer, address):
    says(**facts)

    found = ways(billed(acme, 100))

    assert (bool(found.transfer), bool(found.address)) == (transfer, address)
    assert bool(found) == (transfer or address)


def drafted(acme, billed, paid, north):
    return draft_invoice(acme, by=north, lines=[item(100)], at=NOW, number="D-1")


def opened(acme, billed, paid, north):
    return billed(acme, 100)


def partly_paid(acme, billed, paid, north):
    invoice = billed(acme, 100)
    paid(acme, 40)
    return invoice


def partly_credited(acme, billed, paid, north):
    return credited(acme, billed, paid, north, amount=Decimal(30))


def settled(acme, billed, paid, north):
    invoice = billed(acme, 100)
    paid(acme, 100)
    return invoice


def overpaid(acme, billed, paid, north):
    invoice = billed(acme, 100)
    paid(acme, 150)
    return invoice


def credited(acme, billed, paid, north, amount=None):
    invoice = billed(acme, 100)
    credit = credit_invoice(invoice, on=DAY, by=north, at=NOW, amount=amount)
    apply(credit, [(invoice, credit.balance)], on=DAY, at=NOW)
    return invoice


def cancelled(acme, billed, paid, north):
    invoice = partly_paid(acme, billed, paid, north)
    cancel(invoice, on=DAY, at=NOW)
    return invoice


def reversed_(acme, billed, paid, north):
    invoice = billed(acme, 100)
    reverse(invoice, on=DAY, by=north, at=NOW)
    return invoice


def deleted(acme, billed, paid, north):
    invoice = billed(acme, 100)
    delete_invoice(invoice, at=NOW)
    return invoice


def restored(acme, billed, paid, north):
    invoice = deleted(acme, billed, paid, north)
    restore_invoice(invoice, at=NOW)
    return invoice


def for_nothing(acme, billed, paid, north):
    return billed(acme, 0)


@pytest.mark.parametrize(
    ("becomes", "open_now"),
    [
        (drafted, None),
        (opened, "100.00"),
        (partly_paid, "60.00"),
        (partly_credited, "70.00"),
        (settled, None),
        (overpaid, None),
        (credited, None),
        (cancelled, None),
        (reversed_, None),
        (deleted, None),
        (restored, "100.00"),
        (for_nothing, None),
    ],
)
def test_only_what_is_owed_is_paid(acme, billed, paid, north, says, becomes, open_now):
    says(bank_iban=IBAN, payment_url=ADDRESS)

    found = ways(becomes(acme, billed, paid, north))

    assert bool(found) == (open_now is not None)
    if open_now:
        assert str(found.transfer.amount) == open_now
        assert f"a={open_now}&" in found.address


@pytest.mark.parametrize(
    ("currency", "price", "amount", "kinds"),
    [
        ("EUR", "10.50", "10.50", ["swiss", "epc"]),
        ("CHF", "10.50", "10.50", ["swiss"]),
        ("USD", "10.50", "10.50", []),
        ("JPY", "1200", "1200", []),
        ("KWD", "1.234", "1.234", []),
    ],
)
def test_every_currency_can_be_transferred_and_has_the_codes_it_fits(
    acme, billed, north, says, currency, price, amount, kinds
):
    where = {"country": "CH", "postal_code": "8001", "city": "Zürich"}
    Agency.objects.filter(pk=north.agency_id).update(**where)
    says(bank_iban=SWISS, bank_bic="POFICHBEXXX", payment_url=ADDRESS)

    found = ways(billed(acme, price, currency=currency))

    assert [code.kind for code in found.transfer.codes] == kinds
    assert str(found.transfer.amount) == amount
    assert found.address.endswith(f"?a={amount}&c={currency}")


def test_without_a_holder_it_is_the_agency_by_its_legal_name(acme, billed, north, says):
    says(bank_iban=IBAN)
    invoice = billed(acme, 100)
    assert ways(invoice).transfer.holder == "North"

    Agency.objects.filter(pk=north.agency_id).update(legal_name="North\nGmbH " + "x" * 99)

    assert ways(invoice).transfer.holder == "North GmbH " + "x" * 59


def test_an_invoice_has_its_own_address_before_and_after_its_issue(acme, billed, north, says):
    says(payment_url=ADDRESS)
    invoice = billed(acme, 100, payment_url="https://own.example/")
    assert ways(invoice).address == "https://own.example/"

    edit_document(invoice, payment_url="https://other.example/{number}", at=NOW)
    assert ways(invoice).address == f"https://other.example/{invoice.number}"

    edit_document(invoice, payment_url="", at=NOW + timedelta(hours=1))
    assert ways(invoice).host == "pay.example"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://pay.example/"])
def test_the_database_keeps_no_address_but_https(acme, billed, north, says, address):
    invoice = billed(acme, 100)
    says(payment_url=ADDRESS)

    for change in (Invoice.objects.filter(pk=invoice.pk), BillingSettings.objects.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change.update(payment_url=address)


@pytest.mark.parametrize(
    "facts",
    [
        {"bank_iban": "DE89 3704 0044 0532 0130 00"},
        {"bank_iban": IBAN + "\nEUR1"},
        {"bank_iban": IBAN + "\n"},
        {"bank_bic": "COBADEFF\n"},
        {"bank_bic": "cobadeff"},
    ],
)
def test_the_database_keeps_no_account_in_another_form(acme, says, facts):
    says(bank_iban=read_iban(IBAN))

    with pytest.raises(IntegrityError), transaction.atomic():
        BillingSettings.objects.update(**facts)


def test_it_costs_one_query(acme, billed, says, django_assert_num_queries):
    says(bank_iban=IBAN, payment_url=ADDRESS)
    invoice = billed(acme, 100)
    held = Invoice.objects.select_related("client__agency").get(pk=invoice.pk)

    with django_assert_num_queries(1):
        assert ways_to_pay(held)
