"""Files that are sent with a client: which are kept, and how a refusal reads."""

import io
import re
import resource
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from agencies.roles import Role
from agencies.scope import acting_for
from clients.file_types import MEDIA_TYPES
from clients.models import Client, Document

pytestmark = pytest.mark.usefixtures("media")

LIST = "/api/v1/clients"
PDF = b"%PDF-1.7\n1 0 obj"
TYPES = (
    "png, ai, jpeg, tiff, pdf, gif, psd, txt, doc, xls, ppt, xlsx, docx, pptx, webp, xml, zip, "
    "csv, ods, odt, odp"
)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def file(name="offer.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def picture():
    content = io.BytesIO()
    Image.new("RGB", (31, 17)).save(content, "PNG")
    return content.getvalue()


def multipart(parts):
    """As Django's encoder makes it, with file names exactly as given."""
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        f"{content}\r\n"
        for field, name, content in parts
    )
    return {"data": body + "--b--\r\n", "content_type": "multipart/form-data; boundary=b"}


@pytest.fixture
def acme(create):
    return create(name="Acme")


@pytest.fixture
def upload(north, ninja, acme):
    """Uploads to Acme as a POST; returns the response."""
    api = ninja(north)

    def upload(sent=None, *, client=acme, query="", **options):
        address = f"{LIST}/{client['id']}/upload{query}"
        return api.browser.post(address, **({"data": sent or {}} | options))

    return upload


def kept(owner):
    with acting_for(owner.agency_id):
        return list(Document.objects.values_list("name", flat=True))


def files_in(media):
    return [path for path in media.rglob("*") if path.is_file()]


def as_post(api, address):
    return api.browser.post(address, {"documents[]": file()})


def as_put(api, address):
    body = encode_multipart(BOUNDARY, {"documents[]": file()})
    return api.browser.put(address, body, content_type=MULTIPART_CONTENT)


def disguised(method):
    return lambda api, address: api.browser.post(
        address, {"documents[]": file(), "_method": method}
    )


def by_header(api, address):
    headers = {"X-HTTP-Method-Override": "PUT"}
    return api.browser.post(address, {"documents[]": file()}, headers=headers)


@pytest.mark.parametrize(
    "send",
    [as_post, as_put, disguised("PUT"), disguised("POST"), disguised("put"), by_header],
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_an_upload_is_a_put_a_post_or_a_post_that_says_so(north, ninja, acme, send, slash):
    api = ninja(north)

    response = send(api, f"{LIST}/{acme['id']}/upload{slash}")

    assert response.status_code == 200
    client = response.json()["data"]
    assert [document["name"] for document in client["documents"]] == ["offer.pdf"]
    assert api.get(f"{LIST}/{acme['id']}").json() == {"data": client}


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "patch"])
def test_an_upload_is_nothing_else(north, ninja, acme, method):
    address, no_method = f"{LIST}/{acme['id']}/upload", "Method not supported for this route"
    api = ninja(north)

    for response in (
        disguised(method)(api, address),
        api.browser.generic(method.upper(), address, b"", MULTIPART_CONTENT),
        api.get(address),
    ):
        assert (response.status_code, response.json()) == (404, {"message": no_method})
    assert kept(north) == []


def test_a_document_has_every_key_in_the_originals_order_and_type(upload, north, acme, settings):
    with acting_for(north.agency_id):
        Client.objects.update(updated_at=LONG_AGO)

    client = upload({"documents[]": file("Logo.png", picture())}).json()["data"]

    (document,) = client["documents"]
    created_at, updated_at = document["created_at"], document["updated_at"]
    url = f"{settings.FOYER_URL}/api/v1/documents/{document['id']}/download"
    assert re.fullmatch(r"[A-Za-z0-9]{10}", document["id"])
    assert re.fullmatch(r"[A-Za-z0-9]{40}\.png", document["hash"])
    assert list(document.items()) == [
        ("id", document["id"]),
        ("user_id", acme["user_id"]),
        ("assigned_user_id", ""),
        ("project_id", ""),
        ("vendor_id", ""),
        ("url", url),
        ("preview", ""),
        ("name", "Logo.png"),
        ("type", "png"),
        ("disk", "public"),
        ("hash", document["hash"]),
        ("size", len(picture())),
        ("width", 31),
        ("height", 17),
        ("is_default", False),
        ("updated_at", updated_at),
        ("archived_at", 0),
        ("created_at", created_at),
        ("is_deleted", False),
        ("is_public", True),
        ("link", f"/clients/{acme['id']}"),
    ]
    assert LONG_AGO.timestamp() < created_at <= updated_at
    assert client["updated_at"] >= created_at


