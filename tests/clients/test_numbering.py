from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from agencies.models import Agency
from agencies.scope import acting_for
from clients.creating import IdNumberTaken, NumberTaken, create_client
from clients.models import Client
from clients.numbering import render


def numbers():
    return list(Client.objects.order_by("id").values_list("number", flat=True))


def test_clients_are_numbered_in_turn(in_north, north):
    for _ in range(3):
        create_client(in_north, by=north)

    assert numbers() == ["0001", "0002", "0003"]


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("{counter:4}", "0007"),
        ("{counter}", "7"),
        ("C-{year}-{counter:3}", "C-2026-007"),
        ("{counter:2}/{year}", "07/2026"),
    ],
)
def test_the_pattern_makes_the_number(pattern, number):
    assert render(pattern, 7, date(2026, 1, 31)) == number


@pytest.mark.parametrize(
    "pattern", ["", "C-", "{counter}{counter}", "{counter.__class__}", "{other}", "{"]
)
def test_a_pattern_without_exactly_one_counter_is_refused(north, pattern):
    with pytest.raises(ValidationError, match="client_number_pattern"):
        Agency(name="x", slug="x", client_number_pattern=pattern).full_clean()


def test_numbers_chosen_by_hand_are_stepped_over(in_north, north):
    create_client(in_north, by=north, number="0001")
    create_client(in_north, by=north, number="0002")

    assert create_client(in_north, by=north).number == "0003"


def test_many_numbers_chosen_by_hand_are_stepped_over(in_north, north):
    chosen = create_client(in_north, by=north, number="x")
    for n in range(1, 150):
        chosen.pk, chosen.number, chosen.public_hash = None, f"{n:04}", f"hash{n}"
        chosen.save(force_insert=True)

    assert create_client(in_north, by=north).number == "0150"


def test_the_number_of_a_deleted_client_is_not_given_again(in_north, north):
    client = create_client(in_north, by=north, number="A-1")
    Client.objects.filter(pk=client.pk).update(deleted_at="2026-01-01T00:00Z")

    with pytest.raises(NumberTaken):
        create_client(in_north, by=north, number="A-1")


def test_an_id_number_is_given_once_but_may_be_empty(in_north, north):
    create_client(in_north, by=north, id_number="HRB 1")
    create_client(in_north, by=north)
    create_client(in_north, by=north)

    with pytest.raises(IdNumberTaken):
        create_client(in_north, by=north, id_number="HRB 1")
    assert Client.objects.count() == 3


def test_a_refused_client_leaves_no_gap(in_north, north):
    create_client(in_north, by=north, id_number="HRB 1")
    with pytest.raises(IdNumberTaken):
        create_client(in_north, by=north, id_number="HRB 1")

    assert create_client(in_north, by=north).number == "0002"


def test_agencies_number_separately(north, south):
    for owner in (north, south):
        with acting_for(owner.agency_id):
            assert create_client(owner.agency, by=owner).number == "0001"


@pytest.mark.django_db(transaction=True)
def test_clients_made_at_once_have_no_gap_and_no_duplicate(north):
    def create(turn):
        try:
            with acting_for(north.agency_id):
                create_client(north.agency, by=north)
                if turn % 4 == 0:
                    raise RuntimeError("changed my mind")
        except RuntimeError:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(40)))

    with acting_for(north.agency_id):
        assert sorted(numbers()) == [f"{n:04}" for n in range(1, 31)]
