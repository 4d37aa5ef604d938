import re
from io import BytesIO
from xml.etree.ElementTree import fromstring

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from tests.portal.conftest import MAIN, OWN


def words(response):
    """The page's text as one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def test_the_page_says_whose_portal_it_is_and_how_one_gets_in(client, north, change):
    change(north, reply_to="hello@north.example")

    response = client.get("/portal/north/", headers={"host": MAIN})

    assert response.status_code == 200
    shown = words(response)
    assert "Client portal of North" in shown
    assert "The portal is open to whom North has invited." in shown
    assert 'href="mailto:hello@north.example"' in response.text


def test_without_an_address_one_asks_the_person_one_knows(client, north):
    shown = words(client.get("/portal/north/"))

    assert "ask the person you work with at North." in shown
    assert "mailto:" not in shown


def test_the_page_has_the_agencys_language(client, north, change):
    change(north, language="de")

    shown = client.get("/portal/north/").text

    assert '<html lang="de">' in shown
    assert "Kundenportal von North" in shown


def test_names_cannot_carry_markup(client, north, change):
    change(north, name="<b>North</b>")

    assert "<b>North" not in client.get("/portal/north/").text


@pytest.mark.parametrize("path", ["", "brand.css", "logo", "icon"])
def test_an_unknown_portal_and_one_that_is_off_answer_alike(client, north, south, change, path):
    change(north, portal_enabled=False)

    off = client.get(f"/portal/north/{path}")
    unknown = client.get(f"/portal/nowhere/{path}")

    assert off.status_code == unknown.status_code == 404
    assert off.content == unknown.content
    assert "There is nothing here" in off.text


def test_a_forgotten_slash_is_added(client, north):
    assert client.get("/portal/north")["Location"] == "/portal/north/"


def test_pages_are_only_looked_at(client, north):
    assert client.post("/portal/north/").status_code == 405


def test_the_page_needs_no_style_script_or_foreign_host(client, north):
    shown = client.get("/portal/north/").text

    assert "style=" not in shown
    assert "<style" not in shown
    assert "<script" not in shown
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', shown)


def test_the_page_never_names_the_software(client, north):
    for path in ("/portal/north/", "/portal/nowhere/", "/portal/north/brand.css"):
        response = client.get(path)
        said = response.text + str(response.headers)
        assert "foyer" not in said.lower()
        assert "django" not in said.lower()


def test_the_software_is_named_where_the_agency_wants_it(client, north, change):
    change(north, portal_names_software=True)

    assert "North · Runs on Foyer" in words(client.get("/portal/north/"))


# The logo


def logo(kind):
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind)
    return ContentFile(file.getvalue())


@pytest.fixture
def shelf(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_a_logo_is_shown_as_what_it_is(client, north, shelf):
    north.agency.logo.save("logo.html", logo("PNG"), save=False)
    from agencies.scope import acting_for

    with acting_for(north.agency_id):
        north.agency.save()

    page, response = client.get("/portal/north/"), client.get("/portal/north/logo")

    assert '<img class="logo" src="/portal/north/logo" alt="North" />' in page.text
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response.streaming_content) == logo("PNG").read()


@pytest.mark.parametrize("name", ["", "logos/lost.png"])
def test_a_logo_that_is_not_there_is_a_404(client, north, change, shelf, name):
    change(north, logo=name)

    assert client.get("/portal/north/logo").status_code == 404


# The icon


def icon_of(client, path="/portal/north/icon", **options):
    response = client.get(path, **options)
    return response["Content-Type"], response.content


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("North", "N"),
        ("nordlicht studio gmbh", "NS"),
        ("<b>Evil</b> & Sons", "BS"),
        ("\"'>--", ""),
        ("Ödön ß", "ÖS"),
        ("استوديو", "ا"),
        ("3 Brothers", "3B"),
    ],
)
def test_without_a_logo_the_icon_has_the_agencys_initials_and_colour(
    client, north, change, name, letters
):
    change(north, name=name, accent_colour="#ffe600")

    kind, drawn = icon_of(client)

    assert kind == "image/svg+xml"
    svg = fromstring(drawn)
    assert svg.find("{*}rect").get("fill") == "#ffe600"
    assert svg.find("{*}text").get("fill") == "#000000"
    assert (svg.find("{*}text").text or "") == letters
    assert [one.tag.rpartition("}")[2] for one in svg.iter()] == ["svg", "rect", "text"]


@pytest.mark.parametrize(
    ("size", "kind"),
    [((8, 8), "image/png"), ((300, 200), "image/png"), ((90, 10), "image/svg+xml")],
)
def test_a_logo_that_is_nearly_square_is_the_icon(client, north, change, shelf, size, kind):
    file = BytesIO()
    Image.new("RGB", size, "red").save(file, "GIF")
    north.agency.logo.save("logo.gif", ContentFile(file.getvalue()), save=False)
    change(north)

    found, picture = icon_of(client)

    assert found == kind
    if kind == "image/png":
        assert Image.open(BytesIO(picture)).size == (128, 128)


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_a_lost_or_broken_logo_leaves_the_letters(client, north, change, shelf, content):
    if content:
        north.agency.logo.save("logo.png", ContentFile(content), save=False)
    change(north, logo=north.agency.logo.name or "logos/lost.png")

    assert icon_of(client)[0] == "image/svg+xml"


def test_pages_and_the_agencys_own_host_have_the_icon(client, hosted):
    assert '<link rel="icon" href="/portal/north/icon" />' in client.get("/portal/north/").text
    own = {"headers": {"host": OWN}}
    assert '<link rel="icon" href="/icon" />' in client.get("/", **own).text
    assert icon_of(client, "/icon", **own) == icon_of(client, "/favicon.ico", **own)
    assert icon_of(client, "/icon", **own) == icon_of(client)


# Hosts


def test_the_agencys_own_host_shows_its_portal_at_the_root(client, hosted):
    response = client.get("/", headers={"host": OWN})

    assert response.status_code == 200
    assert "Client portal of North" in words(response)
    assert 'href="/brand.css"' in response.text
    assert client.get("/brand.css", headers={"host": f"{OWN}:8000"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/admin/", "/admin/login/", "/v1/clients", "/api/clients", "/api/v1/clients",
     "/portal/north/", "/portal/south/"],
)  # fmt: skip
def test_nothing_else_of_the_house_is_on_the_agencys_own_host(client, hosted, south, path):
    response = client.get(path, headers={"host": OWN})

    assert response.status_code == 404
    assert "There is nothing here" in response.text


def test_a_host_whose_portal_is_off_gives_no_way_to_the_admin(client, north, hosted, change):
    change(north, portal_enabled=False)

    assert client.get("/", headers={"host": OWN}).status_code == 404


def test_the_root_of_the_main_host_leads_staff_to_the_admin(client, hosted):
    assert client.get("/", headers={"host": MAIN})["Location"] == "/admin/"
    assert client.get("/brand.css", headers={"host": MAIN}).status_code == 404


def test_an_agency_cannot_take_the_main_host(client, north, change):
    change(north, portal_host=MAIN)

    assert client.get("/", headers={"host": MAIN})["Location"] == "/admin/"


def test_the_main_host_asks_the_database_nothing_to_know_itself(
    client, hosted, django_assert_num_queries
):
    with django_assert_num_queries(0):
        client.get("/", headers={"host": MAIN})


def test_browsers_that_want_an_icon_get_an_empty_answer(client, db):
    assert client.get("/favicon.ico").status_code == 204