def test_only_an_image_has_a_width_and_a_height(upload):
    (document,) = upload({"documents[]": file()}).json()["data"]["documents"]

    assert (document["width"], document["height"]) == (0, 0)


@pytest.mark.parametrize(
    "fields",
    [
        ["documents[]", "documents[]"],
        ["documents[0]", "documents[1]"],
        ["documents[7]", "documents[x]"],
        # The original accepts files that are no array, and keeps none of them.
        ["documents"],
        ["documents", "documents"],
    ],
)
def test_every_spelling_of_documents_is_kept_in_the_order_sent(upload, north, fields):
    parts = [(field, f"{n}.txt", f"file {n}") for n, field in enumerate(fields)]

    response = upload(**multipart(parts))

    assert response.status_code == 200
    assert kept(north) == [f"{n}.txt" for n in range(len(fields))]


@pytest.mark.parametrize("field", ["file", "file[]", "company_logo", "other", "other[documents]"])
def test_other_files_are_not_kept(upload, north, media, acme, field):
    response = upload({field: file("a.png", picture())})

    assert (response.status_code, response.json()) == (200, {"data": acme})
    assert (kept(north), files_in(media)) == ([], [])


@pytest.mark.parametrize(
    ("field", "path", "words"),
    [("file", "file", "file"), ("file[]", "file.0", "file.0"), ("file[a]", "file.a", "file.a")],
)
def test_other_files_are_judged_all_the_same(upload, north, media, field, path, words):
    response = upload({field: file("a.exe"), "documents[]": file()})

    assert response.status_code == 422
    assert response.json()["errors"] == {path: [f"The {words} must be a file of type: {TYPES}."]}
    assert (kept(north), files_in(media)) == ([], [])


def test_without_files_nothing_changes(upload, north, acme):
    with acting_for(north.agency_id):
        before = Client.objects.get().updated_at

    for sent in ({}, {"_method": "PUT"}, {"documents[]": []}, {"is_public": "nonsense"}):
        response = upload(sent)

        assert (response.status_code, response.json()) == (200, {"data": acme})
    with acting_for(north.agency_id):
        assert Client.objects.get().updated_at == before


@pytest.mark.parametrize("body", [{}, {"documents": []}])
def test_a_json_body_is_an_upload_of_nothing(north, ninja, acme, body):
    response = ninja(north).post(f"{LIST}/{acme['id']}/upload", body)

    assert (response.status_code, response.json()) == (200, {"data": acme})


@pytest.mark.parametrize("documents", [None, "text", 5, True])
def test_what_is_no_file_must_at_least_be_a_list(north, ninja, acme, documents):
    response = ninja(north).post(f"{LIST}/{acme['id']}/upload", {"documents": documents})

    assert response.status_code == 422
    assert response.json()["errors"] == {"documents": ["The documents must be an array."]}


@pytest.mark.parametrize(
    ("word", "public"),
    [
        *[(word, True) for word in ("true", "1", "on", "")],
        *[(word, False) for word in ("false", "0", "off")],
    ],
)
def test_is_public_is_read_from_body_and_query(upload, word, public):
    for response in (
        upload({"documents[]": file(), "is_public": word}),
        upload({"documents[]": file()}, query=f"?is_public={word}"),
    ):
        assert response.json()["data"]["documents"][-1]["is_public"] is public


@pytest.mark.parametrize("word", ["maybe", "2"])
def test_whether_a_file_is_public_is_not_guessed(upload, north, word):
    response = upload({"documents[]": file(), "is_public": word})

    assert response.status_code == 422
    text = "The is public field must be true or false."
    assert response.json()["errors"] == {"is_public": [text]}
    assert kept(north) == []


