"""What programs that were not written here sent, byte for byte; recorded/README.md says how."""

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from agencies.founding import create_agency
from agencies.keys import create_api_key

RECORDED = Path(__file__).parent / "recorded"
# The ids that the recorded clients and people had where they were recorded.
GUZZLE = {"client": "open1pEd7A", "contacts": ["8mepY6mpaM", "4zbqxXn0ap"]}
PLAIN = {"client": "Jxbo1q3egw"}


class Replay:
    """Sends recordings to the running product, with the token and the ids of here put in."""

    def __init__(self, address, secret):
        parts = urlsplit(address)
        self.address = (parts.hostname, parts.port)
        self.put_in = {b"{token}": secret.encode()}

    def __call__(self, name):
        raw = (RECORDED / f"{name}.http").read_bytes()
        for there, here in self.put_in.items():
            raw = raw.replace(there, here)
        with socket.create_connection(self.address, timeout=30) as connection:
            connection.sendall(raw)
            status, answer = read_answer(connection.makefile("rb"))
        assert status == 200, answer
        return answer

    def knows(self, there, here):
        """What the recording tells of its own database, and its like of here, as long."""
        self.put_in[there.encode()] = here.encode()


def read_answer(stream):
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().strip():
        name, value = line.decode().split(":", 1)
        headers[name.lower()] = value.strip()
    return status, json.loads(stream.read(int(headers["content-length"])))


@pytest.fixture
def replay(transactional_db, live_server, settings):
    # The hosts that the documents' own examples name.
    settings.ALLOWED_HOSTS = ["ninja.test", "invoicing.co", "127.0.0.1"]
    owner = create_agency(
        "North",
        slug="north",
        owner_email="nora@north.example",
        owner_password="correct horse 9",
        country="DE",
    )
    return Replay(live_server.url, create_api_key(owner, name="recorded")[1])


def test_curl_sends_the_examples_of_the_documents_as_they_stand_there(replay):
    empty = replay("curl-01-list")
    made = replay("curl-02-create")["data"]
    sorted_by_name = replay("curl-03-page")
    by_balance = replay("curl-04-balance")
    by_name = replay("curl-05-sort")
    both = replay("curl-06-balance-and-name")
    related = replay("curl-07-include")
    second_page = replay("curl-08-second-page")

    assert empty["data"] == []
    assert made["name"] == "Client Name"
    assert [person["email"] for person in made["contacts"]] == ["email@example.com"]
    assert sorted_by_name["data"] == by_name["data"] == [made]
    assert by_balance["data"] == both["data"] == []
    assert related["data"][0].keys() - made.keys() == {"activities", "ledger", "system_logs"}
    assert second_page["data"] == []
    assert second_page["meta"]["pagination"]["total"] == 1


def test_guzzle_sends_what_scripts_around_the_php_sdk_send(replay):
    made = replay("guzzle-01-create")["data"]
    replay.knows(GUZZLE["client"], made["id"])
    for there, person in zip(GUZZLE["contacts"], made["contacts"], strict=True):
        replay.knows(there, person["id"])
    replay.knows("number=0005", f"number={made['number']}")
    found = replay("guzzle-02-search")["data"]
    shown = replay("guzzle-03-show")["data"]
    renamed = replay("guzzle-04-update")["data"]
    again = replay("guzzle-05-show")["data"]
    echoed = replay("guzzle-06-echo")["data"]

    assert made["name"] == "Ümlaut & Söhne + Co"
    assert made["is_tax_exempt"] is True
    assert made["settings"]["currency_id"] == "3"
    # As given, and a form gives text.
    assert made["settings"]["send_reminders"] == "0"
    assert [(p["first_name"], p["is_primary"], p["password"]) for p in made["contacts"]] == [
        ("Bo", True, "*" * 10),
        ("Änne", False, ""),
    ]
    assert found == []
    assert {key for key in shown if shown[key] != made[key]} <= {"updated_at"}
    assert renamed["name"] == again["name"] == "A new client name updated"
    assert [p["id"] for p in renamed["contacts"]] == [p["id"] for p in made["contacts"]]
    assert echoed["public_notes"] == "Two lines\nof notes"
    assert echoed["contacts"][1]["phone"] == "+49 30 1234567"
    assert unchanging(echoed) == unchanging(again)


def test_guzzle_sends_bulk_actions_and_uploads(replay):
    made = replay("guzzle-01-create")["data"]
    replay.knows(GUZZLE["client"], made["id"])

    archived = replay("guzzle-07-archive")["data"]
    restored = replay("guzzle-08-restore")["data"]
    uploaded = replay("guzzle-09-upload")["data"]
    deleted = replay("guzzle-10-delete")["data"]
    statics = replay("guzzle-11-statics")

    assert [client["archived_at"] > 0 for client in archived] == [True]
    assert [client["archived_at"] for client in restored] == [0]
    assert [(file["name"], file["type"], file["is_public"]) for file in uploaded["documents"]] == [
        ("minutes.txt", "txt", False),
        ("Übersicht.csv", "csv", False),
    ]
    assert [client["is_deleted"] for client in deleted] == [True]
    assert {"id": "276", "name": "Germany"}.items() <= next(
        country for country in statics["countries"] if country["id"] == "276"
    ).items()


def test_php_without_any_library_updates_and_deletes_by_method_override(replay):
    made = replay("php-01-create")["data"]
    replay.knows(PLAIN["client"], made["id"])

    updated = replay("php-02-update")["data"]
    deleted = replay("php-03-delete")["data"]

    assert made["name"] == "Plain & Simple"
    assert made["contacts"][0]["send_email"] is True
    assert updated["name"] == "Plainer"
    assert [(p["first_name"], p["email"]) for p in updated["contacts"]] == [
        ("Pia", "pia@plain.example")
    ]
    assert deleted["is_deleted"] is True


def unchanging(client):
    """All that the echoed object may not have changed by being sent back."""
    moving = {"updated_at", "public_notes", "contacts"}
    people = [
        {key: value for key, value in person.items() if key not in ("updated_at", "phone")}
        for person in client["contacts"]
    ]
    return {key: value for key, value in client.items() if key not in moving} | {"people": people}
