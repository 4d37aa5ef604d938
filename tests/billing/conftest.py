"""An agency that bills: a client, a day, and words short enough to write many steps."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from billing.drafting import Item, draft_invoice
from billing.issuing import issue
from billing.payments import record_payment
from billing.verifying import differences_of
from contacts.enrolling import Person, enroll

DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def acme(north, in_north):
    """A client of North, kept in EUR."""
    return enroll(in_north, by=north, name="Acme", people=[Person(email="a@acme.example")])


def item(price, quantity=1, **facts):
    return Item(quantity=Decimal(quantity), price=Decimal(price), **facts)


@pytest.fixture
def billed(north):
    """Issues an invoice over one price, or over the given lines."""

    def billed(client, *prices, on=DAY, lines=None, **facts):
        lines = lines or [item(price) for price in prices]
        draft = draft_invoice(client, by=north, lines=lines, at=NOW, issued_on=on, **facts)
        return issue(draft, on=on, at=NOW)

    return billed


@pytest.fixture
def paid(north):
    """Records a payment; without `shares` it settles the oldest invoices."""

    def paid(client, amount, on=DAY, **facts):
        return record_payment(client, amount=Decimal(amount), on=on, by=north, at=NOW, **facts)

    return paid


def figures(client):
    """balance, paid_to_date, credit_balance, payment_balance, total_billed of the client's row."""
    client.refresh_from_db()
    return tuple(
        float(getattr(client, name))
        for name in ("balance", "paid_to_date", "credit_balance", "payment_balance", "total_billed")
    )


def is_proved():
    assert [str(one) for one in differences_of()] == []
    return True


@pytest.fixture(scope="module")
def stranger():
    """A web server that counts who calls."""
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            calls.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/canary", calls
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text("the combination is 1234")
    return path
