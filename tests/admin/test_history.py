import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.admin_history import PER_PAGE
from agencies.scope import acting_for
from clients.models import Category, Client
from tests.admin.conftest import filled_in, page


def told(browser, row, **asked):
    return browser.get(page(row, "history"), asked).context["changes"]


@pytest.fixture
def client(north, new_client):
    return new_client(north)


def test_a_change_tells_who_when_where_and_what(staff, north, client):
    browser = staff(north)
    sent = filled_in(browser.get(page(client)))
    browser.post(page(client), {**sent, "city": "Husum", "name": ""})

    newest, oldest = told(browser, client)

    assert (newest.action, newest.who, newest.door) == ("Changed", "nora@north.example", "admin")
    assert [(f.label, f.old, f.new) for f in newest.fields] == [
        ("Name", "Birch", "–"),
        ("City", "–", "Husum"),
    ]
    assert (oldest.action, oldest.who, oldest.fields) == ("Created", "", [])
    assert newest.at >= oldest.at


def test_the_page_shows_the_words_and_hides_markup(staff, north, client):
    with acting_for(north.agency_id, door="v1", member_id=north.pk):
        Client.objects.update(city="<script>x</script>")

    shown = staff(north).get(page(client, "history")).text

    assert "&lt;script&gt;x&lt;/script&gt;" in shown
    assert "<script>x" not in shown
    assert "v1" in shown
    assert "nora@north.example" in shown


def test_rows_pointed_at_are_named_even_when_deleted_since(staff, north, client):
    with acting_for(north.agency_id):
        default = client.category
        culture = Category.objects.create(agency=north.agency, name="Culture")
        gone = Category.objects.create(agency=north.agency, name="Gone")
        for category in (gone, culture):
            Client.objects.update(category=category, assigned_to=north)
        was = f"number {gone.pk}, deleted since"
        gone.delete()

    newest, middle, _created = told(staff(north), client)

    assert [(f.old, f.new) for f in newest.fields] == [(was, "Culture")]
    assert (middle.fields[0].old, middle.fields[0].new) == (
        default.name,
        was,
    )
    assert (middle.fields[1].label, middle.fields[1].new) == ("Assigned to", "nora@north.example")


def test_a_long_history_has_pages_that_fit_together(staff, north, client):
    with acting_for(north.agency_id):
        for i in range(PER_PAGE + 4):
            Client.objects.update(city=f"City {i}")
    browser = staff(north)

    first, second = told(browser, client), told(browser, client, page=2)

    assert len(first) == PER_PAGE
    assert len(second) == 5
    assert (first[-1].fields[0].old, first[-1].fields[0].new) == ("City 3", "City 4")
    assert (second[0].fields[0].old, second[0].fields[0].new) == ("City 2", "City 3")
    assert second[-1].action == "Created"


def test_a_long_history_asks_no_more_questions(staff, north, client):
    browser = staff(north)

    def questions():
        with CaptureQueriesContext(connection) as queries:
            browser.get(page(client, "history"))
        return len(queries)

    def change(*cities):
        with acting_for(north.agency_id, member_id=north.pk):
            for city in cities:
                Client.objects.update(city=city)

    change("a")
    questions()
    few = questions()
    change(*"bcdefghijk")

    assert questions() == few


def test_what_the_house_keeps_by_itself_is_not_told(staff, north, client):
    with acting_for(north.agency_id):
        Client.objects.update(updated_at=timezone.now())

    assert [change.action for change in told(staff(north), client)] == ["Created"]


def test_secrets_are_not_in_the_history(staff, north, client):
    with acting_for(north.agency_id):
        contact = client.contacts.get()
        contact.password = "argon2$secret"
        contact.first_name = "Bo"
        contact.save()

    shown = staff(north).get(page(contact, "history")).text

    assert "Bo" in shown
    assert "argon2$secret" not in shown
    assert contact.key_seed not in shown
