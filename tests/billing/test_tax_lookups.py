"""VIES and TaxJar, played by a real server: asked by jobs alone, and never twice too soon."""

import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from threading import Thread

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agencies.scope import acting_for
from billing.tax_lookups import PAUSES, learn
from clients.editing import edit_client
from clients.models import Client
from contacts.enrolling import enroll
from contacts.removing import remove

GERMAN = {"country": "DE", "vat_number": "DE 136.695.976"}
ZIP = {"country": "US", "postal_code": "90404", "city": "Santa Monica", "address1": "1 Main St"}
VALID = {
    "countryCode": "DE",
    "vatNumber": "136695976",
    "valid": True,
    "name": "Example GmbH",
    "address": "Strasse 1\nKiel",
    "requestIdentifier": "",
}
RATE = {
    "rate": {
        "zip": "90404",
        "country": "US",
        "state": "CA",
        "state_rate": "0.0625",
        "county": "LOS ANGELES",
        "county_rate": 0.01,
        "city": "SANTA MONICA",
        "city_rate": "0.0",
        "combined_district_rate": "0.03",
        "combined_rate": "0.1025",
        "freight_taxable": False,
    }
}


def vies_error(code):
    return {"actionSucceed": False, "errorWrappers": [{"error": code}]}


class Service(BaseHTTPRequestHandler):
    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.received.append((self.command, self.path, body))
        self.server.heads.append(self.headers)
        self.server.meanwhile()
        answers = self.server.answers
        status, content = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content if isinstance(content, bytes) else json.dumps(content).encode())

    do_GET = do_POST = _answer

    def log_message(self, *args):
        """No word on standard error."""


@pytest.fixture
def service(settings):
    server = HTTPServer(("127.0.0.1", 0), Service)
    server.received, server.heads, server.answers = [], [], [(200, VALID)]
    server.meanwhile = lambda: None
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.VIES_LOOKUP, settings.VIES_URL = True, f"{address}/check"
    settings.TAXJAR_API_KEY, settings.TAXJAR_URL = "a-key", f"{address}/v2"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(north):
    """Makes a client of North's of whom everything is to be learnt."""

    def client(**facts):
        with acting_for(north.agency_id):
            made = enroll(north.agency, by=north, name="Acme", **facts)
            return learn(made, at=timezone.now())

    return client


def info(client):
    with acting_for(client.agency_id):
        client.refresh_from_db()
    return client.tax_info


def waiting():
    return ProcrastinateJob.objects.filter(task_name="billing.tasks.look_up_tax", status="todo")


def test_a_number_that_vies_confirms_is_valid(service, client, run_jobs):
    acme = client(**GERMAN)
    assert info(acme)["vat_number"]["state"] == "well_formed"

    run_jobs()

    said = info(acme)["vat_number"]
    assert said.pop("checked_at")
    assert said == {
        "number": "DE136695976",
        "state": "confirmed",
        "name": "Example GmbH",
        "address": "Strasse 1\nKiel",
        "source": "VIES",
    }
    assert acme.has_valid_vat_number is True
    asked = {"countryCode": "DE", "vatNumber": "136695976"}
    assert service.received == [("POST", "/check", asked)]
    assert waiting().count() == 0


def test_an_agency_with_a_number_of_its_own_gets_a_proof(service, client, north, run_jobs):
    with acting_for(north.agency_id):
        north.agency.vat_id = "DE 129 273 398"
        north.agency.save()
    service.answers = [(200, VALID | {"requestIdentifier": "WAPIAAAAX"})]
    acme = client(**GERMAN)

    run_jobs()

    assert service.received[0][2]["requesterMemberStateCode"] == "DE"
    assert service.received[0][2]["requesterNumber"] == "129273398"
    assert info(acme)["vat_number"]["consultation"] == "WAPIAAAAX"


def test_an_agency_that_vies_does_not_know_asks_without_its_name(service, client, north, run_jobs):
    with acting_for(north.agency_id):
        north.agency.vat_id = "DE129273398"
        north.agency.save()
    service.answers = [(200, vies_error("INVALID_REQUESTER_INFO")), (200, VALID)]
    acme = client(**GERMAN)

    run_jobs()

    assert [set(body) for *_, body in service.received][1] == {"countryCode", "vatNumber"}
    assert info(acme)["vat_number"]["state"] == "confirmed"


