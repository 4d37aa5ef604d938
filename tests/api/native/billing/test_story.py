"""From an empty agency, by API alone, to figures that a person can add up."""

import email
import email.policy

import time_machine

from tests.billing.reading import text_of

from .conftest import answered


def test_three_invoices_in_two_currencies_payments_a_credit_and_a_refund(api, is_proved):
    """Website 1,190.00 EUR and hosting 50.00 EUR, and 80,000 JPY of photographs.

    2,000.00 EUR come in: 1,240.00 settle both, 760.00 stay on account. 238.00 of the website are
    given back and paid out, 60.00 of the payment as well. 30,000 JPY come in.
    """
    with time_machine.travel("2026-03-31T12:00:00Z", tick=False):
        client = answered(
            api.post("/v1/clients", {"name": "Globex", "email": "jane@globex.example"}), 201
        )
        website = invoice(
            api, client, "2026-03-01", unit_price=25000, quantity=4, tax_name="VAT", tax_rate=19
        )
        hosting = invoice(api, client, "2026-03-05", unit_price=5000)
        photographs = invoice(api, client, "2026-03-09", currency="JPY", unit_price=80000)
        assert [one["number"] for one in (website, hosting, photographs)] == [
            "INV-0001", "INV-0002", "INV-0003",
        ]  # fmt: skip
        assert [one["total"] for one in (website, hosting, photographs)] == [119000, 5000, 80000]

        euros = payment(api, client, "2026-03-12", amount=200000, external_reference="bank-1")
        yen = payment(api, client, "2026-03-13", amount=30000, currency="JPY")
        assert (euros["applied"], euros["unapplied"]) == (124000, 76000)
        assert (yen["applied"], yen["unapplied"]) == (30000, 0)

        credit = answered(api.post(f"/v1/invoices/{website['id']}/credit", {"amount": 23800}), 201)
        # 190.00 of 1,190.00 is tax, so 38.00 of 238.00.
        assert (credit["total"], credit["tax"]) == (23800, 3800)
        answered(api.post(f"/v1/credits/{credit['id']}/refund", {"amount": 23800}), 201)
        answered(api.post(f"/v1/payments/{euros['id']}/refund", {"amount": 6000}), 201)

    balances = answered(api.get(f"/v1/clients/{client['id']}/balances"))["data"]

    assert balances == [
        {
            "currency": "EUR",
            # 1,240.00 were billed, and are paid.
            "outstanding_balance": 0,
            # 2,000.00 less the 60.00 that went back; the credit's money never was a payment.
            "paid_to_date": 194000,
            "credit_balance": 0,
            # 760.00 less 60.00.
            "payment_balance": 70000,
            "total_billed": 124000,
        },
        {
            "currency": "JPY",
            "outstanding_balance": 50000,
            "paid_to_date": 30000,
            "credit_balance": 0,
            "payment_balance": 0,
            "total_billed": 80000,
        },
    ]
    assert entries_of(api, client, "EUR") == [
        ("2026-03-01", "invoice_issued", 119000, 119000),
        ("2026-03-05", "invoice_issued", 5000, 124000),
        ("2026-03-12", "payment_recorded", 0, 124000),
        ("2026-03-12", "payment_applied", -119000, 5000),
        ("2026-03-12", "payment_applied", -5000, 0),
        ("2026-03-31", "credit_issued", 0, 0),
        ("2026-03-31", "credit_refunded", 0, 0),
        ("2026-03-31", "payment_refunded", 0, 0),
    ]
    assert entries_of(api, client, "JPY") == [
        ("2026-03-09", "invoice_issued", 80000, 80000),
        ("2026-03-13", "payment_recorded", 0, 80000),
        ("2026-03-13", "payment_applied", -30000, 50000),
    ]
    with time_machine.travel("2026-04-30T12:00:00Z", tick=False):
        listed = answered(api.get(f"/v1/clients/{client['id']}/invoices?sort=number"))["data"]
    assert [(one["status"], one["amount_paid"], one["balance"]) for one in listed] == [
        ("paid", 119000, 0),
        ("paid", 5000, 0),
        ("overdue", 30000, 50000),
    ]
    whole = answered(api.get(f"/v1/clients/{client['id']}"))
    assert (whole["outstanding_balance"], whole["total_billed"]) == (0, 124000)
    assert is_proved()


