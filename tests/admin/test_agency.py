from io import BytesIO

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from PIL import Image

from agencies.keys import create_api_key, find_caller
from agencies.models import Agency, ApiKey, Membership, User
from agencies.roles import Role
from agencies.scope import acting_for
from tests.admin.conftest import filled_in, listing, page

PASSWORD = "correct horse 9"


def errors(response):
    return response.context["adminform"].form.errors


def picture(kind, size=(8, 8)):
    file = BytesIO()
    Image.new("RGB", size).save(file, kind)
    return SimpleUploadedFile(f"logo.{kind.lower()}", file.getvalue())


# Signing in


def test_a_member_signs_in(north):
    browser = Browser()

    response = browser.post(
        "/admin/login/?next=/admin/", {"username": "NORA@north.example", "password": PASSWORD}
    )

    assert response["Location"] == "/admin/"
    assert "North" in browser.get("/admin/").text


def test_a_person_without_agency_is_told_what_to_do(db):
    User.objects.create_user("lost@north.example", PASSWORD)

    response = Browser().post(
        "/admin/login/", {"username": "lost@north.example", "password": PASSWORD}
    )

    assert "You are not a member of any agency." in response.text


def test_a_person_who_lost_the_membership_meanwhile_is_told_too(staff, north, join):
    member = join(north, "staff")
    browser = staff(member)
    with acting_for(north.agency_id):
        member.delete()

    response = browser.get("/admin/", follow=True)

    assert "You are signed in as extra@north.example, but you are not a member" in response.text
    assert "Clients" not in response.text


# Several agencies


def test_a_member_of_two_agencies_switches_between_them(staff, north, south, new_client):
    with acting_for(south.agency_id):
        Membership.objects.create(agency=south.agency, user=north.user, role=Role.STAFF)
    new_client(south, name="Southern")
    browser = staff(north)
    assert "Southern" not in browser.get(listing("clients.Client")).text

    choice = browser.get("/admin/agencies/agency/switch/")
    response = browser.post("/admin/agencies/agency/switch/", {"agency": south.agency_id})

    assert "South" in choice.text
    assert response["Location"] == "/admin/"
    assert "Southern" in browser.get(listing("clients.Client")).text


@pytest.mark.parametrize("wanted", ["south", "missing", "", "x", "²"])
def test_nobody_switches_to_an_agency_that_is_not_theirs(staff, north, south, wanted):
    wanted = {"south": south.agency_id, "missing": 999_999}.get(wanted, wanted)
    browser = staff(north)

    response = browser.post("/admin/agencies/agency/switch/", {"agency": wanted})

    assert response.status_code == 404
    assert "North" in browser.get("/admin/").text


def test_switching_is_offered_to_those_who_can(staff, north, south):
    assert "Switch agency" not in staff(north).get("/admin/").text
    with acting_for(south.agency_id):
        Membership.objects.create(agency=south.agency, user=north.user, role=Role.STAFF)

    assert "Switch agency" in staff(north).get("/admin/").text


# The agency


def test_an_owner_changes_the_agency_and_nothing_else_is_written(staff, north, new_client):
    browser = staff(north)
    sent = filled_in(browser.get(page(north.agency)))
    new_client(north)

    response = browser.post(
        page(north.agency),
        {**sent, "legal_name": "North GmbH", "portal_host": "Portal.North.Example "},
    )

    assert response.status_code == 302
    agency = Agency.objects.get(pk=north.agency_id)
    assert (agency.legal_name, agency.portal_host) == ("North GmbH", "portal.north.example")
    assert agency.client_number_counter == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accent_colour", "red"),
        ("time_zone", "Mars/Olympus"),
        ("currency", "XXQ"),
        ("client_number_pattern", "no counter"),
        ("client_number_pattern", "{counter}-{colour}"),
        ("client_number_padding", "0"),
        ("client_number_restarts", "yearly"),
        ("client_number_restarts", "hourly"),
        ("payment_terms_days", "4000"),
        ("reply_to", "nobody"),
    ],
)
def test_a_bad_value_for_the_agency_is_refused(staff, north, field, value):
    browser = staff(north)
    sent = filled_in(browser.get(page(north.agency)))

    response = browser.post(page(north.agency), {**sent, field: value})

    assert list(errors(response)) == [field]


def test_agencies_are_neither_founded_nor_closed_here(staff, north):
    browser = staff(north)

    assert browser.get("/admin/agencies/agency/add/").status_code == 403
    assert browser.post(page(north.agency, "delete"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.VIEWER])
def test_only_owners_change_the_agency(staff, north, join, role):
    browser = staff(join(north, role))

    response = browser.post(page(north.agency), {"name": "Mine"})

    assert response.status_code == 403


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (picture("BMP"), "Use a logo in PNG, JPEG, WebP or GIF."),
        (SimpleUploadedFile("logo.svg", b"<svg/>"), None),
    ],
)
def test_a_logo_that_browsers_might_run_or_not_show_is_refused(staff, north, file, sentence):
    file.seek(0)
    browser = staff(north)
    sent = filled_in(browser.get(page(north.agency)))

    response = browser.post(page(north.agency), {**sent, "logo": file})

    assert list(errors(response)) == ["logo"]
    assert sentence is None or errors(response)["logo"] == [sentence]


# Members


def new_member(**facts):
    return {"email": "new@north.example", "password": PASSWORD, "role": "staff", **facts}


