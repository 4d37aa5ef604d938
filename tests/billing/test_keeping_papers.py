"""What was issued is one PDF for ever: kept once, proved by its digest, gone with its client."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from agencies.scope import acting_for
from billing import papers
from billing.crediting import credit_invoice
from billing.drafting import draft_invoice
from billing.issuing import issue
from billing.models import Credit, Invoice
from billing.papers import FOLDER, keep_missing, paper_of
from billing.settings import settings_of
from billing.tasks import keep_papers, sweep_orphaned_papers
from billing.verifying import differences_of
from clients.documents import FileIsMissing
from clients.purging import discard
from clients.removing import bring_back, take_away
from clients.sweeping import sweep_orphans
from contacts.enrolling import enroll
from tests.billing.conftest import DAY, NOW, item

pytestmark = pytest.mark.usefixtures("media")


def files(media):
    return sorted(path for path in media.rglob("*") if path.is_file())


@pytest.fixture
def kept(acme, billed, media):
    """An invoice whose PDF is kept, with the file."""
    invoice = billed(acme, 10)
    paper_of(invoice)
    invoice.refresh_from_db()
    (path,) = files(media)
    return invoice, path


def test_whoever_asks_first_has_it_made_and_kept(acme, billed, media):
    invoice = billed(acme, 10)
    assert files(media) == []

    made = paper_of(invoice)

    invoice.refresh_from_db()
    (path,) = files(media)
    assert path == media / invoice.pdf.name
    assert path.read_bytes() == made.content
    assert invoice.pdf_digest == made.digest
    assert invoice.pdf.name.startswith(f"billing/{acme.agency_id}/{acme.pk}/")


def test_it_stays_the_same_bytes_whatever_the_agency_changes_later(kept, acme, paid):
    invoice, path = kept
    before = path.read_bytes()
    settings = settings_of(acme.agency)
    settings.payment_details = "Another bank"
    settings.save()
    acme.agency.accent_colour = "#aa0000"
    acme.agency.save()
    paid(acme, 4)

    assert paper_of(Invoice.objects.get()).content == before
    assert paper_of(Invoice.objects.get()).digest == invoice.pdf_digest


def test_a_credit_is_kept_as_well_and_a_draft_is_not(acme, billed, north, media):
    invoice = billed(acme, 100)
    draft = draft_invoice(acme, by=north, lines=[item(10)], at=NOW)
    credit = credit_invoice(invoice, on=DAY, by=north, at=NOW)

    paper_of(draft)
    paper_of(credit)

    assert len(files(media)) == 1
    assert Credit.objects.get().pdf_digest == paper_of(Credit.objects.get()).digest


def test_no_other_pdf_takes_the_place_of_a_kept_one(kept):
    invoice, _ = kept
    for change in ({"pdf_digest": "0" * 64}, {"pdf": "elsewhere.pdf"}, {"pdf": ""}):
        with pytest.raises(DatabaseError, match="stays the one"), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**change)


def test_a_missing_or_damaged_file_is_a_named_difference_and_is_not_handed_out(kept):
    invoice, path = kept
    assert list(differences_of()) == []

    path.write_bytes(b"%PDF-1.7 forged")
    (damaged,) = differences_of()
    with pytest.raises(FileIsMissing, match="damaged"):
        paper_of(invoice)
    path.unlink()
    (missing,) = differences_of()
    with pytest.raises(FileIsMissing, match="missing"):
        paper_of(invoice)

    assert (damaged.what, damaged.id, damaged.figure) == ("invoice", invoice.pk, "pdf")
    assert damaged.proved == missing.proved == invoice.pdf_digest
    assert str(missing).startswith(f"invoice {invoice.pk}: pdf is missing and should be ")


def test_it_goes_with_its_client_and_not_before(
    kept, north, acme, django_capture_on_commit_callbacks
):
    invoice, path = kept
    removal = take_away(acme, by=north, at=NOW)
    assert path.exists()
    bring_back(removal, at=NOW)
    assert paper_of(Invoice.objects.get()).digest == invoice.pdf_digest

    with django_capture_on_commit_callbacks(execute=True):
        discard(take_away(acme, by=north, at=NOW), by=north, at=NOW)

    assert not path.exists()


def test_the_sweep_leaves_what_a_row_knows_and_what_may_come_back(kept, north, acme, media):
    _, path = kept
    orphan = path.with_name("orphan.pdf")
    orphan.write_bytes(b"%PDF-1.7")
    removal = take_away(acme, by=north, at=NOW)
    long_ago = (timezone.now() - timedelta(days=99)).timestamp()
    for one in (path, orphan):
        os.utime(one, (long_ago, long_ago))

    # The test's own transaction holds everything back that was written since it began.
    sweep_orphaned_papers(timestamp=int(timezone.now().timestamp()))

    assert files(media) == [path]
    bring_back(removal, at=NOW)
    assert sweep_orphans(FOLDER, at=timezone.now()) == 0


class TestTheJob:
    """Real commits: each paper has a transaction of its own."""

    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture
    def acme(self, north):
        with acting_for(north.agency_id):
            return enroll(north.agency, by=north, name="Acme")

    @pytest.fixture
    def bill(self, north, acme):
        def bill(*, at=NOW, text="", client=acme):
            with acting_for(client.agency_id):
                lines = [item(10, description=text)]
                return issue(draft_invoice(client, by=None, lines=lines, at=at), on=DAY, at=at)

        return bill

    @staticmethod
    def has_paper(invoice):
        with acting_for(invoice.agency_id):
            return bool(Invoice.objects.get(pk=invoice.pk).pdf)

    def test_it_keeps_the_newest_first_and_few_at_a_time(self, bill, monkeypatch):
        monkeypatch.setattr(papers, "AT_ONCE", 2)
        old, newer, newest = (bill(at=NOW + timedelta(minutes=n)) for n in range(3))

        keep_papers(timestamp=0)
        assert [self.has_paper(one) for one in (old, newer, newest)] == [False, True, True]
        assert keep_missing() == 1
        assert keep_missing() == 0

    def test_it_works_for_every_agency(self, bill, south):
        with acting_for(south.agency_id):
            theirs = enroll(south.agency, by=south, name="Bolt")
        invoices = [bill(), bill(client=theirs)]

        assert keep_missing() == 2
        assert all(self.has_paper(one) for one in invoices)

    def test_a_disk_that_takes_nothing_holds_up_no_issue_and_is_tried_again(
        self, bill, media, caplog
    ):
        # A file where the folder has to be, which no right of ours gets around.
        (media / "billing").write_text("in the way")
        invoice = bill()

        assert keep_missing() == 0
        assert "PDFs of issued documents wait to be kept." in caplog.text
        with acting_for(invoice.agency_id):
            assert paper_of(invoice).content.startswith(b"%PDF")
        assert not self.has_paper(invoice)

        (media / "billing").unlink()
        assert keep_missing() == 1
        assert self.has_paper(invoice)

    def test_one_that_cannot_be_printed_keeps_no_other_waiting(self, bill, monkeypatch, caplog):
        monkeypatch.setattr(papers, "AT_ONCE", 1)
        good, huge = bill(), bill(at=NOW + timedelta(minutes=1), text="x" * 9_000_000)

        assert keep_missing() == 0
        assert "A document cannot be printed." in caplog.text
        assert keep_missing() == 1
        assert (self.has_paper(good), self.has_paper(huge)) == (True, False)

    def test_of_many_who_ask_at_once_all_get_the_one_that_is_kept(self, bill, media):
        invoice = bill()
        together = Barrier(4)

        def ask(n):
            try:
                with acting_for(invoice.agency_id):
                    together.wait(30)
                    return paper_of(Invoice.objects.get(pk=invoice.pk)).digest
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            (digest,) = set(pool.map(ask, range(4)))

        assert len(files(media)) == 1
        with acting_for(invoice.agency_id):
            assert Invoice.objects.get(pk=invoice.pk).pdf_digest == digest
