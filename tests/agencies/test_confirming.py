from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection

from agencies.confirming import TooManyGuesses, WrongPassword, require_confirmation
from agencies.errors import ScopeError
from agencies.keys import create_api_key
from agencies.models import ApiKey, Confirmation, User
from agencies.roles import Role
from agencies.scope import acting_for

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RIGHT = "correct horse 9"


def after(**duration):
    return NOON + timedelta(**duration)


@pytest.fixture
def api_key(north):
    return create_api_key(north, name="script")[0]


def answer(key, password, at=NOON):
    """What the gate says: `open`, or the code of the refusal."""
    try:
        require_confirmation(key, password, at=at)
    except (WrongPassword, TooManyGuesses) as refusal:
        return refusal.code
    return "open"


def test_the_right_password_opens(api_key):
    assert answer(api_key, RIGHT) == "open"


@pytest.mark.parametrize("password", [None, "", "wrong", "*" * 10, RIGHT.upper(), f"{RIGHT} "])
def test_no_password_and_a_wrong_one_do_not(api_key, password):
    assert answer(api_key, password) == "wrong_password"


def test_who_has_no_password_cannot_give_it(north, join):
    member = join(north, Role.MANAGER)
    member.user.set_unusable_password()
    member.user.save()

    key, _ = create_api_key(member, name="script")

    assert answer(key, "") == "wrong_password"
    assert answer(key, member.user.password) == "wrong_password"


def test_a_password_is_remembered_for_half_an_hour(api_key):
    answer(api_key, RIGHT)

    assert answer(api_key, None, after(minutes=29)) == "open"
    assert answer(api_key, None, after(minutes=29 + 31)) == "wrong_password"


def test_each_use_renews_the_memory(api_key):
    answer(api_key, RIGHT)

    for minutes in (20, 40, 60, 80):
        assert answer(api_key, None, after(minutes=minutes)) == "open"
    assert answer(api_key, None, after(minutes=111)) == "wrong_password"


def test_a_password_given_again_renews_the_memory(api_key):
    answer(api_key, RIGHT)
    answer(api_key, RIGHT, after(hours=2))

    assert answer(api_key, None, after(hours=2, minutes=29)) == "open"


def test_the_time_of_memory_is_a_setting(api_key, settings):
    settings.PASSWORD_CONFIRMATION_MINUTES = 5
    answer(api_key, RIGHT)
    assert answer(api_key, None, after(minutes=6)) == "wrong_password"

    settings.PASSWORD_CONFIRMATION_MINUTES = 0
    answer(api_key, RIGHT, after(minutes=7))
    assert answer(api_key, None, after(minutes=7)) == "wrong_password"


def test_a_wrong_password_fails_even_while_remembered(api_key):
    answer(api_key, RIGHT)

    assert answer(api_key, "wrong", after(minutes=1)) == "wrong_password"
    assert answer(api_key, None, after(minutes=2)) == "open"


def test_one_keys_memory_is_no_other_keys(api_key, north):
    other, _ = create_api_key(north, name="other")

    answer(api_key, RIGHT)

    assert answer(other, None) == "wrong_password"


def test_a_new_password_ends_the_memory(api_key):
    answer(api_key, RIGHT)
    user = User.objects.get()
    user.set_password("battery staple 8")
    user.save()

    with acting_for(api_key.agency_id):
        key = ApiKey.objects.select_related("member__user").get()

    assert answer(key, None, after(minutes=1)) == "wrong_password"
    assert answer(key, "battery staple 8", after(minutes=1)) == "open"
    assert answer(key, None, after(minutes=2)) == "open"


def test_the_gate_closes_after_five_wrong_passwords(api_key):
    answers = [answer(api_key, "wrong", after(minutes=n)) for n in range(7)]

    assert answers == ["wrong_password"] * 5 + ["too_many_guesses"] * 2
    assert answer(api_key, RIGHT, after(minutes=8)) == "too_many_guesses"


def test_the_gate_opens_again_fifteen_minutes_after_the_fifth(api_key):
    for minute in range(7):
        answer(api_key, "wrong", after(minutes=minute))

    assert answer(api_key, "wrong", after(minutes=4 + 14)) == "too_many_guesses"
    assert answer(api_key, "wrong", after(minutes=4 + 15)) == "wrong_password"
    assert answer(api_key, RIGHT, after(minutes=4 + 16)) == "open"


def test_slow_guesses_are_counted_too(api_key):
    answers = [answer(api_key, "wrong", after(minutes=14 * n)) for n in range(6)]

    assert answers == ["wrong_password"] * 5 + ["too_many_guesses"]


def test_the_right_password_ends_the_count(api_key):
    for _ in range(3):
        assert [answer(api_key, "wrong") for _ in range(4)] == ["wrong_password"] * 4
        assert answer(api_key, RIGHT) == "open"


def test_asking_without_a_password_is_no_guess(api_key):
    for _ in range(9):
        answer(api_key, None)

    assert answer(api_key, RIGHT) == "open"


def test_guesses_count_for_the_user_whatever_the_key(api_key, north):
    for n in range(5):
        answer(create_api_key(north, name=str(n))[0], "wrong")

    assert answer(api_key, RIGHT) == "too_many_guesses"


def test_one_users_guesses_are_no_other_users(api_key, south):
    for _ in range(6):
        answer(api_key, "wrong")

    assert answer(create_api_key(south, name="script")[0], RIGHT) == "open"


def test_asking_inside_a_scope_is_a_mistake(api_key):
    with acting_for(api_key.agency_id), pytest.raises(ScopeError, match="before the scope"):
        require_confirmation(api_key, "wrong", at=NOON)


def test_the_memory_lies_behind_the_wall(api_key, south):
    answer(api_key, RIGHT)

    with acting_for(south.agency_id):
        assert not Confirmation.objects.exists()
    with acting_for(api_key.agency_id):
        assert RIGHT not in Confirmation.objects.get().password_mark


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("password", "answers"),
    [("wrong", ["too_many_guesses"] * 3 + ["wrong_password"] * 5), (RIGHT, ["open"] * 8)],
)
def test_passwords_given_at_once_are_all_counted(api_key, password, answers):
    together = Barrier(8)

    def give(_):
        together.wait(10)
        try:
            return answer(api_key, password)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(give, range(8))) == answers
