"""Printing fetches nothing, opens nothing of others, and ends: whatever the text says."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import cycle
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from pypdf import PdfReader

from billing import checks, pdf
from billing.looks import Look
from billing.pdf import (
    Limits,
    PrintingFailed,
    PrintingUnavailable,
    TookTooLongToPrint,
    TooLargeToPrint,
    render,
)
from billing.printer import FONTS
from billing.statement_pages import (
    statement_context,
    statement_page,
    statement_pdf,
    statements_pdf,
)
from tests.billing.reading import filled, packed, text_of
from tests.billing.samples import logo, section, statement
from tests.billing.watching import watched

PAYLOADS = [
    '<img src="{url}">',
    '"><img src={url}>',
    '<link rel="stylesheet" href="{url}">',
    '<link rel="attachment" href="{url}">',
    "<style>@import '{url}'; body {{ background: url({url}) }}</style>",
    "</style></title><img src='{url}'>",
    '<p style="background: url({url})">',
    '<svg><image href="{url}"/><use href="{url}"/></svg>',
    '<object data="{url}"></object><embed src="{url}"><iframe src="{url}">',
    "<script>fetch('{url}')</script>",
    '<base href="{url}"><meta http-equiv="refresh" content="0;{url}">',
    "{{{{ settings.SECRET_KEY }}}}{{% include '{url}' %}}",
]


def test_hostile_text_in_every_field_opens_and_connects_to_nothing(stranger, secret):
    address, calls = stranger
    urls = (address, secret.as_uri(), "//127.0.0.1/x", "data:image/svg+xml,<svg/>", str(secret))
    text = " ".join(
        payload.format(url=url) for payload, url in zip(PAYLOADS, cycle(urls), strict=False)
    )
    hostile = filled(statement(section(3)), text)
    html = render_to_string("statement/paper.html", statement_context(hostile, Look(logo=logo())))

    seen = watched(html, logo())

    folders = (str(FONTS), sys.prefix, sys.base_prefix)
    assert [one for one in seen if one[0] != "open"] == []
    assert [one for one in seen if not one[1].startswith(folders)] == []
    assert calls == []


def test_hostile_text_is_printed_as_text(secret):
    text = " ".join(payload.format(url=secret.as_uri()) for payload in PAYLOADS)

    printed = packed(text_of(statement_pdf(filled(statement(section(2)), text), Look())))

    # Of the parties, twice each, of texts, methods, references and the footer.
    assert printed.count(packed(text)) >= 10
    assert "combination" not in printed


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_is_text_on_the_page_for_screens(payload):
    text = payload.format(url="https://example.com/canary")

    page = statement_page(filled(statement(section(2)), text), Look())

    assert text not in page.html.replace("{{", "").replace("{%", "")
    assert page.html.count("<img") == page.html.count("<script") == page.html.count("<base") == 0


@pytest.mark.parametrize(
    "html",
    [
        '<img src="{url}">',
        '<link rel="stylesheet" href="{url}">',
        '<link rel="attachment" href="{url}">',
        "<style>@import '{url}';</style>",
        "<style>@font-face {{ font-family: x; src: url({url}) }}</style>",
        '<p style="background: url({url})">x</p>',
        '<ul style="display: list-item; list-style-image: url({url})"><li>x</li></ul>',
        '<embed src="{url}">',
        '<object data="{url}"></object>',
    ],
)
def test_an_address_in_a_template_of_ours_is_refused_too(html, stranger, secret):
    address, calls = stranger
    for url in (address, secret.as_uri(), "data:image/png;base64,AAAA", "ftp://127.0.0.1/x"):
        page = html.format(url=url)
        with pytest.raises(PrintingFailed, match="Error fetching"):
            render(f"<html lang=en><title>x</title><body>{page}</body></html>")
    assert calls == []


@pytest.mark.parametrize(
    "html",
    [
        '<svg width="9" height="9"><image href="{url}" width="9" height="9"/></svg>',
        '<iframe src="{url}"></iframe><video src="{url}"></video><script src="{url}"></script>',
        '<base href="{url}"><meta http-equiv="refresh" content="0;{url}">',
        '<img src="secret.txt"><link rel="stylesheet" href="secret.txt">',
    ],
)
def test_what_is_not_refused_is_not_fetched(html, stranger, secret):
    address, calls = stranger
    for url in (address, secret.as_uri()):
        made = render(f"<html lang=en><title>x</title><body>{html.format(url=url)}</body></html>")
        assert "combination" not in text_of(made)
        assert b"combination" not in made
    assert calls == []


def test_the_process_that_prints_may_neither_connect_nor_open_nor_start_anything(secret):
    tries = f"""
import socket, subprocess
from billing import printer
printer.guard()
for attempt in (
    lambda: open({str(secret)!r}),
    lambda: open("/etc/passwd"),
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("localhost", 80),
    lambda: subprocess.run(["true"]),
):
    try:
        attempt()
    except PermissionError as error:
        print(error)
