from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from agencies.scope import acting_for
from api.native.ids import encode
from clients.models import Client


@pytest.fixture
def path(acme_id):
    return f"/v1/clients/{acme_id}"


def test_each_answer_with_one_object_has_its_tag(api, path):
    made = api.post("/v1/clients", {"name": "B", "email": "b@x.example"})
    changed = api.patch(path, {"name": "New"})

    assert api.get(made["Location"])["ETag"] == made["ETag"]
    assert api.get(path)["ETag"] == changed["ETag"] != made["ETag"]
    assert made["ETag"].startswith('"')


def test_whatever_changes_in_the_answer_changes_the_tag(api, north, path):
    before = api.get(path)["ETag"]

    with acting_for(north.agency_id):
        Client.objects.update(balance=1)

    assert api.get(path)["ETag"] != before


def test_who_has_it_already_is_told_so_without_a_body(api, path):
    tag = api.get(path)["ETag"]

    for header in (tag, f"W/{tag}", f'"other", {tag}', "*", f'"a,b",{tag}'):
        response = api.get(path, headers={"If-None-Match": header})

        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == tag


def test_who_has_an_older_one_gets_the_new_one(api, path):
    tag = api.get(path)["ETag"]
    api.patch(path, {"name": "New"})

    response = api.get(path, headers={"If-None-Match": tag})

    assert (response.status_code, response.json()["name"]) == (200, "New")


def test_a_change_with_the_present_tag_is_made(api, path):
    for header in ("{}", "*", '"other", {}', ' "other" ,, {} '):
        tag = api.get(path)["ETag"]

        response = api.patch(path, {"name": header}, headers={"If-Match": header.format(tag)})

        assert (response.status_code, response.json()["name"]) == (200, header.strip())


def test_a_lost_update_is_refused(api, path):
    tag = api.get(path)["ETag"]
    api.patch(path, {"name": "First"}, headers={"If-Match": tag})

    response = api.patch(path, {"name": "Second"}, headers={"If-Match": tag})

    assert response.status_code == 412
    assert response.json()["error"]["type"] == "precondition_error"
    assert response.json()["error"]["code"] == "precondition_failed"
    assert api.get(path).json()["name"] == "First"


def test_a_weak_tag_never_allows_a_change(api, path):
    tag = api.get(path)["ETag"]

    response = api.patch(path, {"name": "New"}, headers={"If-Match": f"W/{tag}"})

    assert response.status_code == 412
    assert api.get(path).json()["name"] == "Acme"


@pytest.mark.parametrize("header", ["*", "{}", "W/{}"])
def test_a_change_is_refused_to_who_wants_another_state(api, path, header):
    tag = api.get(path)["ETag"]

    response = api.patch(path, {"name": "New"}, headers={"If-None-Match": header.format(tag)})

    assert response.status_code == 412
    assert api.get(path).json()["name"] == "Acme"


def test_reading_under_a_condition_that_fails_is_refused(api, path):
    assert api.get(path, headers={"If-Match": '"other"'}).status_code == 412
    assert api.get(path, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("header", ["", "abc", '"open', 'w/"x"', '"a" "b"', "**", '"' + "x" * 3000])
@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
def test_a_condition_that_cannot_be_read_is_named_and_nothing_changes(api, path, name, header):
    response = api.patch(path, {"name": "New"}, headers={name: header})

    assert response.status_code == 400
    assert response.json()["error"]["param"] == name
    assert api.get(path).json()["name"] == "Acme"


def test_a_condition_on_what_is_not_there_is_a_404(api, nobodies):
    path = f"/v1/clients/{nobodies('client')[0]}"

    assert api.get(path, headers={"If-Match": "*"}).status_code == 404
    assert api.patch(path, {"name": "x"}, headers={"If-Match": '"x"'}).status_code == 404


def test_a_bad_body_is_told_before_a_condition_that_fails(api, path):
    response = api.patch(path, {"name": ""}, headers={"If-Match": '"other"'})

    assert response.status_code == 422


@pytest.mark.django_db(transaction=True)
def test_of_changes_with_one_tag_at_once_one_is_made(north, bearer, enrolled):
    path = f"/v1/clients/{encode('client', enrolled(north).pk)}"
    api = bearer(north)
    tag, start = api.get(path)["ETag"], Barrier(4)

    def change(n):
        try:
            start.wait(timeout=30)
            response = api.patch(path, {"name": f"Name {n}"}, headers={"If-Match": tag})
            return response.status_code, response.json().get("name")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(change, range(4)))

    assert sorted(status for status, _ in answers) == [200, 412, 412, 412]
    (name,) = [name for status, name in answers if status == 200]
    assert api.get(path).json()["name"] == name