def test_the_types_of_the_original_are_the_types_there_are():
    assert set(TYPES.replace("jpeg", "jpg").split(", ")) == set(MEDIA_TYPES)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


LIES = [
    ("page.html", b"<html><script>alert(1)</script></html>"),
    ("page.png", b"<html><script>alert(1)</script></html>"),
    ("page.txt", b"<!DOCTYPE html><title>x</title>"),
    ("drawing.svg", SVG),
    ("drawing.png", SVG),
    ("drawing.xml", SVG),
    ("drawing", SVG),
    ("run.php", b"<?php phpinfo();"),
    ("run.txt", b"<?php phpinfo();"),
    ("run.exe", b"MZ\x90\x00\x03"),
    ("run.pdf", b"MZ\x90\x00\x03"),
    ("offer.html", PDF),
    ("offer.png", PDF),
    ("picture.pdf", picture()),
    ("empty.pdf", b""),
]


@pytest.mark.parametrize("said", ["image/png", "application/pdf", ""])
def test_name_and_content_must_agree_on_a_type_of_the_list(upload, north, media, said):
    files = [SimpleUploadedFile(name, content, said) for name, content in LIES]

    response = upload({"documents[]": files})

    assert response.status_code == 422
    assert response.json() == {
        "message": "The given data was invalid.",
        "errors": {
            f"documents.{n}": [f"The documents.{n} must be a file of type: {TYPES}."]
            for n in range(len(LIES))
        },
    }
    assert (kept(north), files_in(media)) == ([], [])


@pytest.mark.parametrize(("large", "status"), [(200, 200), (201, 422)])
def test_a_file_may_be_as_large_as_the_settings_say(upload, north, media, settings, large, status):
    settings.UPLOAD_LIMIT_KB = 200

    response = upload({"documents[]": file(content=PDF.ljust(large * 1024))})

    assert response.status_code == status
    if status == 422:
        text = "The documents.0 must not be greater than 200 kilobytes."
        assert response.json()["errors"] == {"documents.0": [text]}
        assert (kept(north), files_in(media)) == ([], [])


def test_the_limit_is_100_000_kilobytes_by_default(settings):
    assert settings.UPLOAD_LIMIT_KB == 100_000


def test_all_wrong_files_are_told_together_and_none_of_the_others_is_kept(
    upload, north, media, settings
):
    settings.UPLOAD_LIMIT_KB = 1

    response = upload(
        **multipart(
            [
                ("documents[]", "good.txt", "good"),
                ("documents[]", "bad.exe", "bad"),
                ("documents[]", "large.txt", "x" * 2048),
                ("documents[8]", "bad.html", "bad"),
                ("file", "bad.svg", "bad"),
            ]
        )
    )

    wrong = f"must be a file of type: {TYPES}."
    assert response.json()["errors"] == {
        "documents.1": [f"The documents.1 {wrong}"],
        "documents.2": ["The documents.2 must not be greater than 1 kilobytes."],
        "documents.8": [f"The documents.8 {wrong}"],
        "file": [f"The file {wrong}"],
    }
    assert (kept(north), files_in(media)) == ([], [])


def test_a_single_file_is_told_by_the_name_of_its_field(upload):
    response = upload({"documents": file("a.exe")})

    text = f"The documents must be a file of type: {TYPES}."
    assert response.json()["errors"] == {"documents": [text]}


def test_a_file_further_down_is_refused_and_not_lost(upload, north):
    response = upload({"documents[0][file]": file()})

    assert response.status_code == 422
    text = "The documents.0.file must be a file."
    assert response.json()["errors"] == {"documents.0.file": [text]}


NAMES = {
    "../../etc/passwd.txt": "passwd.txt",
    "C:\\\\Users\\\\me\\\\a.txt": "a.txt",
    "a\x00b.txt": "ab.txt",
    "a\tb\x07.txt": "ab.txt",
    "invoice\u202etxt.exe.txt": "invoicetxt.exe.txt",
    "报价 Ü.txt": "报价 Ü.txt",
    "😀.txt": "😀.txt",
    "..": "file",
    "/": "file",
    "x" * 900 + ".txt": "x" * 251 + ".txt",
    "a.txt. ": "a.txt",
    ".txt": "txt",
    "%2e%2e%2fa.txt": "%2e%2e%2fa.txt",
    "&lt;b&gt;.txt": "<b>.txt",
}


