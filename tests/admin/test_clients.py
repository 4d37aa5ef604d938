import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.roles import Role
from agencies.scope import acting_for
from clients.models import Category, Client, CustomField, Project, Tag
from contacts.models import Contact
from tests.admin.conftest import filled_in, listing, page

ADD = "/admin/clients/client/add/"


def errors(response):
    return response.context["adminform"].form.errors


def test_a_new_client_gets_a_number_and_its_person_is_primary(staff, north):
    sent = {
        "name": "Birch", "first_name": "Birgit", "last_name": "Berg",
        "email": "birgit@birch.example", "person_phone": "+49 30 23125 001", "job_title": "Owner",
    }  # fmt: skip

    response = staff(north).post(ADD, sent)

    assert response.status_code == 302
    with acting_for(north.agency_id):
        client = Client.objects.get()
        person = client.contacts.get()
        assert (client.number, client.name, client.created_by) == ("0001", "Birch", north)
        assert client.category.is_default
        assert person.is_primary
        assert (person.full_name, person.email) == ("Birgit Berg", "birgit@birch.example")


def test_a_new_client_without_people_gets_a_placeholder(staff, north):
    staff(north).post(ADD, {"name": "Birch"})

    with acting_for(north.agency_id):
        assert Contact.objects.get().is_placeholder


def test_a_new_client_may_choose_number_category_and_tags(staff, north, in_north):
    category = Category.objects.create(agency=in_north, name="Culture")
    tags = [Tag.objects.create(agency=in_north, title=title) for title in ("Print", "Web")]
    sent = {
        "name": "Birch", "number": "A-7", "category": category.pk,
        "tagged": [tag.pk for tag in tags],
    }  # fmt: skip

    staff(north).post(ADD, sent)

    client = Client.objects.get()
    assert (client.number, client.category) == ("A-7", category)
    assert set(client.tags.all()) == set(tags)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field is required."),
        ("number", "0001", "Another client has this number. Choose another."),
        ("id_number", "HRB 1", "Another client has this company register id. Choose another."),
        ("currency", "XXQ", "XXQ is no currency. Use an ISO 4217 code such as EUR."),
        ("email", "birgit", "Enter a valid email address."),
    ],
)
def test_a_bad_value_is_told_at_its_field(staff, north, new_client, field, value, sentence):
    new_client(north, id_number="HRB 1")

    response = staff(north).post(ADD, {"name": "Beech", field: value})

    assert errors(response) == {field: [sentence]}
    with acting_for(north.agency_id):
        assert Client.objects.count() == 1


def test_a_change_writes_only_what_was_edited(staff, north, new_client):
    client = new_client(north)
    browser = staff(north)
    sent = filled_in(browser.get(page(client)))

    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = browser.post(page(client), {**sent, "city": "Husum"})

    updates = [q["sql"] for q in queries if q["sql"].startswith('UPDATE "clients_client"')]
    assert response.status_code == 302
    assert len(updates) == 1
    assert '"city"' in updates[0]
    assert "balance" not in updates[0]
    with acting_for(north.agency_id):
        changed = Client.objects.get()
        assert changed.city == "Husum"
        assert changed.updated_at > client.updated_at


def test_tags_can_be_changed(staff, north, new_client):
    client = new_client(north, tags=["Print"])
    with acting_for(north.agency_id):
        web = Tag.objects.create(agency=north.agency, title="Web")
    browser = staff(north)
    sent = filled_in(browser.get(page(client)))

    browser.post(page(client), {**sent, "tagged": [web.pk]})

    with acting_for(north.agency_id):
        assert list(client.tags.all()) == [web]


def test_money_and_number_cannot_be_typed(staff, north, new_client):
    client = new_client(north)
    browser = staff(north)
    sent = filled_in(browser.get(page(client)))

    browser.post(page(client), {**sent, "balance": "99", "number": "Z", "total_billed": "99"})

    with acting_for(north.agency_id):
        stored = Client.objects.get()
        assert (stored.balance, stored.total_billed, stored.number) == (0, 0, "0001")


def test_the_page_shows_people(staff, north, new_client):
    client = new_client(north)

    shown = staff(north).get(page(client)).text

    assert "Birgit Berg" in shown


