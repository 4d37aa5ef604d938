"""Documents as they are listed, shown, downloaded and deleted."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.scope import acting_for
from api.invoiceninja.ids import decode
from clients.documents import settling, store, store_all
from clients.file_types import MEDIA_TYPES
from clients.models import Client, Document, Project

pytestmark = pytest.mark.usefixtures("media")

LIST = "/api/v1/documents"
PDF = b"%PDF-1.7\n1 0 obj"
ABSENT = {"message": "No query results for model [App\\Models\\Document]."}


@pytest.fixture
def acme(create):
    return create(name="Acme")


@pytest.fixture
def keep(north, ninja, acme):
    """Uploads files of these names to a client; returns the last of its documents."""

    def keep(*names, client=acme, content=PDF):
        files = [SimpleUploadedFile(name, content) for name in names]
        answer = ninja(north).browser.post(
            f"/api/v1/clients/{client['id']}/upload", {"documents[]": files}
        )
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]["documents"][-1]

    return keep


@pytest.fixture
def names(north, ninja):
    """The names that a list of documents shows."""

    def names(query="", path=LIST, method="get"):
        answer = getattr(ninja(north), method)(f"{path}?{query}")
        assert answer.status_code == 200, answer.content
        return [document["name"] for document in answer.json()["data"]]

    return names


def files_in(media):
    return [path for path in media.rglob("*") if path.is_file()]


def body_of(response):
    return b"".join(response.streaming_content)


def test_a_document_alone_in_lists_and_at_its_client_is_one_object(north, ninja, keep, acme):
    shown, api = keep("a.pdf"), ninja(north)

    alone = api.get(f"{LIST}/{shown['id']}")

    assert alone.json() == {"data": shown}
    assert alone["X-Api-Version"] == "5.0.16"
    assert api.get(LIST).json()["data"] == [shown]
    assert api.post(f"/api/v1/clients/{acme['id']}/documents").json()["data"] == [shown]
    assert api.get(f"/api/v1/clients/{acme['id']}").json()["data"]["documents"] == [shown]


def test_documents_come_in_pages_the_oldest_first(names, keep, north, ninja):
    keep("a.pdf", "b.pdf", "c.pdf")

    page = ninja(north).get(f"{LIST}?per_page=2&page=2").json()

    assert [document["name"] for document in page["data"]] == ["c.pdf"]
    assert page["meta"]["pagination"] == {
        "total": 3,
        "count": 1,
        "per_page": 2,
        "current_page": 2,
        "total_pages": 2,
        "links": {"previous": "http://localhost/api/v1/documents?per_page=2&page=1"},
    }
    assert names() == ["a.pdf", "b.pdf", "c.pdf"]
    assert names("page=9") == []


def test_documents_of_one_client_are_found(names, keep, acme, create):
    other = create(name="Other")
    keep("a.pdf")
    keep("b.pdf", client=other)

    assert names(f"client_id={other['id']}") == ["b.pdf"]
    assert names(f"client_id={acme['id']}&filter=b") == []
    assert names("client_id=nonsense") == ["a.pdf", "b.pdf"]


def test_documents_are_found_by_a_part_of_their_name(names, keep):
    keep("März 100%.pdf", "April.pdf")

    assert names("filter=marz") == ["März 100%.pdf"]
    assert names("filter=%25") == ["März 100%.pdf"]
    assert names("filter=") == ["März 100%.pdf", "April.pdf"]


@pytest.mark.parametrize("moment", ["created_at", "updated_at"])
def test_documents_are_found_since_a_moment(names, keep, north, moment):
    keep("old.pdf", "new.pdf")
    now = timezone.now()
    with acting_for(north.agency_id):
        Document.objects.filter(name="old.pdf").update(**{moment: now - timedelta(days=9)})

    assert names(f"{moment}={int(now.timestamp()) - 3600}") == ["new.pdf"]
    assert names(f"{moment}=nonsense") == ["old.pdf", "new.pdf"]


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("sort=name|asc", ["a.pdf", "B.txt", "c.pdf"]),
        ("sort=name|desc", ["c.pdf", "B.txt", "a.pdf"]),
        ("sort=id|desc", ["c.pdf", "a.pdf", "B.txt"]),
        ("sort=type&sort_dir=desc", ["B.txt", "c.pdf", "a.pdf"]),
        ("sort=secret|asc", ["B.txt", "a.pdf", "c.pdf"]),
        ("unknown=1&status=active", ["B.txt", "a.pdf", "c.pdf"]),
    ],
)
def test_documents_are_sorted(names, keep, query, order):
    keep("B.txt", content=b"text")
    keep("a.pdf", "c.pdf")

    assert names(query) == order


def test_a_list_of_documents_knows_no_relations(north, ninja):
    response = ninja(north).get(f"{LIST}?include=client")

    assert response.status_code == 400
    assert response.json() == {"message": "Relation `client` is not a valid include."}


def test_a_project_belongs_to_its_client(names, keep, north, acme):
    keep("a.pdf")
    with settling(), acting_for(north.agency_id):
        client = Client.objects.get()
        project = Project.objects.create(
            agency=north.agency, client=client, name="Site", currency="EUR"
        )
        file = SimpleUploadedFile("plan.pdf", PDF)
        store(client, file, by=north, project=project, is_shared=False)

    assert names(path=f"/api/v1/clients/{acme['id']}/documents", method="post") == [
        "a.pdf",
        "plan.pdf",
    ]


def test_the_document_of_a_project_names_it(north, ninja, acme):
    with settling(), acting_for(north.agency_id):
        client = Client.objects.get()
        project = Project.objects.create(
            agency=north.agency, client=client, name="Site", currency="EUR"
        )
        store(client, SimpleUploadedFile("plan.pdf", PDF), by=None, project=project)

    (shown,) = ninja(north).get(LIST).json()["data"]

    assert decode(shown["project_id"]) == project.pk
    assert shown["user_id"] == ""
    assert ninja(north).get(f"/api/v1/clients/{acme['id']}").json()["data"]["documents"] == []


def test_a_clients_documents_are_nobody_elses(names, keep, create):
    other = create(name="Other")
    keep("a.pdf")

    assert names(path=f"/api/v1/clients/{other['id']}/documents", method="post") == []


def test_lists_of_documents_are_as_many_queries_for_any_number(north, ninja, acme):
    counts = []
    for number in (1, 19, 180):
        with settling(), acting_for(north.agency_id):
            files = [SimpleUploadedFile(f"{n}.pdf", PDF) for n in range(number)]
            store_all(Client.objects.get(), files, by=north)
        api = ninja(north)
        with CaptureQueriesContext(connection) as queries:
            shown = api.get(f"{LIST}?per_page=200").json()["data"]
        counts.append((len(shown), len(queries)))

    assert [shown for shown, _ in counts] == [1, 20, 200]
    assert len({queries for _, queries in counts}) == 1


def test_a_key_for_files_reads_them_though_the_list_is_a_post(north, ninja, keep, acme):
    document, api = keep("a.pdf"), ninja(north, scopes=["files:read"])

    assert body_of(api.get(f"{LIST}/{document['id']}/download")) == PDF
    for answer in (
        api.get(LIST),
        api.post(f"/api/v1/clients/{acme['id']}/documents"),
        api.get(f"{LIST}/{document['id']}"),
    ):
        assert answer.status_code == 200
    assert api.delete(f"{LIST}/{document['id']}").status_code == 401


def test_a_key_for_clients_alone_opens_no_file(north, ninja, keep):
    document, api = keep("a.pdf"), ninja(north, scopes=["clients:read", "clients:write"])

    for response in (api.get(LIST), api.get(f"{LIST}/{document['id']}/download")):
        assert response.status_code == 401


@pytest.mark.parametrize("document_id", ["Wjneg56bwZ", "nonsense", "%00"])
@pytest.mark.parametrize("path", ["", "/download"])
def test_an_absent_document_is_a_400_of_its_own(north, ninja, document_id, path):
    response = ninja(north).get(f"{LIST}/{document_id}{path}")

    assert (response.status_code, response.json()) == (400, ABSENT)
    number = ninja(north).get(f"{LIST}/12{path}")
    assert number.json() == {"message": "Record with value 12 not found"}


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("get", "/download"), ("delete", "")])
def test_a_strangers_document_reads_as_absent(south, ninja, keep, media, method, path):
    document = keep("a.pdf")

    response = getattr(ninja(south), method)(f"{LIST}/{document['id']}{path}")

    assert (response.status_code, response.json()) == (400, ABSENT)
    assert len(files_in(media)) == 1


def test_an_absent_document_is_told_before_a_lacking_permission(north, ninja, keep, acme):
    document, api = keep("a.pdf"), ninja(north, scopes=["clients:read"])

    assert api.get(f"{LIST}/{document['id']}").status_code == 401
    assert api.get(f"{LIST}/Wjneg56bwZ").status_code == 400
    assert api.post(f"/api/v1/clients/{acme['id']}/documents").status_code == 401
    assert api.post("/api/v1/clients/Wjneg56bwZ/documents").status_code == 400


def test_a_download_streams_the_file_as_an_attachment(north, ninja, keep):
    content = PDF.ljust(300_000, b"x")
    address = keep("Offer 1.pdf", content=content)["url"].removeprefix("http://localhost:8000")

    response = ninja(north).get(address)

    assert response.status_code == 200
    assert response.streaming
    assert body_of(response) == content
    headers = {
        "Content-Type": "application/pdf",
        "Content-Length": "300000",
        "Content-Disposition": 'attachment; filename="Offer 1.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
        "X-APP-VERSION": "5.10.42",
    }
    assert headers.items() <= dict(response.headers).items()


def test_head_tells_of_a_download_and_sends_none(north, ninja, keep):
    response = ninja(north).head(f"{LIST}/{keep('a.pdf')['id']}/download")

    assert response.status_code == 200
    assert response["Content-Length"] == str(len(PDF))
    assert body_of(response) == b""


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("报价.pdf", "attachment; filename*=utf-8''%E6%8A%A5%E4%BB%B7.pdf"),
        ('a".pdf', 'attachment; filename="a\\".pdf"'),
        ("a\r\nX-Evil: 1.pdf", "attachment; filename*=utf-8''a%0D%0AX-Evil%3A%201.pdf"),
        ("a/../b.pdf", 'attachment; filename="b.pdf"'),
    ],
)
def test_whatever_its_name_a_download_is_named_safely(north, ninja, keep, name, disposition):
    document = keep("a.pdf")
    with acting_for(north.agency_id):
        # As no upload would name it.
        Document.objects.update(name=name)

    response = ninja(north).get(f"{LIST}/{document['id']}/download")
    body_of(response)

    assert response["Content-Disposition"] == disposition
    assert "X-Evil" not in response


SHOWN = {"png", "jpg", "gif", "webp", "pdf", "txt"}


# Types that no upload would bring in are among them.
@pytest.mark.parametrize("inline", ["inline=true", "inline=1", "inline=false", "inline=", ""])
def test_only_what_runs_nothing_is_shown_in_a_browser(north, ninja, keep, inline):
    address, api = f"{LIST}/{keep('a.pdf')['id']}/download?{inline}", ninja(north)
    asked = inline in ("inline=true", "inline=1")

    for extension in [*MEDIA_TYPES, "svg", "html", "xhtml", "js", ""]:
        with acting_for(north.agency_id):
            Document.objects.update(extension=extension)
        response = api.get(address)
        body_of(response)

        shown = "inline" if asked and extension in SHOWN else "attachment"
        assert response["Content-Disposition"] == f'{shown}; filename="a.pdf"'
        kind = MEDIA_TYPES.get(extension, "application/octet-stream")
        assert response["Content-Type"] == kind
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_file_that_is_lost_is_told_in_json(north, ninja, keep, media):
    document = keep("a.pdf")
    files_in(media)[0].unlink()

    response = ninja(north).get(f"{LIST}/{document['id']}/download")

    assert response.status_code == 404
    assert response.json() == {"message": "This file is missing. Ask for it to be sent again."}


def test_a_deletion_takes_row_and_file_and_answers_the_document(
    north, ninja, keep, media, django_capture_on_commit_callbacks
):
    kept, document = keep("kept.pdf"), keep("a.pdf")
    address, api = f"{LIST}/{document['id']}", ninja(north)
    with acting_for(north.agency_id):
        Client.objects.update(updated_at=datetime(2020, 1, 1, tzinfo=UTC))

    with django_capture_on_commit_callbacks(execute=True):
        response = api.delete(address)
        assert len(files_in(media)) == 2

    assert (response.status_code, response.json()) == (200, {"data": document})
    assert [path.name for path in files_in(media)] == [kept["hash"]]
    assert api.get(LIST).json()["data"] == [kept]
    for again in (api.get(address), api.delete(address), api.get(f"{address}/download")):
        assert (again.status_code, again.json()) == (400, ABSENT)
    (client,) = api.get("/api/v1/clients?updated_at=2021-01-01").json()["data"]
    assert client["documents"] == [kept]


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_a_document_is_never_changed(north, ninja, keep, method):
    address = f"{LIST}/{keep('a.pdf')['id']}"

    for path in (LIST, address, f"{address}/download"):
        response = getattr(ninja(north), method)(path, {"name": "b.pdf"})

        assert response.status_code == 404
        assert response.json() == {"message": "Method not supported for this route"}


def test_a_disguised_deletion_is_one(north, ninja, keep):
    response = ninja(north).post(f"{LIST}/{keep('a.pdf')['id']}", {"_method": "DELETE"})

    assert response.status_code == 200
    assert ninja(north).get(LIST).json()["data"] == []
