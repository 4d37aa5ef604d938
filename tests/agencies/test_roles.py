import pytest
from django.contrib.auth import authenticate

from agencies.models import User
from agencies.roles import Role
from agencies.scope import acting_for


@pytest.mark.parametrize(
    ("role", "allowed", "refused"),
    [
        (
            Role.OWNER,
            ["agencies.change_agency", "agencies.add_membership", "clients.delete_tag"],
            ["agencies.add_agency", "agencies.delete_agency", "auth.add_group"],
        ),
        (
            Role.MANAGER,
            ["clients.delete_client", "agencies.add_apikey", "agencies.view_agency"],
            ["agencies.change_agency", "agencies.add_membership"],
        ),
        (
            Role.STAFF,
            ["clients.add_client", "contacts.change_contact", "agencies.view_membership"],
            ["clients.delete_client", "agencies.add_apikey"],
        ),
        (
            Role.VIEWER,
            ["clients.view_client", "billing.view_invoice"],
            [
                "clients.change_client",
                "contacts.add_contact",
                "procrastinate.view_procrastinatejob",
            ],
        ),
    ],
)
def test_a_role_gives_permissions_in_its_agency_alone(north, south, join, role, allowed, refused):
    user = join(north, role).user

    with acting_for(north.agency_id):
        assert [p for p in allowed if not user.has_perm(p)] == []
        assert [p for p in refused if user.has_perm(p)] == []
    with acting_for(south.agency_id):
        assert not user.has_perms(allowed[:1])
    assert not user.has_perm(allowed[0])


def test_a_locked_user_may_nothing(north):
    user = north.user
    user.is_active = False

    with acting_for(north.agency_id):
        assert not user.has_perm("clients.view_client")


def test_roles_cost_one_query_a_request(north, django_assert_num_queries):
    user = User.objects.get()

    with acting_for(north.agency_id), django_assert_num_queries(1):
        for permission in ("clients.view_client", "clients.add_client", "agencies.view_agency"):
            user.has_perm(permission)


@pytest.mark.parametrize(
    ("email", "password", "comes_in"),
    [
        ("nora@north.example", "correct horse 9", True),
        ("NORA@North.example", "correct horse 9", True),
        ("nora@north.example", "wrong", False),
        ("nora@north.example", "", False),
        ("nobody@north.example", "correct horse 9", False),
        ("", "", False),
    ],
)
def test_staff_sign_in_with_email_and_password(north, email, password, comes_in):
    assert (authenticate(username=email, password=password) is not None) is comes_in


def test_a_locked_user_cannot_sign_in(north):
    User.objects.update(is_active=False)

    assert authenticate(username="nora@north.example", password="correct horse 9") is None
