import pytest
from playwright.sync_api import expect

from api.reference import NAMES

pytestmark = pytest.mark.browser


def test_the_overview_leads_to_every_api(quiet_page, db):
    quiet_page.goto("/docs/api/")

    quiet_page.get_by_role("link", name="Every operation of /api/v1, ready to try").click()

    expect(quiet_page.get_by_text("List clients", exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_an_api_is_shown_without_a_network_at_any_width(quiet_page, db, name, scheme):
    quiet_page.emulate_media(color_scheme=scheme)

    quiet_page.goto(f"/docs/api/{name}")
    quiet_page.get_by_text("Create a client", exact=True).click()

    expect(quiet_page.get_by_text("Scope: clients:write")).to_be_visible()
    expect(quiet_page.get_by_role("button", name="Try it out")).to_be_visible()


def test_an_operation_can_be_tried(quiet_page, north, key):
    quiet_page.goto("/docs/api/native")
    quiet_page.get_by_role("button", name="Authorize").click()
    quiet_page.get_by_label("auth-bearer-value").fill(key(north))
    quiet_page.get_by_role("button", name="Apply credentials").click()
    quiet_page.get_by_role("button", name="Close").click()
    quiet_page.get_by_text("Create a client", exact=True).click()
    quiet_page.get_by_role("button", name="Try it out").click()

    quiet_page.get_by_role("button", name="Execute").click()

    expect(quiet_page.locator(".live-responses-table .response-col_status").last).to_contain_text(
        "201"
    )
