"""How the server is told to run. Given anew at every start, so a newer Foyer brings its own."""

from pathlib import Path

from config.embedded import accounts
from config.embedded.placing import PORT

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log tells of the server's life. Refused statements stay out: they hold people's
    # addresses, the application knows of them already, and the file would grow without end.
    "log_min_messages": "log",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}


def arguments(place: Path, sockets: Path) -> list[str]:
    settings = SETTINGS | {
        "unix_socket_directories": str(sockets),
        "hba_file": str(place / "pg_hba.conf"),
        "ident_file": str(place / "pg_ident.conf"),
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def write_doors(place: Path) -> None:
    """One door: the account that started the server, as `foyer`, over the socket.

    The socket's folder keeps other accounts out; `peer` would turn them away even if somebody
    opened it. Nobody gets in as the superuser, so the tenant wall cannot be climbed from here.
    """
    name = accounts.login_name().replace('"', '""')
    _write(place / "pg_hba.conf", "local all foyer peer map=owner\n")
    _write(place / "pg_ident.conf", f'owner "{name}" foyer\n')


def _write(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o644)
