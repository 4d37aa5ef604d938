"""A web server that is ready as soon as the database is migrated."""

import argparse
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        migrated = Path(os.environ["FOYER_HOME"], "migrated").exists()
        self.send_response(200 if migrated else 503)
        self.end_headers()
        self.wfile.write(b"{}" if migrated else b'{"status": "waiting", "for": "migrations"}')

    def log_message(self, *words: object) -> None:
        pass


parser = argparse.ArgumentParser()
parser.add_argument("--host")
parser.add_argument("--port", type=int)
options, _ = parser.parse_known_args()
ThreadingHTTPServer((options.host, options.port), Page).serve_forever()
