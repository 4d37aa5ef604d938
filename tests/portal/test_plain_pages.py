"""What is shown when something is not there, not allowed or broken."""

import pytest
from django.template.loader import get_template
from django.test import Client as Browser


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_the_page_needs_nothing_and_names_no_software(name):
    shown = get_template(f"{name}.html").render()

    assert "<h1>" in shown
    assert 'lang="en"' in shown
    assert "style=" not in shown
    assert "<script" not in shown
    assert "foyer" not in shown.lower()
    assert "django" not in shown.lower()


def test_an_address_without_a_page_gets_ours(client, db):
    response = client.get("/nothing-here/")

    assert response.status_code == 404
    assert "There is nothing here" in response.text


def test_a_form_without_its_token_gets_ours(db):
    response = Browser(enforce_csrf_checks=True).post("/admin/login/", {})

    assert response.status_code == 403
    assert "This form was open for too long" in response.text


def test_a_host_that_is_not_ours_gets_ours(client, db):
    response = client.get("/admin/login/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "This request cannot be understood" in response.text


def test_a_fault_of_ours_gets_ours(db, monkeypatch):
    monkeypatch.setattr("portal.branding.Agency.objects", None)
    browser = Browser(raise_request_exception=False)

    response = browser.get("/portal/north/")

    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text
