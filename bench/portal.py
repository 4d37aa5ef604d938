"""Pages of the portal with 20 invoices and 20 payments, beside a plain template with the same rows.

    python -m bench.portal [SECONDS]

Makes a database of its own and drops it. All are asked in turn within one run, in this process,
through the whole of Django; read the ratios, not the seconds. The portal shows invoices and
payments on a page each, so `both` is the time of its two pages beside that of one plain page.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from collections.abc import Callable  # noqa: E402 - models need django.setup()
from datetime import date, timedelta  # noqa: E402
from decimal import Decimal  # noqa: E402
from statistics import median  # noqa: E402
from time import perf_counter  # noqa: E402

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client as Browser  # noqa: E402
from django.utils import timezone  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from agencies.models import Membership  # noqa: E402
from agencies.scope import acting_for  # noqa: E402
from bench.data import big_agency  # noqa: E402
from billing.drafting import Item, draft_invoice  # noqa: E402
from billing.issuing import issue  # noqa: E402
from billing.payments import record_payment  # noqa: E402
from clients.models import Client  # noqa: E402
from contacts.models import Contact  # noqa: E402
from portal.inviting import invite  # noqa: E402
from portal.models import PortalSession  # noqa: E402
from portal.sessions import begin  # noqa: E402

CLIENTS = 1_000
ROUNDS = 7
# Two pages of each list.
ROWS = 40
FIRST = date(2026, 1, 1)

Ask = Callable[[], None]


def bill(client: Client, *, by: Membership) -> None:
    """Invoices of which every other one is paid whole, and the others in part."""
    now = timezone.now()
    for number in range(ROWS):
        on = FIRST + timedelta(days=number)
        line = Item(quantity=Decimal(3), price=Decimal("99.90"), description="Work")
        draft = draft_invoice(client, by=by, lines=[line], at=now, due_on=on)
        invoice = issue(draft, on=on, at=now)
        amount = invoice.total if number % 2 else Decimal("100.00")
        shares = [(invoice, amount)]
        record_payment(client, amount=amount, on=on, by=by, at=now, shares=shares)


def sign_in(person: Contact, *, by: Membership) -> Browser:
    now = timezone.now()
    invite(person.client, by=by, contact=person, at=now)
    means = PortalSession.Means.LINK
    secret = begin(person, address=person.email, means=means, browser="", former=None, at=now)
    return Browser(headers={"cookie": f"foyer_portal={secret}"}, SERVER_NAME="localhost")


def asking(browser: Browser, *paths: str) -> Ask:
    def ask() -> None:
        for path in paths:
            response = browser.get(path)
            assert response.status_code == 200, path
            assert response.text.count("<tr>") >= 20, path

    return ask


def within_scope(agency: int, ask: Ask) -> Ask:
    """The plain page knows no wall; the scope it stands in costs it nothing that it has not."""

    def inside() -> None:
        with acting_for(agency):
            ask()

    return inside


def seconds_each(ask: Ask, *, within: float) -> float:
    count, began = 0, perf_counter()
    while (spent := perf_counter() - began) < within:
        ask()
        count += 1
    return spent / count


def compare(cases: dict[str, tuple[Ask, Ask]], *, within: float) -> dict[str, tuple[float, float]]:
    """Median seconds of the portal's pages and of the plain one."""
    for pair in cases.values():
        for ask in pair:
            ask()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (ours, plain) in cases.items():
            pair = seconds_each(ours, within=within), seconds_each(plain, within=within)
            found[name].append(pair)
    return {
        name: (median(ours for ours, _ in pairs), median(plain for _, plain in pairs))
        for name, pairs in found.items()
    }


def cases(owner: Membership) -> dict[str, tuple[Ask, Ask]]:
    with acting_for(owner.agency_id):
        person = Contact.objects.select_related("client__agency").filter(is_primary=True)[0]
        bill(person.client, by=owner)
        ours = sign_in(person, by=owner)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    usual = Browser(SERVER_NAME="localhost")
    usual.force_login(owner.user)
    base, plain = f"/portal/{owner.agency.slug}/", f"/plain/{person.client_id}/"

    def pair(what: str, *pages: str) -> tuple[Ask, Ask]:
        bare = within_scope(owner.agency_id, asking(usual, plain + what))
        return asking(ours, *(base + page for page in pages)), bare

    return {
        "20 invoices": pair("invoices", "invoices"),
        "20 payments": pair("payments", "payments"),
        "both": pair("both", "invoices", "payments"),
    }


def show(speeds: dict[str, tuple[float, float]]) -> None:
    table = Table("", "portal, per second", "plain, per second", "× plain")
    for name, (ours, plain) in speeds.items():
        table.add_row(name, f"{1 / ours:.0f}", f"{1 / plain:.0f}", f"{plain / ours:.2f}")
    Console().print(table)


def main(within: float) -> None:
    settings.ROOT_URLCONF = "bench.urls"
    with big_agency(CLIENTS) as (owner, _):
        show(compare(cases(owner), within=within))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.7)
