"""What mails look like: the agency's logo, colours and words, safe whatever they contain."""

import re
from email import message_from_bytes
from email.policy import default
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from agencies.colours import ENOUGH, contrast
from agencies.scope import acting_for
from contacts.letters import LOGO, notice
from contacts.mailing import queue_message
from contacts.models import Contact
from portal.welcoming import welcome


@pytest.fixture
def shelf(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def with_logo(north, shelf):
    """Gives North a logo of this content."""

    def with_logo(content):
        north.agency.logo.save("logo.png", ContentFile(content), save=False)
        with acting_for(north.agency_id):
            north.agency.save()

    return with_logo


@pytest.fixture
def sent(outbox, run_jobs):
    """The one letter that leaves when the jobs run."""

    def sent():
        run_jobs()
        (path,) = outbox.glob("*.eml")
        return message_from_bytes(path.read_bytes(), policy=default)

    return sent


def picture(mode="RGB", kind="PNG", size=(1200, 300)):
    file = BytesIO()
    Image.new(mode, size).save(file, kind)
    return file.getvalue()


def greet(person):
    with acting_for(person.agency_id):
        return welcome(Contact.objects.select_related("agency", "client").get(pk=person.pk))


def html_of(letter):
    return letter.get_body(("html",)).get_content()


@pytest.mark.parametrize(("mode", "kind"), [("RGB", "PNG"), ("P", "GIF"), ("CMYK", "JPEG")])
def test_a_logo_travels_within_the_mail_as_a_small_picture(with_logo, person, sent, mode, kind):
    with_logo(picture(mode, kind))
    greet(person)

    letter = sent()

    (part,) = [one for one in letter.walk() if one.get_content_maintype() == "image"]
    assert part["Content-ID"] == f"<{LOGO.removeprefix('cid:')}>"
    assert part.get_content_disposition() == "inline"
    with Image.open(BytesIO(part.get_content())) as image:
        assert (image.format, image.size) == ("PNG", (400, 100))
    assert f'src="{LOGO}" alt="North"' in html_of(letter)
    assert not re.findall(r'src="http', html_of(letter))


@pytest.mark.parametrize("content", [b"", b"no picture", picture()[:60]])
def test_a_broken_logo_gives_way_to_the_name(with_logo, person, sent, content):
    with_logo(content)
    greet(person)

    letter = sent()

    assert LOGO not in html_of(letter)
    assert "North" in html_of(letter)
    assert letter.get_content_type() == "multipart/alternative"


def test_a_lost_logo_stops_no_mail(with_logo, north, person, sent):
    with_logo(picture())
    greet(person)
    north.agency.logo.storage.delete(north.agency.logo.name)

    assert sent()["To"] == "Birgit Berg <birgit@birch.example>"


@pytest.mark.parametrize("accent", ["#ffffff", "#000000", "#ffff00", "#2f5d8a", "#808080"])
def test_every_accent_leaves_the_words_readable(north, person, sent, accent):
    with acting_for(north.agency_id):
        north.agency.accent_colour = accent
        north.agency.save()
    greet(person)

    html = html_of(sent())

    button = re.search(r"background: (#\w{6}); color: (#\w{6}); font-weight", html)
    link = re.search(r'class="link" href="[^"]+" style="color: (#\w{6})', html)
    assert button[1] == accent
    assert contrast(*button.groups()) >= ENOUGH
    assert contrast(link[1], "#ffffff") >= ENOUGH


def test_the_welcome_leads_to_the_portal_and_carries_no_secret(person, sent):
    message = greet(person)

    letter = sent()

    assert message.kind == "welcome"
    assert letter["Subject"] == "Welcome to North"
    for kind in ("plain", "html"):
        body = letter.get_body((kind,)).get_content()
        assert "Welcome, Birgit" in body
        assert "Birch" in body
        assert set(re.findall(r"http[^\s\"<]+", body)) == {"http://localhost:8000/portal/north/"}


def test_a_portal_that_is_off_is_not_spoken_of(north, person, sent):
    with acting_for(north.agency_id):
        north.agency.portal_enabled = False
        north.agency.save()
    greet(person)

    letter = sent()

    assert "http" not in letter.get_body(("plain",)).get_content()
    assert "portal" not in html_of(letter)


def test_a_notice_says_what_it_is_given_and_nothing_becomes_markup(north, sent):
    evil = "<b>bold</b> & {{ 7*7 }}"
    letter = notice(
        agency=north.agency,
        subject="Off",
        heading=evil,
        paragraphs=[evil, "Second"],
        label="Open",
        address="http://localhost:8000/admin/?a=1&b=2",
        reason=evil,
    )
    with acting_for(north.agency_id):
        queue_message(to=north, kind="notice", **vars(letter))

    seen = sent()

    html, plain = html_of(seen), seen.get_body(("plain",)).get_content()
    assert "<b>" not in html
    assert html.count("&lt;b&gt;bold&lt;/b&gt; &amp; {{ 7*7 }}") == 4
    assert plain.count(evil) == 3
    assert "http://localhost:8000/admin/?a=1&b=2" in plain
