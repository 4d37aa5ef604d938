"""The portal as clients see it, shown to staff."""

import re
from base64 import b64decode
from html import unescape

import pytest

from agencies.colours import ENOUGH, contrast
from agencies.roles import Role
from agencies.scope import acting_for
from portal import tokens
from tests.portal.test_front import words

HOSTILE = "<script>alert(1)</script>"


def there(member):
    return f"/admin/agencies/agency/{member.agency_id}/portal/"


@pytest.fixture
def look(staff, north, settings):
    """The page after these facts of the agency were changed."""

    def look(main="localhost", **facts):
        settings.FOYER_URL = f"http://{main}:8000"
        for name, value in facts.items():
            setattr(north.agency, name, value)
        with acting_for(north.agency_id):
            north.agency.save()
        page = staff(north).get(there(north), follow=True)
        assert page.status_code == 200
        return page

    return look


def previews(page):
    return [unescape(text) for text in re.findall(r'srcdoc="([^"]*)"', page.text)]


def test_the_agencys_page_leads_there(staff, north):
    page = staff(north).get(f"/admin/agencies/agency/{north.agency_id}/change/").text

    assert "Portal as clients see it" in page
    assert there(north) in page


def test_it_shows_the_front_page_in_both_schemes(look, client, north):
    light, dark = previews(look(accent_colour="#aa0011", reply_to="hello@north.example"))

    for preview in (light, dark):
        assert "<h1>Client portal of North</h1>" in preview
        assert "mailto:hello@north.example" in preview
        assert "--accent:#aa0011;" in preview
    assert "color-scheme:light" in light
    assert "color-scheme:dark" in dark


def test_the_preview_speaks_the_clients_language_beside_an_english_page(look):
    page = look(language="de")

    assert "Kundenportal von North" in previews(page)[0]
    assert "How well it reads" in page.text


def test_colours_are_those_that_pages_get(look, client, north):
    look(accent_colour="#ffe600")
    served = client.get("/portal/north/brand.css").text

    light, dark = tokens.themes(north.agency)

    assert f"--accent-text: {light.colours['accent-text']};" in served
    assert f"--accent-text: {dark.colours['accent-text']};" in served
    assert f"--on-accent: {light.colours['on-accent']};" in served


@pytest.mark.parametrize("accent", ["#000000", "#ffffff", "#ffe600", "#2f5d8a", "#808080"])
def test_every_pair_of_colours_has_enough_contrast_whatever_the_accent(look, north, accent):
    page = look(accent_colour=accent)

    pairs = [pair for theme in tokens.themes(north.agency) for pair in theme.pairs]
    assert len(pairs) == 16
    for pair in pairs:
        assert pair.ratio == contrast(pair.colour, pair.ground) >= ENOUGH, pair
    assert "too little" not in page.text


def test_names_are_text_in_page_and_preview(look):
    page = look(name=HOSTILE, legal_name=HOSTILE)

    assert "<script>alert(1)" not in page.text
    for preview in previews(page):
        assert "<script" not in preview
        assert "&lt;script&gt;" in preview


def test_it_shows_the_icon_and_where_mail_comes_from(look, client, settings):
    settings.DEFAULT_FROM_EMAIL = "Hub <hub@hub.example>"
    plain = words(look())
    own = look(sender_address="us@north.example", reply_to="hello@north.example")

    assert "Mail comes from North &lt;hub@hub.example&gt;." in plain
    said = "Mail comes from North &lt;us@north.example&gt;; answers go to hello@north.example."
    assert said in words(own)
    (icon,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', own.text)
    assert b64decode(icon) == client.get("/portal/north/icon").content


def test_nothing_runs_in_the_preview(look):
    assert re.findall(r"<iframe[^>]* sandbox ", look().text)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("", "It has no host of its own."),
        ("127.0.0.1", "127.0.0.1 leads here."),
        ("127.0.0.2", "127.0.0.2 leads elsewhere"),
        ("clients.nowhere.invalid", "clients.nowhere.invalid was not found."),
        ("x y", "x y was not found."),
    ],
)
def test_it_says_where_the_host_leads(look, host, said):
    assert said in look(portal_host=host).text


def test_it_tells_the_record_to_set(look):
    page = look(portal_host="clients.nowhere.invalid").text

    for cell in ("clients.nowhere.invalid.", "CNAME", "localhost."):
        assert f"<code>{cell}</code>" in page


def test_a_host_that_is_refused_and_a_portal_that_is_off_are_told(look, settings):
    settings.ALLOWED_HOSTS = ["testserver"]

    page = look(portal_host="clients.nowhere.invalid", portal_enabled=False).text

    assert "Whoever runs this installation adds it to ALLOWED_HOSTS." in page
    assert "The portal is switched off" in page


def test_strangers_see_another_agencys_page_like_none(staff, north, south):
    foreign = staff(south).get(there(north))
    absent = staff(south).get("/admin/agencies/agency/999999/portal/")

    assert foreign.status_code == absent.status_code == 404
    assert foreign.content == absent.content


def test_viewers_may_look(staff, north, join):
    assert staff(join(north, Role.VIEWER)).get(there(north)).status_code == 200
