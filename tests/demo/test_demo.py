import json
import re
import unicodedata
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, Max, Min, Q
from django.test import Client as Browser

from agencies.keys import find_caller
from agencies.models import Agency, Membership
from agencies.scope import acting_for
from billing.models import Credit, Invoice, Refund
from billing.verifying import differences_of
from clients.custom_values import check_custom_values
from clients.models import Category, Client, CustomField, Project
from config.demo.clients import TODAY
from contacts.mailing import opened
from contacts.models import Contact, Message


@pytest.fixture(scope="module")
def one_demo(django_db_setup, django_db_blocker):
    """Made once for all tests here, each of which works within a savepoint of its own."""
    printed = StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("demo", "--json", stdout=printed)
        yield json.loads(printed.getvalue())
        transaction.set_rollback(True)


@pytest.fixture
def made(one_demo, db):
    return one_demo


@pytest.fixture
def northlight(made):
    agency = Agency.objects.get(slug="northlight")
    with acting_for(agency.pk):
        yield agency


def test_two_agencies_with_forty_clients_each_are_made(made):
    for slug, currency in (("northlight", "EUR"), ("harbour-pine", "USD")):
        agency = Agency.objects.get(slug=slug)
        with acting_for(agency.pk):
            assert agency.currency == currency
            assert Client.objects.count() == 40
            assert Category.objects.filter(is_default=True).count() == 1


def test_every_client_has_one_to_three_people_of_whom_one_is_primary(northlight):
    clients = Client.objects.annotate(
        people=Count("contacts"), primary=Count("contacts", filter=Q(contacts__is_primary=True))
    )

    assert {client.people for client in clients} == {1, 2, 3}
    assert {client.primary for client in clients} == {1}


def test_some_clients_are_archived_suspended_and_deleted(northlight):
    assert Client.objects.filter(archived_at__isnull=False).exists()
    assert Client.objects.filter(suspended_at__isnull=False).exists()
    assert Client.objects.filter(deleted_at__isnull=False).exists()
    assert Client.objects.active().count() > 30


def test_projects_come_in_every_state_shared_and_private(northlight):
    assert set(Project.objects.values_list("status", flat=True)) == set(Project.Status.values)
    assert set(Project.objects.values_list("is_shared", flat=True)) == {True, False}
    assert Project.objects.filter(archived_at__isnull=False).exists()


def test_names_are_written_in_many_scripts(made):
    scripts = set()
    for agency in Agency.objects.all():
        with acting_for(agency.pk):
            for name in Client.objects.values_list("name", flat=True):
                scripts |= {unicodedata.name(c).split()[0] for c in name if c.isalpha()}

    assert scripts >= {
        "LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW", "CJK", "HIRAGANA", "HANGUL", "THAI",
    }  # fmt: skip


def test_mail_can_reach_nobody(made):
    for agency in Agency.objects.all():
        with acting_for(agency.pk):
            emails = list(Contact.objects.values_list("email", flat=True))
            assert emails
            assert all(email.endswith(".example") for email in emails)


def test_values_of_custom_fields_are_such_as_the_agency_allows(northlight):
    told = list(Client.objects.values_list("custom_fields", flat=True))

    assert {name for values in told for name in values} == set(
        CustomField.objects.values_list("name", flat=True)
    )
    assert [check_custom_values(values) for values in told] == told


def test_the_printed_login_opens_the_admin_and_owns_both_agencies(made):
    browser = Browser()

    signed_in = browser.login(username=made["staff"]["email"], password=made["staff"]["password"])

    assert signed_in
    owned = Membership.objects.filter(user__email=made["staff"]["email"], role="owner")
    assert owned.count() == 2


def test_the_portal_address_begins_with_the_public_address(made, settings):
    assert made["portal"] == f"{settings.FOYER_URL}/portal/northlight/"


def test_the_printed_person_gets_into_the_portal_by_mail(made, run_jobs):
    browser, base = Browser(), "/portal/northlight/"
    browser.post(f"{base}sign-in", {"address": made["person"]})
    run_jobs()
    with acting_for(Agency.objects.get(slug="northlight").pk):
        code = re.search(r"\d{3} \d{3}", opened(Message.objects.get(kind="sign_in")).text)[0]

    entered = browser.post(f"{base}sign-in/code", {"code": code}, follow=True)

    assert entered.redirect_chain[-1][0] == f"{base}home"
    assert "<bdi>INV-" in entered.text


def test_each_printed_key_is_a_full_key_of_the_first_agency(made):
    assert list(made["keys"]) == ["v1", "api", "api/v1"]
    for secret in made["keys"].values():
        caller = find_caller(secret)

        assert caller.agency.slug == "northlight"
        assert caller.key.may("clients:write")


def test_every_client_has_two_years_of_billing_that_is_proved(made):
    for agency in Agency.objects.all():
        with acting_for(agency.pk):
            issued = Invoice.objects.issued()
            billed = Client.objects.annotate(
                first=Min("invoices__issued_on"), last=Max("invoices__issued_on")
            )
            assert all((one.last - one.first).days > 500 for one in billed)
            assert {"sent", "partial", "paid"} <= set(issued.values_list("status", flat=True))
            assert issued.overdue(on=TODAY.date()).exists()
            assert Client.objects.filter(payment_balance__gt=0).exists()
            assert Credit.objects.exists()
            assert Refund.objects.exists()
            assert [str(one) for one in differences_of()] == []
