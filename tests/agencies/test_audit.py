import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from agencies.keys import create_api_key
from agencies.models import Agency, ApiKey
from agencies.scope import acting_for
from clients.models import FIGURES, Client
from contacts.enrolling import Person, enroll
from contacts.models import Contact


def trail(model, *columns):
    return list(model.pgh_event_model.objects.order_by("pgh_id").values_list(*columns))


def test_the_trail_says_who_what_and_through_which_door(north):
    with acting_for(north.agency_id, door="v1", member_id=north.pk):
        client = enroll(north.agency, by=north, name="Old")
    with acting_for(north.agency_id, door="admin", member_id=north.pk):
        Client.objects.filter(pk=client.pk).update(name="New")

        events = trail(Client, "pgh_label", "name", "pgh_context__door", "pgh_context__member")

    assert events == [
        ("insert", "Old", "v1", north.pk),
        ("update", "New", "admin", north.pk),
    ]


def test_a_change_through_an_api_is_signed_with_its_door(north, bearer):
    bearer(north).post("/v1/clients", {"name": "Acme", "email": "a@acme.example"})

    with acting_for(north.agency_id):
        assert trail(Client, "pgh_context__door", "pgh_context__member") == [("v1", north.pk)]
        assert trail(Contact, "pgh_context__door", "pgh_context__member") == [("v1", north.pk)]


def test_the_trail_cannot_be_rewritten(in_north, north):
    enroll(in_north, by=north, name="Acme")

    for change in (
        lambda: Client.pgh_event_model.objects.update(name="Forged"),
        lambda: Client.pgh_event_model.objects.all().delete(),
    ):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            change()


def test_secrets_are_not_in_the_trail(north):
    create_api_key(north, name="shop")
    with acting_for(north.agency_id):
        enroll(north.agency, by=north, people=[Person(email="a@b.example", password="Secret123")])

    columns = {
        field.name
        for model in (ApiKey, Contact, Agency)
        for field in model.pgh_event_model._meta.fields
    }
    assert not columns & {"digest", "password", "key_seed", "key_digest"}


def test_what_the_database_keeps_by_itself_makes_no_noise(in_north, north):
    client = enroll(in_north, by=north, people=[Person(email="a@b.example")])
    Contact.objects.update(first_name="Zoë")

    assert trail(Client, "pgh_label") == [("insert",)]
    client.refresh_from_db()
    assert "Zoë" in client.people_text


def test_sums_that_move_make_no_noise_and_everything_else_is_told(in_north, north):
    client = enroll(in_north, by=north, name="Acme")
    own = Client.objects.filter(pk=client.pk)

    for n, figure in enumerate(FIGURES, start=1):
        own.update(**{figure: n})
        own.update(**{figure: n + 1}, updated_at=timezone.now())
    assert trail(Client, "pgh_label") == [("insert",)]

    own.update(balance=7, city="Rome")
    own.update(updated_at=timezone.now())
    assert trail(Client, "pgh_label", "city", "balance") == [
        ("insert", "", 0),
        ("update", "Rome", 7),
        ("update", "Rome", 7),
    ]


def test_no_large_change_is_copied_by_the_plan_of_a_small_one(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proconfig FROM pg_proc"
            " WHERE prosrc LIKE '%old_values%' AND prosrc LIKE '%new_values%'"
        )
        settings = [row[0] or [] for row in cursor.fetchall()]

    assert len(settings) > 10
    assert all({"enable_nestloop=off", "jit=off"} <= set(one) for one in settings)