@pytest.mark.parametrize(
    "answer", [(200, VALID | {"valid": False, "name": "---"}), (400, vies_error("INVALID_INPUT"))]
)
def test_a_number_that_vies_refuses_is_told(service, client, run_jobs, answer):
    service.answers = [answer]
    acme = client(has_valid_vat_number=True, **GERMAN)

    run_jobs()

    said = info(acme)["vat_number"]
    assert (said["state"], said["source"], "name" in said) == ("refused", "VIES", False)
    # What people said of it is theirs to take back.
    assert acme.has_valid_vat_number is True


def test_a_refusal_takes_back_what_vies_had_confirmed(service, client, run_jobs):
    acme = client(**GERMAN)
    run_jobs()
    service.answers = [(200, VALID | {"valid": False})]
    with acting_for(acme.agency_id):
        learn(acme, at=timezone.now())
    assert info(acme)["vat_number"]["state"] == "confirmed"

    run_jobs()

    assert info(acme)["vat_number"]["state"] == "refused"
    assert acme.has_valid_vat_number is False


@pytest.mark.parametrize(
    "answer",
    [
        (200, vies_error("MS_UNAVAILABLE")),
        (200, vies_error("MS_MAX_CONCURRENT_REQ")),
        (500, vies_error("SERVICE_UNAVAILABLE")),
        (429, {}),
        (404, {}),
        (200, b"<html>"),
        (200, []),
        (200, {"valid": "yes"}),
        (200, {"actionSucceed": False}),
        (302, {}),
    ],
)
def test_a_service_that_is_not_there_is_asked_again_later(service, client, run_jobs, answer):
    service.answers = [answer]
    acme = client(**GERMAN)

    with time_machine.travel(timezone.now(), tick=False):
        now = timezone.now()
        run_jobs()

        (job,) = waiting()
        assert (job.scheduled_at, job.args["attempt"]) == (now + PAUSES[0], 1)
    assert info(acme)["vat_number"]["state"] == "well_formed"


def test_the_pauses_grow_and_end(service, client, run_jobs):
    service.answers = [(503, {})]
    client(**GERMAN)
    now, asked = timezone.now(), []

    with time_machine.travel(now, tick=False) as clock:
        for _ in range(len(PAUSES) + 5):
            if run_jobs():
                asked.append(timezone.now() - now)
            (planned,) = waiting().values_list("scheduled_at", flat=True) or [None]
            clock.move_to(planned or timezone.now() + timedelta(days=30))

    assert list(PAUSES) == sorted(PAUSES)
    assert asked == [sum(PAUSES[:n], timedelta()) for n in range(len(PAUSES) + 1)]
    assert len(service.received) == len(PAUSES) + 1


def test_asked_twice_one_job_waits(service, client, run_jobs):
    acme = client(**GERMAN)

    with acting_for(acme.agency_id):
        learn(acme, at=timezone.now())

    assert waiting().count() == 1


def test_an_answer_about_a_former_number_is_not_noted(service, client, run_jobs, north):
    acme = client(**GERMAN)
    new = {"vat_number": "DE129273398"}
    with acting_for(north.agency_id):
        edit_client(acme, **new)
        learn(acme, at=timezone.now())
    # The job that was enqueued for the former number asks for the one that is there now.
    run_jobs()

    assert [body["vatNumber"] for *_, body in service.received] == ["129273398"]
    assert info(acme)["vat_number"]["number"] == "DE129273398"


@pytest.mark.django_db(transaction=True)
def test_a_number_that_changes_while_vies_is_asked_is_asked_for_anew(service, client, run_jobs):
    acme = client(**GERMAN)

    def change():
        service.meanwhile = lambda: None
        with acting_for(acme.agency_id):
            Client.objects.filter(pk=acme.pk).update(vat_number="DE129273398")

    changing = Thread(target=closing_connection(change))
    service.meanwhile = lambda: (changing.start(), changing.join())

    run_jobs()

    assert "vat_number" not in info(acme)
    assert (acme.has_valid_vat_number, waiting().count()) == (False, 1)
    run_jobs()
    assert info(acme)["vat_number"]["number"] == "DE129273398"


