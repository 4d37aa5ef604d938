"""The process that makes PDFs. Started by billing.pdf as `python -m billing.printer FILENO`.

A process of its own, because a layout that runs away can only be ended by killing it. It is given
no secret and no settings, knows no Django, and once it is warm may neither connect to anything nor
open any file but those of its own program and its scratch folder.

It answers "ready" and how many seconds of the processor it took so far, or what its libraries lack.
Then each order is three messages: JSON with `archive`, `identifier` and `seconds`, the HTML (of
several documents with a NUL between them), the logo's bytes. The answer is now and then JSON with
the `page` that was laid out last; then JSON with `trouble`, empty when all went well, and
`seconds_used` in all; and then the PDF.
"""

import contextlib
import gc
import json
import logging
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from billing.glyphs import ReadableFonts

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
STYLE = HERE.parent / "templates" / "statement" / "paper.css"
# How our own files are named in HTML and CSS; no other address is ever fetched.
SCHEME = "foyer:"
LOGO = f"{SCHEME}logo"
MEMORY = 2 * 1024**3
SECONDS_PER_TELLING = 0.25

# Where the first of the characters lies that only the large fonts have.
_EAST_ASIAN = re.compile("[⺀-\ud7ff豈-\ufaff︐-﹏＀-￯]")
# How WeasyPrint says which page it lays out.
_PAGE = re.compile(r"Creating layout - Page (\d+)")
_FAMILIES = ("european", "arabic", "hebrew", "thai")


@dataclass(frozen=True)
class Order:
    html: str
    logo: bytes
    archive: bool
    identifier: bytes


def serve(orders: Connection) -> None:
    """Print what is ordered until the other side closes."""
    try:
        _style(east_asian=False)
    except OSError as error:
        orders.send_bytes(f"Pango is missing: {error}".encode())
        return
    guard()
    _tell_pages(orders)
    orders.send_bytes(f"ready {time.process_time()}".encode())
    # What an order leaves is collected when it is answered: looking for it meanwhile costs a tenth.
    gc.disable()
    with contextlib.suppress(EOFError):
        while True:
            _answer(orders)
            gc.collect()
    _leave()


def _tell_pages(orders: Connection) -> None:
    """WeasyPrint has no other way to ask how far it is."""
    progress = logging.getLogger("weasyprint.progress")
    progress.setLevel(logging.INFO)
    progress.propagate = False
    progress.addHandler(_Pages(orders))


class _Pages(logging.Handler):
    """Tells of pages as they are laid out, a few times a second."""

    def __init__(self, orders: Connection) -> None:
        super().__init__()
        self._orders, self._told_at = orders, 0.0

    def emit(self, record: logging.LogRecord) -> None:
        now = time.monotonic()
        laid_out = _PAGE.search(record.getMessage())
        if laid_out and now - self._told_at > SECONDS_PER_TELLING:
            self._told_at = now
            self._orders.send_bytes(json.dumps({"page": int(laid_out[1])}).encode())


def _leave() -> None:
    """Take away what lies in the scratch folder, and the folder: nobody else is there to do it."""
    _style.cache_clear()
    gc.collect()
    with contextlib.suppress(OSError):
        os.rmdir(tempfile.gettempdir())


def _answer(orders: Connection) -> None:
    head = json.loads(orders.recv_bytes())
    order = Order(
        html=orders.recv_bytes().decode(),
        logo=orders.recv_bytes(),
        archive=head["archive"],
        identifier=head["identifier"].encode(),
    )
    # Ends this process even where the one that waits for it is gone.
    signal.setitimer(signal.ITIMER_REAL, head["seconds"])
    made, trouble = b"", ""
    try:
        made = make(order)
    except MemoryError:
        trouble = "memory"
    except BaseException as error:  # noqa: BLE001 - told to the caller, who raises. A refused
        # address is no Exception, so that WeasyPrint does not go on without it.
        trouble = f"{type(error).__name__}: {error}"
    signal.setitimer(signal.ITIMER_REAL, 0)
    told = {"trouble": trouble, "seconds_used": time.process_time()}
    orders.send_bytes(json.dumps(told).encode())
    orders.send_bytes(made)


def make(order: Order) -> bytes:
    """The PDF, tagged for screen readers (PDF/UA-1), or PDF/A-3a where it is to be archived."""
    style, fonts = _style(east_asian=bool(_EAST_ASIAN.search(order.html)))
    options = {
        "pdf_variant": "pdf/a-3a" if order.archive else "pdf/ua-1",
        "pdf_identifier": order.identifier,
    }
    rendered = []
    for html in order.html.split("\0"):
        page = _page_class()(string=html, url_fetcher=_fetcher({LOGO: order.logo}))
        page.own_style = style
        rendered.append(page.render(font_config=fonts, **options))
    document, *others = rendered
    if others:
        document = document.copy([page for one in rendered for page in one.pages])
    document.fonts = ReadableFonts()
    return bytes(document.write_pdf(**options))


@cache
def _style(*, east_asian: bool) -> tuple[Any, Any]:
    """The parsed style sheet and the fonts it names: the same for every document."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    families = (*_FAMILIES, "east-asian") if east_asian else _FAMILIES
    sheet = "".join(_faces(family) for family in families) + STYLE.read_text()
    return CSS(string=sheet, font_config=fonts, url_fetcher=_fetcher({})), fonts


def _faces(family: str) -> str:
    return "".join(
        f'@font-face {{ font-family: "Foyer {family}"; font-weight: {weight}; '
        f"src: url({SCHEME}{family}-{weight.replace('normal', 'regular')}.woff2) }}\n"
        for weight in ("normal", "bold")
    )


@cache
def _page_class() -> Any:
    from weasyprint import HTML

    class Page(HTML):
        """Ours in place of the browser's own style sheet, whose many rules fit nothing here."""

        own_style: Any

        def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
            return [self.own_style]

    return Page


def _fetcher(given: dict[str, bytes]) -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFiles(URLFetcher):
        """Refuses every address but those of our fonts and of what came with the order."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url in given:
                return URLFetcherResponse(url, given[url])
            name = url.removeprefix(SCHEME)
            if name == url or name not in {font.name for font in FONTS.glob("*.woff2")}:
                raise PermissionError(f"Nothing is fetched while printing, not {url[:100]} either.")
            return URLFetcherResponse(url, (FONTS / name).read_bytes())

    return OwnFiles(fail_on_errors=True)


def guard() -> None:
    """From now on this process connects to nothing, starts nothing and opens no foreign file."""
    sys.addaudithook(_guarding(_own_folders()))


def _own_folders() -> tuple[str, ...]:
    folders = {sys.prefix, sys.base_prefix, tempfile.gettempdir(), str(HERE.parent)}
    modules = {os.path.dirname(module) for module in (os.__file__, json.__file__)}
    return tuple(os.path.realpath(folder) + os.sep for folder in folders | modules)


def _guarding(folders: tuple[str, ...]) -> Callable[[str, tuple[Any, ...]], None]:
    starting = {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn"}

    def guarding(event: str, args: tuple[Any, ...]) -> None:
        if event in starting or event.startswith("socket."):
            raise PermissionError(f"{event} is refused while printing.")
        if event == "open" and not isinstance(args[0], int):
            path = os.path.realpath(os.fsdecode(args[0]))
            if not path.startswith(folders):
                raise PermissionError(f"Opening {path} is refused while printing.")

    return guarding


def limit_memory() -> None:
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    limit_memory()
    serve(Connection(int(sys.argv[1])))