def test_its_statement_can_be_added_up_on_paper_and_by_mail(api, outbox, run_jobs, is_proved):
    """Website 1,190.00 EUR, hosting 50.00 EUR, photographs 80,000 JPY.

    600.00 EUR come in for the website, of which 100.00 go back; 238.00 of it are credited. 30,000
    JPY come in. Left are 452.00 of the website, the hosting, and 50,000 JPY.
    """
    with time_machine.travel("2026-03-31T12:00:00Z", tick=False):
        client = answered(
            api.post("/v1/clients", {"name": "Globex", "email": "jane@globex.example"}), 201
        )
        website = invoice(
            api, client, "2026-03-01", unit_price=25000, quantity=4, tax_name="VAT", tax_rate=19
        )
        invoice(api, client, "2026-03-05", unit_price=5000)
        invoice(api, client, "2026-03-09", currency="JPY", unit_price=80000)
        euros = payment(api, client, "2026-03-12", amount=60000)
        payment(api, client, "2026-03-13", amount=30000, currency="JPY")
        credit = answered(api.post(f"/v1/invoices/{website['id']}/credit", {"amount": 23800}), 201)
        share = {"invoice_id": website["id"], "amount": 23800}
        answered(api.post(f"/v1/credits/{credit['id']}/apply", {"invoices": [share]}))
        answered(api.post(f"/v1/payments/{euros['id']}/refund", {"amount": 10000}), 201)
    with time_machine.travel("2026-04-01T12:00:00Z", tick=True):
        path = f"/v1/clients/{client['id']}/statements"
        made = answered(api.post(path, {"start_date": "2026-03-01"}), 201)
        answered(api.post(f"/v1/statements/{made['id']}/send", {}))
        run_jobs()

    on_paper = text_of(api.get(f"/v1/statements/{made['id']}.pdf").content)
    (sent,) = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in outbox.glob("*.eml")
    ]
    (attached,) = sent.iter_attachments()

    euro, yen = made["sections"]
    # 1,190.00 + 50.00 + 100.00 - 600.00 - 238.00 = 502.00 = 452.00 + 50.00
    assert [one["amount"] for one in euro["movements"]] == [
        119000, 5000, -60000, 10000, -23800,
    ]  # fmt: skip
    assert [one["balance"] for one in euro["open_items"]] == [45200, 5000]
    assert (euro["opening_balance"], euro["closing_balance"]) == (0, 50200)
    assert (yen["opening_balance"], yen["closing_balance"]) == (0, 50000)
    for line in (
        "EUR Euro",
        "Mar 1, 2026 Invoice INV-0001 1,190.00 1,190.00",
        "Mar 5, 2026 Invoice INV-0002 50.00 1,240.00",
        "Mar 12, 2026 Payment P-0001 INV-0001 -600.00 640.00",
        "Mar 31, 2026 Refund P-0001 INV-0001 100.00 740.00",
        "Mar 31, 2026 Credit note CR-0001 INV-0001 -238.00 502.00",
        "Closing balance 502.00",
        "JPY Japanese Yen",
        "Mar 9, 2026 Invoice INV-0003 80,000 80,000",
        "Mar 13, 2026 Payment P-0002 INV-0003 -30,000 50,000",
        "Closing balance 50,000",
    ):
        assert line in on_paper.splitlines()
    by_mail = sent.get_body(("plain",)).get_content().splitlines()
    assert by_mail[2:4] == ["Closing balance: €502.00", "Closing balance: ¥50,000"]
    assert text_of(attached.get_content()) == on_paper
    assert is_proved()


def invoice(api, client, on, *, currency="EUR", **line):
    body = {
        "client_id": client["id"],
        "currency": currency,
        "issue_date": on,
        "lines": [line],
    }
    draft = answered(api.post("/v1/invoices", body), 201)
    return answered(api.post(f"/v1/invoices/{draft['id']}/issue", {}))


def payment(api, client, on, **facts):
    body = {"client_id": client["id"], "payment_date": on} | facts
    return answered(api.post("/v1/payments", body), 201)


def entries_of(api, client, currency):
    path = f"/v1/clients/{client['id']}/ledger?sort=recorded_at&currency={currency}"
    return [
        (one["date"], one["kind"], one["amount"], one["balance_after"])
        for one in answered(api.get(path))["data"]
    ]
