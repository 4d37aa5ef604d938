"""What people change about themselves, and their company's address."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.admin_history import changes_of
from agencies.scope import acting_for
from billing.mailing import send_document
from clients import lifecycle
from clients.models import Client
from contacts.changing import add_colleague
from contacts.mailing import opened
from contacts.models import Contact
from portal.letters import sign_in as sign_in_letter
from portal.models import DetailRequest
from portal.rights import Right
from tests.portal.test_front import words

BASE = "/portal/north/"
HOSTILE = "<script>alert(1)</script>"
SELF = {
    "first_name": "Ann", "last_name": "Archer", "phone": "+49 40 1", "language": "",
    "receives_mail": "on",
}  # fmt: skip
PIER = {
    "address1": "Pier 1", "address2": "", "postal_code": "20457", "city": "Hamburg", "state": "",
    "country": "DE",
}  # fmt: skip


@pytest.fixture
def directly(north):
    """North lets its clients change their address."""
    north.agency.clients_may_edit_address = True
    with acting_for(north.agency_id):
        north.agency.save()


@pytest.fixture
def ann(acme, north):
    """Who is signed in, as the database has them by now."""

    def ann():
        with acting_for(north.agency_id):
            return Contact.objects.select_related("client", "agency").get(
                client=acme, is_primary=True
            )

    return ann


@pytest.fixture
def save(browser):
    def save(by=browser, **facts):
        return by.post(f"{BASE}details", {k: v for k, v in {**SELF, **facts}.items() if v})

    return save


@pytest.fixture
def move(browser):
    def move(by=browser, **facts):
        return by.post(f"{BASE}details/address", {**PIER, **facts})

    return move


def test_people_change_their_name_and_phone(save, browser, ann, north):
    answer = save()

    assert answer["Location"] == f"{BASE}details?told=saved"
    assert "Your details are saved." in words(browser.get(answer["Location"]))
    assert (ann().full_name, ann().phone) == ("Ann Archer", "+49 40 1")
    assert 'value="Archer"' in browser.get(f"{BASE}details").text
    with acting_for(north.agency_id):
        _, (newest, *_) = changes_of(ann(), page=None)
    assert (newest.who, newest.door) == ("Ann Archer of Acme", "portal")


def test_pages_and_mails_follow_the_persons_own_language(save, browser, ann, north, year, acme):
    save(language="de")

    shown = browser.get(f"{BASE}home").text
    assert '<html lang="de">' in shown
    assert "200,00\xa0€" in shown
    with acting_for(north.agency_id):
        letter = sign_in_letter(ann(), "x" * 43, "123456", until=timezone.now())
    assert letter.subject == "Anmeldung im Kundenportal von North"
    save(language="")
    assert '<html lang="en">' in browser.get(f"{BASE}home").text


def test_each_reader_of_a_document_is_written_to_in_their_own_language(save, acme, north, year):
    save(language="de")
    with acting_for(north.agency_id):
        add_colleague(acme, email="bob@acme.example", receives_mail=True)
        send_document(year[0], at=timezone.now())
        mails = {
            one.email: opened(one.messages.latest("pk")).html for one in acme.contacts.present()
        }

    assert '<html lang="de">' in mails["acme@north.example"]
    assert '<html lang="en">' in mails["bob@acme.example"]


def test_documents_by_mail_are_switched_off_where_somebody_else_gets_them(
    save, browser, ann, acme, north
):
    refused = save(receives_mail="")
    with acting_for(north.agency_id):
        add_colleague(acme, email="bob@acme.example", receives_mail=True)
    done = save(receives_mail="")

    assert refused.status_code == 422
    assert "Nobody else gets your company's documents." in words(refused).replace("&#x27;", "'")
    assert done.status_code == 302
    assert not ann().receives_mail


@pytest.mark.parametrize("right", [Right.INVOICES, Right.STATEMENTS])
def test_who_may_not_read_all_documents_cannot_have_them_mailed(
    right, acme, north, sign_in, save, ann
):
    browser = sign_in(acme, north, rights=frozenset(Right) - {right})
    with acting_for(north.agency_id):
        Contact.objects.update(receives_mail=False)

    assert "receives_mail" not in browser.get(f"{BASE}details").text
    assert save(by=browser, receives_mail="on").status_code == 302
    assert not ann().receives_mail


@pytest.mark.parametrize(
    "facts",
    [
        {"first_name": "x" * 256},
        {"last_name": "a\0b"},
        {"phone": "1" * 101},
        {"language": "xx"},
        {"language": "de\0"},
    ],
)
def test_a_bad_value_about_oneself_changes_nothing(facts, save, ann):
    answer = save(**facts)

    assert answer.status_code == 422
    assert "alert" in answer.text
    assert ann().last_name == ""


def test_nobody_changes_what_the_form_does_not_offer(save, ann):
    save(email="eve@evil.example", is_primary="", client="1", is_locked="on", job_title="Boss")

    assert (ann().email, ann().is_primary, ann().is_locked, ann().job_title) == (
        "acme@north.example", True, False, "",
    )  # fmt: skip


def test_an_address_is_asked_for_and_stays_until_staff_answer(move, browser, acme, north, ann):
    answer = move(city=HOSTILE)

    assert answer["Location"] == f"{BASE}details?told=asked"
    page = browser.get(answer["Location"])
    assert "We have your request and will answer by mail." in words(page)
    assert "it is not answered yet" in words(page)
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    with acting_for(north.agency_id):
        acme.refresh_from_db()
        assert acme.city == ""
        asked = DetailRequest.objects.get()
        assert (asked.contact, asked.client, asked.fields["city"]) == (ann(), acme, HOSTILE)
        trail = DetailRequest.pgh_event_model.objects.get()
        assert trail.pgh_context == {"door": "portal", "member": None, "contact": ann().pk}


def test_asking_again_takes_the_place_of_what_was_asked_before(move, north):
    move(city="Kiel")
    move(city="Husum")

    with acting_for(north.agency_id):
        assert [one.fields["city"] for one in DetailRequest.objects.all()] == ["Husum"]


def test_where_the_agency_says_so_the_address_changes_at_once(
    directly, move, acme, north, ann, browser
):
    answer = move()

    assert "The address is saved." in words(browser.get(answer["Location"]))
    with acting_for(north.agency_id):
        acme.refresh_from_db()
        assert (acme.city, acme.country.code, DetailRequest.objects.count()) == ("Hamburg", "DE", 0)
        trail = Client.pgh_event_model.objects.filter(pgh_obj_id=acme.pk).latest("pgh_id")
        assert trail.pgh_context == {"door": "portal", "member": None, "contact": ann().pk}


def test_an_issued_invoice_keeps_the_address_it_was_issued_with(
    directly, move, browser, year, acme, north
):
    move(city="Altona")
    with acting_for(north.agency_id):
        acme.refresh_from_db()
        assert acme.city == "Altona"
    before = browser.get(f"{BASE}invoices/{year[0].pk}.pdf")
    page = paper(browser.get(f"{BASE}invoices/{year[0].pk}"))

    move(city="Moved-to-Bergedorf")

    after = browser.get(f"{BASE}invoices/{year[0].pk}.pdf")
    assert before.status_code == 200
    assert content(after) == content(before)
    assert paper(browser.get(f"{BASE}invoices/{year[0].pk}")) == page
    assert "Bergedorf" not in page
    assert "Altona" not in page


def paper(page):
    return re.search(r"<article.*</article>", page.text, re.DOTALL)[0]


def content(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    "facts",
    [
        {"address1": "x" * 256},
        {"postal_code": "1" * 51},
        {"city": "a\0b"},
        {"country": "XX"},
        {"country": "Germany"},
    ],
)
def test_a_bad_address_is_answered_with_the_form(facts, at_once, move, acme, north, request):
    if at_once:
        request.getfixturevalue("directly")

    answer = move(**facts)

    assert answer.status_code == 422
    assert "alert" in answer.text
    with acting_for(north.agency_id):
        acme.refresh_from_db()
        assert (acme.postal_code, DetailRequest.objects.count()) == ("", 0)


def test_what_is_missing_from_the_form_is_empty_and_nothing_else_is_taken(
    directly, browser, acme, north
):
    sent = {"city": "Kiel", "name": "Evil", "vat_number": "X", "private_notes": "X"}

    assert browser.post(f"{BASE}details/address", sent).status_code == 302

    with acting_for(north.agency_id):
        acme.refresh_from_db()
        assert (acme.name, acme.vat_number, acme.private_notes) == ("Acme", "", "")
        assert acme.city == "Kiel"


def test_who_was_invited_to_a_project_has_no_say_in_the_companys_address(
    acme, north, site, sign_in
):
    browser = sign_in(acme, north, projects=[site.pk])

    page = browser.get(f"{BASE}details")

    assert page.status_code == 200
    assert "address1" not in page.text
    assert browser.post(f"{BASE}details/address", PIER).status_code == 404


def test_somebody_removed_meanwhile_changes_nothing(move, save, acme, north):
    with acting_for(north.agency_id):
        lifecycle.suspend(Client.objects.filter(pk=acme.pk), at=timezone.now())

    assert move().status_code == save().status_code == 302
    with acting_for(north.agency_id):
        assert not DetailRequest.objects.exists()
        assert Contact.objects.get(client=acme).first_name == ""


def test_a_request_costs_the_page_no_more_than_one_query(browser, move):
    def queries():
        with CaptureQueriesContext(connection) as counted:
            assert browser.get(f"{BASE}details").status_code == 200
        return len(counted)

    few = queries()
    move()

    assert queries() == few < 15


def test_the_page_is_german_for_german_readers(browser, save):
    save(language="de")

    shown = words(browser.get(f"{BASE}details"))

    assert "Ihre Angaben" in shown
    assert "Deutschland" in shown
