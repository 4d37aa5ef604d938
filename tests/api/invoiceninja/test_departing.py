"""Purge and merge: who may, in which order it is refused, and what is left afterwards."""

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone

from agencies.confirming import MOST_GUESSES
from agencies.keys import create_api_key
from agencies.models import Confirmation
from agencies.roles import Role
from agencies.scope import acting_for
from api.invoiceninja.ids import decode, encode
from billing.merging import undo
from clients.departing import survivor_of
from clients.models import Client, ClientMerge, Document, Note
from contacts.enrolling import Person, enroll
from contacts.models import Contact

LIST = "/api/v1/clients"
PASSWORD = "correct horse 9"
GIVEN = {"X-API-PASSWORD": PASSWORD}
INVALID_TOKEN = (403, {"message": "Invalid token", "errors": {}})
INVALID_PASSWORD = (412, {"message": "Invalid Password", "errors": {}})
TOO_MANY = (429, {"message": "Too many requests"})
UNAUTHORIZED = (401, {"message": "This action is unauthorized."})
NO_RECORD = (400, {"message": "No query results for model [App\\Models\\Client]."})
NO_OTHER = (400, {"message": "Client not found"})
SAME = (400, {"message": "Attempting to merge the same client is not possible."})
SUCCESS = (200, {"message": "Success"})
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIGURES = ("balance", "paid_to_date", "credit_balance", "payment_balance")


def told(response):
    return response.status_code, response.json()


def purge(api, client, **headers):
    return api.post(f"{LIST}/{client['id']}/purge", {}, headers=headers)


def merge(api, survivor, merged, **headers):
    return api.post(f"{LIST}/{survivor['id']}/{merged['id']}/merge", {}, headers=headers)


def base64_of(password):
    return base64.b64encode(password.encode()).decode()


@pytest.fixture
def api(north, ninja):
    """The owner, who has given the password."""
    secret = ninja(north)
    secret.browser.defaults |= {"HTTP_X_API_PASSWORD": PASSWORD}
    return secret


@pytest.fixture
def change(north):
    def change(client, **facts):
        with acting_for(north.agency_id):
            Client.objects.filter(pk=decode(client["id"])).update(**facts)

    return change


def clients_of(owner):
    with acting_for(owner.agency_id):
        return set(Client.objects.values_list("name", flat=True))


# Purging.


def test_a_purge_answers_success_and_the_client_is_no_more(north, api, create):
    acme, other = create(name="Acme"), create(name="Other")

    response = purge(api, acme)

    assert told(response) == SUCCESS
    assert told(api.get(f"{LIST}/{acme['id']}")) == NO_RECORD
    assert [client["id"] for client in api.get(LIST).json()["data"]] == [other["id"]]
    assert [a["client_id"] for a in api.get("/api/v1/activities").json()["data"]] == [other["id"]]


@pytest.mark.parametrize("state", ["archived_at", "suspended_at", "deleted_at"])
def test_a_client_is_purged_from_any_state(north, api, create, change, state):
    acme = create(name="Acme")
    change(acme, **{state: NOON})

    assert told(purge(api, acme)) == SUCCESS
    assert clients_of(north) == set()


@pytest.mark.parametrize("path", ["{id}/purge", "{id}/purge/"])
def test_both_slash_forms_purge(north, api, create, path):
    acme = create()

    assert told(api.post(f"{LIST}/{path.format(id=acme['id'])}")) == SUCCESS


def test_what_was_purged_is_absent_for_every_later_call(api, create):
    acme, other = create(), create()
    purge(api, acme)

    assert told(purge(api, acme)) == NO_RECORD
    assert told(merge(api, acme, other)) == NO_RECORD
    assert told(merge(api, other, acme)) == NO_OTHER


def test_the_number_of_a_purged_client_is_free_again(api, create):
    purge(api, create(number="X-1"))

    assert create(number="X-1")["number"] == "X-1"


