from decimal import Decimal

from agencies.scope import acting_for
from api.compiled import CompiledRows
from clients.models import Client
from contacts.enrolling import enroll
from contacts.models import Contact


def test_compiled_rows_are_those_that_values_gives(in_north, north):
    first = enroll(in_north, by=north, name="First", country="FR", settings={"a": [1]})
    second = enroll(in_north, by=north, name="Second")
    columns = ("pk", "name", "country", "settings", "balance", "created_at", "created_by__user")

    compiled = CompiledRows(Client.objects.order_by("-pk"), "pk", columns)
    found = list(compiled.where([first.pk, second.pk]))

    assert found == list(Client.objects.order_by("-pk").values(*columns))
    assert found[1]["settings"] == {"a": [1]}
    assert found[1]["balance"] == Decimal(0)


def test_compiled_rows_are_asked_for_anew_each_time(in_north, north):
    first = enroll(in_north, by=north, name="First")
    second = enroll(in_north, by=north, name="Second")
    people = CompiledRows(Contact.objects.present(), "client", ("client",))

    assert [row["client"] for row in people.where([first.pk])] == [first.pk]
    assert [row["client"] for row in people.where([second.pk])] == [second.pk]
    assert list(people.where([])) == []


def test_compiled_rows_stay_behind_the_wall(north, south):
    with acting_for(north.agency_id):
        ours = enroll(north.agency, by=north, name="Ours").pk
    names = CompiledRows(Client.objects.all(), "pk", ("name",))

    with acting_for(north.agency_id):
        assert list(names.where([ours])) == [{"name": "Ours"}]
    with acting_for(south.agency_id):
        assert list(names.where([ours])) == []
