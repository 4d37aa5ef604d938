import re
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from agencies.colours import ENOUGH, contrast, readable, text_on
from agencies.models import Agency
from agencies.scope import acting_for
from portal.views import DARK, LIGHT

colours = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def tokens():
    """The light and the dark colours of tokens.css."""
    text = (Path(settings.BASE_DIR) / "static/portal/tokens.css").read_text()
    light, dark = text.split("@media")
    return [dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", part)) for part in (light, dark)]


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#123456", "#123456") == 1


@given(colours)
def test_text_on_any_accent_is_readable(accent):
    assert contrast(text_on(accent), accent) >= ENOUGH


@given(colours)
def test_any_accent_becomes_readable_on_every_background(accent):
    for ground, tones in ((LIGHT, tokens()[0]), (DARK, tokens()[1])):
        found = readable(accent, on=ground)
        assert contrast(found, tones["--ground"]) >= ENOUGH
        assert contrast(found, tones["--raised"]) >= ENOUGH


def test_a_readable_accent_stays_as_it_is():
    assert readable("#2f5d8a", on=LIGHT) == "#2f5d8a"


@pytest.mark.parametrize("tones", tokens())
@pytest.mark.parametrize("text", ["--text", "--quiet", "--accent-text"])
@pytest.mark.parametrize("ground", ["--ground", "--raised"])
def test_our_own_colours_are_readable(tones, text, ground):
    assert contrast(tones[text], tones[ground]) >= ENOUGH


def test_the_style_of_an_agency_carries_its_accent_readably(client, north):
    with acting_for(north.agency_id):
        Agency.objects.update(accent_colour="#ffe600")

    response = client.get("/portal/north/brand.css")

    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "--accent: #ffe600;" in response.text
    assert "--on-accent: #000000;" in response.text
    in_light, in_dark = re.findall(r"--accent-text: (#\w{6});", response.text)
    assert contrast(in_light, LIGHT) >= ENOUGH
    assert in_dark == "#ffe600"
