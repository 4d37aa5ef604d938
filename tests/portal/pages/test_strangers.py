"""What no page shows to whom it is not meant for, and what all pages share."""

import re
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.scope import acting_for
from billing.batching import ask_for_print
from billing.drafting import Item, draft_credit
from billing.issuing import issue_credit
from billing.models import StatementBatch
from billing.payments import record_payment
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from clients import lifecycle
from clients.models import Client, Document
from clients.projects import create_project
from contacts.changing import add_colleague
from contacts.models import Contact
from portal.host_urls import PAGES
from portal.inviting import invite, revoke
from portal.models import Invite, PortalSession, SecondFactors
from portal.rights import Right

BASE = "/portal/north/"
HOSTILE = "<script>alert(1)</script>"
OPEN = {
    "sign-in",
    "sign-in/code",
    "sign-in/<str:secret>",
    "sign-in/password",
    "client/key_login/<str:key>",
    *("document/asked", "document/<str:secret>", "document/<str:secret>/pdf"),
}
BEHIND = sorted({route for route, _, _ in PAGES} - OPEN)
# Addresses that name a row of a client.
OF_ROWS = re.compile(r"<str:(number|payment|credit|project|file)>")
# The right that each address asks for; None is for everybody who is signed in.
NEEDS = {
    "credits": "invoices",
    "credits/<str:credit>": "invoices",
    "credits/<str:credit>.pdf": "invoices",
    "files": "files",
    "files/<str:file>": "files",
    "files/upload": "files",
    "details": None,
    "details/address": None,
    "home": None,
    "invoices": "invoices",
    "invoices/<str:number>": "invoices",
    "invoices/<str:number>.pdf": "invoices",
    "payments": "invoices",
    "payments/<str:payment>": "invoices",
    "people": "invite",
    "people/<str:colleague>/again": "invite",
    "people/<str:colleague>/end": "invite",
    "people/<str:colleague>/take-back": "invite",
    "people/invite": "invite",
    "projects": "projects",
    "projects/<str:project>": "projects",
    "second-factor": None,
    "second-factor/passkey": None,
    "security": None,
    "security/app": None,
    "security/factors/<str:factor>/remove": None,
    "security/passkeys": None,
    "security/passkeys/offer": None,
    "security/password": None,
    "security/recovery": None,
    "security/<str:session>/end": None,
    "sign-out": None,
    "statements": "statements",
    "statements.<str:extension>": "statements",
    "statements/print": "statements",
    "statements/print/<str:key>": "statements",
    "statements/print/<str:key>.pdf": "statements",
    "switch": None,
}


def test_what_people_wrote_is_text(browser, acme, year, north):
    with acting_for(north.agency_id):
        Client.objects.update(name=HOSTILE)
        Contact.objects.update(first_name=HOSTILE)

    for page in ("home", "invoices", f"invoices/{year[0].pk}", "statements", "security", "details",
                 "people",
                 "people/invite"):  # fmt: skip
        shown = browser.get(f"{BASE}{page}").text
        assert "<script" not in shown
    assert "&lt;script&gt;" in browser.get(f"{BASE}invoices/{year[0].pk}").text


def test_who_was_invited_to_a_project_sees_its_invoices_and_nothing_else(
    acme, north, year, site, bill, sign_in
):
    own = bill(acme, north, 33, on=date(2026, 4, 1), project=site)
    browser = sign_in(acme, north, projects=[site.pk])

    home, listed = (browser.get(BASE + page).text for page in ("home", "invoices"))

    for page in (home, listed):
        assert own.number in page
        assert year[0].number not in page
        for hidden in ("statements", "payments", "credits"):
            assert f"{BASE}{hidden}" not in page
    assert "233" not in home
    assert "200.00" not in home
    assert browser.get(f"{BASE}invoices/{own.pk}").status_code == 200
    with acting_for(north.agency_id):
        rows = rows_of(acme, north)
    for hidden in (
        f"invoices/{year[0].pk}",
        f"invoices/{year[0].pk}.pdf",
        "statements",
        "payments",
        f"payments/{rows['payment']}",
        "credits",
        f"credits/{rows['credit']}",
        f"credits/{rows['credit']}.pdf",
    ):
        assert browser.get(BASE + hidden).status_code == 404
    for suffix in ("pdf", "csv", "xlsx"):
        assert browser.get(f"{BASE}statements.{suffix}").status_code == 404
    assert browser.post(f"{BASE}statements/print").status_code == 404


