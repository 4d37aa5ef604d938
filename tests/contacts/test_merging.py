from datetime import UTC, datetime, timedelta

import pytest

from agencies.digests import agency_of
from billing.merging import merge, preview, undo
from clients.models import Client
from contacts.enrolling import Person, enroll
from contacts.keys import portal_key
from contacts.models import Contact

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = THEN + timedelta(days=1)


@pytest.fixture
def with_people(in_north, north):
    """A client with people of these names and addresses."""

    def with_people(*people):
        return enroll(
            in_north,
            by=north,
            people=[Person(first_name=name, email=email) for name, email in people],
        )

    return with_people


def present(client):
    """Names, addresses and who is primary, of those who are there."""
    found = client.contacts.present().primary_first()
    return [(c.first_name, c.email, c.is_primary) for c in found]


def everyone():
    """All contacts but for their date of change."""
    names = [field.attname for field in Contact._meta.concrete_fields if field.name != "updated_at"]
    return list(Contact.objects.order_by("pk").values(*names))


def test_people_come_along_and_none_of_them_is_primary(with_people, north):
    survivor = with_people(("Ann", "ann@a.example"))
    merged = with_people(("Bob", "bob@b.example"), ("Eve", "eve@b.example"))

    merge(survivor, merged, by=north, at=THEN)

    assert present(survivor) == [
        ("Ann", "ann@a.example", True),
        ("Bob", "bob@b.example", False),
        ("Eve", "eve@b.example", False),
    ]


def test_the_survivors_contact_wins_over_one_with_the_same_address(with_people, north):
    survivor = with_people(("Ann", "ann@a.example"), ("Bob", "BOB@b.example"))
    merged = with_people(("Robert", "bob@B.example"), ("Eve", "eve@b.example"))
    (robert,) = merged.contacts.filter(first_name="Robert")

    seen = preview(survivor, merged)
    merge(survivor, merged, by=north, at=THEN)

    assert [contact.first_name for contact in seen.dropped] == ["Robert"]
    assert seen.primary.first_name == "Ann"
    assert [name for name, _, _ in present(survivor)] == ["Ann", "Bob", "Eve"]
    robert.refresh_from_db()
    assert (robert.client, robert.deleted_at, robert.is_primary) == (survivor, THEN, False)


def test_who_has_no_address_is_dropped_where_others_are(with_people, north):
    survivor = with_people(("Ann", "ann@a.example"))
    merged = with_people(("Nameless", ""), ("Eve", "eve@b.example"))

    merge(survivor, merged, by=north, at=THEN)

    assert [name for name, _, _ in present(survivor)] == ["Ann", "Eve"]


def test_a_placeholder_does_not_come_along(with_people, north):
    survivor, merged = with_people(("Ann", "ann@a.example")), with_people()

    merge(survivor, merged, by=north, at=THEN)

    assert present(survivor) == [("Ann", "ann@a.example", True)]


def test_real_people_replace_the_survivors_placeholder(with_people, north):
    survivor = with_people()
    merged = with_people(("Phone only", ""), ("Eve", "eve@b.example"))

    seen = preview(survivor, merged)
    merge(survivor, merged, by=north, at=THEN)

    assert seen.primary.first_name == "Phone only"
    assert [contact.is_placeholder for contact in seen.dropped] == [True]
    assert present(survivor) == [("Phone only", "", True), ("Eve", "eve@b.example", False)]


def test_of_two_placeholders_the_survivors_stays(with_people, north):
    survivor, merged = with_people(), with_people()
    own = survivor.contacts.get()

    merge(survivor, merged, by=north, at=THEN)

    assert list(survivor.contacts.present()) == [own]


def test_people_deleted_before_come_along_deleted(with_people, north):
    survivor = with_people(("Ann", "ann@a.example"))
    merged = with_people(("Bob", "bob@b.example"), ("Eve", "ann@a.example"))
    merged.contacts.filter(first_name="Eve").update(deleted_at=THEN - timedelta(days=9))

    merge(survivor, merged, by=north, at=THEN)

    assert survivor.contacts.count() == 3
    assert survivor.contacts.get(first_name="Eve").deleted_at == THEN - timedelta(days=9)


def test_a_survivor_without_anybody_gets_a_contact(with_people, north):
    survivor, merged = with_people(("Ann", "ann@a.example")), with_people()
    survivor.contacts.update(deleted_at=THEN)

    merge(survivor, merged, by=north, at=LATER)

    (stand_in,) = survivor.contacts.present()
    assert stand_in.is_primary
    assert stand_in.is_placeholder
    assert agency_of(portal_key(stand_in)) == north.agency


def test_the_survivor_is_found_by_its_new_people(with_people, north):
    survivor = with_people(("Ann", "ann@a.example"))
    merged = with_people(("Bob", "bob@b.example"))

    record = merge(survivor, merged, by=north, at=THEN)
    assert list(Client.objects.matching("bob@b")) == [survivor]

    undo(record, at=LATER)
    assert list(Client.objects.matching("bob@b")) == [merged]