def closing_connection(work):
    def closing():
        try:
            work()
        finally:
            connection.close()

    return closing


@pytest.mark.parametrize(
    "facts",
    [
        {"country": "DE", "vat_number": "DE1"},
        {"country": "DE"},
        {"country": "CH", "vat_number": "CHE107787577IVA"},
        {"country": "US", "postal_code": "none"},
        {"country": "CA", "postal_code": "90404"},
    ],
)
def test_who_knows_nothing_of_a_client_is_not_asked(service, client, facts):
    client(**facts)

    assert waiting().count() == 0


def test_unless_it_is_set_nobody_is_asked(service, client, settings, run_jobs):
    settings.VIES_LOOKUP, settings.TAXJAR_API_KEY = False, ""
    client(**GERMAN)
    client(**ZIP)

    assert waiting().count() == 0


def test_what_was_switched_off_meanwhile_is_not_asked(service, client, settings, run_jobs):
    client(**GERMAN)
    settings.VIES_LOOKUP = False

    run_jobs()

    assert service.received == []


def test_the_sales_tax_of_an_american_address(service, client, run_jobs):
    service.answers = [(200, RATE)]
    acme = client(**ZIP)
    assert info(acme) == {}

    run_jobs()

    said = info(acme)["sales_tax"]
    assert said.pop("checked_at")
    assert said == {
        "country": "US",
        "postal_code": "90404",
        "state": "CA",
        "county": "LOS ANGELES",
        "city": "SANTA MONICA",
        "rate": "10.25",
        "rates": {"state": "6.25", "county": "1", "city": "0", "district": "3"},
        "shipping_taxed": False,
        "source": "TaxJar",
    }
    assert acme.state == "CA"
    ((method, path, body),) = service.received
    assert (method, body) == ("GET", None)
    assert path == "/v2/rates/90404?country=US&city=Santa+Monica&street=1+Main+St"
    assert service.heads[0]["Authorization"] == "Bearer a-key"


def test_a_state_that_people_wrote_stays(service, client, run_jobs):
    service.answers = [(200, RATE)]
    acme = client(**ZIP, state="California")

    run_jobs()

    assert (info(acme)["sales_tax"]["state"], acme.state) == ("CA", "California")


def test_a_zip_code_that_is_none_has_no_tax(service, client, run_jobs):
    service.answers = [(404, {"error": "Not Found"})]
    acme = client(**ZIP)

    run_jobs()

    assert (info(acme), waiting().count()) == ({}, 0)


def test_a_key_that_is_not_accepted_is_not_tried_again(service, client, run_jobs):
    service.answers = [(401, {"error": "Unauthorized"})]
    acme = client(**ZIP)

    run_jobs()

    assert (info(acme), waiting().count()) == ({}, 0)


@pytest.mark.parametrize(
    "rate", [None, "x", {}, {"combined_rate": "NaN"}, {"combined_rate": "7"}, {"combined_rate": []}]
)
def test_nonsense_about_rates_is_not_believed(service, client, run_jobs, rate):
    service.answers = [(200, {"rate": rate})]
    acme = client(**ZIP)

    run_jobs()

    assert (info(acme), waiting().count()) == ({}, 1)


def test_letters_that_no_database_takes_do_not_stop_it(service, client, run_jobs):
    odd = b'{"valid": true, "name": "A\\u0000\\ud800 GmbH", "address": 5}'
    service.answers = [(200, odd)]
    acme = client(**GERMAN)

    run_jobs()

    assert info(acme)["vat_number"]["name"] == "A GmbH"
    assert "address" not in acme.tax_info["vat_number"]


def test_a_client_that_is_gone_is_no_failure(service, client, north, run_jobs):
    acme = client(**GERMAN)
    with acting_for(acme.agency_id):
        remove(acme, by=north, at=timezone.now())

    run_jobs()

    assert service.received == []
