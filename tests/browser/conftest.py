"""Chromium against a live server. Runs alone: `pytest -m browser tests/browser`."""

import os
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"wide": 1280, "narrow": 390}


@pytest.fixture(scope="session", autouse=True)
def database_beside_an_event_loop():
    """Playwright's sync API runs one in this thread, which Django takes for ours and refuses."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    chromium = os.environ.get("FOYER_CHROMIUM")
    found = {"executable_path": chromium} if chromium else {}
    return {**browser_type_launch_args, **found, "args": QUIET}


@pytest.fixture(scope="session")
def base_url(live_server):
    """Addresses in tests begin at the live server's root."""
    return live_server.url


@pytest.fixture(params=WIDTHS.values(), ids=WIDTHS)
def browser_context_args(browser_context_args, request):
    return {**browser_context_args, "viewport": {"width": request.param, "height": 900}}


@pytest.fixture
def quiet_page(page: Page, base_url):
    """A page that must not complain, overflow or ask another host for anything."""
    complaints = []
    own = urlsplit(base_url).netloc

    def note_request(request):
        address = urlsplit(request.url)
        if address.scheme != "data" and address.netloc != own:
            complaints.append(f"asked {request.url}")

    page.on("request", note_request)
    page.on("pageerror", lambda error: complaints.append(f"script failed: {error}"))
    page.on(
        "console",
        lambda message: (
            complaints.append(f"{message.type}: {message.text}")
            if message.type in ("error", "warning")
            else None
        ),
    )
    yield page
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
