from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from agencies.scope import acting_for
from api.native.ids import encode
from clients.lifecycle import delete
from clients.models import Client, Document
from clients.projects import create_project


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def kept(media):
    """How many files lie there."""
    return lambda: sum(path.is_file() for path in media.rglob("*"))


def text(content=b"Hello.", name="notes.txt"):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def upload(api, acme_id):
    """Sends a file for Acme."""

    def upload(file=None, door=api, **sent):
        sent = {"client_id": acme_id, "file": file or text(), **sent}
        sent = {name: value for name, value in sent.items() if value is not None}
        return door.browser.post("/v1/documents", sent)

    return upload


def test_a_file_is_kept_and_shown_private(api, north, upload, acme_id, kept):
    made = upload()

    assert made.status_code == 201
    one = made.json()
    assert one == {
        "id": one["id"],
        "name": "notes.txt",
        "media_type": "text/plain",
        "size": 6,
        "width": None,
        "height": None,
        "shared": False,
        "client": {"id": acme_id, "name": "Acme"},
        "project": None,
        "uploaded_by": {"id": encode("user", north.pk), "name": "nora@north.example"},
        "created_at": one["created_at"],
        "updated_at": one["updated_at"],
    }
    got = api.get(made["Location"])
    assert (got.json(), got["ETag"]) == (one, made["ETag"])
    assert api.get("/v1/documents").json() == {"data": [one], "meta": {"total": 1, "limit": 20}}
    assert kept() == 1


def test_a_picture_of_a_project_can_be_shared_at_once(api, north, acme, upload):
    with acting_for(north.agency_id):
        project = encode("proj", create_project(acme, name="Site").pk)
    picture = BytesIO()
    Image.new("RGB", (3, 2)).save(picture, "png")

    one = upload(text(picture.getvalue(), "a.png"), project_id=project, shared="true").json()

    assert (one["media_type"], one["width"], one["height"], one["shared"]) == (
        "image/png",
        3,
        2,
        True,
    )
    assert one["project"] == {"id": project, "name": "Site"}


def test_a_file_is_downloaded_as_an_attachment_that_runs_nowhere(api, upload):
    path = upload(text(b"alert(1)", "Ünï code;x.txt"))["Location"]

    answer = api.get(f"{path}/download")

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == b"alert(1)"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert api.get(f"{path}/download?inline=true").status_code == 400


def test_a_file_behind_whose_back_the_storage_changed_is_missing(api, media, upload):
    path = upload()["Location"]
    for file in media.rglob("*.txt"):
        file.unlink()

    answer = api.get(f"{path}/download")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "file_is_missing")
    assert api.get(path).status_code == 200


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_id": "client_aaaaaaaa"}, "client_id"),
        ({"client_id": "client_" + "a" * 3000}, "client_id"),
        ({"project_id": "proj_aaaaaaaa"}, "project_id"),
        ({"shared": "yes"}, "shared"),
        ({"shared": ""}, "shared"),
        ({"file": text(b"<html>", "page.html")}, "file"),
        ({"file": text(b"MZ", "a.pdf")}, "file"),
        ({"file": text(b"x" * 2049)}, "file"),
        ({"file": "no file"}, "file"),
        ({"file": [text(), text()]}, "file"),
    ],
)
def test_a_bad_upload_is_named_and_nothing_is_kept(settings, api, upload, kept, sent, param):
    settings.UPLOAD_LIMIT_KB = 2

    answer = upload(**sent)

    assert (answer.status_code, answer.json()["error"]["param"]) == (422, param)
    assert kept() == 0
    assert api.get("/v1/documents").json()["data"] == []


def test_a_file_is_needed_and_a_body_that_can_hold_one(api, acme_id, kept):
    without = api.post("/v1/documents", {"client_id": acme_id, "file": "x"})
    empty = api.browser.post("/v1/documents", {"client_id": acme_id})
    form = api.post(
        "/v1/documents", b"client_id=x", content_type="application/x-www-form-urlencoded"
    )
    broken = api.post("/v1/documents", b"--x", content_type="multipart/form-data; boundary=x")

    for answer in (without, empty):
        assert (answer.status_code, answer.json()["error"]["param"]) == (422, "file")
    assert (form.status_code, broken.status_code) == (415, 400)
    assert kept() == 0


def test_a_project_of_another_client_is_as_an_unknown_one(
    api, north, south, enrolled, upload, kept
):
    ids = [encode("proj", 10**9)]
    for owner in (north, south):
        client = enrolled(owner, "Other")
        with acting_for(owner.agency_id):
            ids.append(encode("proj", create_project(client, name="X").pk))

    answers = [upload(project_id=id) for id in ids]

    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.content for answer in answers}) == 1
    assert kept() == 0


def test_a_strangers_client_gets_no_file(api, south, enrolled, upload, kept):
    theirs = encode("client", enrolled(south, "Theirs").pk)

    answers = [upload(client_id=id) for id in (theirs, encode("client", 10**9))]

    assert {answer.status_code for answer in answers} == {422}
    assert answers[0].content == answers[1].content
    assert kept() == 0


def test_an_upload_that_is_repeated_with_its_key_is_kept_once(api, acme_id, kept):
    def send():
        sent = {"client_id": acme_id, "file": text()}
        return api.browser.post("/v1/documents", sent, headers={"Idempotency-Key": "one"})

    assert send().json() == send().json()
    assert kept() == 1


