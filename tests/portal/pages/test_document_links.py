"""The link in the mail of a document: it opens that one, for a while, and signs nobody in."""

import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.scope import acting_for
from billing.cancelling import cancel, delete_invoice
from billing.crediting import credit_invoice
from billing.mailing import send_document
from billing.models import Invoice
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import mail, make
from clients import lifecycle
from clients.models import Client
from contacts.models import Contact, Message
from portal.document_links import LASTS, PAUSE, PER_DAY, make_link, revoke
from portal.models import DocumentLink, PortalSession
from portal.rights import Right, give_rights
from tests.billing.reading import text_of
from tests.portal.test_front import words

BASE = "/portal/north/"


def of_a_link(*, made_at):
    return {"made_at": made_at, "expires_at": made_at + LASTS}


@pytest.fixture
def link(acme, north, year):
    """The address of a link to the first invoice."""
    with acting_for(north.agency_id):
        person = Contact.objects.select_related("client__agency", "agency").get(client=acme)
        _, address = make_link(year[0], person, at=timezone.now())
    return address.removeprefix("http://hub.example")


@pytest.fixture
def letters(outbox, run_jobs):
    """Texts of the mails sent since, the oldest first."""

    def letters():
        run_jobs()
        sent = sorted(outbox.glob("*.eml"))
        mails = [message_from_bytes(path.read_bytes(), policy=default) for path in sent]
        return [one.get_body(("plain",)).get_content() for one in mails]

    return letters


def test_a_link_opens_its_document_and_no_session(link, year):
    browser = Browser()

    page, paper = browser.get(link), browser.get(f"{link}/pdf")

    assert year[0].number in page.text
    assert year[1].number not in page.text
    assert year[0].number in text_of(paper.getvalue())
    assert "attachment" in paper["Content-Disposition"]
    assert not browser.cookies
    assert browser.get(f"{BASE}home").status_code == 302
    with acting_for(year[0].agency_id):
        assert not PortalSession.objects.exists()


def test_it_is_kept_and_told_nowhere(link):
    for address in (link, f"{link}/pdf"):
        answer = Browser().get(address)
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_looking_changes_nothing(link, north):
    def everything():
        with acting_for(north.agency_id):
            return list(DocumentLink.objects.values()), Message.objects.count()

    before = everything()
    for _ in range(25):
        Browser().get(link)
        Browser().head(link)

    assert everything() == before
    assert Browser().get(link).status_code == 200


@pytest.mark.parametrize("kind", ["invoice", "credit", "statement"])
def test_each_document_that_is_mailed_brings_its_link(kind, acme, north, year, letters):
    with acting_for(north.agency_id):
        at = timezone.now()
        if kind == "statement":
            wanted = Wanted(StatementKind.ACTIVITY, year[0].issued_on, year[1].issued_on)
            mail(make(acme, wanted, by=north), at=at)
            expected = "350.00"
        elif kind == "credit":
            made = credit_invoice(year[1], on=year[1].issued_on, by=north, at=at)
            send_document(made, at=at)
            expected = made.number
        else:
            send_document(year[0], at=at)
            expected = year[0].number

    (address,) = re.findall(r"http://hub.example(/portal/north/document/\w+)", letters()[-1])

    assert expected in words(Browser().get(address))
    assert expected in text_of(Browser().get(f"{address}/pdf").getvalue())


