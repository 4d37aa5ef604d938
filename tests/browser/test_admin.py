import re

import pytest
from playwright.sync_api import expect

from agencies.scope import acting_for
from contacts.enrolling import Person, enroll

pytestmark = pytest.mark.browser


@pytest.fixture
def birch(base_url, north):
    with acting_for(north.agency_id):
        person = Person(first_name="Birgit", last_name="Berg", email="birgit@birch.example")
        return enroll(
            north.agency, by=north, people=[person], tags=["Priority"], name="Birch", city="Kiel"
        )


@pytest.fixture
def signed_in(quiet_page, birch):
    quiet_page.goto("/admin/")
    quiet_page.get_by_label("Email").fill("nora@north.example")
    quiet_page.get_by_label("Password").fill("correct horse 9")
    quiet_page.get_by_role("button", name="Log in").click()
    expect(quiet_page).to_have_title(re.compile("Overview"))
    return quiet_page


def test_staff_find_a_client_and_change_it(signed_in):
    page = signed_in
    page.goto("/admin/clients/client/")
    expect(page.locator("#result_list")).to_contain_text("birgit@birch.example")

    page.get_by_role("link", name="Birch").click()
    expect(page.get_by_label("City").first).to_have_value("Kiel")
    page.get_by_label("City").first.fill("Husum")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was changed successfully")).to_be_visible()


def test_a_client_is_added_with_a_category_found_by_typing(signed_in):
    page = signed_in
    page.goto("/admin/clients/client/add/")
    page.locator("#id_name").fill("Beech")
    page.locator("#id_email").fill("bo@beech.example")

    page.locator(".field-category .select2-selection").click()
    page.locator(".select2-search__field").last.press_sequentially("def")
    page.get_by_role("option", name="Default").click()
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator("#result_list")).to_contain_text("bo@beech.example")


def test_the_history_shows_what_happened(signed_in, birch):
    signed_in.goto(f"/admin/clients/client/{birch.pk}/history/")

    expect(signed_in.locator("table")).to_contain_text("Created")


@pytest.mark.parametrize(
    "path",
    ["agencies/agency/", "agencies/membership/add/", "agencies/apikey/add/", "clients/project/"],
)
def test_pages_load_without_a_complaint(signed_in, path):
    signed_in.goto(f"/admin/{path}")

    expect(signed_in.locator("#content")).to_be_visible()
