"""The seed's invitation, literally; and the list of those that were sent."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from agencies.scope import acting_for
from api.native.ids import encode
from clients.lifecycle import delete, suspend
from clients.models import Client
from clients.projects import create_project
from contacts.mailing import opened
from contacts.models import Contact, Message
from portal.models import Invite

MESSAGE = "Welcome to our client portal! You can track your projects and invoices here."
AT = "2026-03-01T10:00:00Z"


@pytest.fixture
def projects(north, acme):
    """Ids of two projects of Acme."""
    with acting_for(north.agency_id):
        return [encode("proj", create_project(acme, name=name).pk) for name in ("Site", "Logo")]


@pytest.fixture
def path(acme_id):
    return f"/v1/clients/{acme_id}/invite"


@pytest.fixture
def sent(north):
    """How many invitations and mails there are."""

    def sent():
        with acting_for(north.agency_id):
            return Invite.objects.count(), Message.objects.count()

    return sent


def test_the_documented_invitation_is_answered_as_documented(
    api, north, settings, projects, path, acme_id
):
    settings.FOYER_URL = "https://hub.example"
    with acting_for(north.agency_id):
        north.agency.portal_host = "portal.youragency.com"
        north.agency.save()
    body = {"project_ids": projects, "message": MESSAGE, "expires_at": "2026-06-01T00:00:00Z"}

    with time_machine.travel(AT, tick=False):
        response = api.post(path, body)

    assert response.status_code == 200
    assert response.json() == {
        "invited": True,
        "invite_sent_at": AT,
        "portal_url": "https://portal.youragency.com",
    }
    assert api.get(f"/v1/clients/{acme_id}").json()["portal_access"] is True
    with acting_for(north.agency_id):
        message, invite = Message.objects.get(), Invite.objects.get()
        assert (message.status, invite.mail) == ("queued", message)
        assert sorted(project.name for project in invite.opened_projects()) == ["Logo", "Site"]


HOSTILE = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-Host": "evil.example",
    "X-Host": "evil.example",
    "Forwarded": "host=evil.example;proto=http",
    "Origin": "https://evil.example",
    "Referer": "https://evil.example/",
}


@pytest.mark.parametrize("host", ["localhost", "evil.example", "hub.example.evil.example:666"])
def test_no_header_gets_into_the_links_of_the_mail(api, north, settings, path, host):
    settings.FOYER_URL = "https://hub.example"
    # As where an operator lets every host in, since a proxy stands before it.
    settings.ALLOWED_HOSTS = ["*"]

    response = api.post(path, {}, headers={**HOSTILE, "Host": host})

    assert response.status_code == 200
    assert response.json()["portal_url"] == "https://hub.example/portal/north"
    with acting_for(north.agency_id):
        letter = opened(Message.objects.get())
    for text in (letter.text, letter.html):
        links = re.findall(r"\w+://[^\s\"<]+", text)
        assert links
        assert all(link.startswith("https://hub.example/portal/north/invite/") for link in links)
        assert "evil" not in text


def test_a_host_that_is_none_of_ours_sends_nothing(api, path, sent):
    assert api.post(path, {}, headers={"Host": "evil.example"}).status_code == 400

    assert sent() == (0, 0)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"project_ids": []},
        dict.fromkeys(["project_ids", "message", "expires_at", "contact_id"]),
    ],
)
def test_nothing_needs_to_be_said(api, north, projects, path, acme, body):
    with time_machine.travel(AT, tick=False):
        assert api.post(path, body).json()["invited"] is True

        (invite,) = api.get("/v1/invites").json()["data"]

    assert invite == {
        "id": invite["id"],
        "client": {"id": encode("client", acme.pk), "name": "Acme"},
        "contact": {"id": invite["contact"]["id"], "name": "acme@x.example"},
        "email": "acme@x.example",
        "status": "open",
        "mail_status": "queued",
        "message": None,
        "project_ids": None,
        "sent_at": AT,
        "expires_at": "2026-03-08T10:00:00Z",
        "accepted_at": None,
        "revoked_at": None,
    }


def test_another_contact_can_be_named(api, acme_id, path):
    bob = api.post("/v1/contacts", {"client_id": acme_id, "email": "bob@x.example"}).json()

    api.post(path, {"contact_id": bob["id"]})

    (invite,) = api.get(f"/v1/invites?contact_id={bob['id']}").json()["data"]
    assert invite["email"] == "bob@x.example"


def test_no_secret_is_in_any_answer(api, path, projects):
    answer = api.post(path, {"project_ids": projects})

    assert set(answer.json()) == {"invited", "invite_sent_at", "portal_url"}
    assert "invite" not in answer.json()["portal_url"]
    (invite,) = api.get("/v1/invites").json()["data"]
    assert not {"digest", "secret", "link", "url"} & set(invite)


def test_projects_that_are_not_this_clients_are_refused_alike_and_nothing_is_sent(
    api, north, south, enrolled, projects, path, sent
):
    other, theirs = enrolled(north, "Other"), enrolled(south)
    ids = ["proj_abc123", "", "proj_" + "a" * 3000, encode("proj", 10**9), encode("client", 1)]
    for owner, client in ((north, other), (south, theirs)):
        with acting_for(owner.agency_id):
            ids.append(encode("proj", create_project(client, name="X").pk))

    answers = [api.post(path, {"project_ids": [*projects, id]}) for id in ids if id]

    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["error"]["param"] == "project_ids"
    assert sent() == (0, 0)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_at": 1767312000}, "expires_at"),
        ({"expires_at": ["2030-01-01"]}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59Z"}, "expires_at"),
        ({"project_ids": "proj_abc123"}, "project_ids"),
        ({"project_ids": [["x"]]}, "project_ids.0"),
        ({"project_ids": [None]}, "project_ids.0"),
        ({"project_ids": {"a": "b"}}, "project_ids"),
        ({"project_ids": ["proj_abc123"] * 1001}, "project_ids"),
        ({"message": 7}, "message"),
        ({"message": "x" * 5001}, "message"),
        ({"contact_id": "contact_aaaaaaaa"}, "contact_id"),
        ({"contact_id": 7}, "contact_id"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_sent(api, path, sent, body, param):
    response = api.post(path, body)

    assert (response.status_code, response.json()["error"]["param"]) == (422, param)
    assert sent() == (0, 0)


def test_a_contact_of_another_client_is_refused_and_a_strangers_as_an_unknown_one(
    api, north, south, enrolled, path, sent
):
    ids = [encode("contact", 10**9)]
    for owner in (south, north):
        client = enrolled(owner, "Other")
        with acting_for(owner.agency_id):
            ids.append(encode("contact", Contact.objects.get(client=client).pk))

    answers = [api.post(path, {"contact_id": id}) for id in ids]

    assert {answer.status_code for answer in answers} == {422}
    assert {answer.json()["error"]["param"] for answer in answers} == {"contact_id"}
    assert answers[0].content == answers[1].content
    assert sent() == (0, 0)


def test_a_moment_without_a_zone_is_utc(api, path):
    with time_machine.travel(AT, tick=False):
        api.post(path, {"expires_at": "2026-03-02T00:00:00"})

        (invite,) = api.get("/v1/invites").json()["data"]

    assert invite["expires_at"] == "2026-03-02T00:00:00Z"


@pytest.mark.parametrize(
    ("hinder", "status", "code"),
    [
        (
            lambda agency: suspend(Client.objects.all(), at=timezone.now()),
            409,
            "client_is_suspended",
        ),
        (lambda agency: Contact.objects.update(is_locked=True), 409, "contact_is_locked"),
        (lambda agency: Contact.objects.update(email=""), 422, "cannot_be_mailed"),
    ],
)
def test_who_cannot_be_let_in_or_reached_is_not_invited(
    api, north, path, acme_id, sent, hinder, status, code
):
    with acting_for(north.agency_id):
        hinder(north.agency)

    response = api.post(path, {})

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert sent() == (0, 0)
    assert api.get(f"/v1/clients/{acme_id}").json()["portal_access"] is False


def test_nobody_is_invited_to_a_portal_that_is_off(api, north, path, sent):
    with acting_for(north.agency_id):
        north.agency.portal_enabled = False
        north.agency.save()

    response = api.post(path, {})

    assert (response.status_code, response.json()["error"]["code"]) == (409, "portal_is_off")
    assert sent() == (0, 0)


def test_a_new_invitation_takes_the_place_of_the_unused_one(api, path):
    api.post(path, {})
    api.post(path, {"message": "Again."})

    found = api.get("/v1/invites").json()["data"]

    assert [(invite["status"], invite["message"]) for invite in found] == [
        ("open", "Again."),
        ("revoked", None),
    ]


def test_a_lost_update_sends_nothing(api, path, acme_id, sent):
    tag = api.get(f"/v1/clients/{acme_id}")["ETag"]
    api.patch(f"/v1/clients/{acme_id}", {"email": "new@x.example"})

    assert api.post(path, {}, headers={"If-Match": tag}).status_code == 412
    assert sent() == (0, 0)


def test_a_stranger_an_absent_one_and_a_reader_send_nothing(
    api, reader, south, bearer, path, nobodies, sent
):
    answers = [api.post(f"/v1/clients/{id}/invite", {}) for id in nobodies("client")]
    answers.append(bearer(south).post(path, {}))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert reader.post(path, {}).status_code == 403
    assert sent() == (0, 0)


def test_a_repetition_with_its_key_sends_one_mail(api, path, sent):
    answers = [api.post(path, {}, headers={"Idempotency-Key": "one"}) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert sent() == (1, 1)


def one_of(api):
    (invite,) = api.get("/v1/invites").json()["data"]
    return invite


def test_a_revoked_invitation_closes_the_portal(api, path, acme_id):
    api.post(path, {})
    invite = one_of(api)

    for _ in range(2):
        revoked = api.post(f"/v1/invites/{invite['id']}/revoke", {})
        assert (revoked.status_code, revoked.json()["status"]) == (200, "revoked")

    assert api.get(f"/v1/invites/{invite['id']}").json() == revoked.json()
    assert api.get(f"/v1/clients/{acme_id}").json()["portal_access"] is False


def test_an_invitation_sent_again_is_another_one_to_the_same_projects(api, path, projects):
    api.post(path, {"project_ids": projects[:1], "message": "Hello"})
    first = one_of(api)

    again = api.post(f"/v1/invites/{first['id']}/resend", {})

    assert again.status_code == 201
    assert again.json()["id"] != first["id"]
    assert again["Location"] == f"/v1/invites/{again.json()['id']}"
    assert (again.json()["project_ids"], again.json()["message"]) == (projects[:1], "Hello")
    assert api.get(f"/v1/invites/{first['id']}").json()["status"] == "revoked"


def test_an_accepted_invitation_is_not_sent_again(api, north, path):
    api.post(path, {})
    invite = one_of(api)
    with acting_for(north.agency_id):
        Invite.objects.update(accepted_at=timezone.now())

    again = api.post(f"/v1/invites/{invite['id']}/resend", {})

    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_accepted")
    assert one_of(api)["status"] == "accepted"


@pytest.mark.parametrize("action", ["revoke", "resend"])
def test_no_action_reaches_what_is_not_there(api, reader, south, bearer, path, nobodies, action):
    api.post(path, {})
    invite = one_of(api)
    own = f"/v1/invites/{invite['id']}/{action}"

    answers = [api.post(f"/v1/invites/{id}/{action}", {}) for id in nobodies("invite")]
    answers.append(bearer(south).post(own, {}))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert reader.post(own, {}).status_code == 403
    assert api.post(own, {}, headers={"If-Match": '"old"'}).status_code == 412
    assert one_of(api) == invite


def test_invitations_of_a_deleted_client_are_not_there(api, north, path):
    api.post(path, {})
    invite = one_of(api)
    with acting_for(north.agency_id):
        delete(Client.objects.all(), at=timezone.now())

    assert api.get(f"/v1/invites/{invite['id']}").status_code == 404
    assert api.get("/v1/invites").json()["data"] == []


def test_invitations_are_found_by_what_became_of_them(api, north, enrolled):
    names = {}
    for name in ("Open", "Used", "Late", "Back"):
        client = enrolled(north, name)
        api.post(f"/v1/clients/{encode('client', client.pk)}/invite", {})
        names[name] = client
    long_ago = timezone.now() - timedelta(days=30)
    with acting_for(north.agency_id):
        invites = Invite.objects
        invites.filter(client=names["Used"]).update(accepted_at=timezone.now())
        invites.filter(client=names["Late"]).update(
            sent_at=long_ago, expires_at=long_ago + timedelta(days=7)
        )
        invites.filter(client=names["Back"]).update(revoked_at=timezone.now())

    def found(query):
        page = api.get(f"/v1/invites?sort=sent_at&{query}").json()
        return [invite["client"]["name"] for invite in page["data"]]

    assert found("status=open") == ["Open"]
    assert found("status=accepted") == ["Used"]
    assert found("status=expired") == ["Late"]
    assert found("status=revoked") == ["Back"]
    assert found("status=open,expired") == ["Late", "Open"]
    assert found("expires_at=lt:2026-01-01") == []
    assert found("q=used@x") == ["Used"]
    assert found(f"client_id={encode('client', names['Late'].pk)}") == ["Late"]
    assert found("") == ["Late", "Open", "Used", "Back"]
    for bad in ("status=sent", "client_id=x", "sent_at=soon", "colour=red", "sort=status"):
        assert api.get(f"/v1/invites?{bad}").status_code == 400


@pytest.mark.parametrize("number", [1, 20, 100])
def test_a_list_costs_the_same_few_queries_whatever_its_length(
    api, north, acme, number, django_assert_num_queries
):
    then = timezone.now()
    with acting_for(north.agency_id):
        contact = acme.contacts.get()
        Invite.objects.bulk_create(
            Invite(
                agency=north.agency, client=acme, contact=contact, opens_client_id=acme.pk,
                address="a@x.example", digest=f"{n:064}", sent_at=then, revoked_at=then,
                expires_at=then + timedelta(days=7),
            )
            for n in range(number)
        )  # fmt: skip
    api.get("/v1/invites")

    with django_assert_num_queries(13):
        page = api.get("/v1/invites?limit=100&status=revoked").json()

    assert len(page["data"]) == number
