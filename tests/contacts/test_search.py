from clients.models import Client
from contacts.enrolling import Person, enroll
from contacts.models import Contact


def found(words):
    return list(Client.objects.matching(words))


def test_a_client_is_found_by_its_people(in_north, north):
    client = enroll(in_north, by=north, people=[Person(first_name="Zoë", email="z@x.example")])

    assert found("zoe") == found("Z@X.") == [client]


def test_the_text_follows_bulk_changes_moves_and_deletions(in_north, north):
    one = enroll(in_north, by=north, people=[Person(first_name="Ann")])
    two = enroll(in_north, by=north, people=[Person(first_name="Bob")])

    Contact.objects.filter(client=one).update(first_name="Cleo")
    assert (found("ann"), found("cleo")) == ([], [one])

    Contact.objects.filter(first_name="Cleo").update(client=two, is_primary=False)
    assert found("cleo") == [two]

    Contact.objects.filter(first_name="Cleo").update(deleted_at="2026-01-01T00:00Z")
    assert found("cleo") == []

    Contact.objects.filter(first_name="Bob").delete()
    assert found("bob") == []
