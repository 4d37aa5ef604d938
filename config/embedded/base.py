"""Django's PostgreSQL backend, which starts the embedded server when it connects.

`ENGINE = "config.embedded"`, with the home folder in `OPTIONS["home"]`.
"""

from pathlib import Path
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base

from config.embedded.client import DatabaseClient
from config.embedded.errors import EmbeddedServerError
from config.embedded.server import Server


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """Called for every new connection, so a server that died is up again for the next one."""
        server = Server(Path(self.settings_dict["OPTIONS"]["home"]))
        try:
            server.start()
        except EmbeddedServerError as error:
            raise OperationalError(str(error)) from error
        params = super().get_connection_params()
        del params["home"]
        ours = server.connection_parameters
        return params | {"host": ours["host"], "port": ours["port"]}
