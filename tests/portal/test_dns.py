"""Whether a portal's host leads here, asked of the system's own resolver."""

import socket
from threading import Event

import pytest

from portal.dns import Record, Verdict, ask, look_at


@pytest.fixture
def look(in_north, settings):
    """What is said of a portal's host where the main one is this."""

    def look(own, main="localhost", allowed=("*",)):
        settings.FOYER_URL = f"http://{main}:8000"
        settings.ALLOWED_HOSTS = list(allowed)
        in_north.portal_host = own
        return look_at(in_north)

    return look


def test_an_address_of_the_main_host_leads_here(look):
    found = look("127.0.0.1")

    assert found.verdict == Verdict.LEADS_HERE
    assert found.own.addresses == ("127.0.0.1",)
    assert "127.0.0.1" in found.main.addresses


def test_another_address_leads_elsewhere_and_the_records_say_where_to(look):
    found = look("127.0.0.2")

    assert found.verdict == Verdict.LEADS_ELSEWHERE
    assert found.records[:2] == (
        Record("127.0.0.2.", "CNAME", "localhost."),
        Record("127.0.0.2.", "A", "127.0.0.1"),
    )


@pytest.mark.parametrize(
    ("own", "main", "verdict"),
    [
        (["192.0.2.1", "192.0.2.2"], ["192.0.2.1"], Verdict.LEADS_ELSEWHERE),
        (["192.0.2.1"], ["192.0.2.1", "2001:db8::1"], Verdict.LEADS_HERE),
    ],
)
def test_where_only_some_addresses_lead_here_the_host_does_not(
    in_north, settings, own, main, verdict
):
    settings.FOYER_URL = "http://hub.example"
    in_north.portal_host = "clients.example"
    known = {"clients.example": own, "hub.example": main}

    def resolve(host):
        return [(0, 0, 0, "", (address, 0)) for address in known[host]]

    assert look_at(in_north, resolve=resolve).verdict == verdict


def test_a_host_that_is_not_there_is_unknown(look):
    found = look("clients.nowhere.invalid", main="127.0.0.1")

    assert found.verdict == Verdict.UNKNOWN
    assert found.records == (Record("clients.nowhere.invalid.", "A", "127.0.0.1"),)


def test_without_the_main_host_nothing_can_be_compared(look):
    assert look("localhost", main="hub.nowhere.invalid").verdict == Verdict.MAIN_UNKNOWN


@pytest.mark.parametrize("own", ["", "localhost", "LOCALHOST"])
def test_the_main_host_itself_needs_no_record(look, own):
    found = look(own)

    assert (found.verdict, found.records) == (Verdict.NO_HOST, ())


@pytest.mark.parametrize(
    "own", ["a" * 64 + ".example", "..", "ü" * 70, "\0", "x y", "-", "[::1", "%"]
)
def test_nonsense_is_a_host_that_is_not_there(look, own):
    assert look(own).verdict == Verdict.UNKNOWN


@pytest.mark.parametrize(("allowed", "is_allowed"), [(["127.0.0.1"], True), (["other"], False)])
def test_it_says_whether_requests_to_the_host_are_taken(look, allowed, is_allowed):
    assert look("127.0.0.1", allowed=allowed).is_allowed == is_allowed


def test_nobody_waits_for_a_name_server_that_says_nothing():
    never = Event()

    def silent(host):
        never.wait(5)
        return [(0, 0, 0, "", ("192.0.2.1", 0))]

    try:
        assert ask("clients.example", resolve=silent, seconds=0.05).addresses == ()
    finally:
        never.set()


def test_an_alias_is_told_and_addresses_come_once_and_without_zones():
    def aliased(host):
        one = (socket.AF_INET, 1, 6, "Hub.Example.", ("192.0.2.1", 0))
        return [one, (socket.AF_INET, 2, 17, "", ("192.0.2.1", 0)),
                (socket.AF_INET6, 1, 6, "", ("fe80::1%eth0", 0, 0, 1))]  # fmt: skip

    found = ask("clients.example", resolve=aliased)

    assert (found.alias_of, found.addresses) == ("hub.example", ("192.0.2.1", "fe80::1"))
