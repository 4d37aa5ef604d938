"""Lists of clients: Foyer's three dialects beside the usual REST framework list and beside raw SQL.

    python -m bench.lists [CLIENTS]

Makes a database of its own and drops it. All are asked in turn within one run, in this process,
through the whole of Django; read the ratios, not the seconds.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from collections.abc import Callable  # noqa: E402 - models need django.setup()
from statistics import median  # noqa: E402
from time import perf_counter  # noqa: E402

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client as Browser  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from agencies.models import Membership  # noqa: E402
from agencies.scope import acting_for  # noqa: E402
from bench.data import big_agency  # noqa: E402

ROUNDS = 7
SECONDS = 0.7
_RAW = """
WITH page AS (
    SELECT * FROM clients_client WHERE deleted_at IS NULL AND balance > 1000
    ORDER BY id DESC LIMIT %(size)s OFFSET %(skip)s)
SELECT json_build_object(
    'total', (SELECT count(*) FROM clients_client WHERE deleted_at IS NULL AND balance > 1000),
    'data', (SELECT json_agg(to_jsonb(page) || jsonb_build_object('contacts', (
        SELECT jsonb_agg(to_jsonb(c)) FROM contacts_contact c WHERE c.client_id = page.id)))
        FROM page))::text
"""

Ask = Callable[[], None]


def asking(headers: dict[str, str], path: str) -> Ask:
    browser = Browser(headers=headers, SERVER_NAME="localhost")

    def ask() -> None:
        response = browser.get(path)
        assert response.status_code == 200, response.content

    return ask


def raw(agency: int, *, size: int, skip: int) -> Ask:
    def ask() -> None:
        with acting_for(agency), connection.cursor() as cursor:
            cursor.execute(_RAW, {"size": size, "skip": skip})
            cursor.fetchone()

    return ask


def naive(agency: int, token: str, path: str) -> Ask:
    ask = asking({"X-Naive-Token": token}, path)

    def inside() -> None:
        # It knows no wall; the scope it stands in costs it nothing that it has not.
        with acting_for(agency):
            ask()

    return inside


def per_second(ask: Ask) -> float:
    count, began = 0, perf_counter()
    while (spent := perf_counter() - began) < SECONDS:
        ask()
        count += 1
    return count / spent


def compare(asks: dict[str, Ask]) -> dict[str, float]:
    for ask in asks.values():
        ask()
    speeds: dict[str, list[float]] = {name: [] for name in asks}
    for _ in range(ROUNDS):
        for name, ask in asks.items():
            speeds[name].append(per_second(ask))
    return {name: median(found) for name, found in speeds.items()}


def cases(owner: Membership, secret: str, *, deep: int) -> dict[str, dict[str, Ask]]:
    agency, email = owner.agency_id, owner.user.email
    bearer, token = {"Authorization": f"Bearer {secret}"}, {"X-API-TOKEN": secret}

    def case(size: int, page: int) -> dict[str, Ask]:
        pages = f"balance=gt:1000&per_page={size}&page={page}&sort=id|desc&is_deleted=false"
        return {
            "naive": naive(agency, email, f"/naive?balance__gt=1000&per_page={size}&page={page}"),
            "raw SQL": raw(agency, size=size, skip=size * (page - 1)),
            "Invoice Ninja": asking(token, f"/api/v1/clients?{pages}"),
        }

    first = case(20, 1)
    first["Grow CRM, unfiltered"] = asking(bearer, "/api/clients?limit=20")
    first["native, unfiltered"] = asking(bearer, "/v1/clients?limit=20")
    return {
        "20 + people + total, balance over 1,000": first,
        "100 of them": case(100, 1),
        f"page {deep:,}": case(20, deep),
    }


def show(title: str, speeds: dict[str, float]) -> None:
    table = Table("", "per second", "× naive", title=title)
    for name, speed in speeds.items():
        table.add_row(name, f"{speed:.0f}", f"{speed / speeds['naive']:.2f}")
    Console().print(table)


def main(clients: int) -> None:
    settings.ROOT_URLCONF = "bench.urls"
    with big_agency(clients) as (owner, secret):
        for title, asks in cases(owner, secret, deep=clients // 40).items():
            show(f"{title} ({clients:,} clients)", compare(asks))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
