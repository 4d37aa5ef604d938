from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.timezone import localdate

from agencies.scope import acting_for
from billing.models import Verification
from billing.planning import plan
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import make
from clients.models import Client
from contacts.removing import remove
from portal.details import address_of, change_address
from portal.document_links import make_link
from portal.inviting import invite
from tests.admin.conftest import LISTED, listing, suppressed, webhook

DAY = date(2026, 1, 1)


def names(response):
    return [client.name for client in response.context["cl"].result_list]


@pytest.fixture
def many(rows, new_client, north, join):
    """Rows of every kind, up to this number."""
    from agencies.keys import create_api_key
    from clients.models import Category, ClientGroup, CustomField, Document, Project

    def many(count):
        with acting_for(north.agency_id):
            have = Client.objects.count()
        if not have:
            rows(north)
            have = 1
        agency = north.agency
        for i in range(have, count):
            member = join(north, "staff", email=f"m{i}@north.example")
            client = new_client(
                north, name=f"Client {i}", email=f"p{i}@birch.example", tags=[f"Tag {i}", "All"]
            )
            gone = new_client(north, name=f"Gone {i}", email=f"g{i}@gone.example")
            with acting_for(agency.pk):
                remove(gone, by=member, at=timezone.now())
                project = Project.objects.create(
                    agency=agency, client=client, name=f"Project {i}", currency="EUR"
                )
                create_api_key(member, name=f"Key {i}")
                suppressed(f"s{i}@else.example")
                invite(client, by=member, at=timezone.now())
                person = client.contacts.select_related("agency", "client").get()
                change_address(person, {**address_of(client), "city": "Bath"}, at=timezone.now())
                kept = make(client, Wanted(StatementKind.ACTIVITY, DAY, DAY), by=member)
                make_link(kept, person, at=timezone.now())
                webhook(member)
                plan(agency, on=localdate(), at=timezone.now(), client=client)
                Verification.objects.create(agency=agency)
                Category.objects.create(agency=agency, name=f"Category {i}")
                ClientGroup.objects.create(agency=agency, name=f"Group {i}")
                CustomField.objects.create(agency=agency, name=f"f{i}", label=f"Field {i}")
                Document.objects.create(
                    agency=agency, client=client, project=project, name=f"{i}.pdf",
                    stored_name=f"{i}", file=f"documents/{i}", extension="pdf", size=1,
                )  # fmt: skip

    return many


def test_lists_ask_as_many_questions_for_25_rows_as_for_5(staff, north, many):
    browser = staff(north)
    # Of numbers each agency has three rows.
    labels = [label for label in LISTED if label != "billing.NumberSeries"]

    def questions():
        counted = {}
        for label in labels:
            with CaptureQueriesContext(connection) as queries:
                response = browser.get(listing(label))
            assert len(response.context["cl"].result_list) >= size
            counted[label] = len(queries)
        return counted

    size = 5
    many(size)
    browser.get("/admin/")
    few = questions()
    size = 25
    many(size)

    assert questions() == few
    assert max(few.values()) <= 20


def test_the_client_list_tells_what_matters(staff, north, new_client):
    new_client(north, tags=["Priority", "Print"], currency="JPY")

    shown = staff(north).get(listing("clients.Client")).text

    for told in ("0001", "Birch", "birgit@birch.example", "Default", "Priority", "Print"):
        assert told in shown
    assert "0\N{NO-BREAK SPACE}JPY" in shown
    assert "active" in shown


@pytest.mark.parametrize("words", ["birch", "BÍRCH", "0001", "birgit@", "berg birch", "HRB 12"])
def test_search_goes_through_the_stored_search_column(staff, north, new_client, words):
    new_client(north, id_number="HRB 12")
    new_client(north, name="Other", email="other@other.example")
    with acting_for(north.agency_id):
        Client.objects.get(name="Other").contacts.update(first_name="O", last_name="X")

    assert names(staff(north).get(listing("clients.Client"), {"q": words})) == ["Birch"]


def test_search_does_not_mistake_signs_for_wildcards(staff, north, new_client):
    new_client(north)

    assert names(staff(north).get(listing("clients.Client"), {"q": "%"})) == []


def test_clients_are_filtered_by_state(staff, north, new_client):
    now = timezone.now()
    for name, moment in (("a", "archived_at"), ("s", "suspended_at"), ("d", "deleted_at")):
        new_client(north, name=name, email="", **{moment: now})
    new_client(north, name="n", email="")
    browser = staff(north)

    def shown(**asked):
        return "".join(names(browser.get(listing("clients.Client"), asked)))

    assert shown() == "ans"
    assert shown(state="all") == "adns"
    assert shown(state="active") == "n"
    assert shown(state="archived") == "a"
    assert shown(state="suspended") == "s"
    assert shown(state="deleted") == "d"
    assert shown(state="nonsense") == "ans"


def test_clients_are_filtered_by_category_and_tag(staff, north, new_client):
    birch = new_client(north, tags=["Print"])
    with acting_for(north.agency_id):
        category, tag = birch.category_id, birch.tags.get().pk
    browser = staff(north)

    for asked in ({"category__id__exact": category}, {"tags__id__exact": tag}):
        assert names(browser.get(listing("clients.Client"), asked)) == ["Birch"]
    assert names(browser.get(listing("clients.Client"), {"tags__isnull": "True"})) == []


@pytest.mark.parametrize(
    ("label", "question"),
    [
        ("contacts.Contact", "password__startswith"),
        ("contacts.Contact", "key_seed__startswith"),
        ("contacts.Contact", "client__private_notes__contains"),
        ("agencies.ApiKey", "digest__startswith"),
        ("agencies.ApiKey", "member__user__password__startswith"),
        ("agencies.Membership", "user__password__startswith"),
        ("clients.Client", "category__clients__private_notes__contains"),
        ("clients.Client", "assigned_to__user__password__startswith"),
    ],
)
def test_a_list_answers_no_question_that_it_did_not_offer(staff, north, label, question):
    response = staff(north).get(listing(label), {question: "a"})

    assert response.status_code == 400


def test_clients_come_in_the_order_of_their_names(staff, north, new_client):
    for name in ("ähre", "Zimt", "Anis", "éclair"):
        new_client(north, name=name, email="")

    assert names(staff(north).get(listing("clients.Client"))) == ["ähre", "Anis", "éclair", "Zimt"]
