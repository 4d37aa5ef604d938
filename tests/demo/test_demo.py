import json
import unicodedata
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Count, Q
from django.test import Client as Browser

from agencies.keys import find_caller
from agencies.models import Agency, Membership
from agencies.scope import acting_for
from clients.custom_values import check_custom_values
from clients.models import Category, Client, CustomField, Project
from contacts.models import Contact


def demo(*arguments):
    printed = StringIO()
    call_command("demo", *arguments, stdout=printed)
    return printed.getvalue()


@pytest.fixture
def made(db):
    return json.loads(demo("--json"))


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


def test_a_second_installation_shows_the_same_clients(transactional_db):
    def facts():
        fields = ("number", "name", "created_at", "category__name", "contacts__email", "phone")
        with acting_for(Agency.objects.get(slug="northlight").pk):
            return list(Client.objects.values_list(*fields).order_by("number", "contacts__id"))

    demo()
    first = facts()
    # Events are never deleted one by one: an installation is begun anew as a whole.
    call_command("flush", interactive=False, verbosity=0)
    demo()

    assert facts() == first


def test_a_database_with_an_agency_is_left_alone(north):
    assert json.loads(demo("--json")) == {}
    assert demo() == "There is an agency already, so nothing was changed.\n"
    assert Agency.objects.get() == north.agency


def test_the_printed_login_opens_the_admin_and_owns_both_agencies(made):
    browser = Browser()

    signed_in = browser.login(username=made["staff"]["email"], password=made["staff"]["password"])

    assert signed_in
    owned = Membership.objects.filter(user__email=made["staff"]["email"], role="owner")
    assert owned.count() == 2


def test_the_portal_address_begins_with_the_public_address(made, settings):
    assert made["portal"] == f"{settings.FOYER_URL}/portal/northlight/"


def test_each_printed_key_is_a_full_key_of_the_first_agency(made):
    assert list(made["keys"]) == ["v1", "api", "api/v1"]
    for secret in made["keys"].values():
        caller = find_caller(secret)

        assert caller.agency.slug == "northlight"
        assert caller.key.may("clients:write")


def test_without_json_the_same_is_printed_as_lines(db):
    printed = demo()

    assert "Sign in to the admin as mara@northlight.example with " in printed
    assert "/portal/northlight/" in printed
    for dialect in ("v1", "api", "api/v1"):
        assert f"API key for /{dialect}: foyer_" in printed