def test_a_name_is_kept_as_far_as_it_misleads_nobody(upload, media):
    response = upload(**multipart([("documents[]", name, "hello") for name in NAMES]))

    assert response.status_code == 200, response.content
    documents = response.json()["data"]["documents"]
    assert [document["name"] for document in documents] == list(NAMES.values())
    stored = [path.name for path in files_in(media)]
    assert set(stored) == {document["hash"] for document in documents}
    assert all(re.fullmatch(r"[A-Za-z0-9]{40}\.txt", name) for name in stored)


def test_a_name_longer_than_any_file_can_have_is_refused(upload, north):
    response = upload(**multipart([("documents[]", "x" * 3000 + ".txt", "hello")]))

    assert (response.status_code, list(response.json())) == (400, ["message"])


def test_a_field_for_files_that_was_left_empty_is_no_file(upload, acme):
    response = upload(**multipart([("documents[]", "", "")]))

    assert (response.status_code, response.json()) == (200, {"data": acme})


@pytest.mark.parametrize("state", ["archived_at", "deleted_at"])
def test_archived_and_deleted_clients_take_files_too(upload, north, state):
    with acting_for(north.agency_id):
        Client.objects.update(**{state: LONG_AGO})

    response = upload({"documents[]": file()})

    assert response.status_code == 200
    assert len(response.json()["data"]["documents"]) == 1


@pytest.mark.parametrize("client_id", ["Wjneg56bwZ", "123", "nonsense"])
def test_an_unknown_client_takes_none(north, ninja, media, client_id):
    response = as_post(ninja(north), f"{LIST}/{client_id}/upload")

    assert response.status_code == 400
    assert files_in(media) == []


def test_a_stranger_leaves_nothing(south, ninja, acme, north, media):
    response = as_post(ninja(south), f"{LIST}/{acme['id']}/upload")

    absent = "No query results for model [App\\Models\\Client]."
    assert (response.status_code, response.json()) == (400, {"message": absent})
    assert (kept(north), kept(south), files_in(media)) == ([], [], [])


def test_whoever_may_not_edit_clients_may_not_upload(north, join, ninja, acme, media):
    for api in (
        ninja(north, scopes=["clients:read", "files:write"]),
        ninja(join(north, Role.VIEWER)),
    ):
        response = as_post(api, f"{LIST}/{acme['id']}/upload")

        assert response.status_code == 401
        assert response.json() == {"message": "This action is unauthorized."}
    assert files_in(media) == []


def test_relations_are_asked_for_as_of_any_client(upload):
    response = upload({"documents[]": file()}, query="?include=ledger&index=client")

    assert response.json()["client"]["ledger"] == []


def test_a_large_file_arrives_whole(upload, north, media):
    content = PDF.ljust(5 * 2**20, b"x")

    (document,) = upload({"documents[]": file(content=content)}).json()["data"]["documents"]

    assert document["size"] == len(content)
    assert files_in(media)[0].read_bytes() == content


def test_a_repeated_upload_is_kept_once_and_another_file_is_refused(upload, north, media):
    once = {"Idempotency-Key": "once"}
    first = upload({"documents[]": file()}, headers=once)

    again = upload({"documents[]": file()}, headers=once)
    other = upload({"documents[]": file(content=PDF[::-1])}, headers=once)

    assert again.json() == first.json()
    assert other.status_code == 409
    assert (kept(north), len(files_in(media))) == (["offer.pdf"], 1)


