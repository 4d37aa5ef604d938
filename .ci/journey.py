"""Does what a newcomer does with the portal that `./foyer run` printed, in a real browser.

Takes the file with the output and the folder where mails land. The product's own server, worker
and mails are used. Runs in the environment of the tests, for Playwright.
"""

import os
import re
import shutil
import sys
import time
from email import message_from_bytes
from email.policy import default
from io import BytesIO
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from pypdf import PdfReader

SECONDS_FOR_A_MAIL = 30
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
QUIET += ["--disable-background-networking", "--disable-component-update"]


def main(output: Path, outbox: Path) -> None:
    printed = output.read_text()
    portal = re.search(r"^ *Portal +(\S+)", printed, re.M)
    person = re.search(r"sign in as (\S+); the mail lands", printed)
    assert portal, "No portal was printed."
    assert person, "Nobody was printed who may sign in."
    chromium = os.environ.get("FOYER_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 390, "height": 844})
        sign_in(page, portal[1], person[1], outbox)
        look_around(page)
        browser.close()
    print(f"{portal[1]}: {person[1]} came in by the code of the mail, and saved a statement.")


def sign_in(page: Page, portal: str, person: str, outbox: Path) -> None:
    before = set(outbox.glob("*.eml"))
    page.goto(portal)
    page.locator("#address").fill(person)
    page.locator("form:has(#address) button").click()
    page.locator("#code").fill(code_in(newest_mail(outbox, before)))
    page.locator("form:has(#code) button").first.click()
    expect(page.locator("nav.pages")).to_be_visible()


def newest_mail(outbox: Path, before: set[Path]) -> str:
    """Once the worker has sent it."""
    for _ in range(SECONDS_FOR_A_MAIL * 10):
        fresh = set(outbox.glob("*.eml")) - before
        if fresh:
            mail = message_from_bytes(fresh.pop().read_bytes(), policy=default)
            body = mail.get_body(("plain",))
            assert body is not None
            return str(body.get_content())
        time.sleep(0.1)
    raise AssertionError(f"No mail came within {SECONDS_FOR_A_MAIL} seconds.")


def code_in(letter: str) -> str:
    found = re.search(r"\b\d{3} \d{3}\b", letter)
    assert found, letter
    return found[0]


def look_around(page: Page) -> None:
    """Every page that the navigation leads to, and a statement whose closing balance is shown."""
    links = page.locator("nav.pages a").evaluate_all("all => all.map(one => one.href)")
    assert len(links) > 5, links
    for link in links:
        answer = page.goto(link)
        assert answer is not None
        assert answer.status == 200, link
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), link
    page.goto(next(link for link in links if link.endswith("/statements")))
    closing = re.sub(r"\D", "", page.locator(".paper .closing .sum").first.inner_text())
    paper = page.locator("a.button[href*='statements.pdf']").evaluate("one => one.href")
    saved = page.request.get(paper)
    assert saved.headers["content-type"] == "application/pdf"
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(saved.body())).pages)
    assert closing, "There is no closing balance."
    assert closing in re.sub(r"\D", "", text), f"{closing} is not in the PDF."


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