@pytest.mark.parametrize(("route", "right"), NEEDS.items())
def test_without_its_right_there_is_no_such_page(route, right, acme, north, year, sign_in):
    with acting_for(north.agency_id):
        wanted = Wanted(StatementKind.ACTIVITY, date(2026, 1, 1), date(2026, 12, 31))
        batch = ask_for_print(acme, wanted, at=timezone.now())
        StatementBatch.objects.update(pdf=b"%PDF")
        session = sign_in(acme, north, rights={right} - {None})
        known = {"key": batch.key, "session": PortalSession.objects.latest("pk").pk}
        known |= rows_of(acme, north)
        known["colleague"] = colleague_of(acme, north).pk
        address = acme.contacts.get(is_primary=True).email
        SecondFactors.objects.create(agency=north.agency, address=address, sealed_secret=b"x")

    # 422: sent nothing, but let in.
    assert asked(session, route, year[0], **known).status_code in (200, 302, 422)
    if right:
        session = sign_in(acme, north, rights=frozenset(Right) - {right})
        refused = asked(session, route, year[0], **known)
        absent = session.get(f"{BASE}invoices/0") if right != "invoices" else refused
        assert refused.status_code == 404
        assert refused.content == absent.content


def test_every_address_says_which_right_it_asks_for():
    assert sorted(NEEDS) == BEHIND


@pytest.mark.parametrize("right", Right)
def test_no_page_leads_to_where_one_may_not_go(right, acme, north, year, sign_in):
    browser = sign_in(acme, north, rights=frozenset(Right) - {right})

    for page in ("home", "security"):
        for link in re.findall(rf'href="{BASE}([^"?]*)', browser.get(BASE + page).text):
            if link not in ("", "brand.css", "logo", "icon"):
                assert browser.get(BASE + link).status_code == 200, link


def test_pages_are_kept_nowhere(browser, year):
    for page in ("home", "invoices", f"invoices/{year[0].pk}", f"invoices/{year[0].pk}.pdf"):
        answer = browser.get(f"{BASE}{page}")
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["X-Frame-Options"] == "DENY"


def test_the_page_speaks_the_clients_language(browser, acme, north, year):
    with acting_for(north.agency_id):
        Client.objects.update(language="de")

    shown = browser.get(f"{BASE}home").text

    assert '<html lang="de">' in shown
    assert "200,00\xa0€ davon sind überfällig." in shown


def colleague_of(client, by):
    """Somebody who was invited and has not come in."""
    colleague = add_colleague(client, email="bob@acme.example")
    invite(client, by=by, contact=colleague, at=timezone.now())
    return colleague


def address(route, invoice, **known):
    facts = {"number": invoice.pk, "extension": "csv", "session": 1, "key": uuid4()}
    facts |= {"payment": 1, "credit": 1, "project": 1, "file": 1, "colleague": 0, "factor": "app"}
    facts |= known
    return BASE + re.sub(r"<str:(\w+)>", lambda found: str(facts[found[1]]), route)


def rows_of(client, owner):
    """A row of this client for each kind of address; within its agency's scope."""
    now, on = timezone.now(), date(2026, 1, 5)
    line = Item(quantity=Decimal(1), price=Decimal(7))
    draft = draft_credit(client, by=owner, lines=[line], at=now)
    return {
        "payment": record_payment(client, amount=Decimal(5), on=on, by=owner, at=now).pk,
        "credit": issue_credit(draft, on=on, at=now).pk,
        "project": create_project(client, name="Work", is_shared=True).pk,
        "file": Document.objects.create(
            agency=owner.agency, client=client, name="a.txt", stored_name=f"{uuid4()}.txt",
            file=ContentFile(b"x", name="a.txt"), extension="txt", size=1, is_shared=True,
        ).pk,
    }  # fmt: skip


def asked(browser, route, invoice, **known):
    """What a page answers to a GET, or where there is none to a POST."""
    there = address(route, invoice, **known)
    answer = browser.get(there)
    if answer.streaming:
        # So that no file stays open.
        b"".join(answer)
    return browser.post(there) if answer.status_code == 405 else answer


HOSTILE_HEADERS = {
    "x-forwarded-host": "evil.example",
    "forwarded": "host=evil.example;proto=https",
    "x-original-url": "/admin/",
    "x-rewrite-url": "/admin/",
}


