"""The two processes that Foyer consists of. Dockerfile and compose.yaml start the same ones."""

WEB = ["-m", "granian", "--interface", "wsgi", "config.wsgi:application"]
# Granian's default of 512 threads would open as many database connections.
WEB += ["--blocking-threads", "4", "--log-level", "warning"]
WORKER = ["manage.py", "worker"]
MIGRATE = ["manage.py", "migrate", "--noinput"]


def web(python: str, *, host: str, port: int, workers: int) -> list[str]:
    return [python, *WEB, "--workers", str(workers), "--host", host, "--port", str(port)]


def worker(python: str) -> list[str]:
    return [python, *WORKER]


def migrate(python: str) -> list[str]:
    return [python, *MIGRATE]
