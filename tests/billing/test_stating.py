"""Statements that are kept, mailed and scheduled."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from billing import scheduling
from billing.cancelling import delete_invoice
from billing.mailing import NobodyToMail
from billing.models import KeptStatement, StatementSchedule
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import (
    EndsBeforeStart,
    again,
    back_dated,
    is_the_same,
    mail,
    make,
)
from contacts.enrolling import Person, enroll
from contacts.models import Message
from tests.billing.conftest import NOW, figures

MARCH = Wanted(kind=StatementKind.ACTIVITY, start=date(2026, 3, 1), end=date(2026, 3, 31))
APRIL = datetime(2026, 4, 1, 12, tzinfo=UTC)


def test_a_kept_statement_has_the_same_figures_for_ever(acme, billed, paid, north):
    first = billed(acme, 100, on=date(2026, 3, 3))
    kept = make(acme, MARCH, by=north)
    before = again(kept)

    delete_invoice(first, at=NOW)
    billed(acme, 7, on=date(2026, 3, 4))
    acme.name = "Renamed"
    acme.save(update_fields=["name"])

    assert is_the_same(kept)
    assert again(kept).sections == before.sections


def test_what_was_back_dated_is_reported(acme, billed, paid, north):
    billed(acme, 100, on=date(2026, 3, 3))
    kept = make(acme, MARCH, by=north)
    assert list(back_dated(kept)) == []

    late = billed(acme, 7, on=date(2026, 3, 4))
    billed(acme, 8, on=date(2026, 4, 4))

    assert [(e.invoice, e.balance) for e in back_dated(kept)] == [(late, 7)]
    assert is_the_same(kept)


def test_a_statement_is_mailed_with_its_pdf_and_the_same_figures(
    acme, billed, paid, north, outbox, run_jobs
):
    billed(acme, "1234.50", on=date(2026, 3, 3))
    paid(acme, 200, on=date(2026, 3, 4))
    kept = make(acme, MARCH, by=north)

    assert [one.email for one in mail(kept, at=NOW)] == ["a@acme.example"]
    run_jobs()

    (sent,) = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in outbox.glob("*.eml")
    ]
    text = sent.get_body(("plain",)).get_content()
    (attachment,) = sent.iter_attachments()
    printed = PdfReader(BytesIO(attachment.get_content()))
    on_paper = "\n".join(page.extract_text() for page in printed.pages)
    assert figures(acme)[0] == 1034.5
    assert re.search(r"1,034\.50", text)
    assert "1,034.50" in on_paper
    assert "1,234.50" in on_paper
    kept.refresh_from_db()
    assert kept.mailed_at == NOW


def test_people_who_get_no_documents_get_no_statement(acme, billed, north):
    billed(acme, 100)
    acme.contacts.update(receives_mail=False)

    with pytest.raises(NobodyToMail):
        mail(make(acme, MARCH, by=north), at=NOW)

    assert not Message.objects.exists()


def test_a_period_that_ends_before_it_starts_is_not_kept(acme, north):
    with pytest.raises(EndsBeforeStart):
        make(acme, replace(MARCH, end=date(2026, 2, 28)), by=north)


@pytest.fixture
def monthly(acme):
    return StatementSchedule.objects.create(
        agency=acme.agency, client=acme, next_on=date(2026, 4, 1)
    )


def test_a_schedule_sends_last_month_once(acme, billed, monthly):
    billed(acme, 100, on=date(2026, 3, 3))

    assert scheduling.send_due(at=APRIL) == 1
    assert scheduling.send_due(at=APRIL) == 0

    kept = KeptStatement.objects.get()
    assert (kept.start, kept.end) == (date(2026, 3, 1), date(2026, 3, 31))
    monthly.refresh_from_db()
    assert monthly.next_on == date(2026, 5, 1)
    assert Message.objects.get().kind == "statement"


def test_a_run_that_is_repeated_goes_on_where_it_stopped(acme, billed, monthly):
    billed(acme, 100, on=date(2026, 3, 3))
    scheduling.send_due(at=APRIL)
    # As if the worker had died after the mail and before the schedule moved on.
    StatementSchedule.objects.update(next_on=date(2026, 4, 1))

    assert scheduling.send_due(at=APRIL) == 0

    assert Message.objects.count() == 1
    monthly.refresh_from_db()
    assert monthly.next_on == date(2026, 5, 1)


def test_a_schedule_that_was_held_up_sends_each_period(acme, billed, monthly):
    billed(acme, 100, on=date(2026, 3, 3))
    june = datetime(2026, 6, 10, 12, tzinfo=UTC)

    sent = [scheduling.send_due(at=june + timedelta(days=n)) for n in range(4)]

    assert sent == [1, 1, 1, 0]
    ends = KeptStatement.objects.order_by("end").values_list("end", flat=True)
    assert list(ends) == [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]


def test_nothing_is_sent_where_nothing_is_open(acme, billed, paid, monthly):
    billed(acme, 100, on=date(2026, 3, 3))
    paid(acme, 100, on=date(2026, 3, 4))

    assert scheduling.send_due(at=APRIL) == 0

    assert not KeptStatement.objects.exists()
    assert not Message.objects.exists()


def test_nothing_is_sent_before_the_day_in_the_agencys_own_zone(acme, billed, monthly, north):
    billed(acme, 100, on=date(2026, 3, 3))
    north.agency.time_zone = "Pacific/Pago_Pago"
    north.agency.save()
    midnight = datetime(2026, 4, 1, 10, 59, tzinfo=UTC)

    assert scheduling.send_due(at=midnight) == 0
    assert scheduling.send_due(at=midnight + timedelta(minutes=1)) == 1


def test_a_tag_sends_to_everybody_who_carries_it(acme, billed, north):
    other = enroll(
        north.agency, by=north, name="Other", tags=["retainer"],
        people=[Person(email="o@other.example")],
    )  # fmt: skip
    for client in (acme, other):
        billed(client, 100, on=date(2026, 2, 3))
    tag = other.tags.get()
    StatementSchedule.objects.create(
        agency=north.agency, tag=tag, next_on=date(2026, 4, 1), every="quarter"
    )

    assert scheduling.send_due(at=APRIL) == 1

    kept = KeptStatement.objects.get()
    assert (kept.client, kept.start, kept.end) == (other, date(2026, 1, 1), date(2026, 3, 31))


def test_a_paused_schedule_sends_nothing(acme, billed, monthly):
    billed(acme, 100, on=date(2026, 3, 3))
    StatementSchedule.objects.update(paused_at=NOW)

    assert scheduling.send_due(at=APRIL) == 0


@pytest.mark.parametrize(
    ("every", "after", "next_on"),
    [
        ("month", date(2026, 1, 31), date(2026, 2, 1)),
        ("month", date(2026, 12, 1), date(2027, 1, 1)),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1)),
        ("quarter", date(2026, 12, 31), date(2027, 1, 1)),
        ("month", date(2028, 2, 29), date(2028, 3, 1)),
    ],
)
def test_the_next_first(every, after, next_on):
    assert scheduling.first_of_next(every, after=after) == next_on


def test_an_amount_kept_with_more_zeros_has_the_same_digest(acme, billed, north):
    billed(acme, Decimal("100.000000"), on=date(2026, 3, 3))

    assert is_the_same(KeptStatement.objects.get(pk=make(acme, MARCH, by=north).pk))