@contextmanager
def a_full_disk(after):
    """No file of this process grows beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_leaves_neither_row_nor_file(upload, north, media):
    upload({"documents[]": file("before.pdf")})
    many = [file(), file(content=PDF.ljust(300_000))]

    with a_full_disk(after=200_000), pytest.raises(OSError, match="too large"):
        upload({"documents[]": many})

    assert (kept(north), len(files_in(media))) == (["before.pdf"], 1)


@pytest.mark.django_db(transaction=True)
def test_a_storage_that_cannot_be_written_leaves_no_client(north, ninja, media):
    (media / "documents").write_text("A file where a folder is expected.")
    api = ninja(north)

    api.browser.raise_request_exception = False
    response = api.browser.post(LIST, {"name": "Acme", "documents[]": file()})

    assert (response.status_code, response.json()) == (500, {"message": "Server Error"})
    with acting_for(north.agency_id):
        assert not Client.objects.exists()


def test_files_come_with_a_new_client(north, ninja, media):
    sent = {"name": "Acme", "documents[]": [file("a.pdf"), file("b.pdf")], "is_public": "0"}

    client = ninja(north).browser.post(LIST, sent).json()["data"]

    assert client["name"] == "Acme"
    shown = [(document["name"], document["is_public"]) for document in client["documents"]]
    assert shown == [("a.pdf", False), ("b.pdf", False)]
    assert len(files_in(media)) == 2


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_files_come_with_an_update_and_the_update_applies(north, ninja, acme, method):
    sent = {"_method": "PUT", "name": "Acme & Co", "documents[]": file()}

    response = ninja(north).browser.generic(
        method, f"{LIST}/{acme['id']}", encode_multipart(BOUNDARY, sent), MULTIPART_CONTENT
    )

    client = response.json()["data"]
    assert (client["name"], [d["name"] for d in client["documents"]]) == (
        "Acme & Co",
        ["offer.pdf"],
    )


def test_documents_that_a_read_showed_change_nothing_and_the_update_applies(upload, north, ninja):
    client = upload({"documents[]": file()}).json()["data"]
    api = ninja(north)

    response = api.put(f"{LIST}/{client['id']}", client | {"name": "Acme & Co"})

    changed = response.json()["data"]
    assert (changed["name"], changed["documents"]) == ("Acme & Co", client["documents"])


def test_fields_and_files_are_refused_together(north, ninja, acme, media):
    sent = {"country_id": "A", "documents[]": file("a.exe")}

    for address, method in ((LIST, "POST"), (f"{LIST}/{acme['id']}", "PUT")):
        response = ninja(north).browser.post(address, sent | {"_method": method})

        assert response.status_code == 422
        assert set(response.json()["errors"]) == {"country_id", "documents.0"}
        sent["documents[]"].seek(0)
    assert files_in(media) == []
    with acting_for(north.agency_id):
        assert Client.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_refuses_the_client_leaves_no_file(north, ninja, create, media):
    deleted, api = create(name="Gone"), ninja(north)
    api.delete(f"{LIST}/{deleted['id']}")

    response = api.browser.post(
        f"{LIST}/{deleted['id']}", {"_method": "PUT", "documents[]": file()}
    )

    assert response.status_code == 400
    assert (kept(north), files_in(media)) == ([], [])


@pytest.mark.parametrize(
    ("name", "content", "kilobytes", "text"),
    [
        ("logo.pdf", PDF, 100_000, "must be a file of type: jpeg, jpg, png, gif."),
        ("logo.webp", PDF, 100_000, "must be a file of type: jpeg, jpg, png, gif."),
        (
            "logo.png",
            picture().ljust(10_001 * 1024),
            100_000,
            "must not be greater than 10000 kilobytes.",
        ),
        ("logo.png", picture().ljust(2048), 1, "must not be greater than 1 kilobytes."),
    ],
)
def test_a_logo_is_a_picture_of_10_megabytes_at_most(
    north, ninja, settings, name, content, kilobytes, text
):
    settings.UPLOAD_LIMIT_KB = kilobytes

    response = ninja(north).browser.post(LIST, {"company_logo": file(name, content)})

    assert response.status_code == 422
    assert response.json()["errors"] == {"company_logo": [f"The company logo {text}"]}


def test_a_logo_is_looked_at_and_not_kept(north, ninja, media):
    response = ninja(north).browser.post(LIST, {"company_logo": file("a.png", picture())})

    assert response.status_code == 200
    assert files_in(media) == []
