"""Invoices and credits by mail."""

import email
import email.policy
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from billing.cancelling import delete_invoice
from billing.crediting import credit_invoice
from billing.drafting import DocumentIsDeleted, draft_invoice
from billing.mailing import NobodyToMail, NotIssued, send_document
from contacts.models import Contact, Message
from tests.billing.conftest import DAY, NOW, item


def test_an_invoice_is_mailed_with_its_pdf(acme, billed, paid, outbox, run_jobs):
    invoice = billed(acme, "1234.50")
    paid(acme, 200)

    people = send_document(invoice, at=NOW)
    run_jobs()

    (sent,) = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in outbox.glob("*.eml")
    ]
    assert [one.email for one in people] == ["a@acme.example"]
    assert sent["Subject"] == "Invoice INV-0001 · North"
    text = sent.get_body(("plain",)).get_content()
    (attachment,) = sent.iter_attachments()
    assert attachment.get_filename() == "INV-0001.pdf"
    paper = "\n".join(
        page.extract_text() for page in PdfReader(BytesIO(attachment.get_content())).pages
    )
    assert "1,234.50" in text
    assert "1,234.50" in paper
    # What was paid since is news, and no part of what is kept.
    assert "1,034.50" in text
    assert "1,034.50" not in paper
    invoice.refresh_from_db()
    assert invoice.sent_at == NOW


def test_it_is_written_in_the_language_it_was_issued_in(acme, billed):
    acme.language = "de"
    acme.save(update_fields=["language"])
    invoice = billed(acme, 10)

    send_document(invoice, at=NOW)

    assert Message.objects.get().subject == "Rechnung INV-0001 · North"


def test_a_credit_is_mailed_too(acme, billed, north):
    credit = credit_invoice(billed(acme, 10), on=DAY, by=north, at=NOW, amount=Decimal(4))

    send_document(credit, at=NOW)

    assert Message.objects.get().subject == "Credit note CR-0001 · North"


def test_a_draft_and_a_deleted_invoice_are_not_mailed(acme, billed, north):
    draft = draft_invoice(acme, by=north, lines=[item(1)], at=NOW)
    gone = delete_invoice(billed(acme, 10), at=NOW)

    with pytest.raises(NotIssued):
        send_document(draft, at=NOW)
    with pytest.raises(DocumentIsDeleted):
        send_document(gone, at=NOW)
    assert not Message.objects.exists()


def test_nobody_to_mail_it_to_changes_nothing(acme, billed):
    invoice = billed(acme, 10)
    Contact.objects.update(receives_mail=False)

    with pytest.raises(NobodyToMail):
        send_document(invoice, at=NOW)

    invoice.refresh_from_db()
    assert invoice.sent_at is None


def test_everybody_who_gets_documents_gets_it(acme, billed):
    Contact.objects.create(
        agency=acme.agency, client=acme, email="b@acme.example", key_seed="b" * 32,
        key_digest="b" * 64,
    )  # fmt: skip

    people = send_document(billed(acme, 10), at=NOW)

    assert [one.email for one in people] == ["a@acme.example", "b@acme.example"]
    assert Message.objects.count() == 2
