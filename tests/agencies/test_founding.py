from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agencies.founding import CannotFound, create_agency
from agencies.keys import find_caller
from agencies.models import Agency, Membership, User
from agencies.scope import acting_for


def found(*more):
    out = StringIO()
    call_command(
        "create_agency",
        "Müller & Söhne",
        "--slug=mueller",
        "--owner=Max@Mueller.example",
        "--password=correct horse 9",
        *more,
        stdout=out,
    )
    return out.getvalue()


def test_the_command_founds_an_agency_with_its_owner(db):
    out = found("--currency", "chf", "--country", "ch")

    member = Membership.objects.get()
    assert (member.agency.slug, member.agency.currency, member.agency.country.code) == (
        "mueller",
        "CHF",
        "CH",
    )
    assert member.role == "owner"
    assert member.user.check_password("correct horse 9")
    assert "Müller & Söhne is founded" in out


def test_the_currency_is_the_countrys_own_unless_named(db):
    found("--country", "JP")

    assert Agency.objects.get().currency == "JPY"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--currency", "XXL"], "XXL is no currency"),
        (["--country", "ZZ"], "country"),
        (["--slug", "no slug"], "slug"),
        (["--owner", "nobody"], "email"),
    ],
)
def test_nonsense_is_refused_in_a_sentence_and_changes_nothing(db, more, sentence):
    with pytest.raises(CommandError, match=sentence):
        found(*more)

    assert not Agency.objects.exists()
    assert not User.objects.exists()


def test_a_slug_is_given_once(db):
    found()

    with pytest.raises(CommandError, match="already exists"):
        found()


def test_an_existing_user_becomes_owner_and_keeps_the_password(north):
    call_command(
        "create_agency",
        "Two",
        "--slug=two",
        "--owner=NORA@north.example",
        "--password=another one 1",
    )

    user = User.objects.get()
    assert user.memberships.count() == 2
    assert user.check_password("correct horse 9")


def test_the_founding_is_in_the_audit_trail(north):
    with acting_for(north.agency_id):
        events = list(
            Agency.pgh_event_model.objects.values_list("pgh_label", "name", "pgh_context__door")
        )

    assert events == [("insert", "North", "code")]


def test_the_key_command_prints_the_key_alone(north):
    out = StringIO()

    call_command(
        "create_api_key", "north", "--name=Shop", "--scopes=clients:read, files:read", stdout=out
    )

    caller = find_caller(out.getvalue().removesuffix("\n"))
    assert caller.key.scopes == ["clients:read", "files:read"]
    assert caller.member == north


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "--name=x"], "No agency is called nowhere"),
        (["north", "--name=x", "--member=a@b.example"], "has no member a@b.example"),
        (["north", "--name=x", "--scopes=all"], "all is no scope"),
    ],
)
def test_the_key_command_refuses_nonsense(north, arguments, sentence):
    out = StringIO()

    with pytest.raises(CommandError, match=sentence):
        call_command("create_api_key", *arguments, stdout=out)

    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"language": "xx-nonsense"}, "xx-nonsense is no language"),
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus is no time zone"),
        ({"accent_colour": "red"}, "Use a colour such as"),
        ({"portal_host": "x" * 254}, "portal_host"),
    ],
)
def test_facts_of_an_agency_are_checked(db, facts, sentence):
    with pytest.raises(CannotFound, match=sentence):
        create_agency(
            "A", slug="a", owner_email="a@a.example", owner_password="correct horse 9", **facts
        )
