"""Where requests may go. Names are resolved by the test, as a name server would."""

import time
from ipaddress import ip_address, ip_network

import pytest

from agencies import destinations
from agencies.destinations import BadDestination, ask_system, is_inside, read, resolve

PUBLIC, PUBLIC_V6 = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"


def answering(*addresses):
    return lambda host: list(addresses)


def refused(url, ask=ask_system):
    try:
        resolve(read(url), ask)
    except BadDestination:
        return True
    return False


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "127.000.000.001",
        "１２７.０.０.１",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "localhost",
        "LOCALHOST.",
        "0",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:169.254.169.254]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[100::1]",
        "999.1.1.1",
        "1.2.3",
        "example.0x7f",
    ],
)
def test_an_address_inside_is_refused_in_any_notation(host):
    assert refused(f"https://{host}/hook")
    assert refused(f"https://{host}:8443/hook")


@pytest.mark.parametrize("host", [PUBLIC, f"[{PUBLIC_V6}]", "[64:ff9b::5db8:d822]", "8.8.8.8"])
def test_an_address_outside_is_allowed(host):
    assert not refused(f"https://{host}/hook")


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        [PUBLIC, "10.0.0.1"],
        ["10.0.0.1", PUBLIC],
        [PUBLIC_V6, "::1"],
        [PUBLIC, "::ffff:192.168.0.1"],
        ["fe80::1%eth0"],
        [],
    ],
)
def test_a_name_with_any_address_inside_is_refused(addresses):
    assert refused("https://hooks.example/", answering(*addresses))
    assert not refused("https://hooks.example/", answering(PUBLIC, PUBLIC_V6))


def test_a_name_that_is_not_found_is_refused():
    def nothing(host):
        raise OSError("no such host")

    assert refused("https://hooks.example/", nothing)


def test_a_name_server_that_never_answers_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(destinations, "_SECONDS_TO_RESOLVE", 0.05)

    assert refused("https://hooks.example/", lambda host: time.sleep(1) or [PUBLIC])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "//example.com/hook",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "https://",
        "https:///hook",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com@127.0.0.1/",
        "https://127.0.0.1\\@example.com/",
        "https://example.com\\.evil.example/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX-More: 1",
        "https://example.com/\x00",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:-1/",
        "https://example.com:22/",
        "https://example.com:25/",
        "https://[::1",
        "https://[example.com]/",
        "https://a..b/",
        "https://" + "a" * 64 + ".example/",
        "https://.../",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_what_is_no_address_of_a_receiver_is_refused(url):
    assert refused(url, answering(PUBLIC))


def test_a_refusal_names_the_field_at_fault():
    with pytest.raises(BadDestination) as refusal:
        resolve(read("https://127.0.0.1/"))

    assert (refusal.value.code, refusal.value.field) == ("url_not_allowed", "url")


def test_plain_http_is_refused_outside():
    assert refused("http://hooks.example/", answering(PUBLIC))


def test_an_address_is_read_once_and_for_all():
    found = read("HTTPS://Bücher.Example.:8443/a%20b/ü?q=1&r=ä#part")

    assert found.host == "xn--bcher-kva.example"
    assert (found.port, found.authority) == (8443, "xn--bcher-kva.example:8443")
    assert found.path == "/a%20b/%C3%BC?q=1&r=%C3%A4"
    assert read("https://example.com").path == "/"
    assert read("https://my_host.example/").host == "my_host.example"
    assert read(f"https://[{PUBLIC_V6.upper()}]/").authority == f"[{PUBLIC_V6}]"


def test_networks_of_ones_own_can_be_allowed(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]

    assert not refused("http://10.1.2.3:81/hook")
    assert not refused("http://[fd00::5]/")
    assert not refused("http://[::ffff:10.1.2.3]/")
    assert not refused("http://inside.example/", answering("10.1.2.3"))
    # And nothing more than that.
    assert refused("http://10.2.0.1/")
    assert refused("http://169.254.169.254/")
    assert refused("http://mixed.example/", answering("10.1.2.3", PUBLIC))
    assert refused("https://mixed.example/", answering("10.1.2.3", "10.2.0.1"))
    assert not refused("https://mixed.example/", answering("10.1.2.3", PUBLIC))


def test_the_ranges_agree_with_those_that_python_knows():
    samples = [
        f"{first}.{second}.{third}.1"
        for first in range(256)
        for second, third in ((0, 0), (18, 0), (31, 196), (64, 0), (168, 1), (254, 169))
    ]

    for address in map(ip_address, samples):
        if not address.is_global or address.is_multicast:
            assert is_inside(address), address
