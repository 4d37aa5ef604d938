"""Whether a portal's own host leads here, and which record would make it do so."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from agencies.models import Agency

# Takes a host, answers as socket.getaddrinfo() does. Raises OSError where there is no such host.
Resolver = Callable[[str], Sequence[tuple[Any, ...]]]
# Name servers that do not answer hold nobody up for longer.
_SECONDS = 5.0


class Verdict(StrEnum):
    # The portal lies below the main host's address; there is nothing to set.
    NO_HOST = "no_host"
    LEADS_HERE = "leads_here"
    # As may be right behind a proxy of another provider; most often it is an old record.
    LEADS_ELSEWHERE = "leads_elsewhere"
    UNKNOWN = "unknown"
    # The main host itself is not found from here, so that nothing can be compared.
    MAIN_UNKNOWN = "main_unknown"


@dataclass(frozen=True)
class Found:
    """What the system's resolver says of a host now. `alias_of` is empty where it is no alias."""

    host: str
    addresses: tuple[str, ...] = ()
    alias_of: str = ""


@dataclass(frozen=True)
class Record:
    """One line of a zone."""

    name: str
    kind: str
    value: str


@dataclass(frozen=True)
class Answer:
    verdict: Verdict
    own: Found
    main: Found
    # One of these, the better first: an alias follows when the main host moves.
    records: tuple[Record, ...]
    # Requests to the host are refused until whoever runs the installation names it.
    is_allowed: bool

    @property
    def both(self) -> tuple[Found, Found]:
        return self.own, self.main


def ask_system(host: str) -> list[tuple[Any, ...]]:
    """As socket.getaddrinfo() answers: the fourth of the first is the name behind aliases."""
    return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)


def look_at(agency: Agency, *, resolve: Resolver = ask_system) -> Answer:
    """Ask the system's resolver about the agency's own host and the main one; takes seconds."""
    host = agency.portal_host.lower()
    main_host = urlsplit(settings.FOYER_URL).hostname or ""
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="dns") as asking:
        pending = [asking.submit(ask, name, resolve=resolve) for name in (host, main_host)]
        own, main = (job.result() for job in pending)
    return Answer(
        verdict=_verdict(own, main),
        own=own,
        main=main,
        records=_records(own, main),
        is_allowed=not host or validate_host(host, [one for one in settings.ALLOWED_HOSTS if one]),
    )


def ask(host: str, *, resolve: Resolver = ask_system, seconds: float = _SECONDS) -> Found:
    """Addresses IPv4 first; none where the name is unknown, wrong, or nobody answers in time."""
    if not host:
        return Found(host)
    asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="resolve")
    try:
        entries = asking.submit(resolve, host).result(timeout=seconds)
    except (OSError, UnicodeError):
        # That nobody answered in time is an OSError too.
        return Found(host)
    finally:
        asking.shutdown(wait=False)
    found = {str(address[0]).partition("%")[0] for *_, address in entries}
    named = next((name for _, _, _, name, _ in entries if name), "").lower().removesuffix(".")
    alias_of = named if named not in ("", host) and named not in found else ""
    return Found(host, tuple(sorted(found, key=_in_order)), alias_of)


def _in_order(address: str) -> tuple[int, int]:
    known = ipaddress.ip_address(address)
    return known.version, int(known)


def _verdict(own: Found, main: Found) -> Verdict:
    if not own.host or own.host == main.host:
        return Verdict.NO_HOST
    if not own.addresses:
        return Verdict.UNKNOWN
    if not main.addresses:
        return Verdict.MAIN_UNKNOWN
    # All of them: one that leads elsewhere is taken by some browsers.
    here = set(own.addresses) <= set(main.addresses)
    return Verdict.LEADS_HERE if here else Verdict.LEADS_ELSEWHERE


def _records(own: Found, main: Found) -> tuple[Record, ...]:
    if not own.host or own.host == main.host:
        return ()
    kinds = {4: "A", 6: "AAAA"}
    plain = tuple(
        Record(f"{own.host}.", kinds[ipaddress.ip_address(address).version], address)
        for address in main.addresses
    )
    if _is_address(main.host):
        return plain
    return (Record(f"{own.host}.", "CNAME", f"{main.host}."), *plain)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
