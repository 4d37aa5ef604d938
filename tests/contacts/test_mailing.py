from email import message_from_bytes
from email.policy import default

import pytest
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agencies.errors import ScopeError
from agencies.scope import acting_for
from contacts.mailing import Attachment, CannotSendAgain, queue_message, send_again, withdraw
from contacts.models import Message, Suppression
from contacts.suppressing import lift, suppress

LETTER = {"kind": "note", "subject": "Hello", "text": "Hello Birgit, open sesame-secret."}


@pytest.fixture
def queue(north, person):
    """Queues a letter to Birgit in the name of North."""

    def queue(to=person, **facts):
        with acting_for(north.agency_id):
            return queue_message(to=to, **{**LETTER, **facts})

    return queue


def files(outbox):
    found = sorted(outbox.glob("*")) if outbox.exists() else []
    return [message_from_bytes(path.read_bytes(), policy=default) for path in found]


def now_of(message):
    with acting_for(message.agency_id):
        return Message.objects.get(pk=message.pk)


def test_a_queued_message_becomes_a_file_that_mail_programs_open(outbox, queue, run_jobs):
    message = queue(html="<p>Hello Birgit</p>")
    assert (message.status, files(outbox)) == ("queued", [])

    run_jobs()

    (path,) = outbox.iterdir()
    (letter,) = files(outbox)
    assert path.suffix == ".eml"
    assert letter["To"] == "Birgit Berg <birgit@birch.example>"
    assert letter["From"] == "North <foyer@localhost>"
    assert letter["Subject"] == "Hello"
    assert letter.get_body(("plain",)).get_content() == LETTER["text"]
    assert letter.get_body(("html",)).get_content() == "<p>Hello Birgit</p>"
    sent = now_of(message)
    assert (sent.status, sent.attempts, sent.reason) == ("accepted", 1, "")
    assert sent.accepted_at is not None
    assert sent.detail == (
        f"Filed as {path.name} in the outbox; no mail provider is set, so nobody got it."
    )
    assert letter["Message-ID"] == sent.message_id


def test_nobody_else_may_read_the_outbox(outbox, queue, run_jobs):
    queue()
    run_jobs()

    (path,) = outbox.iterdir()
    assert (outbox.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)


def test_no_row_no_mail(outbox, queue, run_jobs):
    def change_our_mind():
        with transaction.atomic():
            queue()
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        change_our_mind()

    assert run_jobs() == 0
    assert files(outbox) == []


def test_a_message_needs_to_know_whose_it_is(person):
    with pytest.raises(ScopeError):
        queue_message(to=person, **LETTER)


def test_a_job_carries_no_word_of_what_is_said(queue, person):
    message = queue()

    job = ProcrastinateJob.objects.latest("id")
    assert job.args == {"agency_id": person.agency_id, "message_id": message.pk}


def test_what_is_said_lies_sealed_and_is_dropped_when_it_is_sent(outbox, queue, run_jobs):
    message = queue(html="<p>open sesame-secret</p>")
    kept = bytes(now_of(message).content)
    assert kept
    assert b"sesame" not in kept

    run_jobs()

    assert bytes(now_of(message).content) == b""
    assert "sesame-secret" in files(outbox)[0].get_body().get_content()


def test_a_member_and_a_bare_address_can_be_written_to(outbox, queue, north, run_jobs):
    queue(to=north)
    queue(to="somebody@else.example")

    run_jobs()

    assert {letter["To"] for letter in files(outbox)} == {
        "nora@north.example",
        "somebody@else.example",
    }


def test_files_can_be_sent_along(outbox, queue, run_jobs):
    queue(attachments=[Attachment("Angebot\r\nBcc: x.pdf", b"%PDF-1", "application/pdf")])

    run_jobs()

    (attached,) = files(outbox)[0].iter_attachments()
    assert attached.get_content() == b"%PDF-1"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "Angebot Bcc: x.pdf"


@pytest.mark.parametrize(
    ("given", "reply_to", "expected"),
    [
        ({}, "", None),
        ({"reply_to": "hello@north.example"}, "", "hello@north.example"),
        ({"reply_to": "hello@north.example"}, "nora@north.example", "nora@north.example"),
    ],
)
def test_answers_go_where_the_agency_or_the_letter_says(
    outbox, queue, north, run_jobs, given, reply_to, expected
):
    with acting_for(north.agency_id):
        for name, value in given.items():
            setattr(north.agency, name, value)
        north.agency.sender_address = "mail@north.example"
        north.agency.save()
    queue(reply_to=reply_to)

    run_jobs()

    assert files(outbox)[0]["From"] == "North <mail@north.example>"
    assert files(outbox)[0]["Reply-To"] == expected


# Suppression


def test_nothing_is_sent_to_a_suppressed_address(outbox, queue, north, run_jobs):
    with acting_for(north.agency_id):
        suppress("Birgit@Birch.example", cause=Suppression.Cause.BY_HAND, at=timezone.now())

    message = queue()

    assert (message.status, message.reason) == ("failed", "suppressed")
    assert (run_jobs(), files(outbox)) == (0, [])


