"""Where our own requests may go: out into the world, never into the network we stand in.

An address given by a caller is read by this parser alone, and what is connected to is an IP
address that was checked here. So no other reading of the same text, no redirect and no second
answer of the name server counts. Ranges follow IANA's registries of special-purpose addresses.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import idna
from django.conf import settings

from agencies.errors import DomainError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# The IP addresses of a host, as text. Raises OSError where there are none.
Resolver = Callable[[str], Sequence[str]]

LONGEST = 2000
_SECONDS_TO_RESOLVE = 5.0
_PORTS = {"http": 80, "https": 443}

_INSIDE_V4 = [
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # Azure's own services, at a public address that leads nowhere else.
        "168.63.129.16/32",
    )
]
# Everything outside of it is special; and these parts of it are, tunnels to IPv4 among them.
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
_INSIDE_V6 = [
    ipaddress.ip_network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
# Where the network translates to IPv4, names of IPv4 hosts resolve to these.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

# A host that ends in a number is an IPv4 address to browsers and to inet_aton(3), in any notation.
_NUMERIC = re.compile(r"(^|\.)(0[xX][0-9a-fA-F]*|[0-9]+)\.?$")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


class BadDestination(DomainError):
    code = "url_not_allowed"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="url")


@dataclass(frozen=True)
class Destination:
    """An address that was read. `host` is ASCII without brackets, `path` begins with a slash."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As a Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def ask_system(host: str) -> list[str]:
    """The system's own answer, IPv4 first: where IPv6 leads nowhere, it would only cost time."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    texts = [str(address[0]) for *_, address in sorted(found, key=lambda entry: entry[0])]
    return list(dict.fromkeys(texts))


def read(url: str) -> Destination:
    """Take the address apart. Raises BadDestination for what no receiver's address looks like."""
    if len(url) > LONGEST:
        raise BadDestination(f"This address is too long. Use at most {LONGEST} characters.")
    if _UNSAFE.search(url):
        raise BadDestination("An address has no spaces, backslashes or control characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadDestination("This is no web address.") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadDestination("Use a full address such as https://example.com/hook.")
    if port == 0:
        raise BadDestination("Use port 443, or one from 1024.")
    if "@" in parts.netloc:
        raise BadDestination("Leave out the name and password; requests are signed instead.")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]")
    return Destination(
        scheme=parts.scheme,
        host=_host(parts.hostname),
        port=port or _PORTS[parts.scheme],
        path=f"{path}?{query}" if query else path,
    )


def resolve(destination: Destination, ask: Resolver = ask_system) -> list[str]:
    """The IP addresses to connect to, all of them checked. Raises BadDestination.

    One address inside condemns them all: which one is answered first is the name server's choice.
    """
    addresses = [ipaddress.ip_address(text) for text in _ask(destination.host, ask)]
    known = all(_is_allowed(address) for address in addresses)
    if not known:
        _refuse_inside(addresses)
        _refuse_unusual(destination)
    return [str(address) for address in addresses]


def _refuse_inside(addresses: Sequence[Address]) -> None:
    if any(is_inside(address) for address in addresses if not _is_allowed(address)):
        raise BadDestination(
            "This address leads into a private or reserved network. "
            "Whoever runs Foyer can allow one with WEBHOOK_ALLOWED_NETWORKS."
        )


def _refuse_unusual(destination: Destination) -> None:
    if destination.scheme != "https":
        raise BadDestination("Use https, so that nobody else can read what is sent.")
    if destination.port != _PORTS["https"] and destination.port < 1024:
        raise BadDestination("Use port 443, or one from 1024.")


def is_inside(address: Address) -> bool:
    """Whether it is private, loopback, link-local, shared, multicast or reserved in any way."""
    if isinstance(address, ipaddress.IPv4Address):
        return any(address in network for network in _INSIDE_V4)
    embedded = _embedded(address)
    if embedded is not None:
        return is_inside(embedded)
    return address not in _GLOBAL_V6 or any(address in network for network in _INSIDE_V6)


def _is_allowed(address: Address) -> bool:
    meant = _embedded(address) if isinstance(address, ipaddress.IPv6Address) else None
    return any((meant or address) in network for network in settings.WEBHOOK_ALLOWED_NETWORKS)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a mapped or translated one stands for."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def _host(name: str) -> str:
    if ":" in name:
        return _literal(name)
    try:
        # As browsers do it: full-width digits and dots become plain ones before anything is judged.
        host = idna.encode(name, uts46=True, transitional=False).decode().lower()
    except idna.IDNAError:
        # Underscores and such, which no rule of IDNA allows and name servers do.
        host = name.lower()
    host = host.removesuffix(".")
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise BadDestination("This address has no valid host name.")
    return _literal(host) if _NUMERIC.search(host) else host


def _literal(text: str) -> str:
    """An IP address in its usual notation and in no other."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise BadDestination("Write an IP address in its usual form, or use a name.") from error
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        raise BadDestination("An IPv6 address has no zone here.")
    return str(address)


def _ask(host: str, ask: Resolver) -> list[str]:
    """Within seconds, whatever the name server does. Raises BadDestination."""
    asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="resolve")
    try:
        found = asking.submit(ask, host).result(timeout=_SECONDS_TO_RESOLVE)
    except (OSError, UnicodeError, TookTooLong) as error:
        raise BadDestination(f"The host {host} was not found.") from error
    finally:
        asking.shutdown(wait=False)
    if not found:
        raise BadDestination(f"The host {host} was not found.")
    # A zone such as %eth0 would name one of our own networks.
    return [text.partition("%")[0] for text in found]
