"""A receiver of webhooks: a real server on this machine, which the settings allow."""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest


@dataclass
class Request:
    headers: dict
    body: bytes


@dataclass
class Receiver:
    """Answers `status` unless `answer(request)` says another; `hold` keeps answers back."""

    url: str = ""
    status: int = 200
    answer: object = None
    requests: list = field(default_factory=list)
    hold: threading.Event = None
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request):
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self.requests.append(request)
        if self.hold:
            self.hold.wait(30)
        status = self.answer(request) if self.answer else self.status
        with self._lock:
            self._now -= 1
        return status

    def wait_for(self, count):
        for _ in range(600):
            if len(self.requests) >= count:
                return
            time.sleep(0.05)
        raise AssertionError(f"Only {len(self.requests)} requests came.")


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    it = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = it.take(Request(headers, body))
            content = b"thank you" if status < 400 else b"no, thank you"
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    it.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield it
    if it.hold:
        it.hold.set()
    server.shutdown()
    server.server_close()