ENDS = {
    "it ran out": lambda invoice, person: DocumentLink.objects.update(
        **of_a_link(made_at=timezone.now() - LASTS * 2)
    ),
    "it was taken back": lambda invoice, person: revoke(
        DocumentLink.objects.get(), by=None, at=timezone.now()
    ),
    "the address changed": lambda invoice, person: Contact.objects.filter(pk=person.pk).update(
        email="other@acme.example"
    ),
    "the person was removed": lambda invoice, person: Contact.objects.filter(pk=person.pk).update(
        deleted_at=timezone.now()
    ),
    "the person was locked": lambda invoice, person: Contact.objects.filter(pk=person.pk).update(
        is_locked=True
    ),
    "the right was taken": lambda invoice, person: give_rights(
        person, frozenset(Right) - {Right.INVOICES}
    ),
    "the client was suspended": lambda invoice, person: lifecycle.suspend(
        Client.objects.filter(pk=person.client_id), at=timezone.now()
    ),
    "the client was deleted": lambda invoice, person: lifecycle.delete(
        Client.objects.filter(pk=person.client_id), at=timezone.now()
    ),
    "the invoice was cancelled": lambda invoice, person: cancel(
        invoice, on=invoice.issued_on, at=timezone.now()
    ),
    "the invoice was deleted": lambda invoice, person: delete_invoice(invoice, at=timezone.now()),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_stale_link_shows_nothing(end, link, year, north, acme):
    with acting_for(north.agency_id):
        invoice = Invoice.objects.get(pk=year[1].pk)
        person = Contact.objects.get(client=acme)
        DocumentLink.objects.update(invoice=invoice)
        assert Browser().get(link).status_code == 200
        ENDS[end](invoice, person)
    unknown = f"{BASE}document/{'x' * 43}"

    answers = [Browser().get(one) for one in (link, unknown, f"{link}/pdf", f"{unknown}/pdf")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({re.sub(r'value="\w{64}"', "", answer.text) for answer in answers}) == 1


def test_a_person_of_another_client_is_shown_nothing(link, year, north, client_of):
    other = client_of(north, "Other")
    with acting_for(north.agency_id):
        theirs = Contact.objects.get(client=other)
        DocumentLink.objects.update(contact=theirs, address=theirs.email)

    assert Browser().get(link).status_code == 404


def test_staff_take_it_back(link, north):
    staff = Browser()
    staff.force_login(north.user)
    with acting_for(north.agency_id):
        pk = DocumentLink.objects.get().pk

    staff.post("/admin/portal/documentlink/", {"action": "take_back", "_selected_action": [pk]})

    assert Browser().get(link).status_code == 404
    with acting_for(north.agency_id):
        assert DocumentLink.objects.get().revoked_by == north


def test_of_another_agency_it_opens_nothing(link, south):
    assert Browser().get(link.replace("/north/", "/south/")).status_code == 404


def test_a_stale_link_brings_a_fresh_one_to_the_address_on_file(link, north, letters):
    with acting_for(north.agency_id):
        DocumentLink.objects.update(**of_a_link(made_at=timezone.now() - LASTS * 2))
        Contact.objects.update(email="new@acme.example")

    answer = Browser().post(link)

    assert answer["Location"] == f"{BASE}document/asked"
    assert Browser().get(answer["Location"]).status_code == 200
    (letter,) = letters()
    (fresh,) = re.findall(r"http://hub.example(/portal/north/document/\w+)", letter)
    assert Browser().get(fresh).status_code == 200
    assert Browser().get(link).status_code == 404
    with acting_for(north.agency_id):
        assert Message.objects.get().address == "new@acme.example"


def test_who_asks_again_and_again_gets_one(link, north, letters, time_machine):
    with acting_for(north.agency_id):
        DocumentLink.objects.update(**of_a_link(made_at=timezone.now() - LASTS * 2))

    for _ in range(5):
        Browser().post(link)
    assert len(letters()) == 1
    for _ in range(11):
        time_machine.move_to(timezone.now() + PAUSE + timedelta(seconds=1))
        Browser().post(link)

    assert len(letters()) == PER_DAY


@pytest.mark.parametrize("end", sorted(set(ENDS) - {"it ran out", "the address changed"}))
def test_what_was_ended_stays_so(end, link, year, north, acme, letters):
    with acting_for(north.agency_id):
        invoice = Invoice.objects.get(pk=year[1].pk)
        long_ago = timezone.now() - LASTS
        DocumentLink.objects.update(invoice=invoice, made_at=long_ago)
        ENDS[end](invoice, Contact.objects.get(client=acme))

    answer, unknown = Browser().post(link), Browser().post(f"{BASE}document/{'x' * 43}")

    assert answer["Location"] == unknown["Location"]
    assert letters() == []


def test_the_button_below_a_stale_paper_works_too(link, north, letters):
    with acting_for(north.agency_id):
        DocumentLink.objects.update(**of_a_link(made_at=timezone.now() - LASTS * 2))

    assert Browser().post(f"{link}/pdf")["Location"] == f"{BASE}document/asked"
    assert len(letters()) == 1


def test_the_button_wants_its_own_page(link):
    assert Browser(enforce_csrf_checks=True).post(link).status_code == 403


def test_guessing_is_slowed_down(link):
    browser = Browser()
    answers = [browser.get(f"{BASE}document/{n:043}").status_code for n in range(32)]

    assert answers[-1] == 429
    assert browser.get(link).status_code == 200


@pytest.mark.parametrize("secret", ["x", "%00" * 43, "x" * 4000, "١" * 43])
def test_nonsense_opens_nothing(secret, north):
    assert Browser().get(f"{BASE}document/{secret}").status_code == 404


def test_the_secret_is_kept_as_digest_alone(link, north):
    secret = link.rpartition("/")[2]
    with acting_for(north.agency_id):
        assert secret not in repr(list(DocumentLink.objects.values()))


def test_a_page_takes_few_queries(link):
    with CaptureQueriesContext(connection) as counted:
        assert Browser().get(link).status_code == 200

    assert len(counted) < 20