def test_deleting_clients_and_primary_contacts_is_not_offered(staff, north, new_client):
    client = new_client(north)
    with acting_for(north.agency_id):
        primary = client.contacts.get()
    browser = staff(north)

    for row in (client, primary):
        assert browser.post(page(row, "delete"), {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [client.pk], "post": "yes"}
    browser.post(listing("clients.Client"), action)
    action["_selected_action"] = [primary.pk]
    browser.post(listing("contacts.Contact"), action)

    with acting_for(north.agency_id):
        assert Client.objects.count() == Contact.objects.count() == 1


def test_two_people_of_a_client_cannot_share_an_address(staff, north, new_client):
    client = new_client(north)
    with acting_for(north.agency_id):
        other = Contact.objects.create(
            agency=north.agency, client=client, key_seed="a", key_digest="a", first_name="Bo"
        )
    browser = staff(north)
    sent = filled_in(browser.get(page(other)))

    response = browser.post(page(other), {**sent, "email": "BIRGIT@birch.example"})

    assert errors(response) == {
        "email": ["Somebody else at this client has this address. Use another."]
    }


@pytest.mark.parametrize(
    ("label", "row", "sent", "field", "sentence"),
    [
        ("tag", Tag(title="Print"), {"title": "PRINT"}, "title",
         "Another tag has this title. Choose another."),
        ("category", Category(name="Culture"), {"name": "culture"}, "name",
         "Another category has this name. Choose another."),
        ("customfield", CustomField(name="tier", label="Tier"),
         {"name": "tier", "label": "Tier", "kind": "text", "position": "0"}, "name",
         "Another custom field has this name. Choose another."),
        ("customfield", None,
         {"name": "tier", "label": "Tier", "kind": "choice", "position": "0"}, "choices",
         "A choice needs something to choose from. Add a line."),
    ],
)  # fmt: skip
def test_what_clients_are_filed_under_is_checked(
    staff, north, in_north, label, row, sent, field, sentence
):
    if row:
        row.pk, row.agency = None, in_north
        row.save(force_insert=True)

    response = staff(north).post(f"/admin/clients/{label}/add/", sent)

    assert errors(response) == {field: [sentence]}


def test_choices_are_given_one_per_line(staff, north, in_north):
    sent = {
        "name": "tier", "label": "Tier", "kind": "choice", "position": "0",
        "choices": "Gold, pure\r\n\r\n Silver \r\n",
    }  # fmt: skip

    staff(north).post("/admin/clients/customfield/add/", sent)

    assert CustomField.objects.get().choices == ["Gold, pure", "Silver"]


def test_a_project_cannot_end_before_it_starts(staff, north, new_client):
    client = new_client(north)
    sent = {
        "client": client.pk, "name": "Website", "status": "planning", "currency": "EUR",
        "starts_on": "2026-05-02", "ends_on": "2026-05-01",
    }  # fmt: skip
    browser = staff(north)

    refused = browser.post("/admin/clients/project/add/", sent)
    accepted = browser.post("/admin/clients/project/add/", {**sent, "ends_on": "2026-05-02"})

    assert errors(refused) == {
        "ends_on": ["The project ends before it starts. Choose a later day."]
    }
    assert accepted.status_code == 302
    with acting_for(north.agency_id):
        assert Project.objects.get().client == client


def test_the_default_category_cannot_be_deleted(staff, north, new_client):
    new_client(north)
    with acting_for(north.agency_id):
        default = Category.objects.get()

    response = staff(north).post(page(default, "delete"), {"post": "yes"})

    assert response.status_code == 403


def test_the_log_that_stands_outside_the_wall_stays_empty(staff, north, in_north):
    browser = staff(north)
    browser.post(ADD, {"name": "Birch"})
    browser.post("/admin/clients/tag/add/", {"title": "Print"})
    tag = Tag.objects.get()
    browser.post(page(tag), {"title": "Paper"})
    browser.post(page(tag, "delete"), {"post": "yes"})

    assert not Tag.objects.exists()
    assert not LogEntry.objects.exists()


def test_old_log_entries_are_not_shown(staff, north):
    LogEntry.objects.create(
        user=north.user, object_repr="Secret of the south", action_flag=1, change_message=""
    )

    assert "Secret of the south" not in staff(north).get("/admin/").text


@pytest.mark.parametrize(
    ("role", "looks", "adds", "deletes_tags"),
    [
        (Role.OWNER, 200, 200, 200),
        (Role.MANAGER, 200, 200, 200),
        (Role.STAFF, 200, 200, 403),
        (Role.VIEWER, 200, 403, 403),
    ],
)
def test_the_role_decides(staff, north, new_client, join, role, looks, adds, deletes_tags):
    client = new_client(north, tags=["Print"])
    with acting_for(north.agency_id):
        tag = Tag.objects.get()
    browser = staff(join(north, role))

    assert browser.get(page(client)).status_code == looks
    assert browser.get(ADD).status_code == adds
    assert browser.get(page(tag, "delete")).status_code == deletes_tags


def test_a_viewer_changes_nothing(staff, north, new_client, join):
    client = new_client(north)

    response = staff(join(north, Role.VIEWER)).post(page(client), {"name": "Mine"})

    assert response.status_code == 403