def test_a_name_changes_and_its_ending_stays(api, upload):
    made = upload()
    path = made["Location"]

    assert api.patch(path, {"name": "plan.pdf"}).json()["name"] == "plan.pdf.txt"
    assert api.patch(path, {"name": "Plan.txt"}).json()["name"] == "Plan.txt"
    assert api.patch(path, {"shared": True, "size": 1}).json()["shared"] is False
    for name in ("", None, 7, "x" * 256, ["x"]):
        assert api.patch(path, {"name": name}).json()["error"]["param"] == "name"
    assert api.get(path).json()["name"] == "Plan.txt"
    stale = api.patch(path, {"name": "x.txt"}, headers={"If-Match": made["ETag"]})
    assert stale.status_code == 412


def test_sharing_is_taken_back(api, upload):
    path = upload()["Location"]

    for _ in range(2):
        assert api.post(f"{path}/share", {}).json()["shared"] is True
    assert api.get("/v1/documents?shared=true").json()["meta"]["total"] == 1
    assert api.post(f"{path}/unshare", {}).json()["shared"] is False
    assert api.get("/v1/documents?shared=true").json()["meta"]["total"] == 0


def test_a_deleted_file_is_gone_from_the_storage_too(
    api, upload, kept, django_capture_on_commit_callbacks
):
    made = upload()
    path = made["Location"]
    assert api.delete(path, headers={"If-Match": '"old"'}).status_code == 412

    with django_capture_on_commit_callbacks(execute=True):
        gone = api.delete(path)

    assert gone.json() == {"id": made.json()["id"], "deleted": True}
    assert api.get(path).status_code == 404
    assert api.get(f"{path}/download").status_code == 404
    assert kept() == 0


def test_files_of_a_deleted_client_are_not_there(api, north, upload):
    path = upload()["Location"]
    with acting_for(north.agency_id):
        delete(Client.objects.all(), at=timezone.now())

    assert api.get("/v1/documents").json()["data"] == []
    for address in (path, f"{path}/download"):
        assert api.get(address).status_code == 404


def test_a_stranger_and_an_absent_one_answer_alike(api, south, bearer, upload, nobodies):
    made = upload()
    calls = [
        lambda door, path: door.get(path),
        lambda door, path: door.get(f"{path}/download"),
        lambda door, path: door.patch(path, {"name": "x.txt"}),
        lambda door, path: door.post(f"{path}/share", {}),
        lambda door, path: door.post(f"{path}/unshare", {}),
        lambda door, path: door.delete(path),
    ]
    for call in calls:
        answers = [call(api, f"/v1/documents/{id}") for id in nobodies("doc")]
        answers.append(call(bearer(south), made["Location"]))

        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
    assert bearer(south).get("/v1/documents").json()["data"] == []
    assert api.get(made["Location"]).json() == made.json()


def test_a_key_that_only_reads_or_knows_of_no_files_changes_nothing(
    api, reader, north, bearer, upload, kept
):
    made = upload()
    path, others = made["Location"], bearer(north, scopes=["clients:read", "clients:write"])

    download = reader.get(f"{path}/download")
    assert b"".join(download.streaming_content) == b"Hello."
    for door in (reader, others):
        assert upload(door=door).status_code == 403
        assert door.patch(path, {"name": "x.txt"}).status_code == 403
        assert door.post(f"{path}/share", {}).status_code == 403
        assert door.delete(path).status_code == 403
    for address in ("/v1/documents", path, f"{path}/download"):
        assert others.get(address).status_code == 403
    assert api.get(path).json() == made.json()
    assert kept() == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sort=name", ["a.txt", "B.txt"]),
        ("sort=-size", ["B.txt", "a.txt"]),
        ("q=B.TX", ["B.txt"]),
        ("size=gt:2", ["B.txt"]),
        ("created_at=lt:2026-01-01", []),
        ("updated_since=2026-01-01&sort=name", ["a.txt", "B.txt"]),
        ("project_id=proj_" + "x", None),
        ("size=big", None),
        ("shared=1", None),
        ("colour=red", None),
    ],
)
def test_what_is_asked_is_found_and_what_cannot_be_read_is_named(api, upload, query, names):
    upload(text(b"1", "a.txt"))
    upload(text(b"12345", "B.txt"))

    answer = api.get(f"/v1/documents?{query}")

    if names is None:
        param = query.split("=")[0]
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    else:
        assert [document["name"] for document in answer.json()["data"]] == names


@pytest.mark.parametrize("number", [1, 20, 100])
def test_a_list_costs_the_same_few_queries_whatever_its_length(
    api, north, acme, number, django_assert_num_queries
):
    with acting_for(north.agency_id):
        Document.objects.bulk_create(
            Document(
                agency=north.agency, client=acme, name=f"{n}.txt", stored_name=f"{n}.txt",
                file=f"{n}.txt", extension="txt", size=1, uploaded_by=north,
            )
            for n in range(number)
        )  # fmt: skip
    api.get("/v1/documents")

    with django_assert_num_queries(13):
        page = api.get("/v1/documents?limit=100").json()

    assert len(page["data"]) == number
