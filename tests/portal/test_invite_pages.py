"""The page behind the link, as people, mail scanners and strangers meet it."""

import re

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from clients import lifecycle
from clients.models import Client
from portal.inviting import invite
from portal.models import Invite
from portal.visitors import MISSES_PER_MINUTE
from tests.portal.conftest import MAIN, OWN
from tests.portal.test_front import words

UNKNOWN = "x" * 43


@pytest.fixture
def link(acme, north, then, secret_of):
    """The path of an open invitation of Ann, at Acme, on the main host."""
    invite(acme, by=north, message="Welcome aboard.", at=then)
    return f"/portal/north/invite/{secret_of()}"


@pytest.fixture
def browser():
    """One that keeps cookies and is asked for its token."""
    return Browser(enforce_csrf_checks=True, headers={"host": MAIN})


def token_of(page):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]


def press(browser, path, button=None, **headers):
    """Opens the page and presses its button, as a person does."""
    token = token_of(browser.get(path, headers=headers))
    fields = {"csrfmiddlewaretoken": token, **({button: "yes"} if button else {})}
    return browser.post(path, fields, headers=headers)


def without_token(page):
    """The token is masked anew for every page."""
    return page.text.replace(token_of(page), "")


def was_accepted():
    return Invite.objects.get().accepted_at is not None


def test_the_page_tells_who_invites_whom_and_has_one_button(browser, link):
    page = browser.get(link)

    assert page.status_code == 200
    shown = words(page)
    assert "You are invited to the client portal of North" in shown
    assert "with Acme there" in shown
    assert "ann@acme.example" in shown
    assert page.text.count("<button") == 1
    assert "<script" not in page.text


def test_only_the_button_uses_the_link_up(browser, link):
    for _ in range(50):
        assert browser.get(link).status_code == 200
        assert browser.head(link).status_code == 200
    assert not was_accepted()

    pressed = press(browser, link)

    assert pressed.status_code == 302
    assert pressed["Location"] == "/portal/north/home"
    assert was_accepted()
    assert "Hello Ann" in words(browser.get(pressed["Location"]))


def test_a_button_without_the_pages_token_does_nothing(browser, link):
    assert browser.post(link).status_code == 403
    browser.get(link)
    assert browser.post(link, {"csrfmiddlewaretoken": "x" * 64}).status_code == 403

    assert not was_accepted()


def test_the_button_of_a_page_that_names_no_referrer_works(browser, link):
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}

    assert press(browser, link, **own).status_code == 302

    assert was_accepted()


