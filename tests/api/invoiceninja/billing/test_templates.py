"""The bulk action `template`: statements of many clients, as one PDF or by mail."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pypdf import PdfReader

from agencies.roles import Role
from agencies.scope import acting_for
from api.invoiceninja.ids import encode
from billing import pdf
from billing.batching import MOST, PAUSE, forget_old, make_batch
from billing.models import KeptStatement, StatementBatch
from billing.pdf import Limits
from billing.stating import again
from clients.models import Client
from clients.purging import purge
from contacts.enrolling import Person, enroll
from contacts.mailing import opened
from contacts.models import Message, Suppression
from contacts.removing import remove
from contacts.suppressing import suppress

BULK, PREVIEW, DESIGNS = "/api/v1/clients/bulk", "/api/v1/templates/preview", "/api/v1/designs"
STATEMENT = "VolejRejNm"
TODAY = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def clients(north, call):
    """Zeta owes 100 since February, Alpha 50; each has one who reads documents."""
    made = []
    with acting_for(north.agency_id):
        for name in ("Zeta", "Alpha"):
            people = [Person(email=f"{name.lower()}@x.example")]
            made.append(enroll(north.agency, by=north, name=name, people=people, currency="EUR"))
    for client, cost in zip(made, (100, 50), strict=True):
        call(
            "post",
            "invoices?mark_sent=true",
            {
                "client_id": encode(client.pk),
                "date": "2026-02-01",
                "due_date": "2026-03-01",
                "line_items": [{"product_key": "Site", "cost": cost, "quantity": 1}],
            },
        )
    return made


@pytest.fixture
def ask(north, ninja):
    def ask(clients, member=north, scopes=None, **sent):
        ids = [encode(client.pk) for client in clients]
        body = {"action": "template", "template_id": STATEMENT, "ids": ids, **sent}
        return ninja(member, **({"scopes": scopes} if scopes else {})).post(BULK, body)

    return ask


@pytest.fixture
def preview(north, ninja):
    def preview(key, member=north, **facts):
        return ninja(member, **facts).post(f"{PREVIEW}/{key}")

    return preview


def key_of(response):
    assert response.status_code == 200, response.content
    return response.json()["message"]


def pages_of(response):
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    return [page.extract_text() for page in PdfReader(BytesIO(response.content)).pages]


def batches(owner):
    with acting_for(owner.agency_id):
        return StatementBatch.objects.count()


def test_the_design_that_is_listed_is_the_template_that_can_be_named(ask, clients, call, ninja):
    (design,) = call("get", "designs")

    assert (design["id"], design["name"], design["entities"]) == (STATEMENT, "Statement", "client")
    assert call("get", f"designs/{STATEMENT}") == design
    assert call("get", "designs?page=2") == []
    assert call("get", "designs/Wpmbk5ezJn", status=400)["message"].startswith("No query results")
    assert ask(clients, template_id=design["id"]).status_code == 200


def test_statements_of_many_clients_become_one_pdf(ask, clients, preview, run_jobs):
    key = key_of(ask(clients, template="Statement", send_email=False))
    early = preview(key)
    assert (early.status_code, early["Retry-After"]) == (404, "2")
    assert early.json() == {"message": "The PDF is not ready yet. Ask again."}

    run_jobs()

    alpha, zeta = pages_of(preview(key))
    assert ("Alpha" in alpha, "Zeta" in alpha) == (True, False)
    assert ("Zeta" in zeta, "Alpha" in zeta) == (True, False)
    for page, balance in ((alpha, "50.00"), (zeta, "100.00")):
        assert balance in page
        assert "Jan 1, 2026" in page
        assert "Jun 15, 2026" in page
        # The ages are shown, and there is a count of each client's own pages.
        assert "61" in page
        assert "1 / 1" in page or "1 of 1" in page
    assert preview(key)["Content-Disposition"] == 'attachment; filename="Statements.pdf"'


def test_each_client_is_mailed_its_own_statement(ask, clients, north, run_jobs, outbox):
    response = ask(clients, send_email=True)

    assert (response.status_code, response.json()) == (200, {"message": "email sent"})
    run_jobs()
    with acting_for(north.agency_id):
        sent = {message.address: message for message in Message.objects.filter(kind="statement")}
        assert set(sent) == {"zeta@x.example", "alpha@x.example"}
        for client in clients:
            kept = KeptStatement.objects.get(client=client)
            assert (kept.payments, kept.credits, kept.ageing) == (True, False, True)
            assert (str(kept.start), str(kept.end)) == ("2026-01-01", "2026-06-15")
            (section,) = again(kept).sections
            assert f"{section.closing:.2f}" in opened(sent[f"{client.name.lower()}@x.example"]).text
            assert kept.created_by == north


def test_a_job_that_runs_again_mails_nobody_twice(ask, clients, north, run_jobs):
    ask(clients, send_email=True)
    (job,) = ProcrastinateJob.objects.filter(
        task_name="billing.tasks.make_batch", args__agency_id=north.agency_id
    )

    make_batch(**job.args)
    make_batch(**job.args)

    with acting_for(north.agency_id):
        assert Message.objects.filter(kind="statement").count() == 2


def test_where_nobody_reads_nobody_is_mailed(ask, clients, north, run_jobs):
    with acting_for(north.agency_id):
        mute = enroll(north.agency, by=north, name="Mute")

    response = ask([*clients, mute], send_email=True)

    assert response.status_code == 400
    assert "Mute" in response.json()["message"]
    run_jobs()
    assert batches(north) == 0
    with acting_for(north.agency_id):
        assert not Message.objects.filter(kind="statement").exists()


def test_a_mailed_batch_is_no_preview(ask, clients, north, preview):
    ask(clients, send_email=True)
    with acting_for(north.agency_id):
        key = StatementBatch.objects.get().key

    assert preview(key).status_code == 400


def test_one_client_that_is_not_ours_refuses_all(ask, clients, south_client, north):
    response = ask([*clients, south_client])

    assert response.status_code == 422
    assert response.json()["errors"] == {"ids": ["The selected ids is invalid."]}
    assert batches(north) == 0


def test_a_deleted_client_gets_no_statement(ask, clients, north):
    with acting_for(north.agency_id):
        Client.objects.filter(pk=clients[0].pk).update(deleted_at=timezone.now())

    assert ask(clients).status_code == 422


def test_a_hundred_clients_and_no_more(ask, north):
    with acting_for(north.agency_id):
        many = [
            enroll(north.agency, by=north, name=f"C{number}", people=[])
            for number in range(MOST + 1)
        ]

    too_many = ask(many)
    assert (too_many.status_code, too_many.json()["errors"]) == (
        422,
        {"ids": ["The ids must not have more than 100 items."]},
    )
    assert ask(many[:MOST]).status_code == 200


@pytest.mark.parametrize("scopes", [["clients:write", "invoices:read"], ["invoices:write"]])
def test_it_wants_the_right_to_both(ask, clients, north, scopes):
    assert ask(clients, scopes=scopes).status_code == 401
    assert batches(north) == 0


def test_who_only_views_makes_nothing(ask, clients, north, join):
    assert ask(clients, member=join(north, Role.VIEWER)).status_code == 401


def test_a_stranger_learns_nothing_of_a_batch(ask, clients, south, north, preview, run_jobs):
    key = key_of(ask(clients))
    run_jobs()

    answers = [preview(name, member=south) for name in (key, uuid4(), "x", "9" * 300, "%00")]

    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1
    assert preview(key, scopes=["clients:write"]).status_code == 401
    assert preview(key, scopes=["invoices:read"]).status_code == 200


@pytest.mark.parametrize("end", ["remove", "purge"])
def test_the_pdf_goes_with_the_first_of_its_clients(ask, clients, north, preview, run_jobs, end):
    key = key_of(ask(clients))
    other = key_of(ask(clients[:1]))
    run_jobs()

    with acting_for(north.agency_id):
        act = {"remove": remove, "purge": purge}[end]
        act(clients[1], by=north, at=timezone.now())

    assert preview(key).status_code == 400
    assert preview(other).status_code == 200
    assert batches(north) == 1


def test_a_client_that_goes_before_the_job_takes_the_batch_along(
    ask, clients, north, preview, run_jobs
):
    key = key_of(ask(clients))
    with acting_for(north.agency_id):
        remove(clients[0], by=north, at=timezone.now())

    run_jobs()

    assert preview(key).status_code == 400


def test_it_is_kept_for_a_day(ask, clients, north, south, preview, run_jobs):
    key = key_of(ask(clients))
    run_jobs()
    at = timezone.now()

    assert forget_old(before=at) == 0
    assert preview(key).status_code == 200
    assert forget_old(before=at + timedelta(seconds=1)) == 1
    assert preview(key).status_code == 400


def test_what_cannot_be_printed_says_why(ask, clients, preview, run_jobs, monkeypatch):
    monkeypatch.setattr("billing.batching.LIMITS", Limits(html_bytes=10))
    key = key_of(ask(clients))

    run_jobs()

    told = {"message": "The document is too large to print. Choose a shorter period."}
    assert (preview(key).status_code, preview(key).json()) == (400, told)


def test_a_repetition_asks_once(ask, clients, north, ninja):
    caller, once = ninja(north), {"Idempotency-Key": "once"}
    ids = [encode(client.pk) for client in clients]
    body = {"action": "template", "template_id": STATEMENT, "ids": ids}

    first, second = (caller.post(BULK, body, headers=once).json() for _ in range(2))

    assert first == second
    assert batches(north) == 1


@pytest.fixture
def no_pango(monkeypatch, tmp_path):
    """A machine without the library that prints; called, it has it again."""
    pdf.close_all()
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango')")
    (tmp_path / "sitecustomize.py").write_text(f"import sys; sys.path.insert(0, {str(tmp_path)!r})")
    monkeypatch.setattr(pdf, "_PYTHONPATH", (str(tmp_path),))
    return lambda: monkeypatch.setattr(pdf, "_PYTHONPATH", ())


def test_a_printer_that_is_not_there_is_tried_again(ask, clients, preview, run_jobs, no_pango):
    key = key_of(ask(clients))
    run_jobs()
    assert preview(key).status_code == 404

    no_pango()
    with time_machine.travel(TODAY + PAUSE, tick=False):
        run_jobs()

    assert len(pages_of(preview(key))) == 2


def test_mail_waits_for_the_printer_too(ask, clients, north, run_jobs, no_pango):
    ask(clients, send_email=True)
    run_jobs()

    no_pango()
    with time_machine.travel(TODAY + PAUSE, tick=False):
        run_jobs()

    with acting_for(north.agency_id):
        assert Message.objects.filter(kind="statement").count() == 2


def test_a_client_that_cannot_be_reached_any_more_keeps_none_of_the_others(
    ask, clients, north, run_jobs
):
    ask(clients, send_email=True)
    with acting_for(north.agency_id):
        suppress("alpha@x.example", cause=Suppression.Cause.BOUNCE, at=timezone.now())

    run_jobs()

    with acting_for(north.agency_id):
        assert Message.objects.get(kind="statement").address == "zeta@x.example"
        assert "Alpha" in StatementBatch.objects.get().trouble
        # What was not mailed is not kept as if it had been.
        assert KeptStatement.objects.get().client.name == "Zeta"