def test_a_repeated_purge_with_a_key_is_answered_as_the_first(api, create):
    acme = create()

    answers = [purge(api, acme, **{"Idempotency-Key": "once"}) for _ in range(2)]

    assert [told(answer) for answer in answers] == [SUCCESS, SUCCESS]
    assert answers[1]["Idempotent-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_files_go_once_the_purge_is_committed_and_no_others(north, api, create, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    acme, other = create(), create()
    with acting_for(north.agency_id):
        acmes, others = (
            Document.objects.create(
                agency=north.agency, client_id=decode(client["id"]), name="a.txt", size=1,
                stored_name=f"{client['id']}.txt", extension="txt",
                file=ContentFile(b"a", name="a.txt"),
            )
            for client in (acme, other)
        )  # fmt: skip

    refused = api.post(f"{LIST}/{acme['id']}/purge", headers={"X-API-PASSWORD": "wrong"})
    kept = acmes.file.storage.exists(acmes.file.name)
    purge(api, acme)

    assert (refused.status_code, kept) == (412, True)
    assert not acmes.file.storage.exists(acmes.file.name)
    assert others.file.storage.exists(others.file.name)


# Merging.


@pytest.fixture
def pair(north, create, change):
    """The survivor with two people, and the one to be merged, who shares one of them."""
    survivor = create(
        name="Ann Ltd",
        public_notes="ours",
        contacts=[{"email": "ann@a.example"}, {"email": "both@x.example"}],
    )
    merged = create(
        name="Bob Ltd",
        number="B-7",
        id_number="HRB 7",
        contacts=[{"email": "Both@x.example"}, {"email": "bob@b.example"}],
    )
    for n, client in enumerate((survivor, merged), start=1):
        sums = {name: Decimal(n) + Decimal(m) / 8 for m, name in enumerate(FIGURES)}
        change(client, **sums)
    return survivor, merged


def test_a_merge_answers_the_fresh_survivor(api, pair):
    survivor, merged = pair
    before = [api.get(f"{LIST}/{client['id']}").json()["data"] for client in pair]

    response = merge(api, survivor, merged)

    shown = response.json()["data"]
    assert response.status_code == 200
    assert shown == api.get(f"{LIST}/{survivor['id']}").json()["data"]
    assert shown["id"] == survivor["id"]
    assert {name: shown[name] for name in FIGURES} == {
        name: before[0][name] + before[1][name] for name in FIGURES
    }
    kept = ("name", "number", "id_number", "public_notes", "client_hash", "settings", "created_at")
    assert {key: shown[key] for key in kept} == {key: survivor[key] for key in kept}
    emails = [(person["email"], person["is_primary"]) for person in shown["contacts"]]
    assert emails == [("ann@a.example", True), ("both@x.example", False), ("bob@b.example", False)]


def test_the_merged_client_is_gone_and_its_numbers_are_free(api, pair, create):
    survivor, merged = pair

    merge(api, survivor, merged)

    assert told(api.get(f"{LIST}/{merged['id']}")) == NO_RECORD
    assert [client["id"] for client in api.get(LIST).json()["data"]] == [survivor["id"]]
    assert create(number="B-7", id_number="HRB 7")["number"] == "B-7"


def test_notes_activities_and_files_move_to_the_survivor(north, api, pair):
    survivor, merged = pair
    with acting_for(north.agency_id):
        client = Client.objects.get(pk=decode(merged["id"]))
        Note.objects.create(agency=north.agency, client=client, text="Called.")
        Document.objects.create(
            agency=north.agency, client=client, name="a.txt", stored_name="a.txt", file="a.txt",
            extension="txt", size=1,
        )  # fmt: skip

    shown = merge(api, survivor, merged).json()["data"]
    activities = api.get(f"{LIST}/{survivor['id']}?include=activities").json()["data"]["activities"]

    assert [document["link"] for document in shown["documents"]] == [f"/clients/{survivor['id']}"]
    assert [a["client_id"] for a in activities if a["notes"] == "Called."] == [survivor["id"]]


def test_all_activities_of_the_merged_client_are_told_of_the_survivor(north, api, pair, change):
    survivor, merged = pair
    for n in range(60):
        change(merged, city=str(n))
    change(survivor, city="Rome")
    whole = "/api/v1/activities?per_page=5000"
    before = api.get(whole).json()["data"]

    merge(api, survivor, merged)

    after = api.get(whole).json()["data"]
    shown = api.get(f"{LIST}/{survivor['id']}?include=activities").json()["data"]["activities"]
    assert [a["id"] for a in after if a["id"] in {b["id"] for b in before}] == [
        activity["id"] for activity in before
    ]
    assert {activity["client_id"] for activity in after} == {survivor["id"]}
    assert shown == after[:50]
    assert len(after) > 60


def test_activities_find_their_client_through_a_chain_of_merges_and_back(north, api, pair, create):
    survivor, merged = pair
    third = create(name="Third")

    def clients():
        return {a["client_id"] for a in api.get("/api/v1/activities").json()["data"]}

    merge(api, survivor, merged)
    merge(api, third, survivor)
    assert clients() == {third["id"]}

    with acting_for(north.agency_id):
        undo(ClientMerge.objects.first(), at=timezone.now())
    assert clients() == {third["id"], survivor["id"]}


def test_include_and_index_shape_the_answer_of_a_merge(api, pair):
    survivor, merged = pair

    response = api.post(f"{LIST}/{survivor['id']}/{merged['id']}/merge?include=ledger&index=it")

    assert list(response.json()) == ["it"]
    assert response.json()["it"]["ledger"] == []


@pytest.mark.parametrize("state", ["archived_at", "deleted_at"])
def test_an_archived_or_deleted_client_may_be_merged(api, pair, change, state):
    survivor, merged = pair
    change(merged, **{state: NOON})

    assert merge(api, survivor, merged).status_code == 200


def test_a_client_is_not_merged_into_itself(north, api, create):
    acme = create(name="Acme")

    assert told(merge(api, acme, acme)) == SAME
    assert clients_of(north) == {"Acme"}


@pytest.mark.parametrize(
    "other", ["Wjneg56bwZ", "nonsense", "123", "%00", "é", "x" * 3000, encode(10**9)]
)
def test_merging_with_nobody_is_refused(north, api, create, other):
    acme = create(name="Acme")

    assert told(api.post(f"{LIST}/{acme['id']}/{other}/merge")) == NO_OTHER
    assert clients_of(north) == {"Acme"}


def test_different_currencies_are_refused_in_a_sentence(north, api, pair, change):
    survivor, merged = pair
    change(merged, currency="USD")

    status, body = told(merge(api, survivor, merged))

    assert status == 400
    assert body == {
        "message": "Ann Ltd is kept in EUR and Bob Ltd in USD: their sums cannot be added."
    }
    assert clients_of(north) == {"Ann Ltd", "Bob Ltd"}


def test_the_sums_of_an_agency_are_the_same_before_and_after(api, pair):
    def sums():
        shown = api.get(LIST).json()["data"]
        return {name: sum(client[name] for client in shown) for name in FIGURES}

    before = sums()

    merge(api, *pair)

    assert sums() == before
    assert before["balance"] == 3


def test_a_merge_may_be_undone_from_its_record_for_thirty_days(north, api, pair):
    before = api.get(LIST).json()["data"]
    merge(api, *pair)

    with acting_for(north.agency_id):
        record = ClientMerge.objects.get()
        undo(record, at=record.merged_at + timedelta(days=30))

    def without_moments(clients):
        for client in clients:
            for row in (client, *client["contacts"]):
                del row["updated_at"]
        return clients

    assert without_moments(api.get(LIST).json()["data"]) == without_moments(before)


def test_who_merged_is_on_the_record(north, api, pair):
    merge(api, *pair)

    with acting_for(north.agency_id):
        assert ClientMerge.objects.get().merged_by == north
        assert survivor_of(decode(pair[1]["id"])) == decode(pair[0]["id"])


def test_a_client_that_was_merged_is_absent_and_its_survivor_is_not(api, pair, create):
    survivor, merged = pair
    third = create(name="Third")
    merge(api, survivor, merged)

    assert told(purge(api, merged)) == NO_RECORD
    assert told(merge(api, merged, third)) == NO_RECORD
    assert told(merge(api, third, merged)) == NO_OTHER
    assert told(merge(api, survivor, merged)) == NO_OTHER
    assert told(purge(api, survivor)) == SUCCESS
    assert told(purge(api, third)) == SUCCESS


def test_a_chain_of_merges_is_purged_whole(north, api, pair, create):
    survivor, merged = pair
    third = create(name="Third")
    merge(api, survivor, merged)
    merge(api, third, survivor)

    assert told(purge(api, third)) == SUCCESS
    with acting_for(north.agency_id):
        assert not Contact.objects.exists()
        assert not ClientMerge.objects.exists()


# Who may, and which refusal wins.

DANGERS = {
    "purge": lambda api, client, other, **headers: purge(api, client, **headers),
    "merge": merge,
}
each_danger = pytest.mark.parametrize("danger", DANGERS.values(), ids=DANGERS)


@each_danger
def test_without_the_password_nothing_happens(north, ninja, create, danger):
    acme, other = create(name="Acme"), create(name="Other")

    assert told(danger(ninja(north), acme, other)) == INVALID_PASSWORD
    assert clients_of(north) == {"Acme", "Other"}


@each_danger
@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-PASSWORD": PASSWORD},
        {"X-API-PASSWORD-BASE64": base64_of(PASSWORD)},
        {"X-API-PASSWORD-BASE64": base64_of(PASSWORD), "X-API-PASSWORD": "wrong"},
        {"X-API-PASSWORD-BASE64": "", "X-API-PASSWORD": PASSWORD},
    ],
)
def test_the_password_comes_plain_or_encoded_and_the_encoded_one_wins(
    north, ninja, create, danger, headers
):
    assert danger(ninja(north), create(), create(), **headers).status_code == 200


