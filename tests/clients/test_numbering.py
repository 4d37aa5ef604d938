import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from agencies.models import Agency
from agencies.scope import acting_for
from clients.creating import IdNumberTaken, NumberTaken, create_client
from clients.editing import edit_client
from clients.grouping import create_group, delete_groups
from clients.models import Client, ClientGroup
from clients.numbering import NumberTooLong


def numbers():
    return list(Client.objects.order_by("id").values_list("number", flat=True))


def test_clients_are_numbered_in_turn(in_north, north):
    for _ in range(3):
        create_client(in_north, by=north)

    assert numbers() == ["0001", "0002", "0003"]


@pytest.fixture
def numbered(in_north, north):
    """Sets facts of the agency, and gives the number of a client made just after a moment."""

    def numbered(client=None, at=None, **facts):
        Agency.objects.filter(pk=in_north.pk).update(**facts)
        with time_machine.travel(at or datetime(2026, 1, 31, 12, tzinfo=UTC), tick=False):
            return create_client(in_north, by=north, **client or {}).number

    return numbered


ACME = {"id_number": "HRB 7", "custom_value1": "a\n b", "custom_value4": "ä{year}"}


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("{counter:4}", "0007"),
        ("{counter}", "7"),
        ("C-{year}-{counter:3}", "C-2026-007"),
        ("{counter:2}/{year}", "07/2026"),
        # Invoice Ninja's words.
        ("{$counter}", "00007"),
        ("{$client_counter}.", "00007."),
        ("N{$group_counter}", "N00007"),
        ("{$year}-{$counter}", "2026-00007"),
        ("{$date:ymd}-{$counter}", "260131-00007"),
        ("{$date:D, j. F}{$counter}", "Sat, 31. January00007"),
        ("{$client_id_number}", "HRB 7"),
        ("{$client_custom1}/{$client_custom4}/{$client_custom2}", "a b/ä{year}/"),
    ],
)
def test_the_pattern_makes_the_number(numbered, pattern, number):
    facts = {"client_number_counter": 7, "client_number_padding": 5}

    assert numbered(ACME, client_number_pattern=pattern, **facts) == number


