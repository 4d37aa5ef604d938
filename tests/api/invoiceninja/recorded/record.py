"""Stands between a program and a running Foyer, and keeps each request as it came.

    python record.py FOYER_HOST:PORT FOLDER NAME… -- COMMAND…

The command finds the address to talk to in $FOYER. Its first request is kept as FOLDER/NAME.http
under the first name, and so on; a request without a name left is passed on and not kept. The
token is put out of the recording, nothing else is changed.
"""

import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path


def read_request(stream) -> bytes:
    """Headers and body, byte for byte; a body without a length is none."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return b""
        head += line
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    return head + (stream.read(int(length[1])) if length else b"")


def pass_on(request: bytes, host: str, port: int) -> bytes:
    # One request, one connection: the answer ends where the server closes.
    head, body = request.split(b"\r\n\r\n", 1)
    head = re.sub(rb"(?im)^(connection|expect): .*\r\n", b"", head + b"\r\n")
    head = re.sub(rb"(?im)^host: .*\r\n", f"Host: {host}:{port}\r\n".encode(), head)
    with socket.create_connection((host, port)) as there:
        there.sendall(head + b"Connection: close\r\n\r\n" + body)
        return b"".join(iter(lambda: there.recv(65536), b""))


def serve(listener: socket.socket, names: list[str], folder: Path, foyer: tuple[str, int]) -> None:
    while True:
        here, _ = listener.accept()
        with here, here.makefile("rb") as stream:
            request = read_request(stream)
            if not request:
                continue
            if names:
                kept = re.sub(rb"(?im)^(x-api-token: ?).*\r\n", rb"\1{token}\r\n", request)
                (folder / f"{names.pop(0)}.http").write_bytes(kept)
            here.sendall(pass_on(request, *foyer))


def main() -> int:
    split = sys.argv.index("--")
    address, folder, *names = sys.argv[1:split]
    host, port = address.split(":")
    listener = socket.create_server(("127.0.0.1", 0))
    where = f"http://127.0.0.1:{listener.getsockname()[1]}"
    arguments = (listener, names, Path(folder), (host, int(port)))
    threading.Thread(target=serve, args=arguments, daemon=True).start()
    return subprocess.run(sys.argv[split + 1 :], env=os.environ | {"FOYER": where}).returncode


if __name__ == "__main__":
    sys.exit(main())