@each_danger
@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-PASSWORD": "wrong"},
        {"X-API-PASSWORD": ""},
        {"X-API-PASSWORD": base64_of(PASSWORD)},
        {"X-API-PASSWORD": "é" * 99},
        {"X-API-PASSWORD": "\u2603"},
        {"X-API-PASSWORD-BASE64": base64_of("wrong")},
        {"X-API-PASSWORD-BASE64": base64_of("wrong"), "X-API-PASSWORD": PASSWORD},
        # No Base64, or not of text.
        {"X-API-PASSWORD-BASE64": f"{base64_of(PASSWORD)[:4]}!{base64_of(PASSWORD)[4:]}"},
        {"X-API-PASSWORD-BASE64": PASSWORD, "X-API-PASSWORD": PASSWORD},
        {"X-API-PASSWORD-BASE64": "====", "X-API-PASSWORD": PASSWORD},
        {"X-API-PASSWORD-BASE64": "/w==", "X-API-PASSWORD": PASSWORD},
        {"X-API-PASSWORD-BASE64": "é", "X-API-PASSWORD": PASSWORD},
        {"X-API-OAUTH-PASSWORD": PASSWORD},
    ],
)
def test_a_wrong_or_unreadable_password_is_a_412(north, ninja, create, danger, headers):
    acme, other = create(name="Acme"), create(name="Other")

    assert told(danger(ninja(north), acme, other, **headers)) == INVALID_PASSWORD
    assert clients_of(north) == {"Acme", "Other"}


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_a_password_beyond_ascii_is_read_however_its_bytes_travel(north, ninja, create, encoding):
    north.user.set_password("Käse größer")
    north.user.save()
    # As a server hands a header's bytes over.
    on_the_wire = "Käse größer".encode(encoding).decode("latin-1")

    assert told(purge(ninja(north), create(), **{"X-API-PASSWORD": on_the_wire})) == SUCCESS
    encoded = {"X-API-PASSWORD-BASE64": base64_of("Käse größer")}
    assert told(purge(ninja(north), create(), **encoded)) == SUCCESS