@pytest.mark.parametrize(
    "strange",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_button_on_somebody_elses_page_does_nothing(browser, link, strange):
    assert press(browser, link, **strange).status_code == 403

    assert not was_accepted()


def test_a_used_link_and_an_unknown_one_answer_alike_and_show_nothing(browser, link):
    press(browser, link)

    used, unknown = browser.get(link), browser.get(f"/portal/north/invite/{UNKNOWN}")
    again = press(browser, link)

    assert used.status_code == unknown.status_code == 404
    assert without_token(used) == without_token(unknown)
    assert "This link does not work" in words(used)
    for secret in ("Acme", "ann@", "Ann", "Site", "Welcome aboard"):
        assert secret not in used.text
    assert again.status_code == 404
    assert without_token(again) == without_token(used)


def test_pressing_a_button_that_was_left_open_too_long_says_so(browser, link, acme, then):
    token = token_of(browser.get(link))
    lifecycle.suspend(Client.objects.filter(pk=acme.pk), at=then)

    pressed = browser.post(link, {"csrfmiddlewaretoken": token})

    assert pressed.status_code == 404
    assert "This link does not work" in words(pressed)
    assert not was_accepted()


def test_somebody_is_named_who_can_help(browser, link, north):
    stale = f"/portal/north/invite/{UNKNOWN}"
    assert "the person you work with at North" in words(browser.get(stale))

    north.agency.reply_to = "hello@north.example"
    north.agency.save()

    assert 'href="mailto:hello@north.example"' in browser.get(stale).text


@pytest.mark.parametrize("path", ["{link}", *(
    f"/portal/north/invite/{end}" for end in (UNKNOWN, "accepted", "asked")
)])  # fmt: skip
def test_no_page_is_kept_listed_framed_or_told_to_others(browser, link, path):
    page = browser.get(path.replace("{link}", link))

    assert "no-store" in page["Cache-Control"]
    assert "noindex" in page["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex" />' in page.text
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert 'href="http' not in page.text


def test_the_link_works_at_the_agencys_portal_alone(browser, link, north):
    secret = link.rpartition("/")[2]
    north.agency.portal_host = OWN
    north.agency.save()

    assert browser.get(f"/portal/south/invite/{secret}").status_code == 404
    assert browser.get(f"/invite/{secret}").status_code == 404
    pressed = press(browser, f"/invite/{secret}", host=OWN)

    assert pressed["Location"] == "/home"
    assert browser.get("/home", headers={"host": OWN}).status_code == 200


def test_another_agencys_portal_does_not_open_it(south, browser, link):
    secret = link.rpartition("/")[2]

    strange = browser.get(f"/portal/south/invite/{secret}")
    unknown = browser.get(f"/portal/south/invite/{UNKNOWN}")

    assert strange.status_code == 404
    assert without_token(strange) == without_token(unknown)


def test_a_portal_that_is_off_hides_its_links(browser, link, north):
    north.agency.portal_enabled = False
    north.agency.save()

    assert "There is nothing here" in words(browser.get(link))


@pytest.mark.parametrize(
    "secret", ["x", "%00", "%ff", "..%2f..", "%F0%9F%98%80", "'--", "x" * 3000, "accepted/"]
)
def test_odd_links_are_no_error_of_ours(browser, north, secret):
    for method in (browser.get, browser.head, browser.post):
        assert method(f"/portal/north/invite/{secret}").status_code in (403, 404)


def test_a_page_is_asked_for_in_three_ways_only(browser, link):
    for method in (browser.put, browser.patch, browser.delete):
        assert method(link).status_code in (403, 405)
    assert not was_accepted()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 400),
        ({"host": f"{MAIN}@evil.example"}, 400),
        ({"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}, 200),
        ({"X-Original-URL": "http://evil.example/", "X-Forwarded-Proto": "gopher"}, 200),
    ],
)
def test_no_header_moves_the_pages_addresses(browser, link, headers, status):
    page = browser.get(link, headers=headers)

    assert page.status_code == status
    assert "evil" not in page.text


# Guessing


@pytest.fixture(autouse=True)
def one_minute():
    """The count begins anew each minute; here none passes."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture
def behind_proxy(settings):
    settings.BEHIND_PROXY = True


def guess(browser, times, **headers):
    path = f"/portal/north/invite/{UNKNOWN}"
    return [browser.get(path, headers=headers).status_code for _ in range(times)]


def test_guessing_is_slowed_down_and_a_good_link_goes_on(browser, link):
    answers = guess(browser, MISSES_PER_MINUTE + 2)

    assert answers == [404] * MISSES_PER_MINUTE + [429] * 2
    assert int(browser.get(f"/portal/north/invite/{UNKNOWN}")["Retry-After"]) <= 60
    assert press(browser, link).status_code == 302


def test_an_address_cannot_be_made_up_to_guess_on(browser, link):
    for number in range(MISSES_PER_MINUTE):
        guess(browser, 1, **{"X-Forwarded-For": f"10.0.0.{number}"})

    assert guess(browser, 1) == [429]


def test_behind_a_proxy_the_address_it_saw_counts(browser, link, behind_proxy):
    for number in range(MISSES_PER_MINUTE):
        guess(browser, 1, **{"X-Forwarded-For": f"10.0.0.{number}, 192.0.2.1"})

    assert guess(browser, 1, **{"X-Forwarded-For": "192.0.2.1"}) == [429]
    assert guess(browser, 1, **{"X-Forwarded-For": "192.0.2.2"}) == [404]
