import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_front_page_wears_the_agencys_colour(quiet_page, north, scheme):
    quiet_page.emulate_media(color_scheme=scheme)

    quiet_page.goto("/portal/north/")

    expect(quiet_page.get_by_role("heading", name="Client portal of North")).to_be_visible()
    expect(quiet_page.locator(".band")).to_have_css("background-color", "rgb(47, 93, 138)")
    expect(quiet_page.locator(".band")).to_have_css("color", "rgb(255, 255, 255)")


@pytest.fixture
def without_scripts(browser, browser_context_args):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_the_front_page_needs_no_scripts(without_scripts, north):
    without_scripts.goto("/portal/north/")

    expect(without_scripts.get_by_text("You get in by the invitation")).to_be_visible()