open(printer.STYLE).close()
"""
    home = str(settings.BASE_DIR)

    scratch = secret.parent / "scratch"
    scratch.mkdir()
    run = subprocess.run(
        [sys.executable, "-c", tries],
        capture_output=True,
        text=True,
        cwd=home,
        check=True,
        env={"TMPDIR": str(scratch)},
    )

    assert len(run.stdout.splitlines()) == 5


def test_the_process_that_prints_is_given_no_secret(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://canary")
    pdf.close_all()

    render("<html lang=en><title>x</title><p>hello")

    environment = Path(f"/proc/{pdf._idle[0]._process.pid}/environ").read_text()
    assert "PYTHONPATH" in environment
    assert "canary" not in environment
    assert "SECRET_KEY" not in environment


def test_a_document_that_takes_too_long_is_ended_and_the_next_one_is_printed():
    endless = statement(section(4000))

    with pytest.raises(TookTooLongToPrint, match="seconds to print"):
        statement_pdf(endless, Look(), limits=Limits(seconds=1))

    assert pdf._idle == []
    assert "€1,728.30" in text_of(statement_pdf(statement(section(3)), Look()))


def test_what_is_ended_leaves_neither_a_process_nor_a_file():
    printer = pdf._Printer()
    scratch = printer._scratch
    limits = Limits(seconds=1)
    html = render_to_string(
        "statement/paper.html", statement_context(statement(section(4000)), Look())
    )
    head = {"archive": False, "identifier": "x", "seconds": 9}

    with pytest.raises(TookTooLongToPrint):
        printer.print([json.dumps(head).encode(), html.encode(), b""], limits)
    printer.close()

    assert printer._process.returncode == -9
    assert not Path(scratch).exists()


def test_a_process_whose_starter_is_gone_leaves_and_cleans_up():
    printer = pdf._Printer()

    printer._orders.close()

    assert printer._process.wait(timeout=60) == 0
    assert not Path(printer._scratch).exists()


def test_a_page_or_a_pdf_that_is_too_large_is_refused():
    with pytest.raises(TooLargeToPrint):
        statement_pdf(statement(), Look(), limits=Limits(html_bytes=1000))
    with pytest.raises(TooLargeToPrint):
        statement_pdf(statement(), Look(), limits=Limits(pdf_bytes=1000))


def test_a_process_that_died_is_replaced():
    render("<html lang=en><title>x</title><p>one")
    pdf._idle[0]._process.kill()
    pdf._idle[0]._process.wait()

    assert render("<html lang=en><title>x</title><p>two").startswith(b"%PDF")


@pytest.fixture
def stopped():
    """The process that prints next, as one that gets no turn at the processor."""
    render("<html lang=en><title>x</title><p>warm")
    process = pdf._idle[-1]._process
    os.kill(process.pid, signal.SIGSTOP)
    return process


def test_a_machine_that_is_too_busy_is_no_fault_of_the_document(stopped):
    with pytest.raises(PrintingUnavailable, match="too busy"):
        render("<html lang=en><title>x</title><p>one", limits=Limits(seconds=2))

    assert stopped.returncode == -signal.SIGKILL
    assert render("<html lang=en><title>x</title><p>two").startswith(b"%PDF")


@pytest.mark.parametrize(
    ("ended_by", "told"),
    [
        # The system, where it is short of memory, or somebody.
        (signal.SIGKILL, PrintingUnavailable),
        # Libraries that get no more memory than one document may take.
        (signal.SIGABRT, TooLargeToPrint),
    ],
)
def test_who_is_killed_may_be_asked_again_and_who_aborts_took_too_much(stopped, ended_by, told):
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(render, "<html lang=en><title>x</title><p>one")
        while stopped in [printer._process for printer in pdf._idle]:
            time.sleep(0.01)
        # A stopped process minds no other signal until it goes on.
        os.kill(stopped.pid, ended_by)
        os.kill(stopped.pid, signal.SIGCONT)

        with pytest.raises(told):
            printing.result()

    assert render("<html lang=en><title>x</title><p>two").startswith(b"%PDF")


def test_several_are_printed_at_a_time_each_its_own():
    texts: dict[int, str] = {}

    def print_one(number):
        texts[number] = text_of(render(f"<html lang=en><title>x</title><p>Number {number}."))

    threads = [threading.Thread(target=print_one, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert texts == {number: f"Number {number}.\n1 / 1" for number in range(6)}
    assert len(pdf._idle) <= pdf.AT_A_TIME


def test_without_pango_it_says_which_command_helps(monkeypatch, tmp_path):
    pdf.close_all()
    # A WeasyPrint whose libraries are missing fails as it is imported, with an OSError.
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango')")
    (tmp_path / "sitecustomize.py").write_text(f"import sys; sys.path.insert(0, {str(tmp_path)!r})")
    monkeypatch.setattr(pdf, "_PYTHONPATH", (str(tmp_path),))

    with pytest.raises(PrintingUnavailable, match="Pango with `"):
        render("<p>hello")


def test_the_system_check_warns_where_pango_is_missing(monkeypatch):
    assert checks.pango_is_there() == []

    monkeypatch.setattr(checks, "_LIBRARIES", ("libnothing-of-this-name.so.0",))
    monkeypatch.setattr(checks.ctypes.util, "find_library", lambda name: None)
    (warning,) = checks.pango_is_there()

    assert warning.id == "billing.W001"
    assert "libpango-1.0-0" in warning.hint


def test_all_fonts_are_there_with_their_licence():
    names = {path.name for path in FONTS.glob("*.woff2")}
    families = ("european", "arabic", "hebrew", "thai", "east-asian")

    assert names == {
        f"{name}-{weight}.woff2" for name in families for weight in ("regular", "bold")
    }
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text()
    assert sum(path.stat().st_size for path in FONTS.glob("*.woff2")) < 10 * 1024**2


def test_who_waits_hears_which_page_is_laid_out():
    heard = []

    printed = statements_pdf([statement(section(600))], Look(), on_page=heard.append)

    assert heard
    assert set(heard) <= set(range(1, len(PdfReader(BytesIO(printed)).pages) + 1))