def test_an_owner_adds_a_new_person_by_e_mail(staff, north):
    response = staff(north).post(
        "/admin/agencies/membership/add/", new_member(first_name="Nils", last_name="Ny")
    )

    assert response.status_code == 302
    member = Membership.objects.get(user__email="new@north.example")
    assert (member.agency, member.role, member.user.full_name) == (north.agency, "staff", "Nils Ny")
    assert Browser().login(username="new@north.example", password=PASSWORD)


def test_a_person_known_elsewhere_keeps_password_and_name(staff, north, south):
    staff(north).post(
        "/admin/agencies/membership/add/",
        new_member(email="SAM@south.example", password="another horse 7", first_name="Eve"),
    )

    member = Membership.objects.get(agency=north.agency, role="staff")
    assert member.user == south.user
    assert member.user.first_name == ""
    assert Browser().login(username="sam@south.example", password=PASSWORD)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"email": "Nora@north.example"}, "email"),
        ({"email": "nobody"}, "email"),
        ({"password": "short"}, "password"),
        ({"role": "emperor"}, "role"),
    ],
)
def test_a_bad_new_member_is_refused(staff, north, facts, field):
    response = staff(north).post("/admin/agencies/membership/add/", new_member(**facts))

    assert list(errors(response)) == [field]
    assert Membership.objects.count() == 1


def test_the_last_owner_stays(staff, north, join):
    join(north, "manager")
    browser = staff(north)

    demoted = browser.post(page(north), {"role": "viewer"})
    removed = browser.post(page(north, "delete"), {"post": "yes"})

    assert errors(demoted) == {
        "role": ["An agency needs an owner. Make somebody else owner first."]
    }
    assert removed.status_code == 403


def test_one_of_two_owners_may_go_together_with_her_keys(staff, north, join):
    second = join(north, "owner")
    _key, secret = create_api_key(second, name="Shop")

    response = staff(north).post(page(second, "delete"), {"post": "yes"})

    assert response.status_code == 302
    assert not Membership.objects.filter(pk=second.pk).exists()
    assert find_caller(secret) is None


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.VIEWER])
def test_only_owners_say_who_belongs(staff, north, join, role):
    member = join(north, role)
    browser = staff(member)

    assert browser.get("/admin/agencies/membership/add/").status_code == 403
    assert browser.post(page(member), {"role": "owner"}).status_code == 403


def test_no_page_lists_users(staff, north):
    assert staff(north).get("/admin/agencies/user/").status_code == 404


# Keys


def test_a_new_key_is_shown_once_and_works(staff, north):
    browser = staff(north)

    made = browser.post(
        "/admin/agencies/apikey/add/",
        {"name": "Shop", "scopes": ["clients:read"], "requests_per_minute": "60"},
    )

    message, *_django = get_messages(made.wsgi_request)
    secret = str(message).rpartition(" ")[2]
    caller = find_caller(secret)
    assert caller.member == north
    assert (caller.key.name, caller.key.scopes) == ("Shop", ["clients:read"])
    assert caller.key.requests_per_minute == 60
    assert secret in browser.get(listing("agencies.ApiKey")).text
    assert secret not in browser.get(listing("agencies.ApiKey")).text
    opened = browser.get(page(caller.key)).text
    assert secret not in opened
    assert caller.key.digest not in opened


def test_a_key_without_scopes_may_do_whatever_its_member_may(staff, north):
    staff(north).post("/admin/agencies/apikey/add/", {"name": "Shop"})

    with acting_for(north.agency_id):
        assert ApiKey.objects.get().scopes == ["*"]


def test_an_unknown_scope_is_refused(staff, north):
    response = staff(north).post(
        "/admin/agencies/apikey/add/", {"name": "Shop", "scopes": ["clients:eat"]}
    )

    assert list(errors(response)) == ["scopes"]


def test_keys_are_not_edited_and_not_deleted(staff, north):
    key, _secret = create_api_key(north, name="Shop")
    browser = staff(north)

    assert browser.post(page(key), {"name": "Mine", "prefix": "x"}).status_code == 403
    assert browser.post(page(key, "delete"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("role", "works"), [("owner", False), ("manager", False), ("staff", True), ("viewer", True)]
)
def test_owners_and_managers_revoke_keys(staff, north, join, role, works):
    key, secret = create_api_key(north, name="Shop")

    staff(join(north, role)).post(
        listing("agencies.ApiKey"), {"action": "revoke", "_selected_action": [key.pk]}
    )

    assert bool(find_caller(secret)) is works


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Clients.North.Example. ", "clients.north.example"),
        ("kunden.nördlich.example", "kunden.xn--nrdlich-90a.example"),
        ("", ""),
    ],
)
def test_a_portal_host_is_kept_as_requests_name_it(staff, north, typed, kept):
    browser = staff(north)
    sent = filled_in(browser.get(page(north.agency)))

    browser.post(page(north.agency), {**sent, "portal_host": typed})

    north.agency.refresh_from_db()
    assert north.agency.portal_host == kept


@pytest.mark.parametrize(
    "typed", ["https://a.example", "a.example/x", "a.example:8443", "a b", "x@a.example", "a..b"]
)
def test_a_portal_host_is_a_host_alone(staff, north, typed):
    browser = staff(north)
    sent = filled_in(browser.get(page(north.agency)))

    answer = browser.post(page(north.agency), {**sent, "portal_host": typed})

    assert "Write the name of a host and nothing else" in answer.text
    north.agency.refresh_from_db()
    assert north.agency.portal_host == ""
