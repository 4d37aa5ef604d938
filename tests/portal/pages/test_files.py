"""Files: what is shared can be saved, and what people send arrives at the agency."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils import timezone

from agencies.models import Event
from agencies.scope import acting_for
from clients.documents import settling, store
from clients.models import Document
from clients.projects import archive_project, create_project
from contacts.models import Contact, Message
from portal import uploading
from portal.models import PortalUpload
from tests.portal.test_front import words

BASE = "/portal/north/"
PDF = b"%PDF-1.7\n1 0 obj"


def file(name="plan.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def share(acme, north):
    def share(name="offer.pdf", *, client=None, is_shared=True, project=None):
        with settling(), acting_for(north.agency_id):
            facts = {"by": north, "is_shared": is_shared, "project": project}
            return store(client or acme, file(name), **facts)

    return share


@pytest.fixture
def site(acme, north):
    with acting_for(north.agency_id):
        return create_project(acme, name="Site", is_shared=True)


def send(browser, *files, **more):
    return browser.post(f"{BASE}files/upload", {"file": [*files], **more})


def kept(north):
    with acting_for(north.agency_id):
        return list(
            Document.objects.select_related("project", "client", "portal_upload__contact").order_by(
                "pk"
            )
        )


def test_a_shared_file_is_listed_and_saved(browser, share):
    document = share("Angebot für März.pdf")

    shown = words(browser.get(f"{BASE}files"))
    answer = browser.get(f"{BASE}files/{document.pk}")

    assert "Angebot für März.pdf" in shown
    assert "North" in shown
    assert b"".join(answer) == PDF
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Angebot")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "private, no-store"


def test_what_is_private_or_put_aside_is_not_there(browser, north, acme, site, share):
    with acting_for(north.agency_id):
        private = create_project(acme, name="Private")
        old = archive_project(create_project(acme, name="Old", is_shared=True), at=timezone.now())
    hidden = [
        share("own.pdf", is_shared=False),
        share("of-private.pdf", project=private),
        share("of-old.pdf", project=old),
        share("aside.pdf"),
        share("own-of-site.pdf", is_shared=False, project=site),
    ]
    with acting_for(north.agency_id):
        Document.objects.filter(name="aside.pdf").update(archived_at=timezone.now())

    assert ".pdf" not in words(browser.get(f"{BASE}files"))
    for document in hidden:
        assert browser.get(f"{BASE}files/{document.pk}").status_code == 404


def test_who_was_invited_to_a_project_gets_its_files_alone(acme, north, site, share, sign_in):
    own, other = share("site.pdf", project=site), share("all.pdf")
    with acting_for(north.agency_id):
        elsewhere = create_project(acme, name="Elsewhere", is_shared=True)
    browser = sign_in(acme, north, projects=[site.pk])

    shown = browser.get(f"{BASE}files").text

    assert "site.pdf" in shown
    assert "all.pdf" not in shown
    assert "Elsewhere" not in shown
    assert b"".join(browser.get(f"{BASE}files/{own.pk}")) == PDF
    assert browser.get(f"{BASE}files/{other.pk}").status_code == 404
    for project, status in ((site.pk, 302), (elsewhere.pk, 422), ("", 422), ("x", 422)):
        assert send(browser, file("mine.pdf"), project=project).status_code == status
    assert [one.project for one in kept(north) if one.name == "mine.pdf"] == [site]


def test_a_project_that_went_to_another_client_takes_its_files_along(
    browser, north, site, share, client_of
):
    document, other = share(project=site), client_of(north, "Other")
    with acting_for(north.agency_id):
        type(site).objects.filter(pk=site.pk).update(client=other)

    assert browser.get(f"{BASE}files/{document.pk}").status_code == 404


def test_what_somebody_sends_is_theirs_to_see_and_the_agency_is_told(
    browser, acme, north, change, site
):
    change(north, reply_to="studio@north.example")

    answer = send(browser, file("Plan 1.pdf"), file("plan2.pdf"), project=site.pk)

    assert answer["Location"] == f"{BASE}files?kept=2"
    page = words(browser.get(answer["Location"]))
    assert "Your 2 files have arrived. North was told." in page
    for said in ("Plan 1.pdf", "plan2.pdf", "Site", "you"):
        assert said in page
    first, second = kept(north)
    assert first.portal_upload.contact.email == "acme@north.example"
    assert (first.is_shared, first.uploaded_by, first.project, first.client) == (
        True, None, site, acme,
    )  # fmt: skip
    with acting_for(north.agency_id):
        told = Message.objects.get(kind="upload")
        assert (told.address, told.subject) == ("studio@north.example", "Acme sent you 2 files")
        event = Event.objects.filter(type="document.created").latest("pk")
        assert (event.subject_id, event.client_id) == (second.pk, acme.pk)


def test_without_an_address_for_answers_the_owners_are_told(browser, north):
    send(browser, file())

    with acting_for(north.agency_id):
        assert Message.objects.get(kind="upload").address == north.user.email


def test_a_file_sent_from_a_projects_page_leads_back_there(browser, site):
    answer = send(browser, file(), project=site.pk, page="project")

    assert answer["Location"] == f"{BASE}projects/{site.pk}?kept=1"
    assert "Your file has arrived." in words(browser.get(answer["Location"]))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("run.exe", b"MZ", "run.exe cannot be kept."),
        ("page.html", b"<html>", "page.html cannot be kept."),
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg cannot be kept."),
        ("photo.png", b"<script>alert(1)</script>", "photo.png cannot be kept."),
        ("big.pdf", PDF.ljust(3000), "big.pdf is too large. A file may have 2.0 KB at most."),
    ],
)
def test_what_cannot_be_kept_is_said_by_name_and_nothing_is_kept(
    browser, north, settings, name, content, said
):
    settings.UPLOAD_LIMIT_KB = 2

    answer = send(browser, file("good.pdf"), file(name, content))

    assert answer.status_code == 422
    assert said in words(answer).replace("\xa0", " ")
    assert kept(north) == []
    with acting_for(north.agency_id):
        assert not Message.objects.filter(kind="upload").exists()


def test_names_are_cleaned_and_shown_as_text(browser, north):
    send(browser, file("../../etc/\u202efdp.pdf"), file("<script>alert(1).pdf"))

    names = [one.name for one in kept(north)]
    page = browser.get(f"{BASE}files").text
    assert not any("\u202e" in name or "/" in name for name in names)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1).pdf" in page


@pytest.mark.parametrize("sent", [{}, {"file": "no file"}])
def test_without_a_file_one_is_asked_to_choose(browser, north, sent):
    answer = browser.post(f"{BASE}files/upload", sent)

    assert answer.status_code == 422
    assert "Choose a file, or up to 20 of them." in words(answer)


def test_more_than_twenty_at_once_are_refused(browser, north):
    assert send(browser, *(file() for _ in range(21))).status_code == 422
    assert kept(north) == []


def test_a_body_that_is_too_large_is_refused_unread(browser, north, settings):
    settings.UPLOAD_REQUEST_LIMIT_KB = 1

    answer = send(browser, file(content=PDF.ljust(2000)))

    assert answer.status_code == 413
    assert not hasattr(answer.wsgi_request, "_files")
    assert "That is too much at once. Send at most 1.0 KB." in words(answer).replace("\xa0", " ")
    assert kept(north) == []


def test_uploads_are_throttled(browser):
    answers = [send(browser, file()) for _ in range(11)]

    assert [one.status_code for one in answers] == [302] * 10 + [429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60


def test_there_is_an_end_to_what_one_person_sends_in_a_day(browser, north, monkeypatch):
    monkeypatch.setattr(uploading, "PER_DAY", 2)
    send(browser, file(), file())

    refused = send(browser, file())
    with acting_for(north.agency_id):
        PortalUpload.objects.update(created_at=timezone.now() - timedelta(hours=25))
    again = send(browser, file())

    assert refused.status_code == 422
    assert "files a day. Go on tomorrow." in words(refused)
    assert again.status_code == 302


def test_forged_requests_are_refused_and_strangers_bodies_are_not_read(acme, north, sign_in):
    inside = sign_in(acme, north)
    strict = Browser(enforce_csrf_checks=True, headers={"cookie": inside.defaults["HTTP_COOKIE"]})

    assert strict.post(f"{BASE}files/upload", {"file": file()}).status_code == 403
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)', strict.get(f"{BASE}files").text)[1]
    jar = f"{inside.defaults['HTTP_COOKIE']}; csrftoken={strict.cookies['csrftoken'].value}"
    body = {"file": file(), "csrfmiddlewaretoken": token}
    assert strict.post(f"{BASE}files/upload", body, headers={"cookie": jar}).status_code == 302

    stranger = Browser().post(f"{BASE}files/upload", {"file": file()})
    assert stranger.status_code == 302
    assert not hasattr(stranger.wsgi_request, "_files")
    assert len(kept(north)) == 1


def test_a_colleague_is_named_and_a_forgotten_one_is_not(acme, north, sign_in):
    browser = sign_in(acme, north)
    send(browser, file())
    with acting_for(north.agency_id):
        Contact.objects.update(first_name="Ann")
        other = Contact.objects.create(agency=north.agency, client=acme, email="b@acme.example")
        PortalUpload.objects.update(contact=other)
    named = words(browser.get(f"{BASE}files"))
    with acting_for(north.agency_id):
        other.delete()
    unnamed = words(browser.get(f"{BASE}files"))

    assert "b@acme.example" in named
    assert "b@acme.example" not in unnamed
    assert "plan.pdf" in unnamed


def test_a_file_that_is_lost_is_said_so(browser, share):
    document = share()
    document.file.storage.delete(document.file.name)

    assert browser.get(f"{BASE}files/{document.pk}").status_code == 503


def test_there_are_twenty_to_a_page_and_those_of_one_project(browser, site, share):
    for number in range(21):
        share(f"f{number:02}.pdf", project=site if number < 2 else None)

    assert re.findall(r"f\d\d\.pdf", browser.get(f"{BASE}files?page=2").text) == ["f00.pdf"]
    of_site = browser.get(f"{BASE}files?project={site.pk}").text
    assert re.findall(r"f\d\d\.pdf", of_site) == ["f01.pdf", "f00.pdf"]
    assert browser.get(f"{BASE}files?project=x&page=-1&kept=999").status_code == 200


def test_a_page_of_files_says_what_will_be_here(browser):
    assert "Files that North shares with you, and those you send, will appear here." in words(
        browser.get(f"{BASE}files")
    )


def test_staff_see_who_sent_a_file_and_save_it(browser, acme, north, south, share):
    send(browser, file("sent.pdf"))
    share("ours.pdf")
    document = next(one for one in kept(north) if one.name == "sent.pdf")
    staff, stranger = Browser(), Browser()
    staff.force_login(north.user)
    stranger.force_login(south.user)

    listed = staff.get("/admin/clients/document/?from_portal=yes")
    saved = staff.get(f"/admin/clients/document/{document.pk}/download")

    assert "acme@north.example, in the portal" in listed.text
    assert "ours.pdf" not in listed.text
    assert b"".join(saved) == PDF
    assert saved["Content-Disposition"].startswith("attachment")
    assert stranger.get(f"/admin/clients/document/{document.pk}/download").status_code == 404
    signed_out = Browser().get(f"/admin/clients/document/{document.pk}/download")
    assert signed_out.status_code == 302