def test_the_password_is_remembered_for_the_configured_time_and_renewed_by_use(
    north, ninja, create
):
    api = ninja(north)
    clients = [create() for _ in range(4)]
    with time_machine.travel(NOON, tick=False) as clock:
        given = purge(api, clients[0], **GIVEN)
        clock.shift(timedelta(minutes=29))
        remembered = purge(api, clients[1])
        clock.shift(timedelta(minutes=29))
        renewed = purge(api, clients[2])
        clock.shift(timedelta(minutes=31))
        forgotten = purge(api, clients[3])

    assert [told(answer) for answer in (given, remembered, renewed)] == [SUCCESS] * 3
    assert told(forgotten) == INVALID_PASSWORD


def test_a_wrong_password_fails_although_the_right_one_is_remembered(north, ninja, create):
    api = ninja(north)
    purge(api, create(), **GIVEN)
    acme = create()

    for wrong in ({"X-API-PASSWORD": "wrong"}, {"X-API-PASSWORD-BASE64": "not base64"}):
        assert told(purge(api, acme, **wrong)) == INVALID_PASSWORD
    assert told(purge(api, acme)) == SUCCESS


def test_one_keys_password_is_not_remembered_for_another(north, ninja, create):
    purge(ninja(north), create(), **GIVEN)

    assert told(purge(ninja(north), create())) == INVALID_PASSWORD


