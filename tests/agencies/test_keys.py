from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from agencies.keys import UnknownScope, create_api_key, find_caller, revoke
from agencies.models import ApiKey, User
from agencies.roles import Role
from agencies.scope import acting_for


def test_a_key_finds_its_caller(north):
    _, secret = create_api_key(north, name="shop")

    caller = find_caller(secret)

    assert (caller.agency, caller.member, caller.key.name) == (north.agency, north, "shop")


def test_a_key_has_256_random_bits_and_a_readable_beginning(north):
    key, secret = create_api_key(north, name="shop")

    assert secret.startswith("foyer_")
    assert len(secret.removeprefix("foyer_")) == 43
    assert secret.startswith(key.prefix)
    assert len(key.prefix) < 16


def test_the_secret_is_stored_nowhere(north):
    _, secret = create_api_key(north, name="shop")

    with acting_for(north.agency_id), connection.cursor() as cursor:
        for table in ("agencies_apikey", "agencies_apikeyevent", "agencies_secretdigest"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            rows = [row[0] for row in cursor.fetchall()]
            assert rows
            assert not any(secret in row for row in rows)


@pytest.mark.parametrize(
    "wrong", ["", "x", "foyer_", "foyer_" + "é" * 43, "foyer_" + "a" * 43, "a" * 9999]
)
def test_a_wrong_key_finds_nobody(north, wrong):
    create_api_key(north, name="shop")

    assert find_caller(wrong) is None


def test_a_revoked_key_finds_nobody_and_keeps_the_first_moment(north):
    key, secret = create_api_key(north, name="shop")
    first = timezone.now()

    with acting_for(north.agency_id):
        revoke(key, at=first)
        revoke(key, at=first + timedelta(days=1))
        key.refresh_from_db()

    assert find_caller(secret) is None
    assert key.revoked_at == first


def test_an_expired_key_finds_nobody(north):
    end = timezone.now() + timedelta(hours=1)
    _, secret = create_api_key(north, name="shop", expires_at=end)

    assert find_caller(secret) is not None
    assert find_caller(secret, at=end) is None


def test_a_key_of_a_locked_member_finds_nobody(north):
    _, secret = create_api_key(north, name="shop")
    User.objects.update(is_active=False)

    assert find_caller(secret) is None


def test_use_is_noted_once_a_minute(north):
    key, secret = create_api_key(north, name="shop")
    first = timezone.now()

    find_caller(secret, at=first)
    find_caller(secret, at=first + timedelta(seconds=59))
    with acting_for(north.agency_id):
        key.refresh_from_db()
    assert key.last_used_at == first

    find_caller(secret, at=first + timedelta(seconds=61))
    with acting_for(north.agency_id):
        key.refresh_from_db()
    assert key.last_used_at == first + timedelta(seconds=61)


def test_an_unknown_scope_is_refused(north):
    with pytest.raises(UnknownScope, match="clients:delete is no scope"):
        create_api_key(north, name="shop", scopes=["clients:delete"])


@pytest.mark.parametrize(
    ("scopes", "role", "wanted", "may"),
    [
        (None, Role.OWNER, "clients:write", True),
        (None, Role.STAFF, "clients:write", True),
        (None, Role.VIEWER, "clients:write", False),
        (None, Role.VIEWER, "clients:read", True),
        (["clients:read"], Role.OWNER, "clients:read", True),
        (["clients:read"], Role.OWNER, "clients:write", False),
        (["clients:write"], Role.OWNER, "clients:read", False),
        (["clients:write"], Role.VIEWER, "clients:write", False),
        (["files:read"], Role.OWNER, "projects:read", False),
    ],
)
def test_a_key_may_what_its_scopes_and_its_members_role_allow(
    north, join, scopes, role, wanted, may
):
    member = join(north, role)
    key, _ = create_api_key(member, name="shop", scopes=scopes)

    assert ApiKey(scopes=key.scopes, member=member).may(wanted) is may