def test_an_address_suppressed_after_queueing_gets_nothing_either(outbox, queue, north, run_jobs):
    message = queue()
    with acting_for(north.agency_id):
        suppress("birgit@birch.example", cause=Suppression.Cause.BY_HAND, at=timezone.now())

    run_jobs()

    assert (now_of(message).reason, files(outbox)) == ("suppressed", [])


def test_a_lifted_address_gets_mail_again_and_the_failed_one_can_be_sent(
    outbox, queue, north, run_jobs
):
    with acting_for(north.agency_id):
        for _ in range(2):
            suppress("birgit@birch.example", cause=Suppression.Cause.BOUNCE, at=timezone.now())
        message = queue()
        with pytest.raises(CannotSendAgain, match="Lift its suppression first"):
            send_again(message, at=timezone.now())
        lift(Suppression.objects.get(), by=north, at=timezone.now())
        send_again(message, at=timezone.now())

    run_jobs()

    assert now_of(message).status == "accepted"
    with acting_for(north.agency_id):
        lifted = Suppression.objects.get()
    assert lifted.lifted_by == north
    assert len(files(outbox)) == 1


def test_one_agencys_suppression_is_not_anothers(outbox, south, queue):
    with acting_for(south.agency_id):
        suppress("birgit@birch.example", cause=Suppression.Cause.COMPLAINT, at=timezone.now())

    assert queue().status == "queued"


# Hostile and odd texts

WITH_HEADER = "Hello\r\nBcc: victim@else.example\n\nBody"


def test_no_name_or_subject_begins_a_new_header(outbox, queue, north, person, run_jobs):
    with acting_for(north.agency_id):
        person.first_name = "Eve\r\nBcc: victim@else.example\r\nX:"
        person.save()
        north.agency.name = "North\nCc: victim@else.example"
        north.agency.save()

    queue(to=person, subject=WITH_HEADER, reply_to="hello@north.example\r\nBcc: v@else.example")
    run_jobs()

    (letter,) = files(outbox)
    assert letter["Bcc"] is letter["Cc"] is letter["X"] is None
    assert letter["Subject"] == "Hello Bcc: victim@else.example Body"
    assert [one.addr_spec for one in letter["To"].addresses] == ["birgit@birch.example"]


@pytest.mark.parametrize(
    "name",
    ["Jörg Müller", "山田 太郎", "Ann, Ltd. <boss@else.example>", 'Q"uote \\ back', "😀" * 80, ""],
)
def test_any_name_is_a_name_and_no_second_recipient(outbox, queue, person, run_jobs, name):
    person.first_name, person.last_name = name, ""
    with acting_for(person.agency_id):
        person.save()

    queue(to=person)
    run_jobs()

    (to,) = files(outbox)[0]["To"].addresses
    assert (to.display_name, to.addr_spec) == (name, "birgit@birch.example")


def test_a_host_in_any_script_is_reached_under_its_ascii_name(outbox, queue, run_jobs):
    queue(to="info@bücher.example")
    run_jobs()

    assert files(outbox)[0]["To"] == "info@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "address",
    ["", " ", "nobody", "a@b", "a@@b.example", "a b@c.example", "jörg@birch.example",
     "a@b.example\r\nBcc: c@d.example", "a@b.example,c@d.example", "x" * 321 + "@b.example"],
)  # fmt: skip
def test_what_is_no_address_fails_at_once_and_says_so(outbox, queue, run_jobs, address):
    message = queue(to=address)

    assert (message.status, message.reason) == ("failed", "no_address")
    assert (run_jobs(), files(outbox)) == (0, [])


def test_a_name_of_any_length_fits(outbox, queue, person, run_jobs):
    person.first_name, person.last_name = "ä" * 255, "b" * 255
    with acting_for(person.agency_id):
        person.save()

    assert len(queue(to=person, subject="x" * 1000).name) == 255
    assert run_jobs() == 1
    assert len(files(outbox)) == 1


# Withdrawing


def test_a_withdrawn_message_is_not_sent(outbox, queue, run_jobs):
    message = queue()
    with acting_for(message.agency_id):
        withdraw(message, at=timezone.now())

    run_jobs()

    assert files(outbox) == []
    assert (now_of(message).reason, bytes(now_of(message).content)) == ("withdrawn", b"")


def test_what_was_sent_can_neither_be_withdrawn_nor_sent_again(outbox, queue, run_jobs):
    message = queue()
    run_jobs()

    with acting_for(message.agency_id):
        withdraw(message, at=timezone.now())
        with pytest.raises(CannotSendAgain):
            send_again(message, at=timezone.now())

    assert now_of(message).status == "accepted"
    assert len(files(outbox)) == 1


def test_a_message_of_another_key_is_not_sent_in_pieces(outbox, queue, settings, run_jobs):
    message = queue()
    settings.SECRET_KEY = "another-secret-that-is-long-enough-0123456789"

    run_jobs()

    assert (now_of(message).reason, files(outbox)) == ("unreadable", [])