@pytest.mark.parametrize("header", HOSTILE_HEADERS)
def test_what_a_proxy_might_have_said_changes_nothing(browser, year, header):
    headers = {header: HOSTILE_HEADERS[header]}

    shown = browser.get(f"{BASE}home", headers=headers)
    led = Browser().get(f"{BASE}home", headers=headers)

    assert shown.status_code == 200
    assert "evil" not in shown.text
    assert led["Location"].startswith(f"{BASE}?next=")


def test_a_host_that_is_nobodys_is_refused(browser, year):
    assert browser.get(f"{BASE}home", headers={"host": "evil.example"}).status_code == 400


def test_on_another_agencys_host_one_is_nobody(browser, south, change, year, settings):
    change(south, portal_host="clients.south.example")
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "clients.south.example"]

    for page in ("home", "invoices", f"invoices/{year[0].pk}"):
        answer = browser.get(f"/{page}", headers={"host": "clients.south.example"})
        assert answer["Location"].startswith("/?next=")
    beside = browser.get(f"{BASE}home", headers={"host": "clients.south.example"})
    assert beside.status_code == 404


def test_who_was_put_out_does_not_come_back_by_another_invitation(browser, acme, north, sign_in):
    with acting_for(north.agency_id):
        revoke(Invite.objects.get(), at=timezone.now())

    assert sign_in(acme, north).get(f"{BASE}home").status_code == 200
    assert browser.get(f"{BASE}home").status_code == 302


@pytest.mark.parametrize("route", BEHIND)
def test_nobody_else_gets_behind_the_door(route, north, south, year, client_of, sign_in, acme):
    strangers = {
        "signed out": Browser(),
        "of another agency": sign_in(client_of(south), south),
        "with nonsense": Browser(headers={"cookie": "foyer_portal=" + "x" * 43}),
        "with an endless cookie": Browser(headers={"cookie": "foyer_portal=" + "x" * 4000}),
        "suspended": sign_in(acme, north),
        "removed": sign_in(gone := client_of(north, "Gone"), north),
    }
    with acting_for(north.agency_id):
        Contact.objects.filter(client=gone).update(deleted_at=timezone.now())
        lifecycle.suspend(Client.objects.filter(pk=acme.pk), at=timezone.now())

    for who, browser in strangers.items():
        answer = asked(browser, route, year[0])
        assert answer.status_code == 302, who
        assert answer["Location"].startswith(f"{BASE}?next=") or answer["Location"] == BASE, who
        assert "private, no-store" in answer["Cache-Control"], who


@pytest.mark.parametrize("route", [one for one in BEHIND if OF_ROWS.search(one)])
def test_another_clients_row_and_none_at_all_answer_alike(
    route, north, south, browser, acme, year, client_of, bill, sign_in
):
    rows, other, strange = [], client_of(north, "Other"), client_of(south)
    for client, owner in ((acme, north), (other, north), (strange, south)):
        with acting_for(owner.agency_id):
            known = rows_of(client, owner)
        invoice = bill(client, owner, 77, on=date(2026, 1, 1))
        rows.append({**known, "number": invoice.pk})
    kind = OF_ROWS.search(route)[1]
    own, *foreign = (one[kind] for one in rows)

    answers = {
        (answer.status_code, answer.content)
        for pk in (*foreign, 10**12, 10**30, "x", "-1", "0", "١")
        for answer in [browser.get(address(route, year[0], **{kind: pk}))]
    }

    assert {status for status, _ in answers} == {404}
    assert len(answers) == 1
    assert asked(browser, route, year[0], **{kind: own}).status_code == 200


@pytest.mark.parametrize(
    "page",
    ["home", "invoices", "payments", "credits", "statements", "projects", "files"],
)
def test_a_page_takes_as_many_queries_for_twenty_rows_as_for_two(
    browser, acme, north, year, bill, page
):
    def queries():
        with CaptureQueriesContext(connection) as counted:
            assert browser.get(BASE + page).status_code == 200
        return len(counted)

    with acting_for(north.agency_id):
        rows_of(acme, north)
    few = queries()
    for number in range(18):
        bill(acme, north, 10 + number, on=date(2026, 5, 1))
        with acting_for(north.agency_id):
            rows_of(acme, north)

    assert queries() == few < 25