@pytest.mark.parametrize(
    ("here", "coming"),
    [
        ([("Ann", "a@x.example")], [("Bob", "b@x.example"), ("Eve", "e@x.example")]),
        ([("Ann", "a@x.example")], [("Ann", "A@x.example"), ("Eve", "e@x.example")]),
        ([("Ann", "a@x.example")], [("Bob", ""), ("Eve", "")]),
        ([("Ann", "a@x.example")], []),
        ([], [("Bob", "b@x.example"), ("Eve", "")]),
        ([("", ""), ("", "")], [("Bob", "b@x.example")]),
        ([], []),
    ],
)
def test_an_undone_merge_leaves_all_people_as_they_were(with_people, north, here, coming):
    survivor, merged = with_people(*here), with_people(*coming)
    before = everyone()

    undo(merge(survivor, merged, by=north, at=THEN), at=LATER)

    assert everyone() == before


def test_undoing_leaves_both_clients_with_exactly_one_primary(with_people, north):
    survivor = with_people(("Ann", "ann@a.example"), ("Al", "al@a.example"))
    merged = with_people(("Bob", "bob@b.example"), ("Eve", "eve@b.example"))
    record = merge(survivor, merged, by=north, at=THEN)
    survivor.contacts.update(is_primary=False)
    survivor.contacts.filter(first_name="Eve").update(is_primary=True)

    undo(record, at=LATER)

    assert present(survivor)[0] == ("Ann", "ann@a.example", True)
    assert present(merged)[0] == ("Bob", "bob@b.example", True)
    assert Contact.objects.filter(is_primary=True).count() == 2


def test_a_primary_deleted_since_is_followed_by_the_next(with_people, north):
    survivor = with_people(("Ann", "ann@a.example"))
    merged = with_people(("Bob", "bob@b.example"), ("Eve", "eve@b.example"))
    record = merge(survivor, merged, by=north, at=THEN)
    survivor.contacts.filter(first_name="Bob").update(deleted_at=LATER)

    undo(record, at=LATER)

    assert present(merged) == [("Eve", "eve@b.example", True)]


def test_nobody_is_revived_beside_somebody_with_the_same_address(with_people, north):
    survivor = with_people(("Ann", "ann@a.example"))
    merged = with_people(("Ann", "ann@a.example"), ("Eve", "eve@b.example"))
    record = merge(survivor, merged, by=north, at=THEN)
    survivor.contacts.filter(first_name="Ann").present().update(email="moved@a.example")
    survivor.contacts.filter(first_name="Eve").update(email="ANN@a.example")

    undo(record, at=LATER)

    assert present(merged) == [("Eve", "ANN@a.example", True)]


def test_a_survivor_whose_people_all_return_gets_a_stand_in(with_people, north):
    survivor = with_people(("Ann", "ann@a.example"))
    merged = with_people(("Bob", "bob@b.example"))
    record = merge(survivor, merged, by=north, at=THEN)
    survivor.contacts.filter(first_name="Ann").update(deleted_at=LATER, is_primary=False)
    survivor.contacts.filter(first_name="Bob").update(is_primary=True)

    undo(record, at=LATER)

    assert present(survivor) == [("", "", True)]
    assert present(merged) == [("Bob", "bob@b.example", True)]


def make_primary(client, name):
    client.contacts.update(is_primary=False)
    client.contacts.filter(first_name=name).update(is_primary=True)


def test_the_merged_clients_primary_follows_a_placeholder(with_people, north):
    survivor, merged = with_people(), with_people(("Bob", "b@x.example"), ("Eve", "e@x.example"))
    make_primary(merged, "Eve")

    merge(survivor, merged, by=north, at=THEN)

    assert present(survivor)[0] == ("Eve", "e@x.example", True)


def test_a_primary_made_later_than_others_is_primary_again_after_an_undo(with_people, north):
    survivor = with_people(("Ann", "a@x.example"))
    merged = with_people(("Bob", "b@x.example"), ("Eve", "e@x.example"))
    make_primary(merged, "Eve")
    before = everyone()

    undo(merge(survivor, merged, by=north, at=THEN), at=LATER)

    assert everyone() == before


def test_of_several_stand_ins_the_primary_one_is_primary_again(with_people, north):
    survivor, merged = with_people(("", ""), ("", "")), with_people(("Bob", "b@x.example"))
    last = survivor.contacts.last()
    survivor.contacts.update(is_primary=False)
    survivor.contacts.filter(pk=last.pk).update(is_primary=True)

    undo(merge(survivor, merged, by=north, at=THEN), at=LATER)

    assert survivor.contacts.present().get(is_primary=True) == last


def test_a_placeholder_stays_away_when_somebody_real_has_come_since(with_people, north):
    survivor, merged = with_people(), with_people(("Bob", "b@x.example"))
    record = merge(survivor, merged, by=north, at=THEN)
    Contact.objects.create(
        agency=north.agency, client=survivor, first_name="New", key_seed="s", key_digest="d"
    )

    undo(record, at=LATER)

    assert present(survivor) == [("New", "", True)]


def test_who_was_deleted_again_since_is_not_revived(with_people, north):
    survivor = with_people(("Ann", "ann@a.example"))
    merged = with_people(("Ann", "ann@a.example"), ("Eve", "eve@b.example"))
    record = merge(survivor, merged, by=north, at=THEN)
    survivor.contacts.filter(deleted_at=THEN).update(deleted_at=LATER)

    undo(record, at=LATER)

    assert present(merged) == [("Eve", "eve@b.example", True)]
