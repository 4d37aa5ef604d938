"""Does what a newcomer does with what `./foyer run` printed: one read and one create per dialect.

Takes the file with the output. Standard library only, since a bare machine may not have curl.
"""

import json
import shlex
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

STAMP = f"{time.time():.0f}"


def main(output: Path) -> None:
    lines = [line.strip() for line in output.read_text().splitlines()]
    curls = [parse(line) for line in lines if line.startswith("curl ")]
    assert len(curls) == 3, f"There are {len(curls)} curl lines instead of three."
    for address, headers in curls:
        visit(address, headers, curls)


def parse(curl: str) -> tuple[str, dict[str, str]]:
    """The address and the headers of a printed curl line."""
    *words, address = shlex.split(curl)[1:]
    headers = [word for word in words if word != "-H"]
    return address, dict(header.split(": ", 1) for header in headers)


def visit(address: str, headers: dict[str, str], curls: list[tuple[str, dict[str, str]]]) -> None:
    """Run the line, create a client, read it back, and find it through every dialect's list."""
    name = f"Visitor of {address.split('/', 3)[3]} {STAMP}"
    assert request("GET", address, headers)[0] == 200
    made = create(address, headers, name)
    status, read = request("GET", f"{address}/{made['id']}", headers)
    assert status == 200, f"GET {address}/{made['id']} answered {status}."
    assert name in json.dumps(read), f"{name} is not in {read}."
    for other, keys in curls:
        # Invoice Ninja's list begins with the oldest; the others' with the newest.
        whole = f"{other}?per_page=100" if other.endswith("/api/v1/clients") else other
        found = json.dumps(request("GET", whole, keys)[1])
        assert name in found, f"{name} is not in the list of {other}."
    print(f"{address}: listed, created and read {made['id']}; the other dialects list it as well.")


def create(address: str, headers: dict[str, str], name: str) -> dict[str, Any]:
    email = f"{name.replace(' ', '.').replace('/', '.')}@visitor.example"
    if address.endswith("/api/clients"):
        first, last = name.rsplit(" ", 1)
        form = {"first_name": first, "last_name": last, "email": email, "company_name": name}
        status, answer = request("POST", address, headers, form=form)
        wanted = 201
    elif address.endswith("/api/v1/clients"):
        body = {"name": name, "contacts": [{"first_name": "Ada", "email": email}]}
        status, answer = request("POST", address, headers, body=body)
        wanted = 200
    else:
        status, answer = request("POST", address, headers, body={"name": name, "email": email})
        wanted = 201
    assert status == wanted, f"POST {address} answered {status}: {answer}"
    made: dict[str, Any] = answer.get("data", answer)
    return made


def request(
    method: str,
    address: str,
    headers: dict[str, str],
    *,
    body: dict[str, Any] | None = None,
    form: dict[str, str] | None = None,
) -> tuple[int, Any]:
    content = None
    if body is not None:
        content, headers = (
            json.dumps(body).encode(),
            {**headers, "Content-Type": "application/json"},
        )
    if form is not None:
        content = urlencode(form).encode()
    asked = urllib.request.Request(address, content, headers, method=method)
    # No proxy between us and our own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
