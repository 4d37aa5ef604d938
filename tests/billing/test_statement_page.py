"""A statement as a page for screens, which stands alone."""

import re
from base64 import b64encode
from hashlib import sha256

from billing.looks import Look
from billing.statement_pages import statement_page
from tests.billing.samples import logo, section, statement


def test_the_page_holds_the_figures_and_needs_nothing_beside_it():
    page = statement_page(statement(section(3)), Look(logo=logo()))

    for figure in ("1,234.50", "-864.15", "€1,728.30", "Website relaunch, phase 2"):
        assert figure in page.html
    addresses = re.findall(r'(?: src="| href="|url\()([^")]+)', page.html)
    assert len(addresses) == 1
    assert addresses[0].startswith("data:image/png;base64,")


def test_its_policy_allows_its_own_style_and_nothing_else():
    page = statement_page(statement(), Look(accent="#0b7a75"))

    (style,) = re.findall(r"<style>(.*?)</style>", page.html, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.policy
    assert page.policy.startswith("default-src 'none'")
    assert "unsafe" not in page.policy
    assert "style=" not in page.html
    assert "#0b7a75" in style


def test_it_is_in_the_language_and_direction_of_its_reader():
    page = statement_page(statement(language="ar"), Look())

    assert '<html lang="ar" dir="rtl">' in page.html
    assert "كشف حساب" in page.html
