"""Statements as PDF: Foyer's printer beside WeasyPrint as it is usually called, untuned.

    python -m bench.statements [ROUNDS]

Both print the same words and figures, in turn within one run; read the ratios, not the seconds.
Untuned is the browser's style sheet below ours, automatic column widths, stripes by nth-child, CSS
parsed for each document, fonts of the system. Foyer's PDFs are tagged for screen readers; those of
the baseline are shown without tags, which is its default, and with them, which is the same work.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import logging  # noqa: E402 - settings come first
import re  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import replace  # noqa: E402
from statistics import median  # noqa: E402
from time import perf_counter  # noqa: E402

from django.template.loader import render_to_string  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from billing.looks import Look  # noqa: E402
from billing.printer import STYLE  # noqa: E402
from billing.statement_pages import statement_context, statement_pdf  # noqa: E402
from billing.statement_shapes import Statement  # noqa: E402
from tests.billing.samples import section, statement  # noqa: E402

SIZES = (10, 100, 1_000)
LOOK = Look()

Ask = Callable[[], bytes]


def sample(rows: int) -> Statement:
    """`rows` movements, and nothing else that is long."""
    return statement(replace(section(rows), receipts=None, credits=None))


def naive_style() -> str:
    style = STYLE.read_text().replace("table-layout: fixed", "table-layout: auto")
    style = style.replace(".z td", "tr:nth-child(even) td")
    return re.sub(r'("Foyer [\w-]+",? ?)+', "sans-serif", style)


def naive(rows: int, *, tags: bool) -> Ask:
    from weasyprint import HTML

    made = sample(rows)

    def ask() -> bytes:
        html = render_to_string("statement/paper.html", statement_context(made, LOOK))
        styled = html.replace("</head>", f"<style>{naive_style()}</style></head>")
        return HTML(string=styled).write_pdf(pdf_tags=tags)

    return ask


def ours(rows: int) -> Ask:
    made = sample(rows)
    return lambda: statement_pdf(made, LOOK)


def seconds(ask: Ask) -> float:
    began = perf_counter()
    ask()
    return perf_counter() - began


def compare(asks: dict[str, Ask], *, rounds: int) -> dict[str, float]:
    """The median time of each, asked in turn."""
    spent: dict[str, list[float]] = {name: [] for name in asks}
    for _ in range(rounds):
        for name, ask in asks.items():
            spent[name].append(seconds(ask))
    return {name: median(times) for name, times in spent.items()}


def main(rounds: int) -> None:
    # Warm: what a worker pays once is not what is compared.
    for ask in (ours(1), naive(1, tags=True)):
        ask()
    table = Table("rows", "untuned", "untuned, tagged", "Foyer", "× untuned", "× tagged")
    for rows in SIZES:
        asks = {
            "untuned": naive(rows, tags=False),
            "tagged": naive(rows, tags=True),
            "foyer": ours(rows),
        }
        found = compare(asks, rounds=max(2, rounds if rows < 1_000 else rounds // 2))
        table.add_row(
            f"{rows:,}",
            *(f"{found[name] * 1000:,.0f} ms" for name in asks),
            *(f"{found[name] / found['foyer']:.2f}" for name in ("untuned", "tagged")),
        )
    Console().print(table)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
