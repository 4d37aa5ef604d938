"""`/v1/invoices/:id.pdf` and `/v1/credits/:id.pdf`."""

from hashlib import sha256

import pytest

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
