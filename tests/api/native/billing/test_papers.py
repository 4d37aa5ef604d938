"""`/v1/invoices/:id.pdf` and `/v1/credits/:id.pdf`."""

from hashlib import sha256
from io import BytesIO

import pytest
from pypdf import PdfReader

from api.invoiceninja import ids as ninja_ids
from api.native import ids as native_ids
from billing import pdf as pdf_process

from .conftest import answered, refused

pytestmark = pytest.mark.usefixtures("media")


def pdf(response):
    """The bytes of an answer that is a PDF."""
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response["Content-Disposition"].startswith("attachment;")
    return response.content


def test_an_issued_invoice_is_the_same_bytes_for_ever(api, acme_id, issued):
    path = f"/v1/invoices/{issued()['id']}.pdf"
    first = api.get(path)
    answered(api.patch(f"/v1/clients/{acme_id}", {"name": "Renamed"}))

    again = api.get(path)

    assert pdf(again) == pdf(first)
    assert again["ETag"] == first["ETag"] == f'"{sha256(first.content).hexdigest()}"'


def test_who_has_it_already_is_sent_nothing(api, issued):
    path = f"/v1/invoices/{issued()['id']}.pdf"
    tag = api.get(path)["ETag"]

    known = api.get(path, headers={"If-None-Match": tag})
    unknown = api.get(path, headers={"If-None-Match": '"other"'})

    assert (known.status_code, known.content) == (304, b"")
    assert pdf(unknown)
    assert api.get(path, headers={"If-Match": '"other"'}).status_code == 412


def test_a_credit_is_kept_too(api, issued):
    credit = answered(api.post(f"/v1/invoices/{issued()['id']}/credit", {}), 201)
    path = f"/v1/credits/{credit['id']}.pdf"

    assert pdf(api.get(path)) == pdf(api.get(path))


def test_a_draft_follows_its_changes(api, drafted):
    draft = drafted()
    path = f"/v1/invoices/{draft['id']}.pdf"
    before = pdf(api.get(path))

    answered(api.patch(f"/v1/invoices/{draft['id']}", {"reference": "PO 9"}))

    assert pdf(api.get(path)) != before


def test_a_file_that_somebody_changed_is_not_handed_out(api, issued, media):
    path = f"/v1/invoices/{issued()['id']}.pdf"
    api.get(path)
    (file,) = (one for one in media.rglob("*") if one.is_file())

    file.write_bytes(b"%PDF-1.7 forged")

    assert refused(api.get(path)) == (404, "file_is_missing", None)


@pytest.fixture
def no_pango(monkeypatch, tmp_path):
    """A machine without the library that prints, as a WeasyPrint that cannot be imported."""
    pdf_process.close_all()
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango')")
    (tmp_path / "sitecustomize.py").write_text(f"import sys; sys.path.insert(0, {str(tmp_path)!r})")
    monkeypatch.setattr(pdf_process, "_PYTHONPATH", (str(tmp_path),))


def test_a_machine_that_cannot_print_says_when_to_ask_again(no_pango, api, issued):
    invoice = issued()

    response = api.get(f"/v1/invoices/{invoice['id']}.pdf")

    assert refused(response) == (503, "pdf_unavailable", None)
    assert response.json()["error"]["type"] == "api_error"
    assert response["Retry-After"] == "60"
    assert answered(api.get(f"/v1/invoices/{invoice['id']}"))["status"] == invoice["status"]


def test_a_refused_mailing_is_not_kept_for_its_repetition(no_pango, api, issued, monkeypatch):
    path = f"/v1/invoices/{issued()['id']}/send"
    headers = {"Idempotency-Key": "mail-1"}
    assert api.post(path, {}, headers=headers).status_code == 503

    monkeypatch.setattr(pdf_process, "_PYTHONPATH", ())

    assert answered(api.post(path, {}, headers=headers))["sent_at"]


def test_in_invoice_ninjas_dialect_too(no_pango, api, acme_id, doors, key, north):
    sent = {
        "client_id": ninja_ids.encode(native_ids.decode("client", acme_id)),
        "start_date": "2026-01-01",
        "end_date": "2026-03-31",
    }

    response = doors(key(north))["invoiceninja"].post("/api/v1/client_statement", sent)

    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert "install Pango" in response.json()["message"]


def test_a_document_that_is_too_large_to_print_is_refused(api, drafted):
    # Each of these letters takes five in a page.
    draft = drafted(lines=[{"description": "&" * 10_000, "unit_price": 1}] * 500)

    response = api.get(f"/v1/invoices/{draft['id']}.pdf")

    assert refused(response) == (422, "pdf_too_large", None)


def test_a_statement_is_archivable_on_request(api, acme_id, issued):
    issued()
    made = answered(api.post(f"/v1/clients/{acme_id}/statements", {}), 201)
    path = f"/v1/statements/{made['id']}.pdf"

    assert b"pdfaid:part" in standards(api.get(f"{path}?archive=true"))
    assert b"pdfuaid:part" in standards(api.get(f"{path}?archive=false"))
    assert pdf(api.get(f"{path}?archive=false")) == pdf(api.get(path))
    for query in ("archive=yes", "archive=", "archived=true"):
        name = query.split("=")[0]
        assert refused(api.get(f"{path}?{query}")) == (400, "invalid_parameter", name)
    assert api.get(f"/v1/statements/{made['id']}.csv?archive=true").status_code == 400


def standards(response):
    """What the file says of itself."""
    return PdfReader(BytesIO(pdf(response))).trailer["/Root"]["/Metadata"].get_data()