def test_the_pattern_may_name_who_made_the_client(in_north, north):
    Agency.objects.update(client_number_pattern="{$user_id}-{$counter}")

    made = [create_client(in_north, by=by).number for by in (north, None)]

    assert made == [f"{north.user_id:02}-0001", "00-0002"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_day_is_the_agencys_own(numbered, zone):
    new_year = datetime(2026, 1, 1, 10, 30, tzinfo=UTC)

    number = numbered(at=new_year, time_zone=zone, client_number_pattern="{$date:Ymd H}{$counter}")

    local = new_year.astimezone(ZoneInfo(zone))
    assert number == f"{local:%Y%m%d %H}0001"


@pytest.mark.parametrize(
    "pattern",
    [
        "", "C-", "{counter}{counter}", "{counter}{$counter}", "{counter.__class__}", "{other}",
        "{", "}{counter}", "{year}", "{$user_id}-{$year}", "{$date:}{counter}", "{counter:0}",
        "{$client_custom5}{counter}", "{$user_custom1}{counter}", "{ counter }", "{$Counter}",
    ],
)  # fmt: skip
def test_a_pattern_that_cannot_tell_clients_apart_or_has_unknown_words_is_refused(pattern):
    agency = Agency(name="x", slug="x", client_number_pattern=pattern)

    with pytest.raises(ValidationError, match="client_number_pattern"):
        agency.clean_fields()


@pytest.mark.parametrize("padding", [0, 21])
def test_a_counter_has_one_to_twenty_digits(padding):
    with pytest.raises(ValidationError, match="client_number_padding"):
        Agency(name="x", slug="x", client_number_padding=padding).clean_fields()


def test_a_counter_that_starts_again_needs_the_day_in_the_pattern():
    yearly = Agency.Restarts.YEARLY

    with pytest.raises(ValidationError, match="come again"):
        Agency(client_number_restarts=yearly).clean()
    Agency(client_number_restarts=yearly, client_number_pattern="{year}/{counter}").clean()


@pytest.mark.parametrize(
    ("restarts", "same", "next_one"),
    [
        ("daily", "2026-03-31 22:59Z", "2026-03-31 23:01Z"),
        ("weekly", "2026-04-04 00:00Z", "2026-04-06 00:00Z"),
        ("monthly", "2026-03-01 00:00Z", "2026-04-01 00:00Z"),
        ("quarterly", "2026-01-01 00:00Z", "2026-04-01 00:00Z"),
        ("yearly", "2026-12-31 00:00Z", "2027-01-01 00:00Z"),
        ("never", "2026-12-31 00:00Z", None),
    ],
)
def test_the_counter_starts_again_with_each_period_and_not_before(
    numbered, restarts, same, next_one
):
    facts = {
        "client_number_restarts": restarts,
        "client_number_pattern": "{counter}.{$date:YmdHis}",
        # An hour or two east of London.
        "time_zone": "Africa/Tunis",
    }

    def counted(at):
        return numbered(at=datetime.fromisoformat(at), **facts).partition(".")[0]

    first = [counted(at) for at in ("2026-03-31 12:00Z", same)]
    assert first == ["1", "2"]
    assert counted(next_one or same) == ("1" if next_one else "3")


def test_a_new_period_begins_for_the_counters_of_groups_too(numbered, in_north):
    groups = [
        create_group(in_north, name="A", client_number_counter=70),
        create_group(in_north, name="B", client_number_counter=80),
        create_group(in_north, name="C"),
    ]
    facts = {"client_number_restarts": "yearly", "client_number_pattern": "{year}-{counter}"}
    assert numbered({"group": groups[0]}, at=datetime(2025, 5, 5, tzinfo=UTC), **facts) == "2025-70"

    numbered({"group": groups[2]}, at=datetime(2026, 5, 5, tzinfo=UTC))

    counters = ClientGroup.objects.order_by("name").values_list("client_number_counter", flat=True)
    assert list(counters) == [1, 1, None]


def test_a_group_with_a_counter_counts_by_itself(in_north, north):
    own = create_group(in_north, name="Own", client_number_counter=500)
    without = create_group(in_north, name="Without")

    made = [
        create_client(in_north, by=north, group=group).number for group in (own, without, own, None)
    ]

    assert made == ["0500", "0001", "0501", "0002"]
    own.refresh_from_db()
    assert own.client_number_counter == 502
    # Counting is no change that anybody need be told of.
    assert not ClientGroup.pgh_event_model.objects.filter(pgh_label="update").exists()


def test_a_deleted_group_counts_no_more(in_north, north):
    group = create_group(in_north, name="Own", client_number_counter=500)
    delete_groups(ClientGroup.objects.all(), at=timezone.now())

    assert create_client(in_north, by=north, group=group).number == "0001"


@pytest.mark.parametrize("pattern", ["{$client_id_number}", "{counter}"])
def test_a_number_that_no_counting_frees_is_made_unique_by_chance(in_north, north, pattern):
    Agency.objects.update(client_number_pattern=pattern)
    numbers_taken = ["HRB 7"] if "id" in pattern else [str(n) for n in range(1, 101)]
    for number in numbers_taken:
        create_client(in_north, by=north, number=number)

    client = create_client(in_north, by=north, id_number="HRB 7")

    assert re.fullmatch(rf"{re.escape(numbers_taken[-1])}_[0-9A-Za-z]{{5}}", client.number)
    if pattern == "{counter}":
        assert create_client(in_north, by=north).number == "101"


def test_a_pattern_that_says_nothing_of_a_client_still_makes_a_number(in_north, north):
    Agency.objects.update(client_number_pattern="{$client_id_number}")

    assert re.fullmatch("_[0-9A-Za-z]{5}", create_client(in_north, by=north).number)


def test_a_number_longer_than_any_may_be_is_refused(in_north, north):
    Agency.objects.update(client_number_pattern="{$client_custom1}{counter}")

    with pytest.raises(NumberTooLong):
        create_client(in_north, by=north, custom_value1="x" * 100)

    assert create_client(in_north, by=north, custom_value1="x" * 99).number == "x" * 99 + "1"


def test_the_facts_of_an_edit_are_in_the_new_number(in_north, north):
    Agency.objects.update(client_number_pattern="{$client_custom1}-{counter}")
    client = create_client(in_north, by=north, custom_value1="old")

    assert edit_client(client, number="", custom_value1="new").number == "new-2"


def test_numbers_chosen_by_hand_are_stepped_over(in_north, north):
    create_client(in_north, by=north, number="0001")
    create_client(in_north, by=north, number="0002")

    assert create_client(in_north, by=north).number == "0003"


def test_many_numbers_chosen_by_hand_are_stepped_over(in_north, north):
    chosen = create_client(in_north, by=north, number="x")
    for n in range(1, 100):
        chosen.pk, chosen.number, chosen.public_hash = None, f"{n:04}", f"hash{n}"
        chosen.save(force_insert=True)

    assert create_client(in_north, by=north).number == "0100"


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
