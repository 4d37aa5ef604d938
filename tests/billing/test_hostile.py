"""Whatever people type into whichever field: it is text on every document, and fetches nothing."""

import sys
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.db import models
from django.template.loader import render_to_string

from agencies.models import Agency
from agencies.number_patterns import check_pattern
from billing.applying import apply
from billing.crediting import credit_invoice
from billing.document_pages import document_context, document_page, document_pdf
from billing.drafting import draft_invoice
from billing.issuing import issue
from billing.looks import Look
from billing.models import BillingSettings, Credit, Invoice, InvoiceLine, NumberSeries, Payment
from billing.payments import record_payment
from billing.printer import FONTS
from billing.printing import printed
from billing.refunding import refund
from billing.settings import settings_of
from billing.sheets import statement_csv, statement_xlsx
from billing.statement_pages import statement_context, statement_page, statement_pdf
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import again, mail, make
from clients.models import Client, Project
from contacts.mailing import opened
from contacts.models import Contact, Message
from tests.billing.conftest import DAY, NOW, item
from tests.billing.reading import packed, text_of
from tests.billing.watching import watched, watching

PAYLOADS = (
    "<img src={}>",
    "<link rel=stylesheet href={}>",
    "<style>@import '{}'</style>",
    "<p style=background:url({})>",
    "<svg><image href={} /></svg>",
    "<object data={}>",
    "<script src={}></script>",
    "{{{{ settings.SECRET_KEY }}}}",
)
FETCHING = {"link", "script", "object", "embed", "iframe", "svg", "image", "use", "base", "video"}
# Neither text on a document nor free of form: a host, a digest, an address that is mailed to; what
# the database keeps in one form, see test_paying.
OTHERS = {"portal_host", "public_hash", "email", "bank_iban", "bank_bic", "payment_url"}


@pytest.fixture
def hostile(stranger, secret):
    """All payloads that fit into a column."""
    address = stranger[0]

    def hostile(field):
        text = '">'
        is_short = field.max_length and field.max_length < 150
        for url in (address.removeprefix("http:") if is_short else address, secret.as_uri()):
            for payload in PAYLOADS:
                more = payload.format(url)
                if not field.max_length or len(text + more) <= field.max_length:
                    text += more
        return text

    return hostile


def typed_in(model):
    """The columns that people type free text into."""
    return [
        field
        for field in model._meta.fields
        if type(field) in (models.CharField, models.TextField)
        and field.editable
        and not field.choices
        and field.name not in OTHERS
        and all(type(check).__name__ == "MaxLengthValidator" for check in field.validators)
    ]


@pytest.fixture
def filled(north, acme, hostile, stranger):
    """Every such field of all that stands on a document: issued, paid, credited, refunded."""

    def facts(model, *left_out):
        return {
            field.name: hostile(field) for field in typed_in(model) if field.name not in left_out
        }

    settings_of(acme.agency)
    pattern = f"<img src=//{stranger[0].split('/')[2]}/>{{counter:4}}"
    check_pattern(pattern)
    for kind in NumberSeries.Kind:
        NumberSeries.objects.update_or_create(
            agency=acme.agency, kind=kind, defaults={"pattern": pattern}
        )
    for model in (Agency, BillingSettings, Client, Contact):
        model.objects.update(**facts(model))
    acme = Client.objects.get()
    project = Project.objects.create(agency=acme.agency, client=acme, **facts(Project))
    line = facts(InvoiceLine)
    draft = draft_invoice(
        acme, by=north, lines=[item(100, tax_rate=Decimal(19), **line)], at=NOW, project=project,
        **facts(Invoice, "number"),
    )  # fmt: skip
    invoice = issue(draft, on=DAY, at=NOW)
    told = facts(Payment, "number", "external_reference")
    payment = record_payment(acme, amount=Decimal(80), on=DAY, by=north, at=NOW, **told)
    refund(payment, amount=Decimal(30), on=DAY, by=north, at=NOW, reference=told["reference"],
           note=told["reference"])  # fmt: skip
    credit = credit_invoice(
        invoice, on=DAY, by=north, at=NOW, amount=Decimal(20), note=line["description"]
    )
    apply(credit, [(invoice, Decimal(20))], on=DAY, at=NOW)
    return invoice, credit


class Parts(HTMLParser):
    """The elements of a page, with what they say of themselves."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def is_harmless(html, address):
    """Nothing in it is fetched, and nothing that was typed became a part of it."""
    parts = Parts(html).found
    assert not FETCHING & {tag for tag, _ in parts}
    assert not [one for tag, one in parts if tag == "img"]
    for _, attributes in parts:
        for name in ("src", "href", "style", "srcset", "data", "background"):
            assert address not in (attributes.get(name) or "")
    return True


def statements_of(acme, north):
    for kind in StatementKind:
        yield make(acme, Wanted(kind=kind, start=DAY, end=DAY), by=north)


def test_no_field_makes_a_page_or_a_mail_fetch_anything(filled, acme, north, stranger):
    address = stranger[0].removeprefix("http:")
    for document in filled:
        assert is_harmless(document_page(printed(document), Look()).html, address)
    for kept in statements_of(acme, north):
        mail(kept, at=NOW)
        assert is_harmless(statement_page(again(kept), Look()).html, address)
        assert is_harmless(opened(Message.objects.latest("pk")).html, address)
    assert stranger[1] == []


def test_no_field_makes_the_printer_open_or_connect_to_anything(filled, acme, north, stranger):
    contexts = [document_context(printed(one), Look()) for one in filled]
    contexts += [statement_context(again(kept), Look()) for kept in statements_of(acme, north)]

    for context in contexts:
        seen = watched(render_to_string("statement/paper.html", context))

        assert [one for one in seen if one[0] != "open"] == []
        own = (str(FONTS), sys.prefix, sys.base_prefix)
        assert [one for one in seen if not one[1].startswith(own)] == []
    assert stranger[1] == []


def test_no_field_makes_a_table_open_or_connect_to_anything(filled, acme, north, stranger):
    for kept in statements_of(acme, north):
        statement = again(kept)
        for make_table in (statement_csv, statement_xlsx):
            # Once before, so that what the program reads of itself is read.
            make_table(statement)
            with watching() as seen:
                made = make_table(statement)
            assert seen == []
        parts = ZipFile(BytesIO(made))
        links = [name for name in parts.namelist() if name.startswith("xl/worksheets/_rels")]
        assert links == []
    assert stranger[1] == []


def test_what_was_typed_is_there_to_be_read(filled, acme, north, hostile, secret):
    invoice, _ = filled
    statement = again(next(statements_of(acme, north)))

    on_paper = packed(text_of(document_pdf(printed(invoice), Look())))
    stated = packed(text_of(statement_pdf(statement, Look())))

    for field in (
        *(Agency._meta.get_field(name) for name in ("legal_name", "address1", "city", "vat_id")),
        *(Client._meta.get_field(name) for name in ("name", "address2", "state", "vat_number")),
        *(Invoice._meta.get_field(name) for name in ("reference", "public_notes", "terms")),
        *(InvoiceLine._meta.get_field(name) for name in ("product", "description")),
        BillingSettings._meta.get_field("payment_details"),
        Project._meta.get_field("name"),
    ):
        assert packed(hostile(field)) in on_paper
    for field in (
        Agency._meta.get_field("statement_footer"),
        Payment._meta.get_field("reference"),
        Client._meta.get_field("name"),
    ):
        assert packed(hostile(field)) in stated
    assert "combination" not in on_paper + stated
    assert Credit.objects.count() == 1