def test_guessing_comes_to_an_end_and_the_right_password_must_wait(north, ninja, create):
    api, acme = ninja(north), create(name="Acme")
    wrong = {"X-API-PASSWORD": "wrong"}

    guesses = [told(purge(api, acme, **wrong)) for _ in range(MOST_GUESSES)]

    assert guesses == [INVALID_PASSWORD] * MOST_GUESSES
    assert told(purge(api, acme, **wrong)) == TOO_MANY
    assert told(purge(api, acme, **GIVEN)) == TOO_MANY
    assert clients_of(north) == {"Acme"}


def test_a_password_is_remembered_even_when_the_request_is_refused_for_more(north, ninja, create):
    api = ninja(north)

    assert told(purge(api, {"id": encode(10**9)}, **GIVEN)) == NO_RECORD
    assert told(purge(api, create())) == SUCCESS


@each_danger
@pytest.mark.parametrize("role", [Role.STAFF, Role.VIEWER])
def test_who_does_not_administer_may_not_although_the_password_is_right(
    north, join, ninja, create, danger, role
):
    acme, other = create(name="Acme"), create(name="Other")

    response = danger(ninja(join(north, role)), acme, other, **GIVEN)

    assert told(response) == UNAUTHORIZED
    assert clients_of(north) == {"Acme", "Other"}


@each_danger
def test_a_manager_may(north, join, ninja, create, danger):
    api = ninja(join(north, Role.MANAGER))

    assert danger(api, create(), create(), **GIVEN).status_code == 200


@each_danger
@pytest.mark.parametrize("scopes", [["clients:read"], ["files:write"], ["clients:write"]])
def test_a_key_that_may_not_both_read_and_write_clients_may_not(
    north, ninja, create, danger, scopes
):
    acme, other = create(name="Acme"), create(name="Other")

    response = danger(ninja(north, scopes=scopes), acme, other, **GIVEN)

    assert told(response) == UNAUTHORIZED
    assert clients_of(north) == {"Acme", "Other"}


@each_danger
def test_the_first_reason_to_refuse_is_the_one_that_is_told(north, join, ninja, create, danger):
    """Token, password, absent client, lacking right, and only then the rule."""
    acme, nobody = create(), {"id": encode(10**9)}
    stranger, viewer = ninja(north), ninja(join(north, Role.VIEWER))
    stranger.browser.defaults |= {"HTTP_X_API_TOKEN": "nonsense"}

    assert told(danger(stranger, nobody, nobody)) == INVALID_TOKEN
    assert told(danger(viewer, nobody, nobody)) == INVALID_PASSWORD
    assert told(danger(viewer, nobody, nobody, **GIVEN)) == NO_RECORD
    assert told(danger(viewer, acme, acme, **GIVEN)) == UNAUTHORIZED


def test_a_number_for_an_id_is_named_in_the_refusal(api):
    assert told(purge(api, {"id": "123"})) == (400, {"message": "Record with value 123 not found"})


@each_danger
def test_a_strangers_client_reads_as_absent(north, south, api, create, danger):
    with acting_for(south.agency_id):
        theirs = enroll(south.agency, by=south, name="Theirs", people=[Person(email="a@b.example")])
    theirs, ours = {"id": encode(theirs.pk)}, create()

    assert told(danger(api, theirs, ours)) == NO_RECORD
    assert told(merge(api, ours, theirs)) == NO_OTHER
    assert clients_of(south) == {"Theirs"}


@pytest.mark.parametrize("verb", ["get", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["purge", "{id}/merge"])
def test_a_method_that_is_not_offered_asks_for_no_password(north, ninja, create, verb, path):
    acme = create()["id"]

    response = getattr(ninja(north), verb)(f"{LIST}/{acme}/{path.format(id=acme)}")

    assert told(response) == (404, {"message": "Method not supported for this route"})
    with acting_for(north.agency_id):
        assert not Confirmation.objects.exists()


def test_other_routes_ask_for_no_password_and_count_no_guess(north, create):
    key, _ = create_api_key(north, name="plain")

    create(name="Acme")

    with acting_for(key.agency_id):
        assert not Confirmation.objects.exists()
